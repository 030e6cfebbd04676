"""A person in front of the admin console and of the buyer's page: a real Chromium, driven by selenium.

A run speaks one language; `scripts/test-ui.sh` runs everything in each.
"""

import atexit
import collections
import concurrent.futures
import functools
import json
import os
import shutil
import signal
import subprocess
import time
import unittest
import urllib.error
import urllib.request
import uuid

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

URL = os.environ["UI_URL"]
SHOP_URL = os.environ["UI_SHOP_URL"]
PASSWORD = os.environ["UI_PASSWORD"]
LANGUAGE = os.environ["UI_LANGUAGE"]

# Seconds between two looks for what is waited for.
POLL = 0.05

# Whoever ends the run by SIGTERM ends its browsers too.
signal.signal(signal.SIGTERM, signal.default_int_handler)


def say(english, chinese):
    """The text that is right in the language of this run."""
    return {"en": english, "zh-Hans": chinese}[LANGUAGE]


def api(method, path, body=None, url=URL):
    """Asks the admin API with the shared token."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": "Bearer " + os.environ["PENSTOCK_ADMIN_TOKEN"], "Content-Type": "application/json",
               "Idempotency-Key": uuid.uuid4().hex}
    request = urllib.request.Request(url + path, data=data, method=method, headers=headers)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def shop(path, buyer, body=None, url=SHOP_URL, token=None):
    """Posts to the buyers' API as a buyer, with a token of the waiting room if there is one. It comes back after a 503,
    and after a 404: a sale that was just created is not known there at once."""
    headers = {"X-Buyer-Id": buyer, "Idempotency-Key": "one", "Content-Type": "application/json",
               **({"X-Room-Token": token} if token else {})}
    data = b"" if body is None else json.dumps(body).encode()
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url + path, data=data, headers=headers)) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            if refusal.code not in (404, 503) or time.monotonic() > until:
                raise
            refusal.close()
        time.sleep(0.1)


def order(sale, buyer, sku="phone", url=SHOP_URL, quantity=1):
    """Orders as a buyer."""
    return shop(f"/v1/sales/{sale}/orders", buyer, {"sku": sku, "quantity": quantity}, url)


def until(what, seconds=30):
    """Waits until a question has an answer that is true, and gives it."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(POLL)


def join(sale, buyer):
    """Joins a sale's waiting room."""
    return shop(f"/v1/sales/{sale}/room", buyer)


def sql(statement, database=os.environ["PENSTOCK_DATABASE_URL"], form="--no-align"):
    """Runs a statement in the database."""
    output = subprocess.run(
        ["psql", "--no-psqlrc", "--quiet", "--tuples-only", form, "--command", statement, database],
        check=True, capture_output=True, text=True)
    return output.stdout.strip()


def decided(sale_id, count):
    """Waits until so many orders of a sale are in the store."""
    query = f"SELECT count(*) FROM orders JOIN sales ON number = sale WHERE id = '{sale_id}'"
    until(lambda: int(sql(query)) >= count)


def pay(order_id, payment, minor=19900):
    """Tells that a provider has taken the money, and waits until that is decided."""
    shop(f"/v1/orders/{order_id}/payments", "shop", {"payment_id": payment, "amount_minor": minor, "currency": "CNY"})
    until(lambda: sql(f"SELECT 1 FROM payments WHERE payment = '{payment}'"))


def spike(sale, count, crowd="crowd", sku="phone"):
    """Orders as so many buyers at once, and gives how often each was accepted, or refused with which code."""
    def one(number):
        try:
            order(sale, f"{crowd}-{number}", sku)
            return "accepted"
        except urllib.error.HTTPError as refusal:
            with refusal:
                return json.loads(refusal.read())["code"]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        return collections.Counter(pool.map(one, range(count)))


@functools.cache
def browser():
    """The browser of this run: it starts when it is asked for, and ends with the run."""
    options = webdriver.ChromeOptions()
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en",
                     "--window-size=1200,900", "--force-color-profile=srgb"]:
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"intl.accept_languages": say("en-US,en", "zh-CN,zh")})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # Debian's own: selenium would look for others in the network.
    options.binary_location = shutil.which("chromium")
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    atexit.register(driver.quit)
    driver.set_page_load_timeout(30)
    return driver


@functools.cache
def axe():
    """The script that looks for what people with a disability would stumble over."""
    with open(os.environ["AXE"], encoding="utf-8") as script:
        return script.read()


