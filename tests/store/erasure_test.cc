// Forgetting a person, joining a visitor to a shopper, deleting what is too old. The oracle: a shop that never saw what is gone.
#include <algorithm>
#include <fstream>
#include <gmock/gmock.h>
#include <map>
#include <rocksdb/table_properties.h>
#include <set>

#include "souk/base/random.h"
#include "souk/store/counters.h"
#include "souk/store/database.h"
#include "souk/store/keys.h"

#include "tests/store/store_test_support.h"

namespace souk::store {
namespace {

using namespace souk::store::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> shopper_keys(const Store& shop) {
  std::vector<std::string> keys;
  EXPECT_TRUE(shop.for_each_shopper([&](ShopperId, Shopper&& shopper) {
    keys.push_back(std::move(shopper.key));
    return true;
  }));
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::vector<std::string> served_requests(const Store& shop) {
  std::vector<std::string> requests;
  EXPECT_TRUE(shop.for_each_served([&](const Served& served) {
    requests.push_back(served.request);
    return true;
  }));
  std::sort(requests.begin(), requests.end());
  return requests;
}

std::vector<Review> all_reviews(const Store& shop) {
  std::vector<Review> reviews;
  EXPECT_TRUE(shop.for_each_review([&](Review&& review) {
    reviews.push_back(std::move(review));
    return true;
  }));
  return reviews;
}

Review review_of(const std::string& id, const std::string& item, const std::string& shopper) {
  Review review;
  review.id = id;
  review.item = item;
  review.shopper = shopper;
  review.rating = Decimal{4, 0};
  review.text = "Says " + shopper;
  review.time = kStart;
  return review;
}

Served served_to(const std::string& request, const std::string& shopper, const std::string& session) {
  Served served;
  served.request = request;
  served.time = kStart;
  served.shelf = "for-you";
  served.shopper = shopper;
  served.session = session;
  served.items = {"i1"};
  return served;
}

// Events over three years, some of shoppers with sessions, some of visitors.
std::vector<Event> random_events(std::uint64_t seed, bool timed, std::size_t count = 600) {
  Random random(seed);
  std::vector<Event> events;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t who = random.below(10);
    Event event = purchase("e" + std::to_string(i), "s" + std::to_string(who), "i" + std::to_string(random.below(20)));
    event.time = timed ? std::optional(kStart + static_cast<Timestamp>(random.below(1100)) * kDay) : std::nullopt;
    event.kind = random.below(2) == 0 ? EventKind::view : EventKind::purchase;
    const std::string session = "session-" + std::to_string(who) + "-" + std::to_string(random.below(4));
    if (random.below(3) != 0) event.session = session;
    if (random.below(4) == 0) {
      event.session = session;
      event.shopper.clear();
    }
    events.push_back(std::move(event));
  }
  return events;
}

void commit_in_parts(Store& shop, const std::vector<Event>& events) {
  for (std::size_t i = 0; i < events.size(); i += 50) {
    Changes changes;
    changes.events.assign(events.begin() + static_cast<std::ptrdiff_t>(i),
                          events.begin() + static_cast<std::ptrdiff_t>(std::min(i + 50, events.size())));
    ASSERT_TRUE(shop.commit(changes));
  }
}

// All but what erasing counts up, and ids and arrivals, which are never used again.
void expect_same(const Store& shop, const Store& expected) {
  EXPECT_EQ(all_events(shop), all_events(expected));
  EXPECT_EQ(shopper_keys(shop), shopper_keys(expected));
  EXPECT_EQ(served_requests(shop), served_requests(expected));
  EXPECT_EQ(all_reviews(shop), all_reviews(expected));
  const Counts counts = shop.counts(), wanted = expected.counts();
  EXPECT_EQ(counts.events, wanted.events);
  EXPECT_EQ(counts.shoppers, wanted.shoppers);
  EXPECT_EQ(counts.reviews, wanted.reviews);
  EXPECT_EQ(counts.timed, wanted.timed);
  EXPECT_EQ(counts.first_event, wanted.first_event);
  EXPECT_EQ(counts.last_event, wanted.last_event);
}

class Forgetting : public ::testing::TestWithParam<std::tuple<std::uint64_t, bool>> {};

TEST_P(Forgetting, LeavesTheShopThatNeverSawThePerson) {
  const auto [seed, timed] = GetParam();
  TempDir folder;
  const std::string person = "s" + std::to_string(seed % 10);
  const std::vector<Event> events = random_events(seed, timed);
  std::set<std::string> sessions;
  for (const Event& event : events) {
    if (event.shopper == person && !event.session.empty()) sessions.insert(event.session);
  }
  std::vector<Event> others, theirs;
  for (const Event& event : events) {
    const bool is_theirs = event.shopper == person || (event.shopper.empty() && sessions.contains(event.session));
    (is_theirs ? theirs : others).push_back(event);
  }
  Changes around;
  around.reviews = {review_of("r1", "i1", person), review_of("r2", "i2", "s-other"), review_of("r3", "i1", person)};
  around.served = {served_to("q1", person, "session-x"), served_to("q2", "", *sessions.begin()), served_to("q3", "s-other", ""),
                   served_to("q4", "s-other", *sessions.begin())};
  Changes around_others;
  around_others.reviews = {around.reviews[1]};
  around_others.served = {around.served[2], around.served[3]};

  auto shop = Store::create(folder / "store").value();
  auto expected = Store::create(folder / "expected").value();
  commit_in_parts(*shop, events);
  ASSERT_TRUE(shop->commit(around));
  commit_in_parts(*expected, others);
  ASSERT_TRUE(expected->commit(around_others));

  const auto report = shop->forget(person);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->known);
  EXPECT_EQ(report->events, theirs.size());
  EXPECT_EQ(report->reviews, 2u);
  EXPECT_EQ(report->served, 2u);
  EXPECT_EQ(shop->counts().epoch, 1u);
  EXPECT_EQ(shop->counts().forgotten_epoch, 1u);
  EXPECT_FALSE(shop->find_shopper(person).value());
  expect_same(*shop, *expected);

