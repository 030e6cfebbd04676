-- One durable commit of a batch: the least that a decision can wait for.
BEGIN;
INSERT INTO bench_batches SELECT * FROM bench_batch;
COMMIT;
