-- The secrets of before that an endpoint's shop may still use. Each signs for its whole day, whatever comes after it.
CREATE TABLE old_webhook_secrets (
  endpoint int4 NOT NULL
    CONSTRAINT old_webhook_secrets_endpoint_fkey REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
  signs_until timestamptz NOT NULL,
  secret bytea NOT NULL CONSTRAINT old_webhook_secrets_length CHECK (length(secret) BETWEEN 24 AND 64),
  CONSTRAINT old_webhook_secrets_pkey PRIMARY KEY (endpoint, secret)
);
INSERT INTO old_webhook_secrets (endpoint, signs_until, secret)
SELECT id, old_secret_until, old_secret FROM webhook_endpoints WHERE old_secret IS NOT NULL;
ALTER TABLE webhook_endpoints DROP COLUMN old_secret, DROP COLUMN old_secret_until;
