-- Those who waited or wait, in the order of the log: a listing of them. Refusals and winners cost it nothing.
CREATE INDEX orders_waitlisted ON orders (sale, partition, log_offset) WHERE outcome = 100;
