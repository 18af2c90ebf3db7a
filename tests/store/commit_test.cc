#include <gmock/gmock.h>
#include <thread>

#include "tests/store/store_test_support.h"

namespace souk::store {
namespace {

using namespace souk::store::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CommitTest : public ::testing::Test {
 protected:
  void SetUp() override { shop_ = Store::create(folder_ / "store").value(); }
  void reopen() {
    shop_.reset();
    shop_ = Store::open(folder_ / "store").value();
  }
  CommitReport commit(const Changes& changes) {
    auto report = shop_->commit(changes);
    EXPECT_TRUE(report) << report.error().message();
    return report.value_or(CommitReport{});
  }
  Item item(const std::string& key, std::optional<Timestamp> as_of = {}) {
    return shop_->item(shop_->find_item(key).value().value(), as_of).value();
  }

  TempDir folder_;
  std::unique_ptr<Store> shop_;
};

TEST_F(CommitTest, GivesIdsInOrderOfArrivalAndNeverAgain) {
  commit(items_of({item_named("b", "B"), item_named("a", "A")}));
  commit(events_of({purchase("1", "ann", "c"), purchase("2", "bob", "a")}));
  EXPECT_EQ(shop_->find_item("b").value(), ItemId{0});
  EXPECT_EQ(shop_->find_item("a").value(), ItemId{1});
  EXPECT_EQ(shop_->find_item("c").value(), ItemId{2});
  EXPECT_EQ(shop_->find_shopper("bob").value(), ShopperId{1});
  Changes removal;
  removal.removed_items = {"a"};
  commit(removal);
  reopen();
  commit(items_of({item_named("d", "D"), item_named("a", "A again")}));
  EXPECT_EQ(shop_->find_item("d").value(), ItemId{3});
  EXPECT_EQ(shop_->find_item("a").value(), ItemId{1});
  EXPECT_EQ(shop_->item_key(ItemId{2}).value(), "c");
  EXPECT_EQ(shop_->shopper_key(ShopperId{0}).value(), "ann");
  EXPECT_EQ(shop_->item_key(ItemId{4}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(shop_->shopper_key(ShopperId{2}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(shop_->find_item("never").value(), std::nullopt);
}

TEST_F(CommitTest, GivesRecordsBackExactly) {
  commit(items_of({full_item()}));
  commit(events_of({full_event()}));
  reopen();
  EXPECT_EQ(item("kettle"), full_item());
  EXPECT_THAT(all_events(*shop_), ElementsAre(full_event()));
}

TEST_F(CommitTest, AnEqualItemIsUnchangedAndAnOlderOneNeverOverwrites) {
  EXPECT_EQ(commit(items_of({full_item()})).changed, 1u);
  const CommitReport again = commit(items_of({full_item()}));
  EXPECT_EQ(again.unchanged, 1u);
  EXPECT_EQ(again.accepted, 1u);
  EXPECT_EQ(again.seq, 1u) << "nothing changed: the newest commit before";

  Item older = full_item();
  older.title = "Old kettle";
  older.updated = kStart - 1;
  EXPECT_EQ(commit(items_of({older})).unchanged, 1u);
  Item newer = full_item();
  newer.title = "New kettle";
  newer.updated = kStart + 1;
  EXPECT_EQ(commit(items_of({newer, older})).changed, 1u);
  EXPECT_EQ(item("kettle").title, "New kettle");
}

TEST_F(CommitTest, AnItemAsOfATimeIsTheVersionThatHeldThen) {
  for (const int day : {10, 20, 30}) {
    Item version = item_named("kettle", "day " + std::to_string(day));
    version.updated = kStart + day * kDay;
    commit(items_of({version}));
  }
  reopen();
  EXPECT_EQ(item("kettle").title, "day 30");
  EXPECT_EQ(item("kettle", kStart + 30 * kDay).title, "day 30");
  EXPECT_EQ(item("kettle", kStart + 30 * kDay - 1).title, "day 20");
  EXPECT_EQ(item("kettle", kStart + 15 * kDay).title, "day 10");
  EXPECT_EQ(item("kettle", kStart).title, "day 10") << "the first known version holds from the beginning of time";
}

TEST_F(CommitTest, ARemovedItemLeavesItsHistory) {
  Item version = item_named("kettle", "Kettle");
  version.updated = kStart;
  commit(items_of({version, item_named("cup", "Cup")}));
  Changes removal;
  removal.removed_items = {"kettle", "kettle", "unknown"};
  const CommitReport report = commit(removal);
  EXPECT_EQ(report.removed, 1u);
  const ItemId id = shop_->find_item("kettle").value().value();
  EXPECT_EQ(shop_->item(id).error().kind, ErrorKind::not_found);
  EXPECT_EQ(item("kettle", kStart + kDay).title, "Kettle");
  EXPECT_EQ(shop_->counts().items, 1u);
  EXPECT_THAT(all_items(*shop_), ElementsAre(item_named("cup", "Cup")));
  EXPECT_EQ(commit(removal).removed, 0u);
  commit(items_of({item_named("kettle", "Back")}));
  EXPECT_EQ(item("kettle").title, "Back");
  EXPECT_EQ(shop_->counts().items, 2u);
}

TEST_F(CommitTest, AnEventOfAnUnknownItemMakesAStubThatARecordFillsLater) {
  EXPECT_EQ(commit(events_of({purchase("1", "ann", "kettle"), purchase("2", "ann", "kettle")})).stubs, 1u);
  EXPECT_EQ(shop_->counts().stubs, 1u);
  EXPECT_EQ(shop_->counts().items, 0u);
  EXPECT_EQ(item("kettle"), item_named("kettle", ""));
  EXPECT_THAT(all_items(*shop_), ElementsAre(item_named("kettle", "")));
  commit(items_of({full_item()}));
  EXPECT_EQ(shop_->counts().stubs, 0u);
  EXPECT_EQ(shop_->counts().items, 1u);
  EXPECT_EQ(item("kettle", 0), full_item()) << "the first record holds from the beginning";
}

TEST_F(CommitTest, AKnownEventIsADuplicateAndAContradictionIsNeverApplied) {
  const Event event = full_event();
  Event contradiction = event;
  contradiction.value = Decimal{1, 0};
  Event resent = event;
  resent.received = kStart + 77;

  const CommitReport first = commit(events_of({event, resent, contradiction}));
  EXPECT_EQ(first.accepted, 1u);
  EXPECT_EQ(first.duplicates, 1u);
  EXPECT_EQ(first.conflicts, 1u);
  for (int round = 0; round < 2; ++round) {
    const CommitReport again = commit(events_of({contradiction, event, resent}));
    EXPECT_EQ(again.accepted, 0u);
    EXPECT_EQ(again.duplicates, 2u);
    EXPECT_EQ(again.conflicts, 1u);
    EXPECT_THAT(again.conflict_ids, ElementsAre(event.id));
    EXPECT_EQ(again.seq, first.seq);
    reopen();
  }
  EXPECT_THAT(all_events(*shop_), ElementsAre(event));
}

TEST_F(CommitTest, AnEventWithoutShopperBelongsToTheVisitorOfItsSession) {
  Event visit = purchase("1", "", "kettle");
  visit.session = "abc";
  commit(events_of({visit}));
  EXPECT_TRUE(shop_->find_shopper("session:abc").value());
  EXPECT_EQ(shop_->counts().shoppers, 1u);
  EXPECT_THAT(all_events(*shop_), ElementsAre(visit));
}

TEST_F(CommitTest, ACommitWithAnUnusableRecordIsRefusedWhole) {
  const auto refused = [&](const Event& event, const std::string& where) {
    const auto report = shop_->commit(events_of({purchase("good", "ann", "kettle"), event}));
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, ErrorKind::invalid);
    EXPECT_EQ(report.error().where, where);
    EXPECT_FALSE(report.error().expected.empty());
    EXPECT_EQ(shop_->counts().events, 0u);
  };
  refused(purchase("", "ann", "kettle"), "events[1].id");
  refused(purchase("1", "", "kettle"), "events[1].shopper");
  refused(purchase("1", "session:x", "kettle"), "events[1].shopper");
  refused(purchase("1", "ann\n", "kettle"), "events[1].shopper");
  refused(purchase("1", "ann", ""), "events[1].item");
  refused(purchase("1", "ann", "\xFF"), "events[1].item");
  Event untimed = purchase("1", "ann", "kettle");
  untimed.time.reset();
  refused(untimed, "events[1].time");
  Event nameless = purchase("1", "ann", "kettle");
  nameless.kind = EventKind::other;
  refused(nameless, "events[1].kind");

  const auto report = shop_->commit(items_of({item_named("ok", "Ok"), item_named("", "No key")}));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().where, "items[1].key");
  EXPECT_EQ(shop_->counts().items, 0u);
}

TEST_F(CommitTest, ASearchNeedsNoItem) {
  Event search = purchase("1", "ann", "");
  search.kind = EventKind::search;
  search.query = "kettle";
  EXPECT_EQ(commit(events_of({search})).accepted, 1u);
  EXPECT_THAT(all_events(*shop_), ElementsAre(search));
  EXPECT_EQ(shop_->counts().item_ids, 0u);
}

TEST_F(CommitTest, AShopsEventsAreAllTimedOrAllUntimed) {
  Event untimed = purchase("1", "ann", "kettle");
  untimed.time.reset();
  Event second = untimed;
  second.id = "2";
  second.shopper = "aaron";
  commit(events_of({untimed, second}));
  EXPECT_FALSE(shop_->counts().timed);
  reopen();
  const auto report = shop_->commit(events_of({purchase("3", "ann", "kettle")}));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::invalid);
  EXPECT_THAT(report.error().expected, HasSubstr("no time"));
  EXPECT_THAT(all_events(*shop_), ElementsAre(untimed, second)) << "in order of arrival";
}

TEST_F(CommitTest, UnknownKindsAreKeptByNameAndCounted) {
  Event event = purchase("1", "ann", "kettle");
  event.kind = EventKind::other;
  event.kind_name = "gift_wrap";
  EXPECT_EQ(commit(events_of({event})).unknown_kinds, 1u);
  EXPECT_THAT(all_events(*shop_), ElementsAre(event));
}

TEST_F(CommitTest, ShoppersAreReplacedWhenTheyDiffer) {
  Shopper ann;
  ann.key = "ann";
  ann.attributes = {{"age", {std::string("45-54")}}};
  ann.train = false;
  ann.created = kStart;
  Changes changes;
  changes.shoppers = {ann};
  EXPECT_EQ(commit(changes).changed, 1u);
  EXPECT_EQ(commit(changes).unchanged, 1u);
  EXPECT_EQ(shop_->shopper(ShopperId{0}).value(), ann);
  changes.shoppers[0].train = true;
  EXPECT_EQ(commit(changes).changed, 1u);
  EXPECT_TRUE(shop_->shopper(ShopperId{0}).value().train);
}

TEST_F(CommitTest, EventsComeByTimeThenArrivalAcrossYearsAndShoppers) {
  std::vector<Event> events;
  for (int i = 0; i < 400; ++i) {
    const Timestamp time = kStart + (i * 37 % 50) * 20 * kDay - 10'000 * kDay * (i % 2);  // half of them before 1990
    events.push_back(purchase(std::to_string(i), "s" + std::to_string(i % 7), "i" + std::to_string(i % 11), time));
  }
  commit(events_of({events.begin(), events.begin() + 100}));
  commit(events_of({events.begin() + 100, events.end()}));
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return *a.time < *b.time; });
  EXPECT_EQ(all_events(*shop_), events);
  EXPECT_EQ(shop_->counts().first_event, *events.front().time);
  EXPECT_EQ(shop_->counts().last_event, *events.back().time);

