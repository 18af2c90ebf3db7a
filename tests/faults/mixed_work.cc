#include "tests/faults/mixed_work.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <thread>

#include "souk/base/random.h"
#include "souk/engine/backup.h"
#include "souk/feeds/record_json.h"
#include "souk/shelf/shelf.h"

namespace souk::faults {
namespace {

constexpr Timestamp kStart = 1'700'000'000'000;
constexpr std::uint64_t kItems = 40, kShoppers = 12;  // of a lane
constexpr std::array<std::string_view, 8> kWords{"kettle", "bread", "honey", "lamp", "chair", "pasta", "violin", "ladder"};

std::string lane_prefix(std::size_t lane) {
  return fmt::format("L{}-", lane);
}
std::string item_key(std::size_t lane, std::uint64_t number) {
  return fmt::format("{}i{}", lane_prefix(lane), number);
}
std::string shopper_key(std::size_t lane, std::uint64_t number) {
  return fmt::format("{}s{}", lane_prefix(lane), number);
}

std::string backup_name(std::size_t lane, std::uint64_t step) {
  return fmt::format("{}{}", lane_prefix(lane), step);
}

enum class What : std::uint8_t {
  put_items,
  many_items,  // so many that the search index is built anew, on disk
  remove_items,
  batch,
  event,
  again,  // a batch that was sent before
  shoppers,
  forget,
  import_items,
  import_events,
  name,
  train,
  backup,
  ask,
  flush,
  compact
};

store::Item drawn_item(std::size_t lane, std::uint64_t number, Random& random) {
  store::Item item;
  item.key = item_key(lane, number);
  item.title = fmt::format("{} {} {}", kWords[random.below(kWords.size())], kWords[random.below(kWords.size())], random.below(1000));
  item.brand = fmt::format("Brand {}", random.below(5));
  item.category = {"Home > Kitchen"};
  item.description = std::string(random.below(400), 'x');
  store::Offer offer;
  offer.amount = Decimal{static_cast<std::int64_t>(100 + random.below(9000)), 2};
  offer.currency = "EUR";
  item.offers = {offer};
  const auto amount = static_cast<float>(offer.amount.mantissa);
  if (offer.amount.mantissa % 3 != 0) item.vectors["text"] = {amount, 5000, static_cast<float>(number)};
  return item;
}

store::Event drawn_event(std::size_t lane, std::uint64_t step, std::uint64_t number, Random& random) {
  store::Event event;
  event.id = fmt::format("{}e{}-{}", lane_prefix(lane), step, number);
  event.shopper = shopper_key(lane, random.below(kShoppers));
  event.item = item_key(lane, random.below(kItems));
  event.kind = random.below(3) == 0 ? store::EventKind::purchase : store::EventKind::view;
  event.time = kStart + static_cast<Timestamp>(step * 1000 + number) * kMinute;
  if (event.kind == store::EventKind::purchase) event.order = fmt::format("o{}-{}", step, number / 3);
  return event;
}

// The lane that a key belongs to.
bool of_lane(std::string_view key, std::size_t lane) {
  return key.starts_with(lane_prefix(lane));
}

template <class Record>
std::string difference(std::string_view what, const std::map<std::string, Record>& found, const std::map<std::string, Record>& wanted) {
  for (const auto& [key, record] : wanted) {
    const auto there = found.find(key);
    if (there == found.end()) return fmt::format("{} '{}' is missing", what, key);
    if (!(there->second == record)) {
      return fmt::format("{} '{}' is {} instead of {}", what, key, feeds::to_json(there->second), feeds::to_json(record));
    }
  }
  for (const auto& [key, record] : found) {
    if (!wanted.contains(key)) return fmt::format("{} '{}' should not be there", what, key);
  }
  return {};
}

std::string difference(const LaneState& found, const LaneState& wanted) {
  if (auto text = difference("item", found.items, wanted.items); !text.empty()) return text;
  if (auto text = difference("event", found.events, wanted.events); !text.empty()) return text;
  if (auto text = difference("shopper", found.shoppers, wanted.shoppers); !text.empty()) return text;
  if (found.named != wanted.named) {
    return fmt::format("the named record is '{}' instead of '{}'", found.named.value_or("absent"), wanted.named.value_or("absent"));
  }
  return {};
}

// Everything in the shop, by lane.
Result<std::vector<LaneState>> read_shop(const engine::Shop& shop, std::size_t lanes) {
  std::vector<LaneState> found(lanes);
  std::string problem;
  const auto lane_of = [&](std::string_view key) {
    std::size_t lane = 0;
    while (lane < lanes && !of_lane(key, lane)) ++lane;
    if (lane == lanes) problem = fmt::format("'{}' is of no lane", key);
    return lane;
  };
  const auto take = [&](auto LaneState::*map, const std::string& key, auto&& record) {
    const std::size_t lane = lane_of(key);
    if (lane == lanes) return false;
    if (!(found[lane].*map).emplace(key, std::move(record)).second) problem = fmt::format("'{}' is there twice", key);
    return problem.empty();
  };
  const store::Store& store = shop.store();
  SOUK_CHECK(store.for_each_item([&](ItemId, store::Item&& item) {
    const std::string key = item.key;
    return take(&LaneState::items, key, std::move(item));
  }));
  std::uint64_t events = 0;
  SOUK_CHECK(store.for_each_event([&](store::Event&& event) {
    ++events;
    const std::string id = event.id;
    return take(&LaneState::events, id, std::move(event));
  }));
  SOUK_CHECK(store.for_each_shopper([&](ShopperId, store::Shopper&& shopper) {
    const std::string key = shopper.key;
    return take(&LaneState::shoppers, key, std::move(shopper));
  }));
  if (!problem.empty()) return fail(ErrorKind::internal, problem);
  const store::Counts counts = store.counts();
  if (events != counts.events) {
    return fail(ErrorKind::internal, fmt::format("the shop counts {} events and has {}", counts.events, events));
  }
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    SOUK_TRY(found[lane].named, store.get_meta(lane_prefix(lane) + "named"));
  }
  return found;
}

std::set<std::string> keys_found(const engine::Shop& shop, std::string_view word, std::string& problem) {
  index::LexicalQuery query;
  query.text = word;
  query.match = index::Match::all;
  query.k = 100'000;
  const auto view = shop.view();
  const auto answer = view->lexical->search(query);
  std::set<std::string> keys;
  if (!answer) {
    problem = answer.error().message();
    return keys;
  }
  for (const index::Hit& hit : answer->hits) {
    const auto key = shop.store().item_key(hit.item);
    if (!key || !keys.insert(*key).second) problem = fmt::format("a search for '{}' finds an item twice, or one that is none", word);
  }
  if (answer->total != keys.size())
    problem = fmt::format("a search for '{}' counts {} items and finds {}", word, answer->total, keys.size());
  return keys;
}

// Every vector that items have is there as they have it, and no other.
Status check_vectors(const engine::Shop& shop, const std::vector<LaneState>& lanes) {
  const auto vectors = shop.view()->vectors;
  if (vectors->through_seq() != shop.store().counts().seq) return fail(ErrorKind::internal, "the vectors are not in step");
  std::uint64_t wanted = 0, found = 0;
  for (const LaneState& lane : lanes) {
    for (const auto& [key, item] : lane.items) {
      for (auto [space, vector] : item.vectors) {
        ++wanted;
        index::to_unit(vector);
        SOUK_TRY(const auto id, shop.store().find_item(key));
        const auto kept = vectors->vector(space, id.value_or(kNoItem));
        if (!kept || !std::ranges::equal(*kept, vector)) return fail(ErrorKind::internal, fmt::format("item '{}' has another vector", key));
      }
    }
  }
  for (const index::SpaceState& space : vectors->spaces()) found += space.vectors;
  return found == wanted ? Status() : fail(ErrorKind::internal, fmt::format("{} vectors instead of {}", found, wanted));
}

// The text behind a name of the tables' own description.
std::string fact(const shelf::ShopView& view, std::string_view name) {
  if (view.tables == nullptr) return {};
  const std::string& facts = view.tables->tables().facts;
  const std::size_t at = facts.find(fmt::format("\"{}\":", name));
  return at == std::string::npos ? std::string() : facts.substr(at, facts.find_first_of(",}", at) - at);
}

std::string learned(const engine::Shop& shop) {
  std::string text = fact(*shop.view(), "fingerprint");
  for (const std::string_view shelf : {"for-you", "also-bought", "trending"}) {
    engine::ShelfRequest request;
    request.shelf = shelf;
    request.shopper = shopper_key(0, 1);
    request.items = {item_key(0, 1)};
    request.now = kStart + 30 * kDay;
    const auto answer = shop.shelf(request);
    text += answer ? " |" : answer.error().message();
    if (answer) {
      for (const engine::AnswerItem& item : answer->items) text += " " + item.key;
    }
  }
  return text;
}

Result<std::string> exported(const store::Store& store, const fs::path& scratch) {
  std::string all;
  for (const feeds::RecordKind kind : {feeds::RecordKind::items, feeds::RecordKind::events, feeds::RecordKind::shoppers}) {
    const fs::path path = scratch / (std::string(feeds::name_of(kind)) + ".jsonl");
    SOUK_CHECK(feeds::export_records(store, kind, path, Progress::none()));
    SOUK_TRY(const std::string text, read_file(path));
    // A stub of one shop may be a removed item of the other, which an export does not tell.
    for (std::size_t begin = 0, end; begin < text.size(); begin = end + 1) {
      end = text.find('\n', begin);
      const std::string_view line = std::string_view(text).substr(begin, end - begin);
      if (kind != feeds::RecordKind::items || line.find("\"title\"") != std::string_view::npos) all.append(line) += '\n';
    }
  }
  return all;
}

// The shop made anew from its own export exports the same and finds the same.
Status check_anew(engine::Shop& shop, const fs::path& scratch) {
  const fs::path folder = scratch / "anew";
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  fs::create_directories(folder, ignored);
  SOUK_TRY(const std::string before, exported(shop.store(), folder));
  SOUK_TRY(const auto anew, engine::Shop::init(folder / "shop", {.name = "Anew", .language = "en", .currency = "EUR"}));
  for (const feeds::RecordKind kind : {feeds::RecordKind::items, feeds::RecordKind::shoppers, feeds::RecordKind::events}) {
    const fs::path path = folder / (std::string(feeds::name_of(kind)) + ".jsonl");
    if (fs::file_size(path, ignored) == 0) continue;
    feeds::ImportOptions options;
    options.as = kind;
    SOUK_CHECK(anew->import_files({path}, options, Progress::none()));
  }
  SOUK_TRY(const std::string after, exported(anew->store(), folder));
  if (before != after) return fail(ErrorKind::internal, "the shop made anew from the export exports something else");
  for (const std::string_view word : kWords) {
    std::string problem;
    if (keys_found(shop, word, problem) != keys_found(*anew, word, problem)) problem = fmt::format("a rebuild finds others for '{}'", word);
    if (!problem.empty()) return fail(ErrorKind::internal, problem);
  }
  return {};
}

// Tables of all that the shop has, learned again, are the same.
Status check_tables(engine::Shop& shop) {
  const auto view = shop.view();
  const store::Counts counts = shop.store().counts();
  if (view->tables == nullptr || fact(*view, "seq") != fmt::format("\"seq\":{}", counts.seq)) return {};
  const std::string before = learned(shop);
  SOUK_CHECK(shop.train(Progress::none()));
  if (const std::string after = learned(shop); after != before) {
    return fail(ErrorKind::internal, fmt::format("tables learned again differ: {} instead of {}", before, after));
  }
  return {};
}

}  // namespace

