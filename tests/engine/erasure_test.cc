// Forgetting a person in a whole shop: events, reviews, searches, baskets, refused rows, a trained model.
#include "souk/engine/erasure.h"

#include <fstream>
#include <gmock/gmock.h>

#include "souk/engine/answer_json.h"

#include "tests/engine/small_shop.h"

namespace souk::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kPerson = "person-5f1c3c6d9b0e4b7f", kAddress = "someone@example.org", kSession = "session-a8d1c2e3f4a5b6c7";

std::vector<std::string> files_naming(const fs::path& directory, const std::vector<std::string_view>& names) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const std::string content = read_file(entry.path()).value();
    for (const std::string_view name : names) {
      if (content.find(name) != std::string::npos) found.push_back(entry.path().string() + ": " + std::string(name));
    }
  }
  return found;
}

// The grocery with one person more, who left traces everywhere.
std::unique_ptr<engine::Shop> shop_with_the_person(const fs::path& directory) {
  auto shop = empty_shop(directory);
  store::Changes changes;
  changes.items = grocery_items();
  changes.events = grocery_events(20);
  const std::string person(kPerson);
  for (const std::string key : {"milk", "bread", "honey"}) {
    changes.events.push_back(event("p-" + key, person, key, store::EventKind::purchase, kMonday, "basket-1"));
    changes.events.back().session = kSession;
  }
  changes.events.push_back(event("p-search", person, "", store::EventKind::search, kMonday));
  changes.events.back().query = "write to " + std::string(kAddress);
  changes.events.push_back(event("p-visit", "", "tea", store::EventKind::view, kMonday));
  changes.events.back().session = kSession;
  changes.shoppers = {store::Shopper{.key = person, .attributes = {{"email", {std::string(kAddress)}}}, .created = {}}};
  store::Review review;
  review.id = "review-1";
  review.item = "milk";
  review.shopper = person;
  review.text = "Ask me: " + std::string(kAddress);
  changes.reviews = {review};
  apply(*shop, changes);
  EXPECT_TRUE(shop->train(Progress::none()));
  engine::SearchRequest search = query("milk");
  search.shopper = person;
  search.session = kSession;
  EXPECT_TRUE(shop->search(search));
  engine::ShelfRequest shelf = ask("for-you");
  shelf.session = kSession;
  EXPECT_TRUE(shop->shelf(shelf));
  std::ofstream(directory.string() + ".csv") << "shopper,item,kind,time\n"
                                             << person << ",milk,view,never\n"
                                             << "h1,milk,view,never\n"
                                             << "{{email}}," << kAddress << ",view,never\n";
  feeds::ImportOptions options;
  options.max_rejects = 1;
  EXPECT_TRUE(shop->import_files({directory.string() + ".csv"}, options, Progress::none()));
  return shop;
}

TEST(Forgetting, LeavesNoTraceInAnyFile) {
  const TempDir dir;
  const fs::path folder = dir / "shop";
  auto shop = shop_with_the_person(folder);
  EXPECT_THAT(files_naming(folder, {kPerson, kAddress, kSession}), Not(IsEmpty()));
  const auto report = shop->forget(kPerson);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->erased.known);
  EXPECT_EQ(report->erased.events, 5u);
  EXPECT_EQ(report->erased.visitors, 1u);
  EXPECT_EQ(report->erased.reviews, 1u);
  EXPECT_EQ(report->erased.served, 2u);
  EXPECT_EQ(report->rejects, 2u) << "one names the key, one the address";
  EXPECT_TRUE(report->marked);
  ASSERT_TRUE(shop->compact());
  EXPECT_THAT(files_naming(folder, {kPerson, kAddress, kSession}), IsEmpty()) << "while the shop is open";
  shop.reset();
  EXPECT_THAT(files_naming(folder, {kPerson, kAddress, kSession}), IsEmpty());

  // What is left works, and says what it learned from until it learns anew.
  shop = reopened(folder);
  ASSERT_NE(shop, nullptr);
  engine::ShelfRequest request = ask("for-you");
  request.shopper = kPerson;
  const auto marked = shop->shelf(request).value();
  EXPECT_TRUE(marked.cold_start);
  EXPECT_EQ(marked.marked, engine::kMarked);
  EXPECT_THAT(engine::to_json(marked, {}), HasSubstr("\"marked\":\"it learned from someone"));
  EXPECT_THAT(shop->status_json(), HasSubstr("\"marked\""));
  ASSERT_TRUE(shop->train(Progress::none()));
  EXPECT_EQ(shop->shelf(request)->marked, "");
  EXPECT_THAT(shop->status_json(), Not(HasSubstr("\"marked\"")));
}

