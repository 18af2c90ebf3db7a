#!/usr/bin/env python3
"""The storefront in a real browser, over a real server: what a shopper, a keyboard, a phone and a screen reader meet."""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
from catalogue import SHOWN  # noqa: E402
from page import PHONE, UNNAMED, EveryPage, Page, open_shop  # noqa: E402

if not harness.MISSING:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

shop = None
browser = None


def setUpModule():
    global shop, browser
    if not harness.MISSING:
        shop, browser = open_shop()


class Storefront(Page):
    def keys_shown(self, within=".grid"):
        return browser.execute_script(
            "return [...document.querySelectorAll(arguments[0] + ' .card[data-key]')].map((e) => e.dataset.key)", within
        )

    def settled(self):
        """Waits until the results are those of the address."""
        self.until(lambda: self.all('.grid[aria-busy="false"]') and not self.all(".grid .skeleton"), "the results did not come")

    def found(self):
        self.settled()
        return int(self.text(".summary").split(" ")[0].replace(",", ""))

    def counts(self, field):
        rows = browser.execute_script(
            "return [...document.querySelectorAll(`.filters [data-field='${arguments[0]}'] .choice`)].map((e) => [e.querySelector('input').dataset.value, e.querySelector('.choice-count').textContent])",
            field,
        )
        return {value: int(count.replace(",", "")) for value, count in rows}

    def choose(self, field, value):
        self.settled()
        before = self.text(".summary")
        self.one(f'.filters [data-field="{field}"] input[data-value="{value}"]').click()
        self.until(lambda: self.all(".grid[aria-busy=false]") and self.text(".summary") != before, f"choosing {value} changed nothing")

    def shelf(self, name):
        self.until(lambda: self.all(f'.shelf[data-shelf="{name}"][aria-busy="false"]'), f"the shelf {name} did not come")
        return self.keys_shown(f'.shelf[data-shelf="{name}"]')

    def sent(self, kind):
        return browser.execute_script("return window.sent.filter((e) => e.kind === arguments[0])", kind)

    def basket_badge(self):
        return "".join(self.texts("#basket-link .badge"))