  shop.reset();
  shop = Store::open(folder / "store").value();
  expect_same(*shop, *expected);
  ASSERT_TRUE(shop->compact());
  expect_same(*shop, *expected);
  // What was erased is new when it comes again; what stayed is known.
  EXPECT_EQ(shop->commit(events_of(others))->duplicates, others.size());
  EXPECT_EQ(shop->commit(events_of(theirs))->accepted, theirs.size());
  EXPECT_EQ(shop->counts().events, events.size());
}

INSTANTIATE_TEST_SUITE_P(Shops, Forgetting, ::testing::Combine(::testing::Range<std::uint64_t>(1, 6), ::testing::Bool()));

TEST(Forget, FindsNothingOfAnUnknownKeyButWhatWasServedToIt) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  ASSERT_TRUE(shop->commit(events_of({purchase("1", "ann", "i1")})));
  Changes served;
  served.served = {served_to("q1", "nobody", "")};
  ASSERT_TRUE(shop->commit(served));
  const Counts before = shop->counts();
  const ForgetReport report = shop->forget("nobody").value();
  EXPECT_FALSE(report.known);
  EXPECT_EQ(report.served, 1u);
  EXPECT_EQ(shop->counts().epoch, 0u);
  EXPECT_EQ(shop->counts().seq, before.seq);
  EXPECT_EQ(shop->forget("nobody")->served, 0u);
  EXPECT_FALSE(shop->forget(""));
  EXPECT_THAT(all_events(*shop), ::testing::SizeIs(1));
}

