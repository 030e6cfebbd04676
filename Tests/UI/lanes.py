"""What a test does to lanes from behind: it holds one at an order, and has it fail at another."""

from console import sql, until

# Sessions that stand in a trigger of a test, in the database that is asked.
SLEEPERS = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


class Gate:
    """Lanes stand at an order of this buyer until it is opened.

    A lane writes all that waits in one batch, so what comes while it stands is decided together, behind the order.
    After 10 s PostgreSQL ends the lane's statement; the lane tries again, and stands again.
    """

    def __init__(self, test, buyer):
        self.buyer = buyer
        self.name = buyer.replace("-", "_")
        sql(f"CREATE TABLE {self.name} (is_shut bool)")
        sql(f"INSERT INTO {self.name} VALUES (true)")
        sql(f"CREATE FUNCTION {self.name}_waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"WHILE EXISTS (SELECT FROM {self.name}) LOOP PERFORM pg_sleep(0.02); END LOOP; RETURN NEW; END $$")
        sql(f"CREATE TRIGGER {self.name} BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.buyer = '{buyer}') "
            f"EXECUTE FUNCTION {self.name}_waits()")
        test.addCleanup(self.remove)

    def wait(self):
        """Waits until a lane stands here."""
        until(lambda: sql(f"SELECT 1 {SLEEPERS} LIMIT 1"))

    def open(self):
        sql(f"DELETE FROM {self.name}")

    def remove(self):
        self.open()
        sql(f"DROP TRIGGER {self.name} ON orders")
        sql(f"DROP FUNCTION {self.name}_waits")
        sql(f"DROP TABLE {self.name}")


class Poison:
    """The store refuses orders of this buyer, as if their rows broke one of its rules, until it is taken away."""

    def __init__(self, test, buyer):
        sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'a rule of the store refuses it'; END $$")
        sql(f"CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.buyer = '{buyer}') "
            "EXECUTE FUNCTION refuse()")
        test.addCleanup(self.take_away)

    def take_away(self):
        sql("DROP TRIGGER IF EXISTS refuse ON orders")
        sql("DROP FUNCTION IF EXISTS refuse")
