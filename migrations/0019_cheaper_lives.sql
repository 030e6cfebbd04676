-- Each change of a life writes its row anew, and an entry of every index. What a buyer holds is found by the index
-- `orders_held` and the primary key of `holds`: each life has an order there.
DROP INDEX holds_buyer;