TEST(Forget, FindsSessionsThatStandInNoEvent) {
  for (const std::string person : {"ann", "nobody"}) {
    TempDir folder;
    auto shop = Store::create(folder / "store").value();
    Event mine = purchase("1", "", "i1"), other = purchase("2", "", "i1");
    mine.session = "only-looked";
    other.session = "other";
    Changes changes = events_of({mine, other, purchase("3", "ann", "i1"), purchase("4", "bob", "i1")});
    changes.served = {served_to("q1", person, "only-looked"), served_to("q2", "", "only-looked"), served_to("q3", "", "other"),
                      served_to("q4", "bob", "only-looked")};
    changes.served[1].query = "tea";
    ASSERT_TRUE(shop->commit(changes));
    std::set<std::string> sessions{"given"};
    std::vector<std::string> served;
    ASSERT_TRUE(shop->for_each_served_to(person, sessions, [&](const Served& record) {
      served.push_back(record.request + record.query);
      return true;
    }));
    EXPECT_THAT(sessions, ElementsAre("given", "only-looked"));
    EXPECT_THAT(served, ElementsAre("q1", "q2tea")) << "nobody else's";
    const ForgetReport report = shop->forget(person).value();
    EXPECT_EQ(report.visitors, 1u);
    EXPECT_EQ(report.events, person == "ann" ? 2u : 1u);
    EXPECT_EQ(report.served, 2u);
    EXPECT_THAT(served_requests(*shop), ElementsAre("q3", "q4"));
    EXPECT_FALSE(shop->find_shopper("session:only-looked").value());
    EXPECT_TRUE(shop->find_shopper("session:other").value());
  }
}

TEST(Forget, FindsWhatWasServedToAVisitorWhoWasMerged) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  Event visit = purchase("1", "", "i1");
  visit.session = "abc";
  Changes changes = events_of({visit});
  changes.served = {served_to("q1", "session:abc", ""), served_to("q2", "session:abcd", "")};
  ASSERT_TRUE(shop->commit(changes));
  ASSERT_TRUE(shop->merge_shoppers("session:abc", "ann"));
  EXPECT_EQ(shop->forget("ann")->served, 1u);
  EXPECT_THAT(served_requests(*shop), ElementsAre("q2"));
}

TEST(Forget, OfTheLastShopperLeavesAShopThatMayBeginAnew) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  ASSERT_TRUE(shop->commit(events_of({purchase("1", "ann", "i1"), purchase("2", "ann", "i2", kStart + kDay)})));
  ASSERT_TRUE(shop->forget("ann"));
  EXPECT_EQ(shop->counts().events, 0u);
  EXPECT_EQ(shop->counts().shoppers, 0u);
  EXPECT_EQ(shop->counts().first_event, 0);
  Event untimed = purchase("3", "bob", "i1");
  untimed.time.reset();
  EXPECT_TRUE(shop->commit(events_of({untimed})));
  EXPECT_NE(shop->find_shopper("bob").value(), ShopperId{0}) << "an id is never given twice";
}

TEST(Forget, TakesWhatWasServedAMomentAgo) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  const std::vector<Served> served = {served_to("q1", "ann", "")};
  ASSERT_TRUE(shop->append_served(served));
  EXPECT_EQ(shop->forget("ann")->served, 1u);
  EXPECT_THAT(served_requests(*shop), IsEmpty());
}

