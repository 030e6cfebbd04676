"""The admin console in a real browser."""

import re
import unittest

from console import PASSWORD, Console, api, sql


def sale(name, starts="2026-01-01T00:00:00Z", ends="2036-01-01T00:00:00Z"):
    """A sale of one SKU, open for years."""
    return {"id": name, "name": "Double 11 " + name, "starts_at": starts, "ends_at": ends,
            "items": [{"sku": "phone", "stock": 100, "price_minor": 19900, "currency": "CNY"}]}


class SignIn(Console):
    """Who comes in, and how long."""

    def test_a_wrong_password_is_told_and_a_right_one_goes_on(self):
        self.open("/admin/approvals")
        self.check_accessible()
        self.screenshot("sign-in")
        self.submit("/admin/sign-in", {"name": "victor", "password": "wrong"})
        self.assertIn("Name, password or code is wrong.", self.text())
        self.submit("/admin/sign-in", {"name": "victor", "password": PASSWORD})
        self.assertTrue(self.driver.current_url.endswith("/admin/approvals"))
        cookie = next(c for c in self.driver.get_cookies() if c["name"] == "penstock")
        self.assertTrue(cookie["httpOnly"])
        self.assertEqual(cookie["sameSite"], "Strict")

    def test_an_expired_session_signs_in_again(self):
        self.sign_in("fiona")
        self.assertIn("fiona", self.text())
        sql("UPDATE admin_sessions SET last_used_at = now() - interval '1 hour'")
        self.open("/admin/sales")
        self.assertIn("/admin/sign-in", self.driver.current_url)

    def test_a_form_of_another_session_changes_nothing(self):
        self.sign_in("olga")
        self.open("/admin/users")
        self.driver.execute_script("document.querySelectorAll('[name=form_token]').forEach(f => f.value = 'x')")
        self.submit("/admin/users", {"name": "mallory", "role": "owner", "password": PASSWORD})
        self.assertIn("form_refused", self.text())
        self.assertEqual(sql("SELECT count(*) FROM admin_users WHERE name = 'mallory'"), "0")

    def test_both_languages(self):
        self.sign_in("victor")
        self.speak("zh-Hans")
        self.assertIn("活动", self.text())
        self.open("/admin/sales/none")
        self.assertIn("没有这个活动\n没有活动 none。", self.text())
        self.open("/admin/users")
        self.assertIn("需要权限 manage_users", self.text())
        self.assertEqual(self.find("html").get_attribute("lang"), "zh-Hans")
        self.check_accessible()
        self.speak("en")
        self.assertIn("right_missing", self.text())


class Users(Console):
    """What an owner does, and what others cannot."""

    def test_an_owner_adds_a_user_and_a_token(self):
        self.sign_in("olga")
        self.open("/admin/users")
        self.check_accessible()
        self.screenshot("users")
        self.submit("/admin/users", {"name": "ada", "role": "viewer", "password": PASSWORD})
        self.assertIn("ada", self.text())
        self.submit("/admin/tokens", {"name": "reports", "days": "30", "scope": "view"})
        self.assertRegex(self.text(), r"pst_[A-Za-z0-9_-]{43}")
        self.open("/admin/log?text=ada")
        self.assertIn("user.add", self.text())
        self.check_accessible()
        self.open("/admin/log")
        self.screenshot("log")
        self.check_no_complaint()

    def test_a_viewer_has_no_users_page(self):
        self.sign_in("victor")
        self.assertNotIn("Users", self.find("nav").text)
        self.open("/admin/users")
        self.assertIn("right_missing", self.text())
        self.check_accessible()


