"""SKUs and prices from a file, in a real browser."""

import pathlib
import tempfile
import unittest

from console import Console, api, say


class Importing(Console):
    """The forms of a sale, with a file."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, "skus.csv")

    def check(self, content):
        """Chooses a file and has it checked."""
        self.path.write_bytes(content)
        self.find("#file").send_keys(str(self.path))
        self.press(self.find("#check-file"))

    def test_a_sale_is_created_from_what_excel_saved(self):
        self.sign_in("oscar")
        self.open("/admin/new-sale")
        self.fill(self.form("/admin/new-sale"), {
            "id": "imported", "name": "Imported", "zone": "Asia/Shanghai", "starts": "2026-11-11T00:00:00",
            "ends": "2036-11-11T00:00:00", "reason": "autumn"})
        self.check("sku,units,price,currency\nphone,10,=A1,CNY\ncase,1.5,\"1,505\",CNY\n".encode())
        self.assertIn(say("Mistakes in the file: 3.", "文件有 3 处错误"), self.text())
        self.assertIn(say("line 2, column price =A1 This is a formula.", "第 2 行，price 列 =A1 这是公式，请改为数值。"),
                      self.find("#import").text)
        self.assertIn(say("line 3, column price 1,505 CNY has 2 digits behind the point.",
                          "第 3 行，price 列 1,505 CNY 的小数位数为 2。"), self.find("#import").text)
        self.check_accessible()
        self.screenshot("import-mistakes")
        self.check("sku;units;price;currency;名称\r\nphone;10;199,50;CNY;手机\r\ncase;5;150;JPY;\"壳\n黑\"\r\n"
                   .encode("utf-16"))
        self.assertIn(say("2 added, 0 changed, 0 as they were.", "新增 2，修改 0，不变 0。"), self.text())
        self.assertIn(say("Columns that were passed over: 名称", "已忽略的列：名称"), self.text())
        self.assertEqual(self.find("#items").get_attribute("value"), "phone, 10, 199.50, CNY\ncase, 5, 150, JPY")
        self.assertEqual(self.find("#name").get_attribute("value"), "Imported")
        self.check_accessible()
        self.screenshot("import")
        self.send(self.form("/admin/new-sale"))
        items = api("GET", "/admin/api/sales/imported")["items"]
        self.assertEqual([(item["sku"], item["stock"], item["price_minor"], item["currency"]) for item in items],
                         [("phone", 10, 19950, "CNY"), ("case", 5, 150, "JPY")])
        self.check_no_complaint()

    def test_what_is_no_such_file_is_told(self):
        self.sign_in("oscar")
        self.open("/admin/new-sale")
        self.check("sku,units,price,currency\n手机,1,1,CNY\n".encode("gbk"))
        self.assertIn(say("This is not UTF-8", "不是 UTF-8 编码"), self.find("#import").text)
        self.assertIn(say("line 2", "第 2 行"), self.find("#import").text)
        self.check(b"phone,10,199.00,CNY\n" * 1_000_000)
        self.assertIn(say("It has more than 1,048,576 bytes", "超过 1,048,576 字节"), self.find("#import").text)
        self.check_accessible()

    def test_prices_change_by_a_file_unless_somebody_was_quicker(self):
        api("POST", "/admin/api/sales", {
            "id": "repriced", "name": "Repriced", "starts_at": "2026-01-01T00:00:00Z",
            "ends_at": "2036-01-01T00:00:00Z",
            "holds": {"seconds": 300},
            "items": [{"sku": "phone", "stock": 100, "price_minor": 19900, "currency": "CNY"}]})
        self.sign_in("oscar")
        for quicker in [True, False]:
            self.open("/admin/sales/repriced/edit")
            self.fill(self.form("/admin/sales/repriced/edit"), {"reason": "the list of November"})
            self.check("SKU\t价格\nphone\t150,5\n".encode())
            self.assertIn(say("0 added, 1 changed, 0 as they were.", "新增 0，修改 1，不变 0。"), self.text())
            self.assertIn("100 × 150.50 CNY", self.find("#import").text)
            if quicker:
                api("PATCH", "/admin/api/sales/repriced", {"prices": {"phone": 17700}, "reason": "another admin"})
            self.send(self.form("/admin/sales/repriced/edit"))
            price = api("GET", "/admin/api/sales/repriced")["items"][0]["price_minor"]
            if quicker:
                self.assertIn(say("Somebody else has changed this sale", "他人已修改此活动"), self.text())
                self.assertIn("177.00 CNY", self.text())
                self.assertEqual(price, 17700)
            else:
                self.assertEqual(price, 15050)


if __name__ == "__main__":
    unittest.main()