TEST(Merge, MakesTheVisitorsEventsTheShoppers) {
  for (const bool ids_merged : {false, true}) {
    TempDir folder;
    auto shop = Store::create(folder / "store").value();
    std::vector<Event> events = random_events(3, true);
    for (Event& event : events) {
      if (event.session == "session-1-0") event.shopper.clear();
    }
    commit_in_parts(*shop, events);
    if (ids_merged) {
      ASSERT_TRUE(shop->forget("s9"));
      std::erase_if(events, [](const Event& event) { return event.shopper == "s9" || event.session.starts_with("session-9"); });
    }
    std::size_t moved = 0;
    for (Event& event : events) {
      if (event.session != "session-1-0") continue;
      event.shopper = "s2";
      ++moved;
    }
    const std::uint64_t epoch = shop->counts().epoch, shoppers = shop->counts().shoppers;
    const auto report = shop->merge_shoppers("session:session-1-0", "s2");
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report->events, moved);
    EXPECT_EQ(shop->counts().epoch, epoch + 1);
    EXPECT_EQ(shop->counts().shoppers, shoppers - 1);
    EXPECT_EQ(shop->counts().events, events.size());
    EXPECT_FALSE(shop->find_shopper("session:session-1-0").value());

    TempDir other;
    auto expected = Store::create(other / "store").value();
    commit_in_parts(*expected, events);
    EXPECT_EQ(all_events(*shop), all_events(*expected));
    for (int opening = 0; opening < 2; ++opening) {
      EXPECT_EQ(shop->commit(events_of(events))->duplicates, events.size()) << "ids follow, with what is exported as their content";
      EXPECT_FALSE(shop->merge_shoppers("session:session-1-0", "s2")->known);
      shop.reset();
      shop = Store::open(folder / "store").value();
    }
    std::size_t theirs = 0;
    for (const Event& event : events) theirs += event.shopper == "s2" || (event.shopper.empty() && event.session.starts_with("session-2"));
    EXPECT_EQ(shop->forget("s2")->events, theirs);
    EXPECT_THAT(all_events(*shop), ::testing::SizeIs(events.size() - theirs));
  }
}

TEST(Merge, JoinsRecordsAndMakesTheShopperWhenThereIsNone) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  Event visit = purchase("1", "", "i1");
  visit.session = "abc";
  Changes changes = events_of({visit});
  Shopper visitor{.key = "session:abc", .attributes = {{"a", {1.0}}, {"b", {2.0}}}, .personalise = true, .train = false, .created = kStart};
  Shopper known{.key = "ann", .attributes = {{"a", {3.0}}}, .personalise = true, .train = true, .created = {}};
  changes.shoppers = {visitor, known};
  ASSERT_TRUE(shop->commit(changes));
  ASSERT_TRUE(shop->merge_shoppers("session:abc", "ann"));
  const Shopper joined = shop->shopper(*shop->find_shopper("ann").value()).value();
  EXPECT_EQ(joined.attributes, (Attributes{{"a", {3.0}}, {"b", {2.0}}}));
  EXPECT_FALSE(joined.train) << "a refused consent stays refused";
  EXPECT_EQ(joined.created, kStart);

  Event later = visit;
  later.id = "2";
  ASSERT_TRUE(shop->commit(events_of({later})));
  EXPECT_EQ(shop->merge_shoppers("session:abc", "bob")->events, 1u);
  const ShopperId bob = *shop->find_shopper("bob").value();
  ASSERT_TRUE(shop->commit(events_of({purchase("3", "bob", "i1")})));
  EXPECT_EQ(shop->find_shopper("bob").value(), bob) << "who was made by merging is known to commits";
  EXPECT_EQ(shop->recent_events(bob, 10)->size(), 2u);
  EXPECT_FALSE(shop->merge_shoppers("ann", "bob"));
  EXPECT_FALSE(shop->merge_shoppers("session:abc", "session:def"));
}

// Who only searched before they logged in has no event that tells whose the session was.
TEST(Merge, RemembersASessionWithoutEvents) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  ASSERT_TRUE(shop->commit(events_of({purchase("1", "ann", "i1")})));
  ASSERT_TRUE(shop->append_served(std::vector{served_to("r1", "session:abc", "abc"), served_to("r2", "", "abc")}));
  EXPECT_FALSE(shop->merge_shoppers("session:abc", "ann")->known);
  shop.reset();
  shop = Store::open(folder / "store").value();
  std::set<std::string> sessions;
  std::vector<std::string> listed;
  ASSERT_TRUE(shop->for_each_served_to("ann", sessions, [&](const Served& served) {
    listed.push_back(served.request);
    return true;
  }));
  EXPECT_THAT(listed, ElementsAre("r1", "r2"));
  EXPECT_THAT(sessions, ElementsAre("abc"));
  EXPECT_EQ(shop->forget("ann")->served, 2u);
  EXPECT_EQ(shop->forget("ann")->served, 0u) << "nor is it remembered";
  sessions.clear();
  ASSERT_TRUE(shop->for_each_served_to("ann", sessions, [](const Served&) { return true; }));
  EXPECT_THAT(sessions, ::testing::IsEmpty());
}

