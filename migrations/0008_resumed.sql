-- Who looked at a halted partition says why it may go on.
ALTER TABLE partition_progress
  ADD COLUMN resumed_at timestamptz,
  ADD COLUMN resumed_because text;
