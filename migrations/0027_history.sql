-- A hold that is extended, or begins with an offer, ends at another time: events tell it, and an order's history shows it.
ALTER TABLE history ADD COLUMN due timestamptz;
COMMENT ON COLUMN history.due IS 'the end of the hold, where the entry set it; NULL for all else';

-- Commands about orders keep what they ask for, too.
ALTER TABLE history
  DROP CONSTRAINT history_digest_of_stock_commands,
  ADD CONSTRAINT history_digest_of_named_commands CHECK (
    CASE WHEN order_id IS NULL THEN (digest IS NOT NULL) = (command_id IS NOT NULL)
    ELSE digest IS NULL OR command_id IS NOT NULL END);
COMMENT ON COLUMN history.digest IS 'what a command asks for that is known by its id; NULL for all else, and for what is older';
