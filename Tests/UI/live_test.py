"""A sale while it goes, and its report, in a real browser."""

import datetime
import pathlib
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from console import URL, Console, api, join, order, say


def sale(name, opened=300):
    """A sale of two SKUs, which opened so many seconds ago."""
    now = datetime.datetime.now(datetime.timezone.utc)
    starts, ends = [(now + datetime.timedelta(seconds=s)).strftime("%Y-%m-%dT%H:%M:%SZ") for s in (-opened, 3300)]
    return {"id": name, "name": "Double 11 " + name, "starts_at": starts, "ends_at": ends,
            "items": [{"sku": "phone", "stock": 100, "price_minor": 19900, "currency": "CNY"},
                      {"sku": "case", "stock": 400, "price_minor": 1900, "currency": "CNY"}]}


class Watching(Console):
    """The live page."""

    def test_numbers_move_without_a_reload(self):
        api("POST", "/admin/api/sales", sale("watched"))
        self.sign_in("victor")
        self.open("/admin/sales/watched")
        self.driver.get(self.find("a[href$='/live']").get_attribute("href"))
        self.driver.execute_script("window.isTheSamePage = true")
        self.wait_for(say("100 left", "100 剩余"), "[data-part=stock]")
        before = self.clock()
        for buyer in range(7):
            order("watched", f"buyer-{buyer}")
        self.wait_for(say("93 left", "93 剩余"), "[data-part=stock]")
        self.wait_for(say("decided", "已裁决"), "[data-part=answers]")
        self.assertIn(say("Nothing needs a person now.", "目前无需人工处理。"), self.text())
        self.assertIn(say("Ends in", "距结束"), self.find("[data-part=clock]").text)
        self.wait_until(lambda: self.clock() != before)
        self.assertFalse(self.find(".stale").is_displayed())
        self.assertTrue(self.driver.execute_script("return window.isTheSamePage"))
        self.find("[data-part=stock] summary").click()
        order("watched", "buyer-7")
        self.wait_for(say("92 left", "92 剩余"), "[data-part=stock]")
        self.assertTrue(self.driver.execute_script("return document.querySelector('[data-part=stock] details').open"),
                        "a change leaves open what a person has opened")
        self.check_accessible()
        self.check_no_complaint()

    def clock(self):
        """What the page counts down, which is drawn anew each second."""
        return self.driver.execute_script("return document.querySelector('[role=timer]').textContent")

    def test_the_waiting_room_is_counted(self):
        api("POST", "/admin/api/sales", {**sale("room", opened=-600), "shaping": {"room": {"rate_per_minute": 60}}})
        self.sign_in("victor")
        self.open("/admin/sales/room/live")
        self.wait_for(say("Opens in", "距开始"))
        self.wait_for(say("waiting 0", "等候中 0"), "[data-part=room]")
        for buyer in range(3):
            join("room", f"buyer-{buyer}")
        self.wait_for(say("waiting 3", "等候中 3"), "[data-part=room]")
        self.assertIn(say("inside 0", "已进入 0"), self.find("[data-part=room]").text)
        api("POST", "/admin/api/sales/room/room/pause")
        self.wait_for(say("The waiting room is paused.", "等候室已暂停。"), "[data-part=alerts]")
        self.check_accessible()
        self.screenshot("live-room")


class Report(Console):
    """The report's charts, its parts, its comparison and its file."""

    def test_charts_parts_and_comparison(self):
        for name in ["earlier", "reported"]:
            api("POST", "/admin/api/sales", sale(name, opened=1))
            for buyer in range(12):
                order(name, f"buyer-{buyer}", "case" if buyer % 3 else "phone")
                time.sleep(0.1)  # A timeline of more than one slot, so that a part of it can be chosen.
        self.sign_in("victor")
        self.open("/admin/sales/reported")
        self.wait_for_report()
        self.check_accessible()
        self.screenshot("report")
        for chart in ["timeline", "delays", "arrivals"]:
            self.assertTrue(self.find(f"svg[aria-labelledby={chart}-words]").is_displayed())
        self.find("#timeline summary").click()
        confirmed = self.driver.find_elements(By.CSS_SELECTOR, "#timeline tbody td:nth-child(2)")
        self.assertEqual(sum(int(cell.text) for cell in confirmed), 12)
        plot = self.find("#timeline svg.plot")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
        ActionChains(self.driver).move_to_element_with_offset(plot, -200, 0).click_and_hold() \
            .move_by_offset(350, 0).release().perform()
        self.assertRegex(self.driver.current_url, r"\?from=.*&to=.*#timeline")
        self.assertIn(say("all of it", "全部"), self.find("#timeline nav").text)
        self.open("/admin/sales/reported")
        self.submit("/admin/sales/reported#comparison", {"with": "earlier"})
        self.assertIn(say("Beside an earlier sale", "与往期活动对比"), self.find("#comparison").text)
        self.check_accessible()
        self.check_no_complaint()

    def wait_for_report(self):
        """Until everything is decided."""
        for _ in range(30):
            if "12" in self.find("[class=tiles]").text and "timeline-words" in self.driver.page_source:
                return
            self.driver.refresh()
        self.fail(self.text())

    def file(self, user, name):
        self.sign_in(user)
        cookies = "; ".join(f"{c['name']}={c['value']}" for c in self.driver.get_cookies())
        return urllib.request.urlopen(urllib.request.Request(
            f"{URL}/admin/sales/{name}/report.html",
            headers={"Cookie": cookies, "Accept-Language": self.language}))

    def test_the_file_needs_nothing_else_and_is_logged(self):
        api("POST", "/admin/api/sales", sale("filed"))
        order("filed", "one")
        with self.assertRaises(urllib.error.HTTPError) as refusal:
            self.file("victor", "filed")
        self.assertEqual(refusal.exception.code, 403)
        refusal.exception.close()
        with self.file("fiona", "filed") as answer, tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "report.html")
            path.write_bytes(answer.read())
            self.driver.get(path.as_uri())
            self.assertIn("Double 11 filed", self.text())
            self.assertIn(say("Units sold", "已售件数"), self.text())
            self.assertEqual(self.driver.execute_script("return performance.getEntriesByType('resource').length"), 0)
            self.check_accessible()
        self.open("/admin/log?action=report.export")
        self.assertRegex(self.find("main table").text,
                         say(r"fiona\s.*report\.export.*filed", r"fiona\s.*导出报告.*filed"))


if __name__ == "__main__":
    unittest.main()
