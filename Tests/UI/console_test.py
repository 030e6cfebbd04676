"""The admin console in a real browser."""

import re
import unittest

from console import PASSWORD, URL, Console, api, decided, say, spike, sql


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
        self.assertIn(say("Name, password or code is wrong.", "用户名、密码或动态码不正确。"), self.text())
        self.submit("/admin/sign-in", {"name": "victor", "password": PASSWORD})
        self.assertTrue(self.driver.current_url.endswith("/admin/approvals"))
        cookie = next(c for c in self.driver.get_cookies() if c["name"] == "penstock")
        self.assertTrue(cookie["httpOnly"])
        self.assertEqual(cookie["sameSite"], "Strict")

    def test_an_expired_session_signs_in_again_and_goes_on(self):
        self.sign_in("fiona")
        self.assertIn("fiona", self.text())
        sql("UPDATE admin_sessions SET last_used_at = now() - interval '1 hour' FROM admin_users "
            "WHERE user_id = id AND name = 'fiona'")
        self.open("/admin/approvals")
        self.assertIn("/admin/sign-in", self.driver.current_url)
        self.assertIn(say("Sign in", "登录"), self.find("h1").text)
        self.submit("/admin/sign-in", {"name": "fiona", "password": PASSWORD})
        self.assertTrue(self.driver.current_url.endswith("/admin/approvals"))

    def test_a_forged_session_is_none(self):
        self.sign_in("fiona")
        cookie = next(c for c in self.driver.get_cookies() if c["name"] == "penstock")
        value = cookie["value"]
        self.driver.delete_cookie("penstock")
        self.driver.add_cookie({**cookie, "value": value[:-4] + ("AAAA" if value[-4:] != "AAAA" else "BBBB")})
        self.open("/admin/sales")
        self.assertIn("/admin/sign-in", self.driver.current_url)

    def test_a_form_of_another_session_changes_nothing(self):
        self.sign_in("olga")
        self.open("/admin/users")
        self.driver.execute_script("document.querySelectorAll('[name=form_token]').forEach(f => f.value = 'x')")
        self.submit("/admin/users", {"name": "mallory", "role": "owner", "password": PASSWORD, "reason": "a test"})
        self.assertIn(say("The form was not served to this session", "表单不属于当前会话"), self.find("h1").text)
        self.assertIn("form_refused", self.text())
        self.assertEqual(sql("SELECT count(*) FROM admin_users WHERE name = 'mallory'"), "0")

    def test_a_form_of_another_site_changes_nothing(self):
        self.sign_in("olga")
        self.driver.get(f"data:text/html,<form method=post action={URL}/admin/users><input name=name value=mallory>"
                        f"<input name=role value=owner><input name=password value={PASSWORD}>"
                        "<button type=submit>win</button></form>")
        self.send(self.find("form"))
        self.assertIn(say("The request may not come from there", "请求来自其他网站"), self.text())
        self.assertIn("foreign_origin", self.text())
        self.assertEqual(sql("SELECT count(*) FROM admin_users WHERE name = 'mallory'"), "0")

    def test_the_language_is_switched_by_a_link(self):
        words = {"en": ("Sales", "There is no sale none."), "zh-Hans": ("活动", "没有活动 none。")}
        self.sign_in("victor")
        for language in [*reversed(words), *words]:
            self.open("/admin")
            self.speak(language)
            self.assertEqual(self.find("html").get_attribute("lang"), language)
            self.assertIn(words[language][0], self.find("h1").text)
            self.open("/admin/sales/none")
            self.assertIn(words[language][1], self.text())
            self.check_accessible()