TEST(Forgetting, IsSaidByTheDoctorUntilTheShopLearnsAnew) {
  const TempDir dir;
  auto shop = grocery(dir / "shop");
  ASSERT_TRUE(shop->forget("h1"));
  const auto tables = [&] {
    const auto findings = shop->doctor(false, Progress::none()).value();
    for (const engine::Finding& finding : findings) {
      if (finding.what == "count tables") return finding;
    }
    return engine::Finding{};
  };
  EXPECT_TRUE(tables().ok);
  EXPECT_TRUE(tables().warning);
  EXPECT_THAT(tables().detail, HasSubstr("forgotten"));
  ASSERT_TRUE(shop->train(Progress::none()));
  EXPECT_FALSE(tables().warning);
}

// Every way in which a refused row may name the person, and one beside each that does not.
TEST(Forgetting, FindsThePersonInRefusedRowsHoweverTheyAreWritten) {
  const TempDir dir;
  const fs::path folder = dir / "shop";
  auto shop = empty_shop(folder);
  store::Changes changes;
  changes.items = grocery_items();
  const std::string key = "q\"uo\\te@ex.org";
  changes.events = {event("e-1", key, "milk", store::EventKind::view, kMonday)};
  changes.events.back().session = "abc123";
  changes.events.push_back(event("e-2", key, "", store::EventKind::search, kMonday));
  changes.events.back().query = "mailto:second@mail.test?subject=x or \xE2\x80\x9Cthird@mail.test\xE2\x80\x9D";
  changes.shoppers = {store::Shopper{
      .key = key,
      .attributes = {{"email", {std::string("Zelda.Main@Mail.Test")}}, {"note", {std::string("email=fourth@mail.test&x=1")}}},
      .created = {}}};
  store::Review review;
  review.id = "review-1";
  review.item = "milk";
  review.shopper = key;
  review.text = "Write to zelda.other@mail.test.";
  changes.reviews = {review};
  apply(*shop, changes);

  const std::vector<std::string> naming = {R"("q""uo\te@ex.org",milk,view,never,x)",
                                           "zelda.main@mail.test,milk,view,never,x",
                                           "h1,milk,view,never,zelda.other@mail.test",
                                           "second@mail.test,milk,view,never,x",
                                           "THIRD@mail.test,milk,view,never,x",
                                           "h2,milk,view,never,<fourth@mail.test>",
                                           "h3,milk,view,never,abc123",
                                           "h4,milk,view,never,\"abc123\""};
  const std::vector<std::string> others = {"h5,milk,view,never,abc1234", "h6,milk,view,never,x-abc123",
                                           "main@other.test,milk,view,never,x"};
  std::string text = "shopper,item,kind,time,session\n";
  for (const auto* rows : {&naming, &others}) {
    for (const std::string& row : *rows) text += row + "\n";
  }
  std::ofstream(dir / "rows.csv") << text;
  std::ofstream(dir / "rows.jsonl") << R"({"shopper":"h7","item":"milk","kind":"view","time":"never","session" : "abc123"})" << '\n'
                                    << R"({"shopper":"h8","item":"milk","kind":"view","time":"never","session":"s9","list":"abc123"})"
                                    << '\n'
                                    << R"({"shopper":"q\u0022uo\\te@EX.org","item":"milk","kind":"view","time":"never"})" << '\n';
  feeds::ImportOptions options;
  options.max_rejects = 1;
  EXPECT_EQ(shop->import_files({dir / "rows.csv", dir / "rows.jsonl"}, options, Progress::none())->rejected,
            naming.size() + others.size() + 3);
  EXPECT_EQ(shop->forget(key)->rejects, naming.size() + 2);
  std::string left;
  for (const auto& entry : fs::directory_iterator(folder / "rejects")) left += read_file(entry.path()).value();
  for (const std::string other : {"h5,", "h6,", "main@other.test", "h8"}) EXPECT_THAT(left, HasSubstr(other));
  for (const std::string gone : {"te@ex.org", "zelda", "second@", "THIRD", "fourth", "h3,", "h4,", "h7"})
    EXPECT_THAT(left, Not(HasSubstr(gone)));
}