class Searching(Storefront):
    def test_typing_shows_suggestions_and_results(self):
        self.open("#/")
        box = self.one("#query")
        box.send_keys("kettl")
        self.until(lambda: self.texts("[role=option]"), "no suggestions")
        self.assertEqual(box.get_attribute("aria-expanded"), "true")
        self.assertTrue(any("Kettle" in text for text in self.texts("[role=option]")))
        self.settled()
        self.assertIn("q=kettl", browser.current_url)
        titles = self.texts(".grid .card-title")
        self.assertTrue(titles)
        for title in titles:
            self.assertIn("Kettle", title)
        self.assertTrue(all("ettl" in mark for mark in self.texts(".grid mark")))
        self.assertEqual(self.found(), sum("Kettle" in item["title"] for item in shop.items))

    def test_a_title_is_text_whatever_it_holds(self):
        for address in ("#/search?q=copper+kettle", "#/product/P-000"):
            self.open(address)
            self.until(
                lambda: any("<img src=x onerror=window.broken=1> & Co" in text for text in self.texts("h1, h2")),
                "the title is not shown as it is",
            )
            self.assertIsNone(browser.execute_script("return window.broken ?? null"))

    def test_a_facet_narrows_the_results_and_keeps_its_own_counts(self):
        self.open("#/search?q=kettle")
        total, brands, stock = self.found(), self.counts("brand"), self.counts("availability")
        self.choose("brand", "Amara")
        self.assertEqual(self.found(), brands["Amara"])
        self.assertLess(self.found(), total)
        self.assertEqual(self.counts("brand"), brands)
        self.assertNotEqual(self.counts("availability"), stock)
        self.assertEqual(set(self.texts(".grid .brand")), {"Amara"})
        self.choose("brand", "Caravel")
        self.assertEqual(self.found(), brands["Amara"] + brands["Caravel"])
        self.assertEqual(browser.switch_to.active_element.get_attribute("data-value"), "Caravel", "the focus was lost")

    def test_chips_take_filters_back(self):
        self.open("#/search?f.brand=Amara&f.brand=Ebro&f.availability=in_stock")
        self.assertEqual(self.until(lambda: self.texts(".chips .chip"), "no chips"), ["Amara", "Ebro", "In stock"])
        narrow = self.found()
        self.all(".chips .chip")[0].click()
        self.until(lambda: self.texts(".chips .chip") == ["Ebro", "In stock"], "the chip is still there")
        self.assertLess(self.found(), narrow)
        self.one(".chips .text-button").click()
        self.until(lambda: not self.texts(".chips .chip") and self.found() == SHOWN, "the filters were not cleared")

    def test_categories_are_a_tree(self):
        self.open("#/search")
        self.settled()
        top = self.counts("category")
        self.assertEqual(sum(top.values()), SHOWN)
        self.assertEqual(set(top), {"Kitchen", "Garden", "Office"})
        self.choose("category", "Kitchen")
        self.assertEqual(self.found(), top["Kitchen"])
        below = {path: count for path, count in self.counts("category").items() if path.startswith("Kitchen > ")}
        self.assertEqual(set(below), {"Kitchen > Kettles", "Kitchen > Tea", "Kitchen > Pans", "Kitchen > Mugs"})
        self.assertEqual(sum(below.values()), top["Kitchen"])

    def test_a_branch_opens_without_being_chosen(self):
        self.open("#/search")
        self.settled()
        total = self.found()
        self.one('.opener[aria-label="Parts of Garden"]').click()
        self.until(lambda: any(path.startswith("Garden > ") for path in self.counts("category")), "the branch does not open")
        self.assertEqual(self.found(), total)
        self.assertEqual(self.texts(".chips .chip"), [])

    def test_a_price_range_keeps_its_ends(self):
        self.open("#/search")
        self.settled()
        ends = lambda: [
            self.one(f'.filters [data-field="price"] [data-end="{end}"]').get_attribute("placeholder") for end in ("from", "to")
        ]
        before = ends()
        self.one('.filters [data-end="to"]').send_keys("20", Keys.TAB)
        self.until(lambda: self.texts(".chips .chip") == ["Price up to 20"], "no chip for the range")
        expected = sum(float(item["offers"][0]["amount"]) <= 20 for item in shop.items)
        self.assertEqual(self.found(), expected)
        self.assertEqual(ends(), before)

    def test_sorting_by_price(self):
        self.open("#/search")
        self.settled()
        prices = lambda: [float(text.strip("€")) for text in self.texts(".grid .price .amount")]
        for value, backwards in (("price:asc", False), ("price:desc", True)):
            self.one(f'#sort option[value="{value}"]').click()
            self.until(lambda: prices() == sorted(prices(), reverse=backwards) and len(prices()) == 24, f"not in the order {value}")
            self.assertEqual(prices(), sorted((float(item["offers"][0]["amount"]) for item in shop.items), reverse=backwards)[:24])

    def test_more_results_follow_without_repeats(self):
        self.open("#/search?sort=price:asc")
        self.settled()
        for shown in (48, 72):
            self.one(".more button").click()
            self.until(lambda: len(self.keys_shown()) == shown, f"{shown} products did not come")
        self.assertEqual(len(set(self.keys_shown())), 72)
        self.assertIn(f"72 of {SHOWN}", self.text(".more"))

    def test_an_explanation_shows_how_a_score_came_about(self):
        self.open("#/search?q=pan")
        self.settled()
        self.assertEqual(self.all(".explanation"), [])
        self.open("#/search?q=pan&explain=")
        self.until(lambda: self.all(".grid .explanation"), "nothing is explained")
        self.assertEqual(len(self.all(".grid .explanation")), len(self.keys_shown()))
        self.one(".explanation summary").click()
        self.assertIn("lexical: score", self.text(".explanation"))
        self.assertIn("#/search", browser.current_url, "the card's link took the click")

    def test_nothing_found_says_so_and_offers_a_way_on(self):
        self.open("#/search?q=zzyzx")
        self.assertIn("Nothing matches “zzyzx”", self.text(".state h2"))
        self.assertTrue(self.shelf("trending"))
        self.one(".state a").click()
        self.until(lambda: self.found() == SHOWN, "the way on does not lead to all products")

    def test_the_keyboard_is_enough(self):
        self.open("#/")
        self.one(".department")
        body = browser.find_element(By.TAG_NAME, "body")
        body.send_keys("/")
        box = self.one("#query")
        self.assertEqual(browser.switch_to.active_element, box)
        box.send_keys("pan")
        self.until(lambda: self.texts("[role=option]"), "no suggestions")
        box.send_keys(Keys.ARROW_DOWN)
        chosen = self.all("[role=option]")[0]
        self.assertEqual(box.get_attribute("aria-activedescendant"), chosen.get_attribute("id"))
        self.assertEqual(chosen.get_attribute("aria-selected"), "true")
        box.send_keys(Keys.ARROW_UP)
        self.assertIsNone(box.get_attribute("aria-activedescendant"))
        box.send_keys(Keys.ESCAPE)
        self.until(lambda: box.get_attribute("aria-expanded") == "false", "Escape does not close the list")
        self.assertEqual(box.get_attribute("value"), "pan")
        box.send_keys(Keys.ARROW_DOWN)
        self.until(lambda: self.texts("[role=option]"), "Arrow down does not open the list again")
        box.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
        self.until(lambda: "f.category=" in browser.current_url, "Enter does not choose the suggestion")
        self.settled()
        link = self.one(".grid .card-title a")
        link.send_keys(Keys.ENTER)
        self.one(".buy-box h1")
        self.assertEqual(browser.switch_to.active_element.tag_name, "h1", "the new page's heading should have the focus")

    def test_going_back_returns_to_the_results(self):
        self.open("#/")
        self.one("#query").send_keys("wok", Keys.ENTER)
        self.settled()
        keys = self.keys_shown()
        self.one(".grid .card-title a").click()
        self.one(".buy-box h1")
        browser.back()
        self.until(lambda: self.keys_shown() == keys, "the results are not back")
        browser.back()
        self.one(".welcome")

    def test_events_say_where_a_product_stood(self):
        self.open("#/")
        self.one("#query").send_keys("lamp", Keys.ENTER)
        self.settled()
        self.until(lambda: self.sent("impression") and self.sent("search"), "no impressions, or no search")
        self.assertEqual(self.sent("search")[0]["query"], "lamp")
        key = self.keys_shown()[1]
        self.all(".grid .card-title a")[1].click()
        click = self.until(lambda: self.sent("click"), "no click")[0]
        self.assertEqual((click["item"], click["shelf"], click["position"], click["query"]), (key, "search", 2, "lamp"))
        self.assertRegex(click["session"], "^[0-9a-f]{32}$")
        self.assertTrue(click["request"])
        self.assertEqual(self.until(lambda: self.sent("view"), "no view")[0]["item"], key)
        shown = [event["item"] for event in self.sent("impression") if event["shelf"] == "search" and event["request"] == click["request"]]
        self.assertEqual(len(shown), len(set(shown)), "an impression was counted twice")


