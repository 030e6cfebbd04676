"""The buyer's page in a real browser: from the countdown to a paid order."""

import datetime
import unittest

from selenium.webdriver.support.ui import WebDriverWait

from console import SHOP_URL, Console, api


class Buying(Console):
    """A buyer's way, in both languages."""

    def create(self, name, seconds):
        """A sale with holds that opens in so many seconds."""
        now = datetime.datetime.now(datetime.timezone.utc)
        starts, ends = [(now + datetime.timedelta(seconds=s)).strftime("%Y-%m-%dT%H:%M:%SZ") for s in (seconds, 3600)]
        api("POST", "/admin/api/sales", {
            "id": name, "name": "Double 11 " + name, "starts_at": starts, "ends_at": ends,
            "holds": {"seconds": 300, "extend": {"times": 1, "seconds": 60}},
            "items": [{"sku": "phone", "stock": 100, "price_minor": 199900, "currency": "CNY"}]})

    def buy(self):
        WebDriverWait(self.driver, 60).until(lambda _: self.find("#items button").is_enabled())
        self.find("#items button").click()

    def test_from_the_countdown_to_paid(self):
        self.create("bought", 15)
        self.driver.get(SHOP_URL + "/demo?sale=bought&lang=en")
        self.wait_for("Double 11 bought", "h1")
        self.wait_for("Opens in")
        self.assertFalse(self.find("#items button").is_enabled())
        self.check_accessible()
        self.buy()
        self.wait_for("It is held for you", "#state")
        self.wait_for("99 of 100 left", "#items")
        self.wait_for("Pay", "#pay")
        self.check_accessible()
        self.screenshot("demo")
        self.find("#extend").click()
        WebDriverWait(self.driver, 30).until(lambda _: not self.find("#extend").is_displayed())
        self.find("#pay").click()
        self.wait_for("Paid: it is yours", "#state")
        self.check_accessible()
        self.check_no_complaint()

    def test_in_chinese(self):
        self.create("bought-zh", 0)
        self.driver.get(SHOP_URL + "/demo?sale=bought-zh&lang=en")
        self.wait_for("Double 11 bought-zh", "h1")
        self.find("[hreflang='zh-Hans']").click()
        self.wait_for("Double 11 bought-zh", "h1")
        self.wait_for("距结束")
        self.buy()
        self.wait_for("已为您保留", "#state")
        self.wait_for("付款", "#pay")
        self.check_accessible()
        self.find("#pay").click()
        self.wait_for("已付款，归您所有", "#state")
        self.find("#another").click()
        self.buy()
        self.wait_for("已为您保留", "#state")
        self.find("#release").click()
        self.wait_for("您已放弃", "#state")
        self.check_no_complaint()


if __name__ == "__main__":
    unittest.main()