TEST(Merge, ForgetsASessionWithTheRecordsThatNameIt) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  ASSERT_TRUE(shop->merge_shoppers("session:abc", "ann"));
  const auto sessions_of_ann = [&] {
    std::set<std::string> sessions;
    EXPECT_TRUE(shop->for_each_served_to("ann", sessions, [](const Served&) { return true; }));
    return sessions.size();
  };
  ASSERT_TRUE(shop->retain({}, now() + 29 * kDay, 30 * kDay));
  EXPECT_EQ(sessions_of_ann(), 1u);
  ASSERT_TRUE(shop->retain({}, now() + 31 * kDay, 30 * kDay));
  EXPECT_EQ(sessions_of_ann(), 0u);
}

// It goes on after it was joined, and what it is shown then is the shopper's too.
TEST(Merge, KeepsASessionWhileRecordsNameIt) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  ASSERT_TRUE(shop->merge_shoppers("session:abc", "ann"));
  Changes later;
  later.served = {served_to("r1", "", "abc")};
  later.served[0].time = now() + 20 * kDay;
  ASSERT_TRUE(shop->commit(later));
  ASSERT_TRUE(shop->retain({}, now() + 31 * kDay, 30 * kDay));
  EXPECT_EQ(shop->forget("ann")->served, 1u);
  ASSERT_TRUE(shop->merge_shoppers("session:abc", "ann"));
  ASSERT_TRUE(shop->commit(later));
  EXPECT_EQ(shop->retain({}, now() + 60 * kDay, 30 * kDay)->served, 1u);
  std::set<std::string> sessions;
  EXPECT_TRUE(shop->for_each_served_to("ann", sessions, [](const Served&) { return true; }));
  EXPECT_TRUE(sessions.empty()) << "the records have gone, and what joined them";
}

TEST(Retain, DeletesWhatIsOlderThanItsKindMayBecome) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  auto expected = Store::create(folder / "expected").value();
  const std::vector<Event> events = random_events(5, true, 2000);
  commit_in_parts(*shop, events);
  const Timestamp now = kStart + 1100 * kDay;
  KindLimits limits{};
  limits[static_cast<std::size_t>(EventKind::view)] = 400 * kDay;
  limits[static_cast<std::size_t>(EventKind::purchase)] = 1000 * kDay;
  std::vector<Event> kept;
  for (const Event& event : events) {
    if (*event.time >= now - *limits[static_cast<std::size_t>(event.kind)]) kept.push_back(event);
  }
  commit_in_parts(*expected, kept);
  const auto report = shop->retain(limits, now);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->events, events.size() - kept.size());
  EXPECT_EQ(all_events(*shop), all_events(*expected));
  EXPECT_EQ(shop->counts().events, kept.size());
  EXPECT_EQ(shop->counts().first_event, expected->counts().first_event);
  EXPECT_EQ(shop->counts().last_event, expected->counts().last_event);
  EXPECT_GT(shop->counts().epoch, 0u);
  EXPECT_EQ(shop->counts().forgotten_epoch, 0u) << "nobody was forgotten";
  const std::uint64_t epoch = shop->counts().epoch;
  EXPECT_EQ(shop->retain(limits, now)->events, 0u);
  EXPECT_EQ(shop->counts().epoch, epoch);
  ASSERT_TRUE(shop->compact());
  shop.reset();
  shop = Store::open(folder / "store").value();
  EXPECT_EQ(all_events(*shop), kept.empty() ? std::vector<Event>() : all_events(*expected));
  EXPECT_EQ(shop->commit(events_of(kept))->duplicates, kept.size());
}

