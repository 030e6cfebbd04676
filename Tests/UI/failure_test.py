"""What a person sees when a part fails in the middle; in a real browser."""

import concurrent.futures
import http.client
import re
import unittest
import urllib.request

from console import Console, api, order, say, sql, until
from lanes import SLEEPERS
from processes import Processes

TEN_YEARS = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2036-01-01T00:00:00Z"}


class Failures(Console):
    """Each test has processes of its own."""

    def test_a_bulk_job_goes_on_after_its_process_was_killed(self):
        count, halfway = 1_100, 700
        parts = Processes(self, "job", ["worker", "intake", "admin"])
        self.url = parts.urls["admin"]
        api("POST", "/admin/api/sales", {
            "id": "job", "name": "A job", **TEN_YEARS, "holds": {"seconds": 3600},
            "items": [{"sku": "phone", "stock": count, "price_minor": 19900, "currency": "CNY"}]}, self.url)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda i: order("job", f"buyer-{i}", url=parts.urls["intake"]), range(count)))
        until(lambda: parts.sql("SELECT count(*) FROM holds") == str(count))
        self.sign_in("olga")
        self.open("/admin/sales/job/orders?state=reserved")
        self.submit("/admin/sales/job/jobs", {"action": "cancel"})
        self.assertIn(say("1,100 orders fit", "匹配 1,100 个订单"), self.text())
        self.check_accessible()
        # The store never answers the note that this command was written, so the process is killed behind it.
        parts.sql("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
                  "$$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$")
        parts.sql("CREATE TRIGGER wait BEFORE UPDATE ON bulk_items FOR EACH ROW "
                  f"WHEN (NEW.number = {halfway}) EXECUTE FUNCTION wait()")
        self.submit("/admin/sales/job/jobs", {"because": "the truck broke down"})
        until(lambda: parts.sql(f"SELECT 1 {SLEEPERS}"))
        self.driver.refresh()
        written = re.search(say(r"([\d,]+) of [\d,]+ written", r"已写入 ([\d,]+) / [\d,]+"), self.text())
        self.assertIn(int(written.group(1)), range(1, halfway))
        parts.kill("admin")
        parts.sql(f"SELECT pg_terminate_backend(pid) {SLEEPERS}")
        parts.sql("DROP TRIGGER wait ON bulk_items")
        parts.start("admin")
        self.url = parts.urls["admin"]

        def is_done():
            self.open("/admin/jobs/1")
            whole = say("1,100 of 1,100 written, 1,100 decided", "已写入 1,100 / 1,100，已裁决 1,100")
            return whole in self.text() and say("done", "已完成") in self.find(".pill").text

        until(is_done, 60)
        self.check_accessible()
        self.screenshot("job")
        self.assertEqual(parts.sql("SELECT count(*), count(DISTINCT order_id) FROM history "
                                   "WHERE command_id IS NOT NULL AND result = 0"), f"{count}|{count}")
        self.assertEqual(parts.sql("SELECT units_left FROM stock"), str(count))
        rows = self.fetch("/admin/jobs/1/result.csv").splitlines()
        self.assertEqual(len(rows), count + 1)
        self.assertEqual(len({row.split(",")[0] for row in rows}), count + 1)

    def test_a_halted_partition_is_told_and_goes_on(self):
        parts = Processes(self, "halted", ["worker", "intake", "admin"])
        self.url = parts.urls["admin"]
        api("POST", "/admin/api/sales", {
            "id": "halted", "name": "A halt", **TEN_YEARS,
            "items": [{"sku": "phone", "stock": 10, "price_minor": 19900, "currency": "CNY"}]}, self.url)
        order("halted", "ida", url=parts.urls["intake"])
        until(lambda: parts.sql("SELECT 1 FROM orders"))
        partition, offset = parts.sql("SELECT partition || ' ' || log_offset + 1 FROM orders").split()
        parts.kill("worker")
        # As a restored backup of a database that was ahead of its log.
        parts.sql(f"UPDATE partition_progress SET next_offset = 1000000 WHERE partition = {partition}")
        parts.spawn("worker", "worker")
        self.sign_in("olga")
        self.open("/admin/sales/halted/live")
        self.wait_for(say(f"Partition {partition} is halted.", f"分区 {partition} 已停止。"), "[data-part=alerts]", 60)
        self.check_accessible()
        self.screenshot("live-halted")
        self.open("/admin/quarantine")
        self.assertIn(say("the next one to decide is 1000000", "而下一个待裁决的是 1000000"), self.find(".failed").text)
        self.check_accessible()
        self.screenshot("halted")
        self.submit(f"/admin/partitions/{partition}/resume", {"because": "the backup was too new", "at": offset})
        self.assertEqual(self.driver.find_elements("css selector", ".failed"), [])
        order("halted", "jane", url=parts.urls["intake"])
        until(lambda: parts.sql("SELECT 1 FROM orders WHERE buyer = 'jane' AND outcome = 0"))
        self.open("/admin/sales/halted/live")
        self.wait_for(say("Nothing needs a person now.", "目前无需人工处理。"), "[data-part=alerts]")
        self.open("/admin/log")
        self.assertIn("the backup was too new", self.find("main table").text)

    def test_an_export_that_lost_its_database_says_that_it_is_not_whole(self):
        count = 150_000
        parts = Processes(self, "export", ["admin"])
        self.url = parts.urls["admin"]
        api("POST", "/admin/api/sales", {
            "id": "export", "name": "An export", **TEN_YEARS,
            "items": [{"sku": "phone", "stock": count, "price_minor": 19900, "currency": "CNY"}]}, self.url)
        parts.sql("INSERT INTO orders (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, "
                  "outcome, sku, buyer) SELECT (lpad(to_hex(number), 8, '0') || left(md5(i::text), 4) || '8' || "
                  "substr(md5(i::text), 5, 3) || 'a' || substr(md5(i::text), 8, 15))::uuid, i, now(), now(), number, "
                  f"1, 0, 0, 'phone', 'buyer-' || i FROM sales, generate_series(0, {count - 1}) AS i")
        parts.sql("INSERT INTO partition_progress (topic, partition, epoch, next_offset, owner_name) "
                  f"VALUES ('orders', 0, 1, {count}, 'test')")
        self.sign_in("olga")
        for form, last in [("csv", b"#NOT WHOLE"), ("jsonl", b'{"error":"not_whole"')]:
            path = f"/admin/api/sales/export/orders.{form}"
            # Reads some orders, and then nothing: the export stands still where its reader does.
            self.driver.execute_async_script(
                "const done = arguments[arguments.length - 1];"
                "fetch(arguments[0]).then(async answer => {"
                "  window.reader = answer.body.getReader();"
                "  await window.reader.read();"
                "  done();"
                "});", path)
            cookies = "; ".join(f"{c['name']}={c['value']}" for c in self.driver.get_cookies())
            request = urllib.request.Request(self.url + path, headers={"Cookie": cookies})
            with urllib.request.urlopen(request) as file:
                begun = file.read(1_000_000)
                sql(f"ALTER DATABASE {parts.name} ALLOW_CONNECTIONS false")
                sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{parts.name}'")
                with self.assertRaises(http.client.IncompleteRead) as ended:
                    file.read()
            lines = (begun + ended.exception.partial).splitlines()
            self.assertTrue(lines[-1].startswith(last), lines[-1])
            self.assertLess(len(lines), count)
            # The browser keeps nothing of a stream that failed; it must not take it for whole.
            error = self.driver.execute_async_script(
                "const done = arguments[arguments.length - 1];"
                "(async () => {"
                "  try { while (!(await window.reader.read()).done); done(null); }"
                "  catch (error) { done(String(error)); }"
                "})();")
            self.assertIn("Error", error)
            sql(f"ALTER DATABASE {parts.name} ALLOW_CONNECTIONS true")
            until(lambda: "An export" in (self.open("/admin/sales/export") or self.text()))


if __name__ == "__main__":
    unittest.main()