class Shopping(Storefront):
    def test_a_product_page_has_its_facts_and_shelves_with_reasons(self):
        item = shop.by_key["P-007"]
        self.open("#/product/P-007")
        self.assertEqual(self.text(".buy-box h1"), item["title"])
        self.assertEqual(self.text(".buy-box .brand"), item["brand"])
        self.assertEqual(self.texts(".breadcrumb a"), ["All products", *item["category"][0].split(" > ")])
        self.assertEqual(self.text(".buy-box .amount"), f"€{item['offers'][0]['amount']}")
        self.assertIn("instead of", self.texts(".buy-box .price s")[0])
        rows = dict(zip(self.texts(".details th"), self.texts(".details td")))
        self.assertEqual(rows["Colour"], item["attributes"]["colour"][0])
        self.assertEqual(rows["Weight g"], str(item["attributes"]["weight_g"]))
        for name in ("also-bought", "similar"):
            keys = self.shelf(name)
            self.assertTrue(keys)
            self.assertNotIn("P-007", keys)
            reasons = self.texts(f'.shelf[data-shelf="{name}"] .why')
            self.assertEqual(len(reasons), len(keys))
            self.assertTrue(all(reasons))

    def test_pictures_are_shown_and_a_broken_one_gives_way_to_a_tile(self):
        self.open("#/product/P-001")
        self.assertEqual(self.one(".stage img").get_attribute("alt"), shop.by_key["P-001"]["title"])
        self.assertEqual(len(self.all(".thumb")), 2)
        self.open("#/product/P-002")
        self.assertEqual(self.one(".stage svg.tile").get_attribute("aria-label"), shop.by_key["P-002"]["title"])

    def test_a_product_leads_to_the_others_of_its_group(self):
        self.open("#/product/P-297")
        self.until(lambda: sorted(self.texts(".variant > span")) == ["large", "medium"], "the other sizes are not shown")
        next(link for link in self.all(".variant") if link.text.startswith("large")).click()
        self.until(lambda: sorted(self.texts(".variant > span")) == ["medium", "small"], "the link does not lead to the other size")
        self.assertTrue(browser.current_url.endswith("#/product/P-299"))

    def test_a_product_that_is_not_there(self):
        self.allowed_errors = ("404",)
        self.open("#/product/P-999")
        self.assertEqual(self.text("h1"), "This product is not here")

    def test_choosing_a_shopper_changes_the_front_page(self):
        self.open("#/")
        self.assertEqual(self.text("#shop-name"), "Test Bazaar")
        self.shelf("for-you")
        self.assertTrue(self.text('.shelf[data-shelf="for-you"] .notes'), "a cold start must be said")
        self.one("#shopper-home").send_keys("S-000", Keys.ENTER)
        self.until(lambda: "S-000" in self.text(".welcome h1"), "the shopper was not taken over")
        self.assertTrue(self.shelf("for-you"))
        self.assertFalse(self.one('.shelf[data-shelf="for-you"]').find_element(By.CLASS_NAME, "notes").is_displayed())
        reasons = self.texts('.shelf[data-shelf="for-you"] .why')
        self.assertTrue(any(reason.startswith("You bought this") for reason in reasons), reasons)
        for name in ("trending", "new"):
            self.assertTrue(self.shelf(name))
        self.one(".welcome .text-button").click()
        self.until(lambda: self.texts(".recents .chip") == ["S-000"], "the shopper is not among the recent ones")

    def test_an_unknown_shopper_is_told_so(self):
        self.open("#/")
        self.one("#shopper").click()
        self.one("#shopper-dialog").send_keys("nobody-7", Keys.ENTER)
        self.until(lambda: "nobody-7" in self.text(".welcome h1"), "the shopper was not taken over")
        self.until(lambda: "nknown shopper 'nobody-7'" in self.text('.shelf[data-shelf="for-you"] .notes'), "the cold start is not said")

    def test_a_basket_is_completed_and_ordered(self):
        self.open("#/product/P-000")
        self.one('[aria-label^="One more"]').click()
        self.one("#add-to-basket").click()
        self.until(lambda: self.basket_badge() == "2", "the basket does not count")
        self.go("#/basket")
        kettle = shop.by_key["P-000"]
        self.assertIn("Copper Kettle", self.text(".line-title"))
        total = 2 * float(kettle["offers"][0]["amount"])
        self.assertEqual(self.text(".total strong"), f"€{total:.2f}")
        completing = self.shelf("complete-the-basket")
        self.assertTrue(completing)
        self.assertNotIn("P-000", completing)
        self.assertTrue(all(self.texts('.shelf[data-shelf="complete-the-basket"] .why')))
        self.one('.shelf[data-shelf="complete-the-basket"] .quick-add').click()
        self.until(lambda: len(self.all(".line")) == 2, "the second product is not in the basket")
        added = next(event for event in self.sent("cart") if event.get("shelf") == "complete-the-basket")
        self.assertIn(added["item"], completing)
        self.all('.line [aria-label^="Remove"]')[1].click()
        self.until(lambda: len(self.all(".line")) == 1 and self.sent("remove"), "the second product is still in the basket")
        before = shop.metric("souk_shop_events")
        self.one("#place-order").click()
        self.until(lambda: self.text("h1") == "Thank you", "no thanks")
        purchase = self.sent("purchase")[0]
        self.assertEqual(
            (purchase["item"], purchase["quantity"], purchase["value"], purchase["currency"]), ("P-000", 2, f"{total:.2f}", "EUR")
        )
        self.assertTrue(purchase["order"])
        self.assertGreaterEqual(shop.metric("souk_shop_events"), before + 2)
        self.assertEqual(self.basket_badge(), "")
        self.go("#/")
        self.until(lambda: "P-000" in self.shelf("for-you"), "the front page does not know of the order")

    def test_a_basket_survives_a_reload(self):
        self.open("#/search?q=trowel&f.availability=in_stock")
        self.settled()
        self.one(".quick-add").click()
        self.until(lambda: self.basket_badge() == "1", "the basket does not count")
        self.open("#/basket")
        self.until(lambda: len(self.all(".line")) == 1, "the basket is lost")

    def test_a_shop_that_is_away_is_said_and_comes_back(self):
        self.allowed_errors = ("ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_SOCKET_NOT_CONNECTED")
        self.open("#/search?q=mug")
        self.settled()
        shop.stop()
        try:
            self.one("#query").send_keys("s")
            self.assertEqual(self.text(".failed h2"), "The shop cannot be reached")
            self.assertTrue(self.one("#away").is_displayed())
            self.go("#/")
            self.assertIn("The shop cannot be reached", self.text('.shelf[data-shelf="trending"] .failed'))
            browser.back()
            self.one(".state.failed")
        finally:
            shop.start()
        self.until(lambda: not self.all(".failed") and self.keys_shown(), "the results did not come back by themselves")
        self.assertFalse(browser.find_element(By.ID, "away").is_displayed())