TEST(Retain, TakesSeveralTurnsForMuch) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  constexpr std::size_t kMany = 60'000;  // more than one turn deletes
  Changes changes;
  for (std::size_t i = 0; i < kMany; ++i) changes.events.push_back(purchase("e" + std::to_string(i), "s" + std::to_string(i % 7), "i"));
  changes.events.push_back(purchase("late", "s1", "i", kStart + 500 * kDay));
  ASSERT_TRUE(shop->commit(changes));
  KindLimits limits{};
  limits[static_cast<std::size_t>(EventKind::purchase)] = 100 * kDay;
  EXPECT_EQ(shop->retain(limits, kStart + 500 * kDay)->events, kMany);
  EXPECT_THAT(ids_of(all_events(*shop)), ElementsAre("late"));
  EXPECT_EQ(shop->counts().first_event, kStart + 500 * kDay);
  EXPECT_EQ(shop->recent_events(*shop->find_shopper("s1").value(), 10)->size(), 1u);
}

TEST(Retain, DeletesServedRecordsThatAreTooOld) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  constexpr int kMany = 60'000;  // more than one turn deletes
  std::vector<Served> served;
  for (int i = 0; i < kMany; ++i) {
    served.push_back(served_to("q" + std::to_string(i), "ann", "abc"));
    served.back().time = kStart + i * 1000;
  }
  ASSERT_TRUE(shop->append_served(served));
  const Timestamp oldest = kStart + (kMany - 5) * 1000;
  const auto report = shop->retain({}, oldest + 30 * kDay, 30 * kDay);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->served, kMany - 5u);
  std::vector<Timestamp> left;
  ASSERT_TRUE(shop->for_each_served([&](const Served& record) {
    left.push_back(record.time);
    return true;
  }));
  EXPECT_THAT(left, ElementsAre(oldest, oldest + 1000, oldest + 2000, oldest + 3000, oldest + 4000));
  EXPECT_EQ(shop->retain({}, oldest + 30 * kDay)->served, 0u);
}

TEST(Retain, LeavesUntimedShopsAndUnlimitedKindsAlone) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  KindLimits limits{};
  limits.fill(kDay);
  EXPECT_EQ(shop->retain(limits, kStart)->events, 0u);
  Event untimed = purchase("1", "ann", "i");
  untimed.time.reset();
  ASSERT_TRUE(shop->commit(events_of({untimed})));
  EXPECT_EQ(shop->retain(limits, kStart)->events, 0u);
  EXPECT_EQ(shop->retain({}, INT64_MAX)->events, 0u);
}

TEST(Snapshots, SeeNothingThatWasErased) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  ASSERT_TRUE(shop->commit(events_of({purchase("1", "ann", "i1"), purchase("2", "bob", "i1")})));
  const Snapshot before = shop->snapshot();
  ASSERT_TRUE(shop->forget("ann"));
  std::size_t seen = 0;
  ASSERT_TRUE(shop->scan_events(before, true, [&](const StoredEventView&) { return ++seen, true; }));
  EXPECT_EQ(seen, 1u);
  EXPECT_EQ(shop->snapshot().epoch, before.epoch + 1);
}

// Every file below a folder that holds one of the texts.
std::vector<std::string> files_with(const fs::path& directory, const std::vector<std::string>& texts) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const std::string content = read_file(entry.path()).value();
    for (const std::string& text : texts) {
      if (content.find(text) != std::string::npos) found.push_back(entry.path().filename().string() + ": " + text);
    }
  }
  return found;
}

