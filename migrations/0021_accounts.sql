-- Who may use the admin console, and what they did.

CREATE TABLE admin_users (
  id int4 GENERATED ALWAYS AS IDENTITY CONSTRAINT admin_users_pkey PRIMARY KEY,
  name text NOT NULL CONSTRAINT admin_users_name UNIQUE
    CONSTRAINT admin_users_name_form CHECK (name = lower(name) AND length(name) BETWEEN 1 AND 64),
  role text NOT NULL,
  password text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  password_at timestamptz NOT NULL DEFAULT now(),
  disabled_at timestamptz,
  code_secret bytea,
  code_step int8,
  failures int4 NOT NULL DEFAULT 0 CONSTRAINT admin_users_failures_not_negative CHECK (failures >= 0),
  failed_at timestamptz,
  locked_until timestamptz,
  CONSTRAINT admin_users_code CHECK (code_secret IS NOT NULL OR code_step IS NULL)
) WITH (fillfactor = 70);
COMMENT ON COLUMN admin_users.role IS 'viewer, operator, finance or owner; what it may do is in the program';
COMMENT ON COLUMN admin_users.password IS 'scrypt, with its parameters and salt';
COMMENT ON COLUMN admin_users.code_secret IS 'of the authenticator app (TOTP); NULL: the password is enough';
COMMENT ON COLUMN admin_users.code_step IS 'of the last code that was used: none counts twice';
COMMENT ON COLUMN admin_users.failures IS 'failed sign-ins in a row';

CREATE TABLE admin_sessions (
  digest bytea CONSTRAINT admin_sessions_pkey PRIMARY KEY
    CONSTRAINT admin_sessions_digest CHECK (length(digest) = 32),
  user_id int4 NOT NULL CONSTRAINT admin_sessions_user_fkey REFERENCES admin_users (id),
  signed_in_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  over_tls boolean NOT NULL,
  address text NOT NULL
) WITH (fillfactor = 70);
COMMENT ON COLUMN admin_sessions.digest IS 'SHA-256 of what the cookie holds, which nothing else does';
COMMENT ON COLUMN admin_sessions.over_tls IS 'its cookie is for TLS only; without, for this machine only';
CREATE INDEX admin_sessions_user ON admin_sessions (user_id);

CREATE TABLE admin_tokens (
  id int4 GENERATED ALWAYS AS IDENTITY CONSTRAINT admin_tokens_pkey PRIMARY KEY,
  name text NOT NULL,
  digest bytea NOT NULL CONSTRAINT admin_tokens_digest_unique UNIQUE
    CONSTRAINT admin_tokens_digest CHECK (length(digest) = 32),
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  expires_at timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at timestamptz
) WITH (fillfactor = 70);
COMMENT ON COLUMN admin_tokens.digest IS 'SHA-256 of the token, which nothing else has';
COMMENT ON COLUMN admin_tokens.scopes IS 'the rights that it gives';
COMMENT ON COLUMN admin_tokens.last_used_at IS 'to the minute';
CREATE UNIQUE INDEX admin_tokens_name ON admin_tokens (name) WHERE revoked_at IS NULL;

CREATE TABLE admin_log (
  number int8 CONSTRAINT admin_log_pkey PRIMARY KEY,
  at timestamptz NOT NULL,
  who text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  was text,
  becomes text,
  why text NOT NULL,
  problem text,
  address text NOT NULL,
  hash bytea NOT NULL CONSTRAINT admin_log_hash CHECK (length(hash) = 32)
);
COMMENT ON TABLE admin_log IS 'only grows; penstock audit checks that no line was changed, put in or taken out';
COMMENT ON COLUMN admin_log.number IS 'from 1, without a gap';
COMMENT ON COLUMN admin_log.problem IS 'why it failed; NULL: it was about to be done';
COMMENT ON COLUMN admin_log.hash IS 'SHA-256 over the hash of the line before and all columns of this one';
CREATE INDEX admin_log_who ON admin_log (who, number);
CREATE INDEX admin_log_subject ON admin_log (subject, number);

CREATE TABLE admin_log_head (
  only_one boolean CONSTRAINT admin_log_head_pkey PRIMARY KEY DEFAULT true CONSTRAINT admin_log_head_one CHECK (only_one),
  number int8 NOT NULL,
  hash bytea NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE admin_log_head IS 'the last line of admin_log: its lock puts writers into one order';
INSERT INTO admin_log_head (number, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE FUNCTION admin_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'admin_log only grows: % is not allowed', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER admin_log_rows_stay BEFORE UPDATE OR DELETE ON admin_log
  FOR EACH ROW EXECUTE FUNCTION admin_log_only_grows();
CREATE TRIGGER admin_log_stays BEFORE TRUNCATE ON admin_log
  FOR EACH STATEMENT EXECUTE FUNCTION admin_log_only_grows();

CREATE TABLE admin_approvals (
  id int8 GENERATED ALWAYS AS IDENTITY CONSTRAINT admin_approvals_pkey PRIMARY KEY,
  command text NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  why text NOT NULL,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  approved boolean,
  CONSTRAINT admin_approvals_decided CHECK ((decided_by IS NULL) = (decided_at IS NULL)
    AND (decided_by IS NULL) = (approved IS NULL)),
  CONSTRAINT admin_approvals_second_person CHECK (NOT coalesce(approved, false) OR decided_by <> asked_by)
);
COMMENT ON TABLE admin_approvals IS 'commands that wait for a second person';
COMMENT ON COLUMN admin_approvals.body IS 'the command as it was asked for, JSON';
CREATE INDEX admin_approvals_open ON admin_approvals (id) WHERE decided_at IS NULL;

CREATE TABLE sale_zones (
  sale int4 CONSTRAINT sale_zones_pkey PRIMARY KEY CONSTRAINT sale_zones_sale_fkey REFERENCES sales (number),
  zone text NOT NULL
);
COMMENT ON TABLE sale_zones IS 'the time zone that the people of a sale think in; a sale without a row is shown in UTC';
COMMENT ON COLUMN sale_zones.zone IS 'a name of the tz database, as Asia/Shanghai';
