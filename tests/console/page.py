"""What every page's tests have in common: the browser, its sizes and themes, looking at elements, and what holds for all pages."""

import base64
import tempfile
import unittest

import harness

if not harness.MISSING:
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

WAIT = 20  # seconds; only a failure takes that long
PICTURES = harness.ROOT / "build" / "screenshots"
PHONE, DESK = (360, 740), (1280, 900)

# [selector, contrast of its text against what it stands on]; colours are resolved by drawing them.
CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const rgba = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
const luminance = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const ground = (e) => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
return arguments[0].flatMap((selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility() && !e.disabled).slice(0, 4).map((e) => {
  const [a, b] = [luminance(rgba(getComputedStyle(e).color)), luminance(ground(e))];
  return [selector, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
}));
"""

# What a screen reader would find without a name, and pictures without a text.
UNNAMED = """
const named = (e) => (e.getAttribute('aria-label') || '').trim() || (e.getAttribute('aria-labelledby') || '').split(/\\s+/).some((id) => document.getElementById(id)?.textContent.trim());
const found = [];
for (const e of document.querySelectorAll('input, select, textarea')) if (!named(e) && !(e.labels && [...e.labels].some((l) => l.textContent.trim()))) found.push(e.outerHTML);
for (const e of document.querySelectorAll('button, a[href], [role=listbox], dialog, nav, aside')) if (!named(e) && !(/^(A|BUTTON)$/.test(e.tagName) && e.textContent.trim()) && !e.closest('[aria-hidden=true]')) found.push(e.outerHTML);
for (const e of document.querySelectorAll('img:not([alt]), svg[role=img]:not([aria-label])')) found.push(e.outerHTML);
for (const e of document.querySelectorAll('svg:not([role]):not([aria-hidden])')) found.push(e.outerHTML);
const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push('twice: ' + id);
return found.map((html) => html.slice(0, 160));
"""


@unittest.skipIf(harness.MISSING, f"needs {harness.MISSING}")
class Page(unittest.TestCase):
    shop = None  # set once for a suite
    browser = None
    allowed_errors = ()  # words; the browser asks for a favicon.ico beside pages that are JSON

    def setUp(self):
        self.size(DESK)
        self.prefer("light")
        self.browser.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": self.shop.url, "storageTypes": "local_storage"})
        self.browser.get_log("browser")

    def tearDown(self):
        # A page that breaks its own security policy or throws is wrong, whatever it looks like.
        for entry in self.browser.get_log("browser"):
            if entry["level"] == "SEVERE" and not any(word in entry["message"] for word in ("/favicon.ico", *self.allowed_errors)):
                self.fail(entry["message"])

    def size(self, size):
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        )

    def prefer(self, scheme):
        """Also no motion: what fades in has no final colour yet."""
        wishes = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        self.browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": name, "value": value} for name, value in wishes.items()]}
        )

    def open(self, address):
        self.browser.get("about:blank")
        self.browser.get(f"{self.shop.url}/{address}")

    def go(self, address):
        self.browser.execute_script("location.hash = arguments[0]", address)

    def until(self, condition, what):
        def holds(_):
            try:
                return condition()
            except (StaleElementReferenceException, IndexError):
                return False

        return WebDriverWait(self.browser, WAIT, 0.05).until(holds, what)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.until(lambda: [e for e in self.all(selector) if e.is_displayed()][0], f"nothing to see at {selector}")

    def text(self, selector):
        return self.one(selector).text

    def texts(self, selector):
        return self.browser.execute_script("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent.trim())", selector)


class EveryPage:
    """What holds of each page that each_page() opens, and a picture of it in every size and theme, to be looked at."""

    NAME = ""  # of the pictures
    TEXTS = ()  # selectors of what is read

    def test_a_phone_never_scrolls_sideways(self):
        self.size(PHONE)
        for address in self.each_page():
            with self.subTest(address):
                width, view = self.browser.execute_script(
                    "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
                )
                self.assertLessEqual(width, view)
                self.assertLessEqual(view, PHONE[0])

    def test_text_can_be_read_in_both_themes(self):
        for address in self.each_page():
            for scheme in ("light", "dark"):
                self.prefer(scheme)
                for selector, contrast in self.browser.execute_script(CONTRAST, self.TEXTS):
                    with self.subTest(scheme=scheme, address=address, selector=selector):
                        self.assertGreaterEqual(round(contrast, 2), 4.5)

    def test_pictures_are_taken(self):
        PICTURES.mkdir(parents=True, exist_ok=True)
        for size, pixels in (("desk", DESK), ("phone", PHONE)):
            self.size(pixels)
            for number, _ in enumerate(self.each_page()):
                for scheme in ("light", "dark"):
                    self.prefer(scheme)
                    picture = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})["data"]
                    path = PICTURES / f"{self.NAME}-{number + 1}-{size}-{scheme}.png"
                    path.write_bytes(base64.b64decode(picture))
                    self.assertGreater(path.stat().st_size, 5000, f"{path} shows next to nothing")


def open_shop(record=None):
    """Returns a shop that is served and a browser to visit it; both end with the tests of the module."""
    shop = harness.Shop(record=record)
    unittest.addModuleCleanup(shop.close)
    profile = tempfile.TemporaryDirectory(prefix="souk-profile-", ignore_cleanup_errors=True)
    unittest.addModuleCleanup(profile.cleanup)
    browser = harness.open_browser(profile.name)
    unittest.addModuleCleanup(browser.quit)
    Page.shop, Page.browser = shop, browser
    return shop, browser