TEST(Compaction, TakesWhatWasErasedOutOfEveryFile) {
  TempDir folder;
  // The first and the last of all keys, which a manifest names.
  const std::string first = "!aaaa-person-5f1c3c6d", last = "~zzzz-person-9b0e4b7f", address = "person@example.org";
  auto shop = Store::create(folder / "store").value();
  for (int round = 0; round < 4; ++round) {
    Changes changes;
    for (const std::string& key : {first, std::string("middle"), last}) {
      Event event = purchase(key + std::to_string(round), key, "i1", kStart + round * kDay);
      event.session = "at-" + key;
      event.query = key == "middle" ? "" : "mail to " + address;
      changes.events.push_back(event);
      event.id += "-visit";
      event.shopper.clear();
      changes.events.push_back(event);
      changes.reviews.push_back(review_of("r" + key, "i1", key));
      changes.served.push_back(served_to("q" + key + std::to_string(round), round == 0 ? key + "-unknown" : key, "at-" + key));
    }
    Shopper shopper{.key = first, .attributes = {{"email", {address}}}, .created = {}};
    changes.shoppers = {shopper};
    ASSERT_TRUE(shop->commit(changes));
    ASSERT_TRUE(shop->flush());
    if (round == 2) {
      ASSERT_TRUE(shop->compact());
    }
  }
  EXPECT_FALSE(files_with(folder / "store", {first, last}).empty());
  for (const std::string& key : {first, last}) {
    ASSERT_TRUE(shop->forget(key));
    ASSERT_TRUE(shop->forget(key + "-unknown"));
  }
  ASSERT_TRUE(shop->compact());
  EXPECT_THAT(files_with(folder / "store", {first, last, address}), IsEmpty()) << "while the store is open";
  shop.reset();
  EXPECT_THAT(files_with(folder / "store", {first, last, address}), IsEmpty());

  // Files are compressed: what they hold is told by their counts. Nothing but what can be read, and no mark of what was deleted.
  const auto database = Database::open(folder / "store", Database::Mode::write, {}).value();
  for (const Family family : {Family::shopper_key, Family::shopper, Family::event, Family::event_id, Family::served, Family::review}) {
    std::uint64_t entries = 0, deletions = 0, readable = 0;
    rocksdb::TablePropertiesCollection tables;
    ASSERT_TRUE(database->db().GetPropertiesOfAllTables(database->family(family), &tables).ok());
    for (const auto& [name, properties] : tables) {
      entries += properties->num_entries;
      deletions += properties->num_deletions + properties->num_range_deletions;
    }
    const auto at = database->iterator(family);
    for (at->SeekToFirst(); at->Valid(); at->Next()) ++readable;
    EXPECT_LE(deletions, 1u) << static_cast<int>(family) << ": of nothing, which compacting writes for readers";
    EXPECT_EQ(entries, readable + deletions) << static_cast<int>(family);
  }
}

// Each change of the files begins a new manifest, and an old one is soon deleted.
TEST(Compaction, IsFollowedByAReaderBesideTheWriter) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  auto reader = Store::open(folder / "store", {.read_only = true}).value();
  for (int round = 0; round < 6; ++round) {
    const std::string number = std::to_string(round);
    ASSERT_TRUE(shop->commit(events_of({purchase("a" + number, "ann", "i" + number), purchase("b" + number, "bob" + number, "i")})));
    ASSERT_TRUE(reader->catch_up()) << "it has seen whom it then must not know any more";
    if (round % 3 == 1) {
      ASSERT_TRUE(shop->flush());
    }
    if (round % 3 == 2) {
      ASSERT_TRUE(shop->forget("bob" + number));
      ASSERT_TRUE(shop->compact());
    }
    const Status followed = reader->catch_up();
    ASSERT_TRUE(followed) << followed.error().message();
    EXPECT_EQ(all_events(*reader), all_events(*shop));
    EXPECT_EQ(reader->counts().epoch, shop->counts().epoch);
  }
}

TEST(Compaction, SaysThatAReaderKeepsWhatWasErased) {
  TempDir folder;
  auto shop = Store::create(folder / "store").value();
  ASSERT_TRUE(shop->commit(events_of({purchase("1", "ann", "i1"), purchase("2", "bob", "i1")})));
  ASSERT_TRUE(shop->for_each_event([&](Event&&) {
    EXPECT_TRUE(shop->forget("ann"));
    const Status compacted = shop->compact();
    EXPECT_FALSE(compacted);
    EXPECT_EQ(compacted.error().kind, ErrorKind::busy);
    return false;
  }));
  EXPECT_TRUE(shop->compact());
}

}  // namespace
}  // namespace souk::store
