#!/usr/bin/env python3
"""The lab's pages in a real browser, over a real server: recorded runs, two of them compared, and what a shop's shelves are worth."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
import records  # noqa: E402
from page import PHONE, UNNAMED, EveryPage, Page, open_shop  # noqa: E402

if not harness.MISSING:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

CHARTS = pathlib.Path("/usr/share/javascript/chart.js/chart.min.js").exists()
EASE, KNN = "recommend/ease/bazaar-clicks-seed1", "recommend/item-knn/bazaar-clicks-seed1"
SAMPLED, ORDERS = "recommend/ease/bazaar-clicks-sampled-seed1", "recommend/item-knn/bazaar-orders-seed1"

shop = None
browser = None


def setUpModule():
    global shop, browser
    if not harness.MISSING:
        shop, browser = open_shop(records.write)


class Lab(Page):
    def at(self, address):
        """Opens a page of the lab and waits until it is there."""
        self.open("lab.html" + address)
        self.ready()

    def ready(self):
        self.until(lambda: self.all("main h1") and not self.all('[aria-busy="true"]'), "the page is not complete")

    def drawn(self):
        """Waits until every plot is drawn, or known to be missing."""
        self.until(lambda: self.all(".plot") and not self.all(".plot:not([data-drawn])"), "a plot is neither drawn nor missing")

    def methods(self, data="bazaar-clicks", at=0):
        """The first column of the at-th table of a data set, from above."""
        rows = "[...[...document.querySelectorAll(`[data-data='${arguments[0]}']`)][arguments[1]].querySelectorAll('tbody tr')]"
        name = "row.querySelector('.method').textContent + (row.classList.contains('floor') ? ' (floor)' : '')"
        return browser.execute_script(f"return {rows}.map((row) => {name})", data, at)

    def table_of(self, data, at=0):
        return self.all(f"[data-data='{data}'] table")[at]

    def choose(self, label, value):
        """Takes the option with that text out of the list of that label."""
        for box in self.all(".choice-box"):
            if box.find_element(By.TAG_NAME, "label").text == label:
                for option in box.find_elements(By.TAG_NAME, "option"):
                    if option.text == value:
                        option.click()
                        return
        self.fail(f"there is no {value} under {label}")

    def pick(self, name):
        box = self.one(f'[data-run="{name}"] .pick input')
        browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", box)
        box.click()


class Runs(Lab):
    def test_like_runs_share_a_table_with_their_floors(self):
        self.at("#/")
        self.assertEqual(self.text("h1"), "Recorded runs")
        self.assertIn("7 runs in 3 tables", self.text(".page-head"))
        self.assertEqual(
            self.texts(".group h2"), ["bazaar-clicks", "bazaar-clicks", "bazaar-orders"], "a table for each data set and protocol"
        )
        self.assertEqual(self.methods(), ["greedy", "ease", "item-knn", "item-knn", "co-visitation (floor)", "popularity"])
        self.assertIn("22,363 users", self.text(".group-head"))

    def test_a_row_says_what_was_reached_and_whether_it_beats_its_floor(self):
        self.at("#/")
        row = self.one(f'[data-run="{EASE}"]').text
        for text in ("0.0694", "[0.0672, 0.0716]", "beats co-visitation", "+0.0216", "p = 0.002", "system 181", "0.1.0"):
            self.assertIn(text, row)
        self.assertIn("does not beat co-visitation", self.one('[data-run="recommend/popularity/bazaar-clicks-seed1"]').text)

    def test_settings_from_the_test_part_are_marked(self):
        self.at("#/")
        self.assertIn("⚠ tuned on test", self.one('[data-run="recommend/greedy/bazaar-clicks-seed1"]').text)
        self.assertIn("tuned on validation", self.one(f'[data-run="{KNN}"]').text)
        self.assertNotIn("tuned", self.one(f'[data-run="{EASE}"]').text)

    def test_data_and_method_narrow_the_list_and_stand_in_the_address(self):
        self.at("#/")
        self.choose("Data", "bazaar-orders")
        self.until(lambda: self.texts(".group h2") == ["bazaar-orders"], "the data do not narrow the list")
        self.choose("Data", "All data")
        self.choose("Method", "ease")
        self.until(lambda: self.methods() == ["ease", "co-visitation (floor)", "popularity (floor)"], "the method does not narrow the list")
        self.assertIn("method=ease", browser.current_url)
        self.at("#/?data=bazaar-clicks&method=item-knn")
        self.assertEqual([text for text in self.methods() if "floor" not in text], ["item-knn", "item-knn"])
        self.at("#/?data=bazaar-orders&method=ease")
        self.assertIn("No run fits", self.text(".state"))

    def test_columns_sort_by_keyboard_and_keep_the_focus(self):
        self.at("#/?data=bazaar-clicks")
        head = self.table_of("bazaar-clicks").find_element(By.CSS_SELECTOR, 'th[aria-sort="descending"] button')
        self.assertIn("NDCG@10", head.text)
        head.send_keys(Keys.ENTER)
        self.until(lambda: self.methods()[0] == "popularity", "the worst does not come first")
        self.assertEqual(
            self.table_of("bazaar-clicks").find_element(By.CSS_SELECTOR, "th[aria-sort]").get_attribute("aria-sort"), "ascending"
        )
        self.assertIn("NDCG@10", browser.switch_to.active_element.text)
        buttons = {button.text: button for button in self.table_of("bazaar-clicks").find_elements(By.CSS_SELECTOR, "th button")}
        buttons["Method"].click()
        self.until(lambda: self.methods() == sorted(self.methods()), "the methods are not in order")

    def test_a_metric_brings_those_of_its_cutoff(self):
        self.at("#/?method=ease")
        self.choose("Metric", "HR@5")
        self.until(lambda: "HR@5" in self.text("thead"), "the metric has no column")
        self.assertNotIn("NDCG@10", self.text("thead"))
        self.assertIn("NDCG@5", self.text("thead"))

    def test_a_table_without_the_chosen_metric_keeps_its_own(self):
        self.at("#/?metric=NDCG@10")
        self.assertIn("NDCG@20", self.table_of("bazaar-orders").text)
        self.assertNotIn("NDCG@20", self.table_of("bazaar-clicks").text)

    def test_what_is_better_when_smaller_sorts_so(self):
        self.at("#/?data=bazaar-clicks&metric=Gini@10")
        head = self.table_of("bazaar-clicks").find_element(By.CSS_SELECTOR, "th[aria-sort]")
        self.assertEqual((head.text.split("\n")[0].split(" ")[0], head.get_attribute("aria-sort")), ("Gini@10", "ascending"))

    def test_a_broken_file_is_named_and_hides_no_other(self):
        self.at("#/")
        notice = self.text(".broken")
        self.assertIn("One file could not be read", notice)
        self.assertIn(f"{records.BROKEN}.json", notice)
        self.assertIn("no record of a run", notice)

    def test_without_a_folder_of_results_the_page_says_what_to_do(self):
        results = shop.folder / "shop/results"
        results.rename(shop.folder / "away")
        try:
            self.at("#/")
            self.assertEqual(self.text("h1"), "There is no folder of results")
            self.assertIn("souk lab run", self.text(".state"))
            self.at("#/shops")
            self.assertEqual(self.text("h1"), "No shop was evaluated yet")
            self.assertIn("souk evaluate", self.text(".state"))
            results.mkdir()
            self.at("#/")
            self.assertEqual(self.text("h1"), "No recorded runs")
        finally:
            results.rmdir() if results.exists() else None
            (shop.folder / "away").rename(results)

    def test_a_server_that_is_away_is_said_and_comes_back(self):
        self.allowed_errors = ("ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_SOCKET_NOT_CONNECTED")
        self.at("#/")
        shop.stop()
        try:
            self.go("#/shops")
            self.assertEqual(self.text(".failed h2"), "The shop cannot be reached")
            self.assertTrue(self.one("#away").is_displayed())
        finally:
            shop.start()
        self.until(lambda: not self.all(".failed") and self.all(".advice"), "the page did not come back by itself")


class OneRun(Lab):
    def test_it_opens_from_the_list_and_back_leads_there(self):
        self.at("#/?data=bazaar-clicks")
        self.one(f'[data-run="{EASE}"] .method').click()
        self.until(lambda: self.text("h1") == "ease on bazaar-clicks", "the run does not open")
        self.assertEqual(browser.switch_to.active_element.tag_name, "h1")
        self.assertIn("ease, seed 1 on bazaar-clicks", browser.title)
        browser.back()
        self.until(lambda: self.text("h1") == "Recorded runs" and self.all(".group"), "back does not lead to the list")
        self.assertEqual(set(self.texts(".group h2")), {"bazaar-clicks"})

    def test_metrics_stand_beside_floors_and_the_published_figures(self):
        self.at(f"#/run/{EASE}")
        self.assertIn("ease beats co-visitation, its best floor: NDCG@10 +0.0216 [+0.0195, +0.0237], p = 0.002.", self.text(".lead"))
        table = self.one(".split-view table").text
        for text in ("co-visitation", "popularity", "published", "0.0694", "[0.0672, 0.0716]", "0.0478", "0.0734", "−0.0040"):
            self.assertIn(text, table)
        self.assertIn("table 2", self.text(".split-view"))

    def test_cost_and_provenance_are_told(self):
        self.at(f"#/run/{KNN}")
        page = self.text("main")
        for text in (
            "0.79 s",
            "58 MB",
            "25,413 cases a second",
            records.CLICKS["hash"],
            "Tuned on validation in 24 trials",
            "neighbours: 50, 200",
        ):
            self.assertIn(text, page)

    @unittest.skipUnless(CHARTS, "needs libjs-chart.js")
    def test_plots_are_drawn_with_a_text_and_a_table_each(self):
        self.at(f"#/run/{EASE}")
        self.drawn()
        self.assertEqual(self.texts(".plot h3"), ["Against the floors", "By length of history", "By popularity of what was looked for"])
        for canvas in self.all(".plot canvas"):
            self.assertEqual(canvas.get_attribute("role"), "img")
            self.assertIn("numbers", canvas.get_attribute("aria-label"))
            inked = "const c = arguments[0]; return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((byte) => byte > 0)"
            self.assertTrue(browser.execute_script(inked, canvas), "an empty picture")
        self.all(".numbers summary")[0].send_keys(Keys.ENTER)
        self.until(lambda: "12,410 cases" in self.text(".numbers table"), "the table does not open")
        self.assertIn("0.0659", self.text(".numbers table"))
        self.assertEqual(self.texts(".legend")[0], "easeco-visitationpopularitypublished")

    def test_slices_follow_the_metric(self):
        self.at(f"#/run/{EASE}")
        self.drawn()
        self.choose("Metric", "HR@10")
        self.until(lambda: "metric=HR%4010" in browser.current_url and "0.1121" in self.texts(".numbers table")[0], "the slices stay")
        self.assertEqual(browser.switch_to.active_element.tag_name, "select")

    def test_without_charts_the_tables_stand_open_and_say_why(self):
        self.allowed_errors = ("vendor/chart.js",)
        browser.execute_cdp_cmd("Network.enable", {})
        browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/vendor/chart.js"]})
        try:
            self.at(f"#/run/{EASE}")
            self.drawn()
            self.assertIn("libjs-chart.js", self.text(".no-plots"))
            self.assertEqual(len(self.all(".no-plots")), 1)
            self.assertEqual(self.all("canvas"), [])
            self.assertIn("12,410 cases", self.text(".numbers table"))
        finally:
            browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})

    def test_what_is_not_there_or_broken_is_said(self):
        self.allowed_errors = ("404", "500")
        self.at("#/run/nosuch")
        self.assertIn("There is no recorded run of this name", self.text(".failed"))
        self.at(f"#/run/{records.BROKEN}")
        self.assertIn("This is no record of a run", self.text(".failed"))
        self.at("#/nosuch")
        self.assertEqual(self.text("h1"), "There is no such page")


class Comparing(Lab):
    def test_two_ticked_runs_are_compared(self):
        self.at("#/")
        self.pick(EASE)
        self.assertIn("choose one more", self.text(".compare-bar"))
        self.pick(KNN)
        self.one(".compare-bar .button").click()
        self.until(lambda: self.text("h1") == "Two runs compared", "nothing is compared")
        self.assertIn("On NDCG@10, A is ahead by 0.0082. Their intervals do not meet", self.text(".lead"))
        table = self.one(".split-view table").text
        for text in ("0.0694", "0.0612", "+0.0082", "+13.4 %", "A is ahead", "intervals apart"):
            self.assertIn(text, table)
        self.one(".swap").click()
        self.until(lambda: "B is ahead" in self.text(".lead"), "the sides do not change")

    def test_a_third_tick_replaces_the_first(self):
        self.at("#/")
        for name in (EASE, KNN, "recommend/greedy/bazaar-clicks-seed1"):
            self.pick(name)
        ticked = browser.execute_script("return [...document.querySelectorAll('.pick input:checked')].map((box) => box.value)")
        self.assertEqual(set(ticked), {KNN, "recommend/greedy/bazaar-clicks-seed1"})
        self.one(".compare-bar .text-button").click()
        self.assertEqual(self.all(".pick input:checked"), [])

    def test_slices_of_both_are_set_side_by_side(self):
        self.at(f"#/compare?a={EASE}&b={KNN}")
        self.drawn()
        self.assertEqual(self.texts(".slices h3"), ["By length of history", "By popularity of what was looked for"])
        self.assertIn("A: ease, seed 1", self.texts(".slices .numbers")[0])
        self.assertIn("B: item-knn, seed 1", self.texts(".slices .numbers")[0])

    def test_doubt_is_said_where_intervals_overlap(self):
        self.at(f"#/compare?a={KNN}&b=recommend/item-knn/bazaar-clicks-seed2")
        self.assertIn("Their intervals overlap, so it may be chance.", self.text(".lead"))

    def test_unlike_runs_are_refused_with_what_differs(self):
        for other, what in ((ORDERS, "data and split"), (SAMPLED, "protocol")):
            self.at(f"#/compare?a={EASE}&b={other}")
            self.assertEqual(self.text("h1"), "These runs cannot be compared")
            self.assertIn(f"They differ in {what},", self.text(".refused"))
            self.assertNotIn("0.0694", self.text("main"))
        self.assertIn("ranked among 100", self.text(".refused table"))

    def test_a_run_offers_only_what_it_can_stand_beside(self):
        self.at(f"#/run/{EASE}")
        options = self.texts(".page-head option")
        self.assertEqual(len(options), 1 + 4)
        self.choose("Compare with", "greedy, seed 1")
        self.until(lambda: self.text("h1") == "Two runs compared", "nothing is compared")

    def test_nothing_chosen_is_said(self):
        self.at("#/compare")
        self.assertEqual(self.text("h1"), "Choose two runs")


class Shelves(Lab):
    def test_every_shelf_is_told_in_words(self):
        self.at("#/shops")
        self.assertEqual(self.text("h1"), "What the shelves of Test Bazaar are worth")
        self.assertIn("1,411,279 events", self.text(".page-head"))
        self.assertEqual(
            browser.execute_script("return [...document.querySelectorAll('.advice li')].map((e) => e.dataset.shelf)"),
            ["for-you", "also-bought", "complete-the-basket", "new"],
        )
        self.assertIn("77.7 of 100 shoppers", self.text('.advice [data-shelf="for-you"] p'))
        self.assertEqual(self.texts(".advice .tag"), ["worth its place", "a floor does better", "not decided", "too few shoppers to tell"])

    def test_shelves_stand_beside_their_floors(self):
        self.at("#/shops/Test-Bazaar?metric=HR@10")
        self.drawn()
        table = self.one(".plot + .scroll table").text
        for text in (
            "for-you",
            "0.7770",
            "buy-again",
            "0.7560",
            "does not beat buy-again",
            "too few cases to tell",
            "0.6 ms, 99 of 100 below 8.9 ms",
        ):
            self.assertIn(text, table)
        self.choose("Metric", "MRR@10")
        self.until(lambda: "MRR@10" in self.text(".plot h3"), "the metric does not change")
        self.assertEqual(browser.switch_to.active_element.tag_name, "select")

    def test_a_shelf_and_its_floors_are_shown_by_kind_of_case(self):
        self.at("#/shops")
        self.drawn()
        self.assertIn("0.2673", self.texts(".slices .numbers")[0])
        self.choose("Shelf", "also-bought")
        self.until(lambda: "0.1617" in self.texts(".slices .numbers")[0], "the slices are still those of the first shelf")
        self.assertEqual(self.texts(".slices .legend li"), ["also-bought", "popularity", "buy-again", "co-visitation"])

    def test_the_evaluation_of_another_shop_is_said_to_be_one(self):
        self.at("#/shops")
        self.assertEqual(self.all(".page-head .notice"), [])
        self.choose("Evaluation", "Other-Bazaar")
        self.until(lambda: "another shop's evaluation; served here is Test Bazaar" in self.text(".page-head"), "it passes for this shop's")

    def test_an_evaluation_that_is_not_there_is_said(self):
        self.at("#/shops/nosuch")
        self.assertEqual(self.text("h1"), "No such evaluation")


class Looks(EveryPage, Lab):
    NAME = "lab"
    PAGES = ["#/", f"#/run/{EASE}", f"#/compare?a={EASE}&b={KNN}", f"#/compare?a={EASE}&b={ORDERS}", "#/shops"]
    TEXTS = [
        "h1",
        "h2",
        "h3",
        "p",
        "th",
        "td",
        "td small",
        "th small",
        ".tag",
        ".sort",
        ".legend li",
        "dt",
        "dd",
        "code",
        "label",
        "a",
        "summary",
        ".symbol",
        "option",
    ]

    def each_page(self):
        for address in self.PAGES:
            self.at(address)
            yield address

    def test_a_phone_shows_figure_and_verdict_without_scrolling(self):
        self.size(PHONE)
        self.at("#/")
        for selector in (f'[data-run="{EASE}"] .value', f'[data-run="{EASE}"] .against'):
            right = browser.execute_script("return arguments[0].getBoundingClientRect().right", self.one(selector))
            self.assertLessEqual(right, PHONE[0])
        self.pick(EASE)
        self.assertTrue(self.one(".compare-bar").is_displayed())

    @unittest.skipUnless(CHARTS, "needs libjs-chart.js")
    def test_plots_follow_the_theme(self):
        self.at(f"#/run/{EASE}")
        self.drawn()
        colour = "return Chart.getChart(document.querySelector('.plot canvas')).data.datasets[0].borderColor"
        light = browser.execute_script(colour)
        self.one("#theme").click()
        self.until(lambda: browser.execute_script(colour) != light, "the plot keeps its colours")

    def test_everything_has_a_name(self):
        for address in self.each_page():
            with self.subTest(address):
                self.assertEqual(browser.execute_script(UNNAMED), [])
                self.assertEqual(len(self.all("h1")), 1)
                self.assertEqual(len(self.all("main")), 1)
                self.assertIn("Test Bazaar", browser.title)
                unnamed = "return [...document.querySelectorAll('table')].filter((e) => !e.caption && !e.ariaLabel).length"
                self.assertEqual(browser.execute_script(unnamed), 0)

    def test_the_first_tab_skips_to_the_content(self):
        self.at("#/")
        browser.execute_script("document.activeElement.blur()")
        browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
        skip = browser.switch_to.active_element
        self.assertEqual(skip.get_attribute("id"), "skip")
        skip.send_keys(Keys.ENTER)
        self.assertEqual(browser.switch_to.active_element.get_attribute("id"), "main")


if __name__ == "__main__":
    unittest.main(verbosity=2)