class Looks(EveryPage, Storefront):
    NAME = "shop"
    PAGES = {
        "#/": ".shelf .card[data-key]",
        "#/search?q=pot": ".grid .card[data-key]",
        "#/product/P-003": ".shelf .card[data-key]",
        "#/basket": ".line",
    }
    TEXTS = [
        "h1",
        "h2",
        ".card-title a",
        ".price .amount",
        ".brand",
        ".why span",
        ".summary",
        ".choice-name",
        ".choice-count",
        ".button",
        ".quiet",
        ".breadcrumb a",
        ".details th",
        ".details td",
        ".chip",
        ".notes p",
        ".department-name",
        ".department-count",
        ".availability",
        ".foot p",
        ".foot a",
        ".tool",
        ".price s",
        ".line-title",
        ".total strong",
    ]

    def each_page(self):
        """Every kind of page, with something in the basket."""
        self.open("healthz")
        line = {
            "key": "P-001",
            "title": "Steel Kettle",
            "brand": "",
            "category": [],
            "images": [],
            "amount": 5,
            "currency": "EUR",
            "availability": "",
            "quantity": 1,
        }
        browser.execute_script("localStorage.setItem('souk.basket', JSON.stringify([arguments[0]]))", line)
        for address, ready in self.PAGES.items():
            self.open(address)
            self.one(ready)
            self.until(lambda: not self.all('[aria-busy="true"]'), "the page is not complete")
            yield address

    def test_a_phone_has_the_filters_in_a_sheet(self):
        self.size(PHONE)
        self.open("#/search?q=kettle")
        total = self.found()
        self.one(".filter-button").click()
        self.one('dialog input[data-value="Ebro"]').click()
        self.until(
            lambda: self.texts(".sheet-foot button") and self.texts(".sheet-foot button")[0] != f"Show {total} products",
            "the sheet does not say how many",
        )
        self.one(".sheet-foot button").click()
        self.until(lambda: not self.all("dialog"), "the sheet does not close")
        self.assertLess(self.found(), total)
        self.assertEqual(self.texts(".chips .chip"), ["Ebro"])

    def luminance(self):
        return browser.execute_script(
            "const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number); return (r + g + b) / 3;"
        )

    def test_the_theme_follows_the_system_until_one_is_chosen(self):
        self.open("#/")
        self.assertGreater(self.luminance(), 200)
        self.prefer("dark")
        self.until(lambda: self.luminance() < 60, "the page stays light")
        self.one("#theme").click()
        self.until(lambda: self.luminance() > 200, "the choice does not hold")
        self.open("#/")
        self.assertGreater(self.luminance(), 200, "the choice is forgotten")

    def test_everything_has_a_name(self):
        for address in self.each_page():
            with self.subTest(address):
                self.assertEqual(browser.execute_script(UNNAMED), [])
                self.assertEqual(len(self.all("h1")), 1)
                self.assertEqual(len(self.all("main")), 1)
                self.assertTrue(browser.find_element(By.TAG_NAME, "html").get_attribute("lang"))
                self.assertIn("Test Bazaar", browser.title)

    def test_the_first_tab_skips_to_the_content(self):
        self.open("#/")
        self.one(".department")
        browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
        skip = browser.switch_to.active_element
        self.assertEqual(skip.get_attribute("id"), "skip")
        skip.send_keys(Keys.ENTER)
        self.assertEqual(browser.switch_to.active_element.get_attribute("id"), "main")


