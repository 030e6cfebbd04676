"""The live page while a crowd orders, in a real browser: a line that grows, stock that sells out, all that is held."""

import re
import unittest

from console import Console, api, decided, order, pay, say, spike, sql
from lanes import Gate


def sale(name, stock, holds=False):
    """A sale of phones, open for years."""
    return {"id": name, "name": "Double 11 " + name, "starts_at": "2026-01-01T00:00:00Z",
            "ends_at": "2036-01-01T00:00:00Z", **({"holds": {"seconds": 3600}} if holds else {}),
            "items": [{"sku": "phone", "stock": stock, "price_minor": 19900, "currency": "CNY"}]}


class Spike(Console):
    """A person watches, and touches nothing."""

    def watch(self, name):
        self.sign_in("victor")
        self.open(f"/admin/sales/{name}/live")
        self.driver.execute_script("window.isTheSamePage = true")

    def tile(self, name):
        """What the tile of this name says below its name."""
        tiles = [words.split("\n", 1) for words in self.texts("[data-part=tiles] .tile")]
        return next(words for title, words in tiles if title == name)

    def in_all(self, name):
        """How often an answer was given in all; 0: it has no row yet."""
        rows = [words.split("\t") for words in self.texts("[data-part=answers] > table tbody tr")]
        return next((int(row[2].replace(",", "")) for row in rows if row[0] == name), 0)

    def levels(self):
        """Of each part of the stock, how many units it has: what is left, held and paid."""
        bar = self.find("[data-part=stock] .levels svg").get_attribute("aria-label")
        return [int(number) for number in re.findall(r"(\d+) ", bar.split(": ", 1)[1])]

    def test_a_line_grows_is_decided_and_sells_out(self):
        backlog = say("Backlog", "积压")
        api("POST", "/admin/api/sales", sale("spike", 200))
        order("spike", "early")
        decided("spike", 1)
        self.watch("spike")
        self.wait_for(say("199 left", "199 剩余"), "[data-part=stock]")
        gate = Gate(self, "gate-spike")
        order("spike", "gate-spike")
        gate.wait()
        # The lane stands at the first of them: the line behind it grows.
        answers = spike("spike", 400)
        self.assertEqual(answers["accepted"], 400)
        self.wait_until(lambda: self.tile(backlog).startswith("401\n"))
        # Side by side: intakes have accepted all of them, and the lane has decided none.
        self.wait_until(lambda: self.in_all(say("accepted by intakes", "入口已受理")) == 402)
        self.assertEqual(self.in_all(say("decided by lanes", "队列已裁决")), 1)
        self.wait_for(say("The line of partition", "的队列停滞"), "[data-part=alerts]")
        self.assertIn(say("although records wait", "有记录等待"), self.find("[data-part=alerts]").text)
        self.check_accessible()
        gate.open()
        self.wait_until(lambda: self.levels() == [0, 200])
        self.wait_until(lambda: say("nothing waits", "无等待") in self.tile(backlog))
        self.wait_for(say("Nothing needs a person now.", "目前无需人工处理。"), "[data-part=alerts]")
        # Now that nothing is left, the door refuses, and is counted here too.
        refused = spike("spike", 300, "late")
        self.assertEqual(set(refused), {"sold_out"})
        self.wait_until(lambda: self.in_all(say("sold_out", "已售罄")) == refused["sold_out"])
        self.assertEqual(self.in_all(say("decided by lanes", "队列已裁决")), 402)
        self.assertRegex(self.tile(say("Decision delay", "裁决延迟")), r"[\d.,]+ ms\n.*p99 [\d.,]+ ms")
        self.assertRegex(self.tile(say("Head of the line", "队首")), r"\d+:[\d,]+")
        self.assertTrue(self.driver.execute_script("return window.isTheSamePage"))
        self.check_accessible()
        self.screenshot("live")
        self.assertEqual(sql("SELECT units_left FROM stock JOIN sales ON number = sale WHERE id = 'spike'"), "0")
        self.open("/admin/sales/spike")
        self.assertIn(say("from opening to the last unit", "从开始到售罄"), self.text())
        self.assertNotIn(say("units are left", "尚有剩余"), self.text())
        self.check_no_complaint()

    def test_all_is_held_and_then_paid(self):
        api("POST", "/admin/api/sales", sale("held", 20, holds=True))
        self.watch("held")
        alert = say("All that is left is held: phone.", "剩余库存全部被占用：phone。")
        self.assertNotIn(alert, self.text())
        answers = spike("held", 60)
        self.wait_for(alert, "[data-part=alerts]")
        self.wait_for(say("Buyers hear all_held", "买家会收到 all_held"), "[data-part=alerts]")
        self.wait_until(lambda: self.levels() == [0, 20, 0])
        self.check_accessible()
        self.screenshot("live-held")
        decided("held", answers["accepted"])
        winners = sql("SELECT h.order_id FROM holds h JOIN sales ON number = h.sale WHERE id = 'held'").split()
        self.assertEqual(len(winners), 20)
        for index, winner in enumerate(winners):
            pay(winner, f"pay-held-{index}")
        self.wait_until(lambda: self.levels() == [0, 0, 20])
        self.wait_for(say("Nothing needs a person now.", "目前无需人工处理。"), "[data-part=alerts]")
        self.assertTrue(self.driver.execute_script("return window.isTheSamePage"))
        self.check_no_complaint()


if __name__ == "__main__":
    unittest.main()