class Users(Console):
    """What an owner does, and what others cannot."""

    def test_an_owner_adds_a_user_and_a_token(self):
        self.sign_in("olga")
        self.open("/admin/users")
        self.check_accessible()
        self.screenshot("users")
        self.submit("/admin/users", {"name": "ada", "role": "viewer", "password": PASSWORD,
                                     "reason": "counts with us"})
        self.assertIn("ada", self.text())
        self.submit("/admin/tokens", {"name": "reports", "days": "30", "scope": "view", "reason": "for the dashboard"})
        self.assertRegex(self.text(), r"pst_[A-Za-z0-9_-]{43}")
        self.open("/admin/log?text=ada")
        self.assertIn(say("user.add", "添加用户"), self.find("main table").text)
        self.assertIn("counts with us", self.find("main table").text)
        self.check_accessible()
        self.open("/admin/log")
        self.screenshot("log")
        self.check_no_complaint()

    def test_a_viewer_has_no_users_page(self):
        self.sign_in("victor")
        self.assertNotIn(say("Users", "用户"), self.find("nav").text)
        self.open("/admin/users")
        self.assertIn(say("Who asks has not the right to do this", "没有此操作的权限"), self.find("h1").text)
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
                  "ends": "2036-10-26T02:30:00", "items": "phone, 100, 199.00, CNY",
                  "reason": "spring"}
        self.submit("/admin/new-sale", values)
        self.assertIn(say("The clocks skip this time.", "该时刻被夏令时跳过"), self.find("#starts-error").text)
        self.assertIn(say("The clocks show this time twice", "该时刻出现两次"), self.find("#ends-error").text)
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
                                        "items": "phone, 100, 199.00, CNY", "reason": "spring"})
        self.assertIn(say("must be 1 to 64 characters", "须为 1 到 64 个字符"), self.find("#id-error").text)
        self.assertEqual(self.find("#name").get_attribute("value"), "<script>alert(1)</script>")
        self.check_no_complaint()

    def test_the_second_of_two_admins_is_told_what_changed(self):
        api("POST", "/admin/api/sales", sale("edited"))
        self.sign_in("oscar")
        self.open("/admin/sales/edited/edit")
        api("PATCH", "/admin/api/sales/edited", {"ends_at": "2035-01-01T00:00:00Z", "reason": "another admin"})
        self.submit("/admin/sales/edited/edit", {"ends": "2037-01-01T00:00:00", "reason": "mine"})
        self.assertIn(say("Somebody else has changed this sale", "他人已修改此活动"), self.text())
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
        self.assertIn(say("50 more units of phone can be sold at once.", "phone 将立即增加 50 件可售。"), self.text())
        self.check_accessible()
        self.screenshot("restock")
        self.assertEqual(api("GET", "/admin/api/sales/restocked")["items"][0]["left"], 100)
        self.send(self.form("/admin/sales/restocked/restock"))
        self.assertEqual(api("GET", "/admin/api/sales/restocked")["items"][0]["left"], 150)

    def test_a_close_waits_for_a_second_person(self):
        api("POST", "/admin/api/sales", sale("closing"))
        spike("closing", 60)
        decided("closing", 60)
        self.sign_in("oscar")
        self.open("/admin/sales/closing")
        self.screenshot("sale")
        self.driver.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
        self.submit("/admin/sales/closing/close", {"reason": "the supplier called"})
        self.assertIn(say("held and not paid", "占用未付"), self.text())
        self.check_accessible()
        self.send(self.form("/admin/sales/closing/close"))
        self.assertIn(say("waits for somebody else", "等待他人复核"), self.text())
        self.assertEqual(api("GET", "/admin/api/sales/closing")["status"], "open")
        self.sign_out()
        self.sign_in("olga")
        self.open("/admin/approvals")
        self.check_accessible()
        self.screenshot("approvals")
        action = re.search(r"/admin/approvals/\d+/approve", self.driver.page_source).group()
        self.send(self.form(action))
        self.assertIn(say("approved", "已批准"), self.find("main table").text)
        self.assertEqual(api("GET", "/admin/api/sales/closing")["status"], "closed")
        self.open("/admin")
        self.check_accessible()
        self.submit("/admin/sales", {"text": "Double 11 closing", "status": "closed"})
        self.assertEqual([card.text.split("\n")[0] for card in self.driver.find_elements("css selector", "a.sale strong")],
                         ["Double 11 closing"])


if __name__ == "__main__":
    unittest.main()
