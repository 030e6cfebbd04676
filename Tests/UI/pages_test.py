"""Every page of the console, looked at: its language, its accessibility, its width on a phone."""

import pathlib
import re
import unittest

from console import Console, api, decided, order, pay, say, sql, until
from lanes import Poison

SOURCES = pathlib.Path(__file__).parents[2] / "Sources" / "Admin"

# What a route answers with is no page: files, and the live page's stream.
NO_PAGES = {"admin/log.csv", "admin/sales/{sale}/report.html", "admin/jobs/{number}/result.csv",
            "admin/sales/{sale}/live/events"}

# What the test itself has typed.
OWN_WORDS = ["the long name of a sale that is looked at", "a bank is slow"]


def routes():
    """The paths that the console answers to GET with a page."""
    found = set()
    for file in SOURCES.rglob("*.swift"):
        found |= set(re.findall(r'pages\.at\(\s*"(admin[^"\\]*)",\s*get:', file.read_text()))
    return found - NO_PAGES


class EveryPage(Console):
    """With something on each."""

    def prepare(self):
        """A sale with orders, a payment, a job, and a record that was set aside; gives the values of paths."""
        items = [{"sku": "phone", "stock": 10, "price_minor": 100, "currency": "CNY"}]
        api("POST", "/admin/api/sales", {"id": "long-ago", "name": "Earlier", "starts_at": "2025-01-01T00:00:00Z",
                                         "ends_at": "2025-02-01T00:00:00Z", "items": items})
        api("POST", "/admin/api/sales", {
            "id": "looked-at", "name": "双十一 & <i>Double 11</i>, the long name of a sale that is looked at",
            "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2036-01-01T00:00:00Z", "per_buyer_limit": 2,
            "holds": {"seconds": 3600, "extend": {"times": 2, "seconds": 600}},
            "items": [{"sku": sku, "stock": 10, "price_minor": 1_999_999, "currency": "CNY"}
                      for sku in ["phone", "a-sku-with-a-name-as-long-as-they-are-in-warehouses-0123456789"]]})
        paid = order("looked-at", "buyer-" + "0123456789" * 5)["order_id"]
        order("looked-at", "buyer")
        decided("looked-at", 2)
        pay(paid, "pay-" + "0123456789" * 6, 1_999_999)
        Poison(self, "poison")
        broken = order("looked-at", "poison")["order_id"]
        where = f"FROM quarantined_records WHERE order_id = '{broken}'"
        until(lambda: sql(f"SELECT 1 {where}"))
        job = api("POST", "/admin/api/sales/looked-at/jobs", {
            "action": "extend", "search": "state=reserved", "because": "a bank is slow"})["id"]
        partition, offset = sql(f"SELECT partition || ' ' || log_offset {where}").split()
        return {"sale": "looked-at", "order": paid, "number": str(job), "partition": partition, "offset": offset}

    def test_every_page_has_words_in_its_language_and_is_accessible(self):
        parameters = self.prepare()
        queries = {"admin/sales/{sale}/jobs": "?action=cancel&search=state%3Dreserved",
                   "admin/sales/{sale}/orders": "?state=paid", "admin/sales/{sale}": "?with=long-ago",
                   "admin/quarantine/{partition}/{offset}": "?buyers=plain",
                   "admin/orders/{order}": "?buyers=plain"}
        pictures = {"admin": "sales", "admin/jobs": "jobs", "admin/orders": "find", "admin/sales/{sale}/edit": "edit"}
        paths = routes()
        self.assertGreater(len(paths), 18)
        self.open("/admin/sign-in")
        self.look()
        self.sign_in("olga")
        for path in sorted(paths - {"admin/sign-in"}):
            with self.subTest(path):
                self.open("/" + path.format(**parameters) + queries.get(path, ""))
                self.assertEqual(self.driver.execute_script(
                    "return performance.getEntriesByType('navigation')[0].responseStatus"), 200)
                self.look()
                if path in pictures:
                    self.screenshot(pictures[path])
        with self.subTest("a page that there is not"):
            self.open("/admin/sales/none")
            self.look()
        self.screenshot("problem")

    def look(self):
        """What a person would see at once."""
        self.check_accessible()
        heading = self.find("h1").text
        self.assertTrue(heading)
        self.assertIn("Penstock", self.driver.title)
        words = self.find("body").text
        self.assertNotRegex(words, r"\{\d\}", "a text has no value for its place")
        if self.language == "en":
            self.assertNotRegex(words.replace("双十一", "").replace("简体中文", ""), r"[\u4e00-\u9fff]")
        else:
            labels = self.texts(
                "nav a, main h1, main h2, main th, main label > span, main button, main summary")
            english = [label for label in labels if re.fullmatch(r"[A-Z]?[a-z]+( [a-z]+)+\??", label)]
            self.assertEqual(english, [], f"{self.driver.current_url} has words in English")
            # In the rows of all tables but two stand words that people wrote, perhaps in other tests.
            own = list(OWN_WORDS)
            if not re.search("/admin/(quarantine|audits)", self.driver.current_url):
                own += sorted(self.texts("td"), key=len, reverse=True)
            for text in own:
                words = words.replace(text, "")
            sentences = re.findall(r"[A-Za-z]+(?: [a-z']+){3,}", words)
            self.assertEqual(sentences, [], f"{self.driver.current_url} has sentences in English")
        self.check_no_complaint()


if __name__ == "__main__":
    unittest.main()
