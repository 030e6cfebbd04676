-- A partition's progress is about one log. Its offsets look the same in another one, so the last record that had its
-- effect is known by its value as well.
ALTER TABLE partition_progress ADD COLUMN last_record int8;
COMMENT ON COLUMN partition_progress.last_record IS
  'first 64 bits of the SHA-256 of the value of the record before next_offset, by which a claim knows the log again;
NULL: not known, and not compared';
