"""What a person looks into and decides: instants, records that were set aside, audits, her own account."""

import hashlib
import hmac
import os
import re
import subprocess
import time
import unittest

from console import PASSWORD, Console, api, decided, order, pay, say, sql, until
from lanes import Poison


def sale(name, stock=10):
    """A sale with holds, open for years."""
    return {"id": name, "name": "Double 11 " + name, "starts_at": "2026-01-01T00:00:00Z",
            "ends_at": "2036-01-01T00:00:00Z", "holds": {"seconds": 3600},
            "items": [{"sku": "phone", "stock": stock, "price_minor": 19900, "currency": "CNY"}]}


class Instants(Console):
    """A sale as it stood."""

    def tiles(self):
        """The numbers of the page by their names."""
        tiles = [tile.text.split("\n") for tile in self.driver.find_elements("css selector", ".tiles .tile")]
        return {name: int(number.replace(",", "")) for name, number in tiles}

    def stock(self):
        """Of the first SKU: put up, left, held, sold, waiting, in line."""
        return [int(cell.text) for cell in
                self.driver.find_elements("css selector", "main table:first-of-type tbody td")[1:7]]

    def test_a_slider_goes_through_the_sale(self):
        api("POST", "/admin/api/sales", sale("instants"))
        first = order("instants", "buyer-1")["order_id"]
        for count in [2, 3]:
            decided("instants", count - 1)
            order("instants", f"buyer-{count}")
        decided("instants", 3)
        third = int(sql("SELECT extract(epoch FROM max(accepted_at) - min(accepted_at)) * 1000 FROM orders "
                        "JOIN sales ON number = sale WHERE id = 'instants'").split(".")[0])
        pay(first, "pay-instants")
        api("POST", "/admin/api/sales/instants/items/phone/restock", {"units": 5, "reason": "found more"})
        order("instants", "buyer-4")
        decided("instants", 4)
        self.sign_in("victor")
        self.open("/admin/sales/instants")
        self.press(self.find("a[href$='/moment']"))
        accepted = say("Accepted", "已受理")
        self.assertEqual(self.tiles()[accepted], 4)
        self.assertEqual(self.stock(), [15, 11, 3, 1, 0, 0])
        self.check_accessible()
        self.screenshot("moment")
        # The slider sends its form when it was moved: to just before the third order came.
        page = self.find("html")
        self.driver.execute_script(
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change', {bubbles: true}))",
            self.find("#ms"), third - 1)
        until(lambda: self.is_gone(page))
        self.assertEqual(self.tiles()[accepted], 2)
        self.assertEqual(self.stock(), [10, 8, 2, 0, 0, 0])
        self.press(self.driver.find_element("link text", say("first", "最早")))
        self.assertEqual(self.tiles()[accepted], 1)
        self.press(self.driver.find_element("link text", say("last", "最晚")))
        self.assertEqual(self.stock(), [15, 11, 3, 1, 0, 0])
        self.check_no_complaint()


class Quarantine(Console):
    """Records that could not be decided."""

    def set_aside(self, name):
        """An order that its lane could not write, and where its record is."""
        poison = Poison(self, f"{name}-buyer")
        placed = order("aside", f"{name}-buyer")["order_id"]
        where = f"FROM quarantined_records WHERE order_id = '{placed}'"
        until(lambda: sql(f"SELECT 1 {where}"))
        poison.take_away()
        return placed, sql(f"SELECT partition || '/' || log_offset {where}")

    def test_a_record_is_looked_into_and_decided_after_all(self):
        api("POST", "/admin/api/sales", sale("aside"))
        (placed, path), (_, other) = self.set_aside("first"), self.set_aside("second")
        self.sign_in("victor")
        self.open("/admin/sales/aside/live")
        self.wait_for(say("2 records are quarantined.", "2 条记录被隔离。"), "[data-part=alerts]")
        self.open("/admin/quarantine")
        self.assertNotIn("INSERT INTO", self.find("main table").text)
        self.find("main table summary").click()
        self.assertIn("a rule of the store refuses it", self.find("main table").text)
        self.find("main table summary").click()
        self.check_accessible()
        self.screenshot("quarantine")
        # What is in it names its buyer, so a viewer sees that as little as the buttons.
        self.open(f"/admin/quarantine/{path}")
        self.assertEqual(self.driver.find_elements("css selector", "main form, main pre"), [])
        self.open(f"/admin/quarantine/{path}?buyers=plain")
        self.assertIn("right_missing", self.text())

        self.sign_in("olga")
        self.open(f"/admin/quarantine/{path}")
        self.press(self.find("a[href$='buyers=plain']"))
        content = [part.text for part in self.driver.find_elements("css selector", "main pre")]
        self.assertIn("first-buyer", content[0])
        self.assertIn("000000  ", content[1])
        self.assertIn(say("Buyer first-buyer", "买家 first-buyer"), self.find("main table").text)
        self.check_accessible()
        self.screenshot("quarantined-record")
        self.submit(f"/admin/quarantine/{path}/requeue", {"because": "the rule was wrong"})
        self.assertIn(say("requeued", "已重新入队"), self.find(".pill").text)
        self.assertIn("the rule was wrong", self.text())
        until(lambda: sql(f"SELECT 1 FROM orders WHERE order_id = '{placed}' AND outcome = 0"))
        self.open(f"/admin/quarantine/{other}")
        self.submit(f"/admin/quarantine/{other}/dismiss", {"because": "she has called"})
        self.assertIn(say("dismissed", "已忽略"), self.find(".pill").text)
        self.open("/admin/log")
        self.submit("/admin/log", {"text": "the rule was wrong", "who": "olga"})
        self.assertIn(say("record.requeue", "记录重新入队"), self.find("main table").text)
        self.check_no_complaint()