// Somebody who only looked, in a session that no event names.
TEST(Forgetting, FindsSessionsAndAddressesInWhatWasServed) {
  const TempDir dir;
  const fs::path folder = dir / "shop";
  auto shop = empty_shop(folder);
  store::Changes changes;
  changes.items = grocery_items();
  changes.events = {event("e-1", std::string(kPerson), "milk", store::EventKind::view, kMonday)};
  apply(*shop, changes);
  engine::SearchRequest known = query("milk"), unknown = query("mail to " + std::string(kAddress));
  known.shopper = kPerson;
  known.session = unknown.session = kSession;
  EXPECT_TRUE(shop->search(known));
  EXPECT_TRUE(shop->search(unknown));
  std::ofstream(dir / "rows.csv") << "shopper,item,kind,time,session\n"
                                  << "h1,milk,view,never," << kSession << "\n"
                                  << "h2,milk,view,never," << kAddress << "\n"
                                  << "h3,milk,view,never,s3\n";
  feeds::ImportOptions options;
  options.max_rejects = 1;
  EXPECT_EQ(shop->import_files({dir / "rows.csv"}, options, Progress::none())->rejected, 3u);
  const auto report = shop->forget(kPerson);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->erased.served, 2u);
  EXPECT_EQ(report->rejects, 2u);
  ASSERT_TRUE(shop->store().compact());
  EXPECT_THAT(files_naming(folder, {kPerson, kAddress, kSession}), IsEmpty());
}

TEST(Forgetting, OfSomeoneUnknownIsSaidPlainly) {
  const TempDir dir;
  auto shop = grocery(dir / "shop");
  const auto report = shop->forget("nobody-at-all");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(report->erased.known);
  EXPECT_FALSE(report->marked);
  EXPECT_THAT(report->words, ::testing::ElementsAre("The shop knows no such shopper, and nothing in it names one."));
  EXPECT_FALSE(shop->forget("a\nb"));
}

TEST(Forgetting, DeletesTheCachesOfWhatWas) {
  const TempDir dir;
  auto shop = grocery(dir / "shop");
  const std::uint64_t events = shop->interactions()->events();
  EXPECT_FALSE(fs::is_empty(dir / "shop" / "cache"));
  const auto report = shop->forget("h1").value();
  EXPECT_TRUE(fs::is_empty(dir / "shop" / "cache"));
  EXPECT_EQ(shop->interactions()->events(), events - report.erased.events);
}

TEST(Forgetting, TheNewestDoesNotMarkWhatNeverKnewThem) {
  const TempDir dir;
  auto shop = grocery(dir / "shop");
  ASSERT_TRUE(shop->merge_session("none", "h1"));
  store::Changes changes;
  changes.shoppers = {store::Shopper{.key = "silent", .attributes = {}, .created = {}}};
  apply(*shop, changes);
  const auto report = shop->forget("silent").value();
  EXPECT_TRUE(report.erased.known);
  EXPECT_FALSE(report.marked) << "nobody learns from someone without events";
}

TEST(Merging, AVisitorsPastBecomesTheShoppers) {
  const TempDir dir;
  auto shop = grocery(dir / "shop");
  store::Changes changes;
  changes.events = {event("v1", "", "tea", store::EventKind::view, kMonday + 70 * kDay)};
  changes.events.front().session = "abc";
  apply(*shop, changes);
  const auto report = shop->merge_session("abc", "newcomer");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->events, 1u);
  engine::ShelfRequest request = ask("for-you");
  request.shopper = "newcomer";
  EXPECT_FALSE(shop->shelf(request)->cold_start);
}

void add_settings(const fs::path& shop, const std::string& lines) {
  const std::string settings = read_file(shop / "shop.toml").value();
  ASSERT_TRUE(write_file(shop / "shop.toml", settings + lines));
}