class Sales(Console):
    """Sales: created, changed, restocked, closed by two."""

    def test_a_sale_is_created_in_its_own_time_zone(self):
        self.sign_in("oscar")
        self.open("/admin/new-sale")
        self.check_focus_order()
        self.check_accessible()
        self.screenshot("new-sale")
        values = {"id": "zoned", "name": "Zoned", "zone": "Europe/Berlin", "starts": "2026-03-29T02:30:00",
                  "ends": "2036-10-26T02:30:00", "items": "phone, 100, 199.00, CNY"}
        self.submit("/admin/new-sale", values)
        self.assertIn("The clocks skip this time.", self.text())
        self.assertIn("The clocks show this time twice", self.text())
        self.check_accessible()
        self.submit("/admin/new-sale", {"starts": "2026-03-29T03:30:00", "ends_choice": "later"})
        self.assertIn("03:30:00 +02:00", self.text())
        sale = api("GET", "/admin/api/sales/zoned")
        self.assertEqual(sale["starts_at"], "2026-03-29T01:30:00.000Z")
        self.assertEqual(sale["ends_at"], "2036-10-26T01:30:00.000Z")
        self.open("/admin/new-sale?from=zoned")
        self.assertEqual(self.find("#starts").get_attribute("value")[11:16], "03:30")

    def test_wrong_fields_are_told_in_place(self):
        self.sign_in("oscar")
        self.open("/admin/new-sale")
        self.submit("/admin/new-sale", {"id": "a b", "name": "<script>alert(1)</script>", "zone": "Asia/Shanghai",
                                        "starts": "2026-01-01T00:00:00", "ends": "2036-01-01T00:00:00",
                                        "items": "phone, 100, 199.00, CNY"})
        self.assertIn("must be 1 to 64 characters", self.find("#id-error").text)
        self.assertEqual(self.find("#name").get_attribute("value"), "<script>alert(1)</script>")
        self.check_no_complaint()

    def test_the_second_of_two_admins_is_told_what_changed(self):
        api("POST", "/admin/api/sales", sale("edited"))
        self.sign_in("oscar")
        self.open("/admin/sales/edited/edit")
        api("PATCH", "/admin/api/sales/edited", {"ends_at": "2035-01-01T00:00:00Z", "reason": "another admin"})
        self.submit("/admin/sales/edited/edit", {"ends": "2037-01-01T00:00:00", "reason": "mine"})
        self.assertIn("Somebody else has changed this sale", self.text())
        self.assertIn("2035-01-01", self.text())
        self.check_accessible()

    def test_a_restock_shows_what_will_happen_first(self):
        api("POST", "/admin/api/sales", sale("restocked"))
        self.sign_in("oscar")
        self.open("/admin/sales/restocked")
        self.check_focus_order()
        self.check_accessible()
        self.find("details summary").click()
        self.submit("/admin/sales/restocked/restock", {"units": "50", "reason": "found more"})
        self.assertIn("50 more units of phone can be sold at once.", self.text())
        self.assertEqual(api("GET", "/admin/api/sales/restocked")["items"][0]["left"], 100)
        self.send(self.form("/admin/sales/restocked/restock"))
        self.assertEqual(api("GET", "/admin/api/sales/restocked")["items"][0]["left"], 150)

    def test_a_close_waits_for_a_second_person(self):
        api("POST", "/admin/api/sales", sale("closing"))
        self.sign_in("oscar")
        self.open("/admin/sales/closing")
        self.screenshot("sale")
        self.driver.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
        self.submit("/admin/sales/closing/close", {"reason": "the supplier called"})
        self.assertIn("held and not paid", self.text())
        self.check_accessible()
        self.send(self.form("/admin/sales/closing/close"))
        self.assertIn("waits for somebody else", self.text())
        self.assertEqual(api("GET", "/admin/api/sales/closing")["status"], "open")
        self.send(self.form("/admin/sign-out"))
        self.sign_in("olga")
        self.open("/admin/approvals")
        self.check_accessible()
        self.screenshot("approvals")
        action = re.search(r"/admin/approvals/\d+/approve", self.driver.page_source).group()
        self.send(self.form(action))
        self.assertEqual(api("GET", "/admin/api/sales/closing")["status"], "closed")
        self.open("/admin")
        self.check_accessible()
        self.screenshot("sales")


if __name__ == "__main__":
    unittest.main()
