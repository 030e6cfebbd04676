-- Dead letters go when they are old enough.
CREATE INDEX webhook_deliveries_dead_at ON webhook_deliveries (dead_at) WHERE dead_at IS NOT NULL;
COMMENT ON COLUMN webhook_deliveries.dead_at IS
  'when it was given up; a person can send it again, for 30 days';