TEST(Retention, IsWhatShopTomlSays) {
  const TempDir dir;
  grocery(dir / "shop").reset();
  add_settings(dir / "shop", "\n[retention]\npurchase = \"30d\"\n");
  auto shop = reopened(dir / "shop");
  const std::uint64_t before = shop->store().counts().events;
  const auto report = shop->apply_retention(kMonday + 40 * kDay);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_GT(report->deleted.events, 0u);
  EXPECT_EQ(shop->store().counts().events, before - report->deleted.events);
  EXPECT_GE(shop->store().counts().first_event, kMonday + 10 * kDay);
  EXPECT_EQ(shop->shelf(ask("trending"))->marked, "") << "nobody was forgotten";
}

// A clock years ahead, as after the loss of its battery, does not empty the shop.
TEST(Retention, WaitsUntilALeapOfTheClockIsBelieved) {
  const TempDir dir;
  grocery(dir / "shop").reset();
  add_settings(dir / "shop", "\n[retention]\npurchase = \"400d\"\nview = \"400d\"\n");
  auto shop = reopened(dir / "shop");
  const store::Counts before = shop->store().counts();
  const auto kept_at = [&](Timestamp time) {
    const auto report = shop->apply_retention(time);
    EXPECT_TRUE(report) << report.error().message();
    return !report->held_back.empty() && report->deleted.events == 0;
  };
  EXPECT_FALSE(kept_at(before.last_event + kDay));
  const Timestamp leap = before.last_event + 1100 * kDay;
  EXPECT_TRUE(kept_at(leap));
  shop.reset();
  shop = reopened(dir / "shop");
  for (int day = 1; day <= 6; ++day) EXPECT_TRUE(kept_at(leap + day * kDay)) << day;
  EXPECT_FALSE(kept_at(before.last_event + 2 * kDay)) << "the clock is right again";
  EXPECT_TRUE(kept_at(leap + 8 * kDay)) << "of the leap before nothing is remembered";
  EXPECT_EQ(shop->store().counts().events, before.events);
  EXPECT_THAT(shop->apply_retention(leap + 9 * kDay)->held_back, HasSubstr("is believed"));
  // Another leap, of two years or of months: no clock that goes on.
  EXPECT_TRUE(kept_at(leap + 800 * kDay));
  EXPECT_TRUE(kept_at(leap + 1000 * kDay)) << "counts as a day";
  EXPECT_EQ(shop->store().counts().events, before.events);
  for (int day = 1; day <= 5; ++day) EXPECT_TRUE(kept_at(leap + (1000 + day) * kDay)) << day;
  EXPECT_FALSE(kept_at(leap + 1006 * kDay));
  EXPECT_LT(shop->store().counts().events, before.events);
}

TEST(Retention, DoubtsALeapTheFirstTimeToo) {
  const TempDir dir;
  grocery(dir / "shop").reset();
  add_settings(dir / "shop", "\n[retention]\npurchase = \"30d\"\n");
  const auto shop = reopened(dir / "shop");
  EXPECT_NE(shop->apply_retention(shop->store().counts().last_event + 366 * kDay)->held_back, "");
  EXPECT_EQ(shop->apply_retention(shop->store().counts().last_event + 364 * kDay)->held_back, "");
}

// What was searched for stands in records of answers too.
TEST(Retention, OfSearchesIsThatOfAnswers) {
  const TempDir dir;
  grocery(dir / "shop").reset();
  add_settings(dir / "shop", "\n[retention]\nsearch = \"10d\"\n");
  auto shop = reopened(dir / "shop");
  for (int day = 0; day < 20; ++day) {
    engine::SearchRequest request;
    request.query = "tea";
    request.shopper = "somebody";
    request.now = kMonday + day * kDay;
    ASSERT_TRUE(shop->search(request));
  }
  const auto report = shop->apply_retention(kMonday + 20 * kDay);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->deleted.served, 10u);
  EXPECT_EQ(report->deleted.events, 0u);
  int left = 0;
  ASSERT_TRUE(shop->store().for_each_served([&](const store::Served& served) {
    EXPECT_GE(served.time, kMonday + 10 * kDay);
    ++left;
    return true;
  }));
  EXPECT_EQ(left, 10);
}

TEST(Retention, OfLessThanADayIsRefused) {
  const TempDir dir;
  grocery(dir / "shop").reset();
  add_settings(dir / "shop", "\n[retention]\nview = \"0d\"\n");
  const auto shop = engine::Shop::open(dir / "shop", {});
  ASSERT_FALSE(shop);
  EXPECT_THAT(shop.error().message(), HasSubstr("1d"));
}

}  // namespace
}  // namespace souk::testing