  std::vector<Timestamp> newest;
  const auto recent = shop_->recent_events(shop_->find_shopper("s3").value().value(), 5).value();
  for (const StoredEventView& event : recent) newest.push_back(event.time);
  std::vector<Timestamp> expected;
  for (auto event = events.rbegin(); event != events.rend() && expected.size() < 5; ++event) {
    if (event->shopper == "s3") expected.push_back(*event->time);
  }
  EXPECT_EQ(newest, expected);
  EXPECT_EQ(shop_->recent_events(shop_->find_shopper("s3").value().value(), 1000).value().size(), 57u);
  EXPECT_TRUE(shop_->recent_events(ShopperId{99}, 5).value().empty());
}

TEST_F(CommitTest, ASnapshotHoldsEventsUpToItsTimeAndCommit) {
  commit(events_of({purchase("1", "ann", "a", kStart), purchase("2", "ann", "b", kStart + kDay)}));
  const Snapshot first = shop_->snapshot();
  Changes changes = events_of({purchase("3", "bob", "c", kStart)});
  Shopper shy;
  shy.key = "shy";
  shy.train = false;
  changes.shoppers = {shy};
  changes.events.push_back(purchase("4", "shy", "a", kStart));
  commit(changes);
  const auto count = [&](const Snapshot& snapshot, bool training) {
    int events = 0;
    EXPECT_TRUE(shop_->scan_events(snapshot, training, [&](const StoredEventView&) { return ++events > 0; }));
    return events;
  };
  EXPECT_EQ(count(first, false), 2);
  EXPECT_EQ(count(shop_->snapshot(), false), 4);
  EXPECT_EQ(count(shop_->snapshot(), true), 3) << "without the one who refuses";
  EXPECT_EQ(count(shop_->snapshot(kStart), false), 3);
  EXPECT_EQ(count({}, false), 4);
}

TEST_F(CommitTest, ChangesTellWhichItemsToLookAtAgain) {
  commit(items_of({item_named("a", "A"), item_named("b", "B")}));
  const Seq seq = shop_->counts().seq;
  commit(items_of({item_named("b", "B2"), item_named("a", "A"), item_named("c", "C")}));
  Changes removal;
  removal.removed_items = {"b"};
  commit(removal);
  EXPECT_THAT(shop_->items_changed_since(seq).value(), ElementsAre(ItemId{1}, ItemId{2}));
  EXPECT_THAT(shop_->items_changed_since(0).value(), ElementsAre(ItemId{0}, ItemId{1}, ItemId{2}));
  EXPECT_TRUE(shop_->items_changed_since(shop_->counts().seq).value().empty());
}

TEST_F(CommitTest, OffsetsAreCommittedWithTheRowsAndMetaRecordsStayApart) {
  Changes changes = events_of({purchase("1", "ann", "a")});
  const Hash128 source{1, 2};
  EXPECT_EQ(shop_->source_rows(source), std::nullopt);
  changes.offset = SourceOffset{source, 10'000};
  commit(changes);
  ASSERT_TRUE(shop_->put_meta("counters", "a name of the store's own"));
  ASSERT_TRUE(shop_->put_meta("model/for-you", "7"));
  reopen();
  EXPECT_EQ(shop_->source_rows(source), 10'000u);
  EXPECT_EQ(shop_->source_rows(Hash128{2, 1}), std::nullopt);
  EXPECT_EQ(*shop_->get_meta("model/for-you"), "7");
  EXPECT_EQ(*shop_->get_meta("model"), std::nullopt);
  EXPECT_EQ(shop_->counts().events, 1u);
}

TEST_F(CommitTest, ServedRecordsAreKeptInOrderOfTime) {
  commit(events_of({purchase("1", "ann", "a")}));
  Served known;
  known.request = "r-2";
  known.time = kStart + 2;
  known.shelf = "for-you";
  known.shopper = "ann";
  known.query = "q";
  known.version = "1";
  known.items = {"a", "b"};
  known.propensities = {0.5f, 0.25f};
  Served unknown = known;
  unknown.request = "r-1";
  unknown.time = kStart + 1;
  unknown.shopper = "nobody";
  unknown.session = "s";
  unknown.propensities.clear();
  ASSERT_TRUE(shop_->append_served(std::vector{known, unknown}));
  reopen();
  std::vector<Served> served;
  ASSERT_TRUE(shop_->for_each_served([&](const Served& record) {
    served.push_back(record);
    return true;
  }));
  ASSERT_EQ(served.size(), 2u);
  EXPECT_EQ(served[0].request, "r-1");
  EXPECT_EQ(served[0].shopper, "nobody");
  EXPECT_EQ(served[1].shopper, "ann");
  EXPECT_EQ(served[1].items, known.items);
  EXPECT_EQ(served[1].propensities, known.propensities);
  EXPECT_EQ(shop_->counts().shoppers, 1u) << "being shown something makes nobody a shopper";

  known.propensities = {0.5f};
  EXPECT_EQ(shop_->append_served(std::vector{known}).error().where, "propensities");
}

TEST_F(CommitTest, ConcurrentCommitsAllArriveAndOnlyOneOfContradictingWins) {
  constexpr int kThreads = 8, kCommits = 30;
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> accepted{0}, conflicts{0};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCommits; ++i) {
        const std::string own = std::to_string(t) + "-" + std::to_string(i);
        Event contested = purchase("contested-" + std::to_string(i), "ann", "a");
        contested.position = static_cast<std::uint32_t>(t + 1);
        const auto report = shop_->commit(events_of({purchase(own, "s" + own, "i" + std::to_string(i)), contested}));
        ASSERT_TRUE(report);
        accepted += report->accepted;
        conflicts += report->conflicts;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, std::uint64_t{kCommits} * (kThreads + 1));
  EXPECT_EQ(conflicts, std::uint64_t{kCommits} * (kThreads - 1));
  EXPECT_EQ(shop_->counts().seq, Seq{kThreads * kCommits});
  EXPECT_EQ(shop_->counts().stubs, std::uint64_t{kCommits} + 1);
  reopen();
  EXPECT_EQ(all_events(*shop_).size(), std::size_t{kCommits} * (kThreads + 1));
  EXPECT_EQ(shop_->counts().item_ids, std::uint32_t{kCommits} + 1);
}

}  // namespace
}  // namespace souk::store
