-- A command about a stock has an id, as one about an order has: whoever sends it again, it is done once.
ALTER TABLE history
  ADD COLUMN digest int8,
  ADD CONSTRAINT history_digest_of_stock_commands CHECK (
    (digest IS NOT NULL) = (order_id IS NULL AND command_id IS NOT NULL));
COMMENT ON COLUMN history.digest IS
  'of a command about the stock that has an id: the first 64 bits of the SHA-256 of what it asks for';
COMMENT ON COLUMN history.result IS
  '0 applied, 1 repeated, 2 unknown_order, 3 refused, 4 another_order, 5 not_allowed, 6 not_due, 7 too_much,
8 none_left, 9 wrong_amount, 10 already_paid, 11 too_late, 12 refund_due, 13 unknown_line, 14 another_command';
DROP INDEX history_stock;
CREATE INDEX history_stock ON history (sale, sku, command_id) WHERE order_id IS NULL;

-- A command that waits for a second person keeps its id: asked for twice, it waits once.
ALTER TABLE admin_approvals ADD COLUMN command_id int8;
COMMENT ON COLUMN admin_approvals.command_id IS 'under which it is done once, where it goes through the log';
CREATE UNIQUE INDEX admin_approvals_command ON admin_approvals (command, subject, command_id);