struct MixedWork::Step {
  What what = What::ask;
  store::Changes changes;
  std::string name;
};

MixedWork::Step MixedWork::step(std::size_t lane, std::uint64_t number) const {
  Random random(seed_ * 1'000'003 + lane * 7919 + number * 104'729 + 17);
  constexpr std::array kDrawn{What::put_items, What::put_items, What::batch,        What::batch,         What::batch,    What::event,
                              What::event,     What::event,     What::remove_items, What::again,         What::shoppers, What::import_items,
                              What::name,      What::train,     What::ask,          What::import_events, What::flush,    What::compact,
                              What::event,     What::batch,     What::backup,       What::forget};
  Step made;
  made.what = kDrawn[random.below(kDrawn.size())];
  if (made.what == What::put_items && random.below(24) == 0) made.what = What::many_items;
  store::Changes& changes = made.changes;
  switch (made.what) {
    case What::put_items:
    case What::import_items:
      for (std::uint64_t i = 0, count = 1 + random.below(6); i < count; ++i) {
        changes.items.push_back(drawn_item(lane, random.below(kItems), random));
      }
      // Of several puts of one item in an import the last one counts, and so it is here.
      break;
    case What::many_items:
      for (std::uint64_t i = 0; i < 1100; ++i) changes.items.push_back(drawn_item(lane, 1000 + i, random));
      break;
    case What::remove_items:
      for (int i = 0; i < 2; ++i) changes.removed_items.push_back(item_key(lane, random.below(kItems)));
      break;
    case What::batch:
    case What::import_events:
      for (std::uint64_t i = 0, count = 1 + random.below(60); i < count; ++i) {
        changes.events.push_back(drawn_event(lane, number, i, random));
      }
      break;
    case What::event:
      changes.events.push_back(drawn_event(lane, number, 0, random));
      break;
    case What::again:
      for (std::uint64_t before = number; before-- > 0;) {
        if (Step earlier = step(lane, before); earlier.what == What::batch) {
          changes = std::move(earlier.changes);
          break;
        }
      }
      break;
    case What::shoppers: {
      store::Shopper shopper;
      shopper.key = shopper_key(lane, random.below(kShoppers));
      shopper.attributes["city"] = {std::string("Town ") + std::to_string(random.below(9))};
      changes.shoppers.push_back(std::move(shopper));
      break;
    }
    case What::forget:
      made.name = shopper_key(lane, random.below(kShoppers));
      break;
    case What::name:
      made.name = fmt::format("{} of {}", number, lane);
      break;
    case What::train:
    case What::backup:
    case What::ask:
    case What::flush:
    case What::compact:
      break;
  }
  return made;
}

LaneState MixedWork::state_after(std::size_t lane, std::uint64_t steps) const {
  LaneState state;
  for (std::uint64_t number = 0; number < steps; ++number) {
    const Step at = step(lane, number);
    for (const store::Item& item : at.changes.items) {
      state.items[item.key] = item;
      state.removed.erase(item.key);
    }
    for (const std::string& key : at.changes.removed_items) {
      const auto known = state.items.find(key);
      if (known == state.items.end() || known->second.title.empty()) continue;  // a stub stays
      state.items.erase(known);
      state.removed.insert(key);
    }
    for (const store::Shopper& shopper : at.changes.shoppers) state.shoppers[shopper.key] = shopper;
    for (const store::Event& event : at.changes.events) {
      if (!state.events.emplace(event.id, event).second) continue;
      if (!state.removed.contains(event.item)) state.items.try_emplace(event.item, store::Item{}).first->second.key = event.item;
      state.shoppers.try_emplace(event.shopper, store::Shopper{}).first->second.key = event.shopper;
    }
    if (at.what == What::forget) {
      state.shoppers.erase(at.name);
      std::erase_if(state.events, [&](const auto& event) { return event.second.shopper == at.name; });
    }
    if (at.what == What::name) state.named = at.name;
    if (at.what == What::train && !state.events.empty()) ++state.trained;
    if (at.what == What::backup) state.backup = backup_name(lane, number);
  }
  return state;
}

namespace {

Result<feeds::ImportReport> import_changes(engine::Shop& shop, const store::Changes& changes, const fs::path& path) {
  std::string text;
  for (const store::Item& item : changes.items) text += feeds::to_json(item) + "\n";
  for (const store::Event& event : changes.events) text += feeds::to_json(event) + "\n";
  SOUK_CHECK(write_file(path, text));
  feeds::ImportOptions options;
  options.as = changes.items.empty() ? feeds::RecordKind::events : feeds::RecordKind::items;
  return shop.import_files({path}, options, Progress::none());
}

}  // namespace

Status MixedWork::run_step(engine::Shop& shop, std::size_t lane, std::uint64_t number, const fs::path& scratch) const {
  const Step at = step(lane, number);
  switch (at.what) {
    case What::import_items:
    case What::import_events:
      SOUK_CHECK(import_changes(shop, at.changes, scratch / fmt::format("lane-{}.jsonl", lane)));
      return {};
    case What::name:
      return shop.store().put_meta(lane_prefix(lane) + "named", at.name);
    case What::forget:
      SOUK_CHECK(shop.forget(at.name));
      return {};
    case What::train:
      SOUK_CHECK(shop.train(Progress::none()));
      return {};
    case What::backup: {
      const fs::path backups = shop.directory().parent_path() / "backups";
      std::error_code ignored;
      for (const auto& entry : fs::directory_iterator(backups, ignored)) {
        if (!of_lane(entry.path().filename().string(), lane)) continue;
        // Under another name first: a backup that has its name is whole.
        const fs::path old = entry.path().string() + ".old";
        fs::rename(entry.path(), old, ignored);
        fs::remove_all(old, ignored);
      }
      SOUK_CHECK(shop.backup({.to = backups / backup_name(lane, number), .earlier = {}}, Progress::none()));
      return {};
    }
    case What::ask: {
      engine::SearchRequest request;
      request.shelf = "search";
      request.query = kWords[number % kWords.size()];
      SOUK_CHECK(shop.search(request));
      static_cast<void>(learned(shop));
      return {};
    }
    case What::flush:
      return shop.store().flush();
    case What::compact: {
      Status compacted = shop.store().compact();
      // Says so when another lane reads at that moment; then it was done as far as could be.
      if (!compacted && compacted.error().kind == ErrorKind::busy) return {};
      return compacted;
    }
    default:
      SOUK_CHECK(shop.apply(at.changes));
      return {};
  }
}

Status MixedWork::run(engine::Shop& shop, const std::vector<std::uint64_t>& done, std::uint64_t steps, bool stubborn,
                      const fs::path& scratch, const std::function<void(std::size_t, std::uint64_t)>& acknowledge) const {
  std::vector<Status> results(lanes_);
  std::vector<std::thread> threads;
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    threads.emplace_back([&, lane] {
      for (std::uint64_t number = done[lane]; number < done[lane] + steps && results[lane]; ++number) {
        results[lane] = run_step(shop, lane, number, scratch);
        // A fault lasts up to 60 calls, and a store that waits for its disk makes ten a second.
        for (int tries = 0; stubborn && !results[lane] && tries < 1000; ++tries) {
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          results[lane] = run_step(shop, lane, number, scratch);
        }
        if (results[lane]) acknowledge(lane, number);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Status& result : results) SOUK_CHECK(result);
  return {};
}

// The last backup that was acknowledged is there, and whole; so is one that was not, if it has its name.
Status MixedWork::check_backups(const engine::Shop& shop, const std::vector<std::uint64_t>& done) const {
  const fs::path backups = shop.directory().parent_path() / "backups";
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    // A step that makes a backup begins by deleting the one before.
    const bool making = step(lane, done[lane]).what == What::backup;
    const std::string name = making ? backup_name(lane, done[lane]) : state_after(lane, done[lane]).backup;
    std::error_code ignored;
    const bool there = fs::exists(backups / name, ignored);
    if (name.empty() || (making && !there)) continue;
    if (!there) return fail(ErrorKind::internal, fmt::format("backup {} is missing", name));
    SOUK_TRY(const auto findings, engine::verify_backup(backups / name, Progress::none()));
    for (const engine::Finding& finding : findings) {
      if (!finding.ok) return fail(ErrorKind::internal, fmt::format("backup {}: {} {}", name, finding.what, finding.detail));
    }
  }
  return {};
}

Status MixedWork::check_search(const engine::Shop& shop, const std::vector<LaneState>& lanes) const {
  const auto view = shop.view();
  if (view->lexical->through_seq() != shop.store().counts().seq) return fail(ErrorKind::internal, "the search index is not in step");
  for (const std::string_view word : kWords) {
    std::set<std::string> wanted;
    for (const LaneState& lane : lanes) {
      for (const auto& [key, item] : lane.items) {
        if (item.title.find(word) != std::string::npos) wanted.insert(key);
      }
    }
    std::string problem;
    if (keys_found(shop, word, problem) != wanted && problem.empty())
      problem = fmt::format("a search for '{}' finds the wrong items", word);
    if (!problem.empty()) return fail(ErrorKind::internal, problem);
  }
  return check_vectors(shop, lanes);
}

// The import of an acknowledged step changes nothing when it is done again.
Status MixedWork::import_again(engine::Shop& shop, std::size_t lane, std::uint64_t number, const fs::path& scratch) const {
  const Step at = step(lane, number);
  if (at.what != What::import_items && at.what != What::import_events) return {};
  const Seq seq = shop.store().counts().seq;
  SOUK_TRY(const auto report, import_changes(shop, at.changes, scratch / fmt::format("lane-{}.jsonl", lane)));
  if (report.changed == 0 && report.accepted == report.unchanged && shop.store().counts().seq == seq) return {};
  return fail(ErrorKind::internal, fmt::format("the same import again changes {} records: {}", report.changed, report.to_json()));
}

Result<std::vector<std::uint64_t>> MixedWork::compare(const engine::Shop& shop, const std::vector<std::uint64_t>& done) const {
  SOUK_TRY(const std::vector<LaneState> found, read_shop(shop, lanes_));
  std::vector<std::uint64_t> held = done;
  std::uint64_t trained = 0;
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    const LaneState wanted = state_after(lane, done[lane]);
    trained += wanted.trained;
    const std::string problem = difference(found[lane], wanted);
    if (problem.empty()) continue;
    ++held[lane];
    if (const std::string other = difference(found[lane], state_after(lane, held[lane])); !other.empty()) {
      return fail(ErrorKind::internal, fmt::format("lane {}, {} steps acknowledged: {}; with the next step, which was not: {}", lane,
                                                   done[lane], problem, other));
    }
  }
  SOUK_CHECK(check_search(shop, found));
  if (trained > 0 && shop.view()->version == "untrained") return fail(ErrorKind::internal, "what was learned is lost");
  return held;
}

Result<std::vector<std::uint64_t>> MixedWork::check(engine::Shop& shop, const std::vector<std::uint64_t>& done, const fs::path& scratch,
                                                    bool thorough) const {
  SOUK_CHECK(shop.store().verify());
  SOUK_TRY(const std::vector<std::uint64_t> held, compare(shop, done));
  SOUK_CHECK(check_backups(shop, done));
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    if (held[lane] > 0) SOUK_CHECK(import_again(shop, lane, held[lane] - 1, scratch));
  }
  SOUK_CHECK(check_tables(shop));
  if (thorough) SOUK_CHECK(check_anew(shop, scratch));
  return held;
}

}  // namespace souk::faults