class Client(Storefront):
    def ask(self, code):
        """Runs `code` with `souk`, a fresh client, and returns what it returns."""
        self.open("healthz")
        script = f"const done = arguments[0]; import('/souk.js').then(async ({{ Souk, SoukError }}) => {{ const souk = new Souk({{ shopper: 'S-001' }}); {code} }}).then(done, (e) => done('failed: ' + e));"
        return browser.execute_async_script(script)

    def test_the_small_client_asks_and_tells(self):
        answer = self.ask(
            """
            const found = await souk.search({ query: "kettle", k: 3, facets: ["brand"] });
            const [one, two] = await souk.searchAll([{ query: "tea", k: 1 }, { query: "pen", k: 1 }]);
            const shelf = await souk.shelf("for-you", { k: 4 });
            const kept = await souk.send([{ kind: "wishlist", item: found.items[0].key }]);
            return [found.items.length, one.items.length + two.items.length, shelf.cold_start, kept.accepted, (await souk.item("P-005")).key, (await souk.suggest("ket")).length > 0];"""
        )
        self.assertEqual(answer, [3, 2, False, 1, "P-005", True])

    def test_the_small_client_names_what_is_wrong(self):
        self.allowed_errors = ("400",)
        answer = self.ask(
            """
            try { await souk.search({ fitler: "x" }); } catch (e) { return [e instanceof SoukError, e.status, e.unreachable, e.problem.errors[0].path]; }"""
        )
        self.assertEqual(answer, [True, 400, False, "fitler"])

    def test_sending_an_event_again_counts_it_once(self):
        answer = self.ask(
            """
            souk.track("view", { item: "P-004" });
            const [event] = souk.waiting;
            await souk.flush();
            return await (await fetch("/v1/events", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(event) })).json();"""
        )
        self.assertEqual((answer["accepted"], answer["duplicates"]), (0, 1))