class Audits(Console):
    """The log decided again."""

    def test_an_audit_is_started_and_read(self):
        api("POST", "/admin/api/sales", sale("audited"))
        order("audited", "gina")
        decided("audited", 1)
        self.sign_in("victor")
        self.open("/admin/audits")
        self.assertEqual(self.driver.find_elements("css selector", "form[action='/admin/audits']"), [])
        self.sign_in("oscar")
        self.open("/admin/audits")
        self.submit("/admin/audits", {"reason": "each Monday"})

        def has_ended():
            self.open("/admin/audits")
            return say("Verdict", "结论") in self.text()

        until(has_ended)
        self.assertIn(say("Verdict: sound", "结论: 全部正确"), self.text())
        self.assertRegex(self.find("main .counts").text, say(r"records in the log +\d", r"日志中的记录 +\d"))
        self.assertIn(say("SOUND: the database is what the log gives", "全部正确：数据库与日志一致"), self.text())
        self.check_accessible()
        self.screenshot("audit")


class Account(Console):
    """What is one's own."""

    def code(self, secret, step):
        """Six digits as an app shows them (RFC 6238)."""
        mac = hmac.new(bytes.fromhex(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
        place = mac[-1] & 15
        return f"{(int.from_bytes(mac[place:place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"

    def test_a_password_is_changed_and_an_app_shows_codes(self):
        subprocess.run([os.environ["UI_PENSTOCK"], "admin", "user", "add", "henry", "--role", "viewer"],
                       input=PASSWORD + "\n", text=True, check=True, stdout=subprocess.DEVNULL)
        self.enter("henry")
        self.open("/admin/account")
        self.assertIn(say("Role: viewer", "角色: 查看者"), self.text())
        self.check_accessible()
        self.screenshot("account")
        self.submit("/admin/account/password", {"old": "wrong", "new": PASSWORD + "2"})
        self.assertIn(say("The present password is wrong.", "当前密码不正确。"), self.find("[role=alert]").text)
        self.submit("/admin/account/password", {"old": PASSWORD, "new": "short"})
        self.assertTrue(self.find("[role=alert]").text.startswith(say("New password", "新密码")))
        self.submit("/admin/account/password", {"old": PASSWORD, "new": PASSWORD + "2"})
        self.assertEqual(self.driver.find_elements("css selector", "[role=alert]"), [])

        secret = self.find("[name=secret]").get_attribute("value")
        step = int(time.time()) // 30
        self.submit("/admin/account/codes", {"password": PASSWORD + "2", "code": self.code(secret, step - 5)})
        self.assertIn(say("The password or the code is wrong.", "密码或动态码不正确"), self.find("[role=alert]").text)
        self.submit("/admin/account/codes", {"password": PASSWORD + "2", "code": self.code(secret, step)})
        self.assertIn(say("A sign-in asks for a code of your app.", "登录时需要身份验证器的动态码。"), self.text())
        self.send(self.form("/admin/account/sign-out"))
        self.open("/admin/sales")
        self.assertIn("/admin/sign-in", self.driver.current_url)
        self.enter("henry", PASSWORD + "2")
        self.assertIn(say("Name, password or code is wrong.", "用户名、密码或动态码不正确。"), self.text())
        self.enter("henry", PASSWORD + "2", code=self.code(secret, step + 1))
        self.assertEqual(self.find("h1").text, say("Sales", "活动"))


if __name__ == "__main__":
    unittest.main()
