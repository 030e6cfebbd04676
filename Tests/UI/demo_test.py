"""The buyer's page in a real browser: from the countdown to a paid order, and what else can become of an order."""

import datetime
import json
import re
import unittest
import urllib.error
import urllib.request

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.ui import WebDriverWait

from console import SHOP_URL, Console, api, decided, join, order, pay, say, shop, spike, sql, until
from lanes import Gate, Poison

BEACON = "a throw of dice"


class Buying(Console):
    """A buyer's way."""

    def create(self, name, opens=0, stock=100, hold=300, **rules):
        """A sale with holds that opens in so many seconds."""
        now = datetime.datetime.now(datetime.timezone.utc)
        starts, ends = [self.time(now, seconds) for seconds in (opens, 3600)]
        api("POST", "/admin/api/sales", {
            "id": name, "name": "Double 11 " + name, "starts_at": starts, "ends_at": ends,
            "holds": {"seconds": hold, "extend": {"times": 1, "seconds": 60}},
            "items": [{"sku": "phone", "stock": stock, "price_minor": 199900, "currency": "CNY"}], **rules})

    @staticmethod
    def time(now, seconds):
        return (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def visit(self, name):
        """Opens the buyer's page as soon as the shop knows the sale: to who is earlier it shows another one."""
        until(lambda: f'"{name}"' in self.sales())
        self.driver.get(f"{SHOP_URL}/demo?sale={name}")
        self.wait_for("Double 11 " + name, "h1")

    @staticmethod
    def sales():
        """The shop's list of sales, as it is sent."""
        with urllib.request.urlopen(f"{SHOP_URL}/v1/sales") as answer:
            return answer.read().decode()

    def buy(self):
        WebDriverWait(self.driver, 60).until(lambda _: self.find("#items button").is_enabled())
        self.find("#items button").click()

    def buyer(self):
        return self.find("#buyer").get_attribute("value")

    def place(self):
        """The place in line that the page shows; `None`: it shows none."""
        found = re.search(say(r"Place (\d+)", r"排在第 (\d+) 位"), self.find("#words").text)
        return found and int(found.group(1))

    def test_from_the_countdown_to_paid(self):
        opens = 20
        now = datetime.datetime.now(datetime.timezone.utc)
        self.create("bought", opens, hold=61, shaping={"room": {
            "order": "lottery", "rate_per_minute": 6000,
            "beacon": {"name": BEACON, "known_at": self.time(now, opens + 30)}}})
        self.visit("bought")
        self.wait_for(say("Opens in", "距开始"), "#clock-words")
        self.assertRegex(self.find("#clock").text, r"00:\d\d")
        self.assertFalse(self.find("#items button").is_enabled())
        self.wait_for(say("Join, and wait for your turn.", "请进入等候室"), "#room-words")
        self.check_accessible()
        self.screenshot("demo-countdown")

        others = ["gate-first", *(f"other-{i}" for i in range(10)), "gate-last"]
        for other in others:
            join("bought", other)
        self.find("#join").click()
        self.wait_for(say("You are in the draw.", "您已参加抽签"), "#room-words")
        self.wait_for(say("The draw waits for", "抽签等待") + f" {BEACON}", "#room-words", 60)
        self.assertFalse(self.find("#items button").is_enabled())
        self.draw("bought")
        self.wait_for(say("You are in: buy now.", "您已进入，请购买。"), "#room-words", 60)
        self.verify(len(others) + 1)
        self.wait_in_line("bought", others)
        self.hold_and_pay()

    def draw(self, sale):
        """Tells the beacon's value as soon as it can be known."""
        def is_told():
            try:
                return api("POST", f"/admin/api/sales/{sale}/room/beacon", {"name": BEACON, "value": "4"})
            except urllib.error.HTTPError as refusal:
                refusal.close()
                return None

        until(is_told, 60)

    def verify(self, entries):
        """The browser checks the lottery by itself."""
        def is_drawn():
            self.find("#verify").click()
            return say("The draw is what it was promised to be.", "抽签与承诺一致。") in self.find("#news").text

        until(is_drawn)
        self.assertRegex(self.find("#news").text,
                         say(rf"You are number \d+ of {entries}\.", rf"您在 {entries} 人中排第 \d+。"))
        verdict = self.find("#verdict").text.split("\n")
        self.assertEqual(len(verdict), 5)
        for line in verdict:
            self.assertTrue(line.startswith("✓ "), line)
        self.assertIn(say("You are among the entries.", "您在名单中。"), verdict[4])
        self.check_accessible()
        self.screenshot("demo-draw")

    def wait_in_line(self, sale, others):
        """Orders behind the others, and sees the place move while a lane works."""
        gates = {other: Gate(self, other) for other in others if other.startswith("gate")}
        tokens = {other: until(lambda other=other: self.room(sale, other).get("token")) for other in others}
        for other in others:
            shop(f"/v1/sales/{sale}/orders", other, {"sku": "phone", "quantity": 1}, token=tokens[other])
            if other == others[0]:
                gates[other].wait()
        self.buy()
        self.wait_for(say("In line", "排队中"), "#state")
        place = until(self.place)
        self.assertGreaterEqual(place, len(others) + 1)
        self.assertTrue(self.find("#line").is_displayed())
        self.check_accessible()
        self.screenshot("demo-line")
        gates[others[0]].open()
        until(lambda: (self.place() or place) < place)
        self.assertGreater(float(self.find("#line").get_attribute("value")), 0)
        gates[others[-1]].open()

    @staticmethod
    def room(sale, buyer):
        request = urllib.request.Request(f"{SHOP_URL}/v1/sales/{sale}/room", headers={"X-Buyer-Id": buyer})
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())

    def hold_and_pay(self):
        """The hold says 60 s before that it ends, is extended by a key, and paid."""
        self.wait_for(say("It is held for you", "已为您保留"), "#state")
        self.wait_for(say("Your hold ends in", "保留将在"), "#urgent")
        seconds = int(re.search(r"\d+", self.find("#urgent").text).group())
        self.assertIn(seconds, range(50, 61))
        self.assertIn(say("Press E to keep it longer.", "按 E 键延长保留。"), self.find("#urgent").text)
        self.assertEqual(self.find("#urgent").get_attribute("aria-live"), "assertive")
        self.wait_for(say("Pay", "付款"), "#pay")
        self.check_accessible()
        self.screenshot("demo")
        ActionChains(self.driver).send_keys("e").perform()
        WebDriverWait(self.driver, 30).until(lambda _: not self.find("#extend").is_displayed())
        self.assertEqual(self.find("#urgent").text, "")
        until(lambda: self.find("#hold-clock").text.startswith("01:"))
        # Its focus came to the button when the hold began, so that one key more pays.
        self.assertEqual(self.driver.switch_to.active_element.get_attribute("id"), "pay")
        self.find("#pay").click()
        self.wait_for(say("Paid: it is yours", "已付款，归您所有"), "#state")
        self.assertEqual(sql(f"SELECT state, units FROM holds WHERE buyer = '{self.buyer()}'"), "4|1")
        self.check_accessible()
        self.screenshot("demo-paid")
        self.check_no_complaint()

    def test_what_is_given_back_goes_to_the_next_buyer(self):
        self.create("given-back", stock=1)
        self.visit("given-back")
        self.wait_for(say("Ends in", "距结束"), "#clock-words")
        self.buy()
        self.wait_for(say("It is held for you", "已为您保留"), "#state")
        self.wait_for(say("0 of 1 left", "剩余 0 / 1"), "#items")
        self.find("#release").click()
        self.wait_for(say("You gave it back", "您已放弃"), "#state")
        self.wait_for(say("1 of 1 left", "剩余 1 / 1"), "#items")
        first = self.buyer()
        self.find("#another").click()
        self.assertNotEqual(self.buyer(), first)
        self.assertFalse(self.find("#order").is_displayed())
        self.buy()
        self.wait_for(say("It is held for you", "已为您保留"), "#state")
        self.check_no_complaint()

    def test_who_comes_too_late_is_told_why(self):
        self.create("gone", stock=1)
        winner = order("gone", "winner")["order_id"]
        decided("gone", 1)
        self.visit("gone")
        self.wait_for(say("0 of 1 left", "剩余 0 / 1"), "#items")
        self.buy()
        self.wait_for(say("all that is left is held by others", "剩余库存均被他人占用"), "main")
        pay(winner, "pay-gone", 199900)
        until(lambda: spike("gone", 1) == {"sold_out": 1})
        self.find("#another").click()
        self.buy()
        self.wait_for(say("sold out", "已售罄"), "main")
        self.check_accessible()
        self.check_no_complaint()

    def test_an_order_that_cannot_be_decided_says_so(self):
        self.create("broken")
        self.visit("broken")
        Poison(self, self.buyer())
        self.buy()
        self.wait_for(say("It could not be decided", "暂时无法裁决"), "#state")
        self.check_accessible()


if __name__ == "__main__":
    unittest.main()