class Locked(Storefront):
    """A shop with API keys: the pages ask for one, and go on with it until the tab is closed."""

    allowed_errors = ("401", "403")

    def setUp(self):
        super().setUp()
        shop.stop()
        try:
            folder = shop.folder / "shop"
            self.keys = {scope: json.loads(harness.souk("--json", "key", folder, "add", "--scope", scope))["key"] for scope in ("search", "admin")}
        finally:
            shop.start()

    def tearDown(self):
        self.open("healthz")  # storage belongs to a page of the shop
        browser.execute_script("sessionStorage.clear()")
        shop.stop()
        try:
            harness.souk("key", shop.folder / "shop", "revoke", "--all")
        finally:
            shop.start()
        super().tearDown()

    def give(self, key):
        self.one(".failed .button, .failed .text-button").click()
        self.one("#api-key").send_keys(key + Keys.ENTER)

    def test_pages_ask_for_a_key_and_keep_it(self):
        self.open("#/search?q=mug")
        self.assertEqual(self.text(".failed h2"), "This shop asks for a key")
        self.give("souk_a_wrong")
        self.assertEqual(self.text(".failed h2"), "This shop asks for a key")
        self.give(self.keys["admin"])
        self.settled()
        self.assertTrue(self.keys_shown())
        self.assertNotIn("souk_a_", browser.current_url)
        browser.get(f"{shop.url}/lab.html")
        self.one("h1")
        self.assertEqual(self.all(".failed"), [])

    def test_a_page_with_a_search_key_tells_what_its_visitor_did(self):
        before = shop_events(self.keys["admin"])
        self.open("#/search?q=mug")
        self.give(self.keys["search"])
        self.settled()
        browser.get("about:blank")  # what waits goes out as a beacon
        self.until(lambda: shop_events(self.keys["admin"]) > before, "no event arrived")


def shop_events(key):
    """How many events the shop has, asked with a key."""
    return shop.metric("souk_shop_events", key)


if __name__ == "__main__":
    unittest.main(verbosity=2)
