-- Waiting rooms: who owns them, and what their lotteries are drawn by.

CREATE TABLE room_owners (
  topic text CONSTRAINT room_owners_pkey PRIMARY KEY,
  epoch int8 NOT NULL DEFAULT 0 CONSTRAINT room_owners_epoch_not_negative CHECK (epoch >= 0),
  owner_name text,
  owner_pid int4,
  owner_started timestamptz,
  last_seen timestamptz
) WITH (fillfactor = 50);
COMMENT ON TABLE room_owners IS 'the worker that decides for the waiting rooms of a topic; one at a time';
COMMENT ON COLUMN room_owners.epoch IS
  'raised by each claim; readers of the topic take decisions of the last epoch only, so a lease is liveness and no more';
COMMENT ON COLUMN room_owners.owner_name IS 'host and process, for people';
COMMENT ON COLUMN room_owners.owner_pid IS
  'the backend of its session; with owner_started (pids are reused) others see at once that it is gone';
COMMENT ON COLUMN room_owners.last_seen IS 'its last sign of life, by this database''s clock';

CREATE TABLE room_secrets (
  sale int4 CONSTRAINT room_secrets_pkey PRIMARY KEY CONSTRAINT room_secrets_sale_fkey REFERENCES sales (number),
  secret bytea NOT NULL CONSTRAINT room_secrets_length CHECK (length(secret) = 32),
  commitment bytea NOT NULL CONSTRAINT room_secrets_commitment_length CHECK (length(commitment) = 32)
);
COMMENT ON TABLE room_secrets IS 'of each sale whose waiting room draws lots; written with the sale, and never changed';
COMMENT ON COLUMN room_secrets.secret IS 'random; published with the draw';
COMMENT ON COLUMN room_secrets.commitment IS 'a hash of the secret; published from the start';