class Console(unittest.TestCase):
    """A test in front of a browser that knows nothing of the test before."""

    # Where the console is.
    url = URL

    # What its pages are in, until the person chooses another one.
    language = LANGUAGE

    # Of who has come in, the cookie of her session, by console and user.
    sessions = {}

    def setUp(self):
        self.driver = browser()
        # Nothing is left of the test before: no page with what it kept, no cookie, no line of the log.
        before = self.driver.window_handles
        self.driver.switch_to.new_window("tab")
        here = self.driver.current_window_handle
        for page in before:
            self.driver.switch_to.window(page)
            self.driver.close()
        self.driver.switch_to.window(here)
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.driver.get_log("browser")

    def open(self, path):
        self.driver.get(self.url + path)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def wait_for(self, words, selector="body", seconds=30):
        """Waits until something shows the words."""
        try:
            self.wait_until(lambda: words in self.find(selector).text, seconds)
        except TimeoutException:
            self.fail(f"not {words!r} within {seconds} s, but: {self.find(selector).text!r}")

    def wait_until(self, question, seconds=30):
        """Waits until a question about the page has a true answer; the page may change while it is looked at."""
        WebDriverWait(self.driver, seconds, POLL, [StaleElementReferenceException]).until(lambda _: question())

    def text(self):
        return self.find("body").text

    def texts(self, selector):
        """The texts of all that a selector finds, at once: a live page changes under a look for one after another."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(found => found.innerText.trim())", selector)

    def fill(self, form, values):
        """Fills a form by the names of its fields."""
        for name, value in values.items():
            field = form.find_element(By.CSS_SELECTOR, f"[name='{name}']:not([type=hidden])")
            if field.tag_name == "select":
                Select(field).select_by_value(value)
            elif field.get_attribute("type") == "datetime-local":
                self.driver.execute_script("arguments[0].value = arguments[1]", field, value)
            elif field.get_attribute("type") == "checkbox":
                field.click()
            else:
                field.clear()
                field.send_keys(value)

    def send(self, form):
        """Sends it, and waits for the next page."""
        self.press(form.find_element(By.CSS_SELECTOR, "button[type=submit]"))

    def press(self, button):
        """Presses a button, and waits for the next page."""
        page = self.find("html")
        button.click()
        self.wait_until(lambda: self.is_gone(page))
        self.wait_until(lambda: self.driver.execute_script("return document.readyState") == "complete")

    @staticmethod
    def is_gone(element):
        try:
            element.is_enabled()
            return False
        except Exception:  # noqa: BLE001 — selenium has several names for it
            return True

    def form(self, action):
        return self.find(f"form[action='{action}']")

    def submit(self, action, values):
        form = self.form(action)
        self.fill(form, values)
        self.send(form)

    def sign_out(self):
        self.open("/admin")
        self.send(self.form("/admin/sign-out"))

    def enter(self, name, password=PASSWORD, **more):
        """Fills the form of sign-in, and sends it."""
        self.open("/admin/sign-in")
        self.submit("/admin/sign-in", {"name": name, "password": password, **more})

    def sign_in(self, name):
        """Is this user from now on: by her session of an earlier test, or else by the form."""
        cookie = {"name": "penstock", "url": self.url}
        session = self.sessions.get((self.url, name))
        if session:
            self.driver.execute_cdp_cmd(
                "Network.setCookie", {**cookie, "value": session, "httpOnly": True, "sameSite": "Strict"})
            self.open("/admin")
            if "/admin/sign-in" not in self.driver.current_url:
                return
        self.driver.execute_cdp_cmd("Network.deleteCookies", cookie)
        self.enter(name)
        self.sessions[self.url, name] = self.driver.get_cookie("penstock")["value"]

    def speak(self, language):
        """Has all pages in a language."""
        self.language = language
        if self.find("html").get_attribute("lang") != language:
            self.find(f"a[hreflang='{language}']").click()

    def fetch(self, path):
        """What the page's own session gets, as text; for an error, its problem."""
        return self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "fetch(arguments[0]).then(answer => answer.text()).then(done, error => done(String(error)));", path)

    def check_accessible(self):
        """The page is in the language asked for; axe-core finds nothing of WCAG 2.2, level AA, in light and dark, which
        differ in colours only; and a phone needs no scrolling sideways."""
        self.assertEqual(self.find("html").get_attribute("lang"), self.language, self.driver.current_url)
        self.driver.execute_script(axe())
        for scheme, rules in [("dark", ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]),
                              ("light", ["color-contrast", "link-in-text-block"])]:
            self.prefer(scheme)
            found = self.driver.execute_async_script(
                "const done = arguments[arguments.length - 1];"
                "axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']})"
                ".then(found => done(found.violations.map(v => [v.id, v.nodes.map(n => n.html + n.failureSummary)])));",
                rules)
            self.assertEqual(found, [], f"{scheme} {self.driver.current_url}")
        self.check_no_overflow()
        self.check_no_torn_label()
        self.size(360, 800)
        self.check_no_overflow()
        self.check_no_broken_word()
        self.check_no_torn_label()
        self.check_controls_in_sight()
        self.assertLessEqual(self.driver.execute_script("return document.documentElement.scrollWidth"), 360,
                             f"{self.driver.current_url} is wider than a phone")
        self.size(None)

    def check_no_overflow(self):
        """Nothing is wider than the box that it stands in."""
        wide = self.driver.execute_script(
            "return [...document.querySelectorAll('.card, .tile')].filter(box => box.scrollWidth > box.clientWidth)"
            ".map(box => box.textContent.trim().slice(0, 200))")
        self.assertEqual(wide, [], self.driver.current_url)

    def check_no_broken_word(self):
        """No word of a table stands on two lines, unless it is longer than a column should be."""
        broken = self.driver.execute_script(
            "const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), broken = [];"
            "for (let text; text = texts.nextNode();) {"
            "  if (!/^[A-Za-z]{2,14}$/.test(text.data) || !text.parentElement.closest('th, td')) continue;"
            "  const range = document.createRange();"
            "  range.selectNodeContents(text);"
            "  if (range.getClientRects().length > 1) broken.push(text.data);"
            "}"
            "return broken;")
        self.assertEqual(broken, [], self.driver.current_url)

    def check_no_torn_label(self):
        """No state, no number of a tile and no button of a table stands on two lines."""
        torn = self.driver.execute_script(
            "const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), torn = [];"
            "for (let text; text = texts.nextNode();) {"
            "  const isNumber = /^[0-9.,:]+$/.test(text.data) && text.parentElement.matches('.tile b');"
            "  if (!isNumber && !text.parentElement.matches('.pill, td button')) continue;"
            "  const range = document.createRange();"
            "  range.selectNodeContents(text);"
            "  if (new Set([...range.getClientRects()].map(line => Math.round(line.top))).size > 1)"
            "    torn.push(text.data);"
            "}"
            "return torn;")
        self.assertEqual(torn, [], self.driver.current_url)

    def check_controls_in_sight(self):
        """What can be pressed or filled in a table is in sight, without scrolling sideways for it."""
        hidden = self.driver.execute_script(
            "return [...document.querySelectorAll('td a, td button, td input:not([type=hidden]), td select')]"
            ".filter(control => control.getClientRects().length && control.getBoundingClientRect().right >"
            " (control.closest('.scroll') ?? document.body).getBoundingClientRect().right + 1)"
            ".map(control => control.outerHTML.slice(0, 200))")
        self.assertEqual(hidden, [], self.driver.current_url)

    def check_focus_order(self):
        """The keyboard begins with the way to the content, goes through the page in order, and shows where it is."""
        self.driver.execute_script("window.visited = []")
        for _ in range(300):
            ActionChains(self.driver).send_keys(Keys.TAB).perform()
            wrong = self.driver.execute_script(
                "const now = document.activeElement, last = visited.at(-1);"
                "if (now === last) return null;"
                "if (now === document.body || now === visited[0]) return 'end';"
                "visited.push(now);"
                "if (!last) return now.matches('.skip') ? null : 'begins at ' + now.outerHTML;"
                "const isBehind = last.compareDocumentPosition(now) & Node.DOCUMENT_POSITION_FOLLOWING;"
                "if (!isBehind) return 'back to ' + now.outerHTML;"
                "return getComputedStyle(now).outlineStyle === 'none' ? 'not shown: ' + now.outerHTML : null;")
            if wrong == "end":
                break
            self.assertIsNone(wrong)
        self.assertGreater(self.driver.execute_script("return visited.length"), 5)

    def prefer(self, scheme):
        """Emulates a person's choice of light or dark."""
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def size(self, width, height=800):
        """Emulates a window of some CSS pixels; `None`: the browser's own."""
        if width is None:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        else:
            self.driver.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def check_no_complaint(self):
        """The browser complained of nothing: no refused style, no script that failed."""
        complaints = [line for line in self.driver.get_log("browser") if line["level"] == "SEVERE"
                      and "status of 4" not in line["message"]]
        self.assertEqual(complaints, [])

    def screenshot(self, name):
        """Keeps pictures, if they are wanted: in English light, dark and 360 px, in Chinese light and 360 px."""
        folder = os.environ.get("UI_SCREENSHOTS")
        if not folder:
            return
        os.makedirs(folder, exist_ok=True)
        forms = {"en": [("light", "light", 1200), ("dark", "dark", 1200), ("360px", "light", 360)],
                 "zh-Hans": [("zh", "light", 1200), ("zh-360px", "light", 360)]}
        self.driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        for form, scheme, width in forms[self.language]:
            self.prefer(scheme)
            self.size(width, 500)
            height = self.driver.execute_script("return Math.min(document.documentElement.scrollHeight, 1600)")
            self.size(width, height)
            wide = self.driver.execute_script("return document.documentElement.scrollWidth")
            self.assertLessEqual(wide, width, f"{name} is wider than {width} px")
            self.driver.save_screenshot(os.path.join(folder, f"{name}-{form}.png"))
        self.size(None)
        self.driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
