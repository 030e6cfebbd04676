-- Events: how far the relays came, and the webhooks of the shop's endpoints.
--
-- There is no table of events. Rows of one partition become visible in the order of the log, so `orders` and `history`
-- are the outbox, and how far a relay came is an offset.

-- First decisions that are events, in the order of the log. Winners and those who wait only: bounded by the stock.
CREATE INDEX orders_begun ON orders (partition, log_offset) WHERE outcome IN (0, 100) AND log_offset >= 0;

CREATE TABLE relays (
  id int8 CONSTRAINT relays_pkey PRIMARY KEY,
  topic text NOT NULL,
  name text NOT NULL,
  session_pid int4 NOT NULL,
  session_started timestamptz NOT NULL,
  last_seen timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE relays IS 'one row for each relay process that takes part; all times are this database''s';
COMMENT ON COLUMN relays.topic IS 'the topic of events that it writes to';
COMMENT ON COLUMN relays.session_pid IS
  'its backend; with session_started (pids are reused) others see at once that it is gone';

CREATE TABLE relay_progress (
  topic text NOT NULL,
  partition int4 NOT NULL CONSTRAINT relay_progress_partition CHECK (partition >= -1),
  owner int8,
  epoch int8 NOT NULL DEFAULT 0,
  next_offset int8 NOT NULL DEFAULT 0 CONSTRAINT relay_progress_offset_not_negative CHECK (next_offset >= 0),
  CONSTRAINT relay_progress_pkey PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);
COMMENT ON COLUMN relay_progress.topic IS 'the topic of events';
COMMENT ON COLUMN relay_progress.partition IS 'of orders and events alike; -1: not a partition, but who sends webhooks';
COMMENT ON COLUMN relay_progress.owner IS 'the relay that works on it, as in relays; NULL: nobody';
COMMENT ON COLUMN relay_progress.epoch IS 'raised by each claim; only its holder can move next_offset';
COMMENT ON COLUMN relay_progress.next_offset IS 'the first offset of orders whose events may not be in the topic yet';

CREATE TABLE webhook_endpoints (
  id int4 GENERATED ALWAYS AS IDENTITY CONSTRAINT webhook_endpoints_pkey PRIMARY KEY,
  concurrency int4 NOT NULL CONSTRAINT webhook_endpoints_concurrency CHECK (concurrency BETWEEN 1 AND 64),
  url text NOT NULL,
  events int2[] NOT NULL,
  secret bytea NOT NULL CONSTRAINT webhook_endpoints_secret CHECK (length(secret) BETWEEN 24 AND 64),
  old_secret bytea,
  old_secret_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  failing_since timestamptz,
  disabled_at timestamptz,
  disabled_reason text,
  CONSTRAINT webhook_endpoints_old_secret CHECK ((old_secret IS NULL) = (old_secret_until IS NULL)),
  CONSTRAINT webhook_endpoints_disabled CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
) WITH (fillfactor = 70);
COMMENT ON COLUMN webhook_endpoints.events IS 'the kinds of events that it gets; empty: all';
COMMENT ON COLUMN webhook_endpoints.old_secret IS 'signs too until old_secret_until, so that the shop can change over';
COMMENT ON COLUMN webhook_endpoints.failing_since IS 'the first failure behind the last success';
COMMENT ON COLUMN webhook_endpoints.disabled_at IS 'nothing is sent to it, and no event is kept for it, from then on';

CREATE TABLE webhook_deliveries (
  id int8 GENERATED ALWAYS AS IDENTITY CONSTRAINT webhook_deliveries_pkey PRIMARY KEY,
  next_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  first_tried_at timestamptz,
  dead_at timestamptz,
  endpoint int4 NOT NULL
    CONSTRAINT webhook_deliveries_endpoint_fkey REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
  attempts int4 NOT NULL DEFAULT 0,
  kind int2 NOT NULL,
  order_id uuid NOT NULL,
  event_id text NOT NULL,
  body text NOT NULL,
  last_error text,
  CONSTRAINT webhook_deliveries_next_until_dead CHECK ((next_at IS NULL) = (dead_at IS NOT NULL))
) WITH (fillfactor = 70);
COMMENT ON TABLE webhook_deliveries IS 'an event that an endpoint has not got; deleted once it has';
COMMENT ON COLUMN webhook_deliveries.next_at IS 'when it is tried next, if no earlier one of its order holds it';
COMMENT ON COLUMN webhook_deliveries.dead_at IS 'when it was given up; a person can send it again';

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint, next_at, id) WHERE dead_at IS NULL;
CREATE INDEX webhook_deliveries_order ON webhook_deliveries (endpoint, order_id, id) WHERE dead_at IS NULL;
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (endpoint, id) WHERE dead_at IS NOT NULL;
