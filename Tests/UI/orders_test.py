"""Orders: found, seen with their history, unmasked, refunded, taken out; in a real browser."""

import csv
import io
import json
import re
import unittest

from console import Console, api, decided, order, pay, say, sql, until


def sale(name):
    """A sale with holds, open for years."""
    return {"id": name, "name": "Double 11 " + name, "starts_at": "2026-01-01T00:00:00Z",
            "ends_at": "2036-01-01T00:00:00Z", "holds": {"seconds": 3600},
            "items": [{"sku": "phone", "stock": 100, "price_minor": 19900, "currency": "CNY"},
                      {"sku": "case", "stock": 3, "price_minor": 1900, "currency": "CNY"}]}


class Orders(Console):
    """What a person looks for, and what not everyone may see."""

    def test_an_order_is_found_and_its_history_is_drawn(self):
        api("POST", "/admin/api/sales", sale("found"))
        found = order("found", "alice-2039")["order_id"]
        order("found", "bob-2039")
        decided("found", 2)
        pay(found, "pay-found-1")
        self.sign_in("victor")
        self.open("/admin/sales/found/orders")
        self.check_accessible()
        self.assertIn("al***9", self.text())
        self.screenshot("orders")
        self.submit("/admin/orders", {"q": "pay-found-1"})
        self.assertTrue(self.driver.current_url.endswith(f"/admin/orders/{found}"))
        dots = [dot.text for dot in self.driver.find_elements("css selector", "svg.line text.step")]
        self.assertEqual(dots, say(["place", "pay"], ["下单", "扣款"]))
        self.assertIn(say("paid", "已支付"), self.find(".pill").text)
        self.assertIn("199.00 CNY", self.text())
        self.check_accessible()
        self.screenshot("order")
        self.check_no_complaint()

    def test_who_may_sees_buyers_and_the_log_says_so(self):
        api("POST", "/admin/api/sales", sale("masked"))
        order("masked", "carol-4711")
        decided("masked", 1)
        self.sign_in("victor")
        for path in ["/admin/sales/masked/orders", "/admin/sales/masked/orders?buyers=plain"]:
            self.open(path)
            self.assertNotIn("carol-4711", self.driver.page_source)
        self.assertIn(say("Who asks has not the right to do this", "没有此操作的权限"), self.find("h1").text)
        self.sign_in("fiona")
        self.open("/admin/sales/masked/orders?buyer=carol-4711&refused=true")
        self.assertIn("ca***1", self.find("main table").text)
        self.driver.get(self.find("a[href*='buyers=plain']").get_attribute("href"))
        self.assertIn("carol-4711", self.find("main table").text)
        self.sign_in("olga")
        self.open("/admin/log?action=buyers.unmask&text=masked")
        self.assertRegex(self.find("main table").text,
                         say(r"fiona\s.*buyers\.unmask.*masked", r"fiona\s.*查看完整买家.*masked"))
        self.assertNotIn("carol-4711", self.driver.page_source)

    def test_finance_refunds_and_an_operator_cannot(self):
        api("POST", "/admin/api/sales", sale("refunded"))
        paid = order("refunded", "dave")["order_id"]
        decided("refunded", 1)
        pay(paid, "pay-refunded-1")
        api("POST", f"/admin/api/orders/{paid}/cancel", {"reason": "the buyer asked"})
        until(lambda: sql("SELECT 1 FROM payments WHERE payment = 'pay-refunded-1' AND refund_due = 19900"))
        listing = "/admin/sales/refunded/orders?state=refund_due"
        self.sign_in("oscar")
        self.open(listing)
        self.assertNotIn("refund", [o.get_attribute("value") for o in
                                    self.driver.find_elements("css selector", "select[name=action] option")])
        self.open("/admin/sales/refunded/jobs?action=refund&search=state%3Drefund_due")
        self.assertIn(say("Who asks has not the right to do this", "没有此操作的权限"), self.find("h1").text)
        self.sign_in("fiona")
        self.open(listing)
        self.submit("/admin/sales/refunded/jobs", {"action": "refund"})
        self.assertIn(say("1 orders fit", "匹配 1 个订单"), self.text())
        self.assertIn("199.00 CNY", self.text())
        self.check_accessible()
        self.screenshot("job-preview")
        self.submit("/admin/sales/refunded/jobs", {"because": "cancelled by the buyer"})
        self.assertIn("cancelled by the buyer", self.text())
        until(lambda: sql("SELECT 1 FROM payments WHERE payment = 'pay-refunded-1' AND refunded = 19900"))
        self.open(f"/admin/orders/{paid}")
        self.assertRegex(self.text(), r"pay-refunded-1 199\.00 CNY 0\.00 CNY 0\.00 CNY 199\.00 CNY")

    def test_one_order_is_cancelled_in_part_refunded_and_extended_by_who_may(self):
        wanted = sale("one")
        wanted["holds"] = {"seconds": 3600, "extend": {"times": 2, "seconds": 600}}
        api("POST", "/admin/api/sales", wanted)
        paid = order("one", "erin", quantity=3)["order_id"]
        held = order("one", "frank", quantity=2)["order_id"]
        decided("one", 2)
        pay(paid, "pay-one-1", 59700)
        self.sign_in("victor")
        for found in [paid, held]:
            self.open(f"/admin/orders/{found}")
            self.assertEqual(self.actions(found), [])

        self.sign_in("oscar")
        self.open(f"/admin/orders/{paid}")
        self.assertEqual(self.actions(paid), [])
        self.open(f"/admin/orders/{held}")
        self.assertEqual(self.actions(held), ["extend", "release"])
        due = sql(f"SELECT due FROM holds WHERE order_id = '{held}'")
        self.ask(held, "extend", {"reason": "her bank is slow"})
        self.assertIn(say("Extensions that are left then: 1", "之后还可延长的次数：1"), self.text())
        self.confirm(held, "extend")
        self.assertIn(say("extend: applied", "延长：已执行"), self.find("[role=status]").text)
        self.assertEqual(sql(f"SELECT due - '{due}' FROM holds WHERE order_id = '{held}'"), "00:10:00")
        self.ask(held, "release", {"reason": "she called"})
        self.assertIn(say("2 of phone will go back to the stock.", "phone 将退回库存 2 件。"), self.text())
        self.confirm(held, "release")
        self.assertEqual(sql(f"SELECT state FROM holds WHERE order_id = '{held}'"), "6")
        self.assertEqual(self.actions(held), [])

        self.sign_in("fiona")
        self.open(f"/admin/orders/{paid}")
        self.assertEqual(self.actions(paid), ["cancel", "refund"])
        self.check_accessible()
        self.ask(paid, "cancel", {"units": "1", "reason": "ordered one too many"})
        self.assertIn(say("199.00 CNY will be due to be paid back", "将产生应退款 199.00 CNY"), self.text())
        self.assertIn(say("The order will keep 2 of its units.", "订单将保留 2 件。"), self.text())
        self.check_accessible()
        self.screenshot("cancel")
        self.confirm(paid, "cancel")
        self.assertIn(say("cancel: refund_due. Units: -1. Money: 199.00 CNY.", "取消：应退款。 件数：-1。 金额：199.00 CNY。"),
                      self.find("[role=status]").text)
        self.assertEqual(sql(f"SELECT state, units, refund_due FROM holds WHERE order_id = '{paid}'"), "4|2|19900")
        self.ask(paid, "cancel", {"units": "7", "reason": "too many"})
        self.assertIn(say("It was refused", "已被拒绝"), self.find("[role=alert]").text)
        self.check_accessible()
        self.open(f"/admin/orders/{paid}")
        self.ask(paid, "refund", {"amount": "99", "reason": "the first half"})
        self.assertIn(say("99.00 CNY of payment pay-one-1 will count as paid back", "支付 pay-one-1 将登记已退 99.00 CNY"),
                      self.text())
        self.assertIn(say("100.00 CNY of this payment will still be due", "该支付仍有应退款 100.00 CNY"), self.text())
        self.check_accessible()
        self.confirm(paid, "refund")
        self.assertIn(say("refund: applied", "退款：已执行"), self.find("[role=status]").text)
        # The rest of what is due, without an amount.
        self.ask(paid, "refund", {"reason": "the second half"})
        self.confirm(paid, "refund")
        self.assertEqual(sql("SELECT refund_due, refunded FROM payments WHERE payment = 'pay-one-1'"), "0|19900")
        self.check_no_complaint()

    def actions(self, order_id):
        """What the page of an order offers to do with it."""
        begin = f"/admin/orders/{order_id}/"
        forms = self.driver.find_elements("css selector", f"form[action^='{begin}']")
        return [form.get_attribute("action").rsplit("/", 1)[1] for form in forms]

    def ask(self, order_id, action, values):
        """Opens a form of an order's page, fills it, and asks for its preview."""
        form = self.form(f"/admin/orders/{order_id}/{action}")
        form.find_element("xpath", "..").find_element("tag name", "summary").click()
        self.fill(form, values)
        self.send(form)

    def confirm(self, order_id, action):
        """Confirms a preview, and waits until the order's page has the record of it."""
        self.send(self.form(f"/admin/orders/{order_id}/{action}"))
        self.assertRegex(self.driver.current_url, rf"/admin/orders/{order_id}\?record=\d+@\d+$")

    def test_an_export_has_each_order_as_the_database_has_it(self):
        api("POST", "/admin/api/sales", sale("exported"))
        buyers = [f"buyer-{i}" for i in range(12)] + ["=1+1,\"x\"", "'quoted"]
        for index, buyer in enumerate(buyers):
            # Of 3 cases the second buyer who wants 2 gets none.
            if index % 3 == 0:
                order("exported", buyer, "case", quantity=2)
            else:
                order("exported", buyer)
        decided("exported", len(buyers))
        self.sign_in("fiona")
        self.open("/admin/sales/exported")
        path = self.find("form[action$='/orders.csv']").get_attribute("action") + "?buyers=plain"
        rows = list(csv.DictReader(io.StringIO(self.fetch(path), newline="")))
        lines = [json.loads(line) for line in self.fetch(path.replace(".csv", ".jsonl")).splitlines()]
        stored = list(csv.reader(io.StringIO(sql(
            "SELECT o.order_id, o.partition, o.log_offset, o.sku, o.buyer, quantity, outcome, "
            "accepted_at AT TIME ZONE 'UTC', coalesce(h.units, 0) FROM orders o JOIN sales s ON s.number = o.sale "
            "LEFT JOIN holds h ON h.order_id = o.order_id "
            "WHERE s.id = 'exported'", form="--csv"))))
        self.assertEqual(len(stored), len(buyers))
        self.assertEqual(len(rows), len(stored))
        by_id = {row["order_id"]: row for row in rows}
        by_line = {line["order_id"]: line for line in lines}
        self.assertEqual(len(by_id), len(stored), "each order once")
        for identity, partition, offset, sku, buyer, quantity, outcome, accepted, units in stored:
            row, line = by_id[identity], by_line[identity]
            escaped = "'" + buyer if buyer[0] in "=+-@'" else buyer
            self.assertEqual((row["partition"], row["offset"], row["sku"], row["buyer"], row["quantity"]),
                             (partition, offset, sku, escaped, quantity))
            self.assertEqual((line["partition"], line["offset"], line["sku"], line["buyer"], line["quantity"]),
                             (int(partition), int(offset), sku, buyer, int(quantity)))
            self.assertEqual(row["outcome"] == "rejected", outcome not in ["0", "100"], row)
            self.assertEqual(row["units_live"], units, row)
            shown = re.sub(r"\D", "", row["accepted_at"])
            self.assertTrue(re.sub(r"\D", "", accepted).ljust(20, "0").startswith(shown), (accepted, row))
        self.assertEqual({row["sku"] for row in rows if row["outcome"] == "rejected"}, {"case"})
        masked = self.fetch(path.replace("plain", "masked"))
        self.assertNotIn("buyer-1,", masked)


if __name__ == "__main__":
    unittest.main()
