#include "souk/engine/answerer.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <unordered_map>

#include "souk/base/config.h"
#include "souk/base/hash.h"
#include "souk/engine/answer_json.h"
#include "souk/engine/past.h"
#include "souk/engine/reasons.h"

namespace souk::engine {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// What a search asks for, as a number: all that decides which items are found and in which order.
std::uint64_t question_of(const SearchRequest& asked) {
  std::string question;
  const auto add = [&](std::string_view text) { question += fmt::format("{}:{}", text.size(), text); };
  const auto add_all = [&](const std::vector<std::string>& texts) {
    question += fmt::format("{};", texts.size());
    for (const std::string& text : texts) add(text);
  };
  for (const std::string_view text : {std::string_view(asked.shelf), std::string_view(asked.query), std::string_view(asked.filter),
                                      std::string_view(asked.market), std::string_view(asked.language)}) {
    add(text);
  }
  add_all(asked.exclude);
  add_all(asked.sort);
  for (const auto& [field, values] : asked.facet_filters) {
    if (values.empty()) continue;
    add(field);
    add_all(values);
  }
  question += fmt::format("{}{}{}", static_cast<int>(asked.match), asked.prefix_last ? 'p' : '-', asked.group ? 'g' : '-');
  return hash64(question);
}

Status check_at_most(std::size_t value, std::size_t limit, std::string_view field) {
  if (value <= limit) return {};
  return fail(Error{ErrorKind::limit,
                    fmt::format("{} is too large", field),
                    std::string(field),
                    fmt::format("at most {}", limit),
                    std::to_string(value),
                    {}});
}

Status check_text(std::string_view text, std::string_view field) {
  if (store::valid_utf8(text)) return {};
  return fail(Error{
      ErrorKind::invalid, fmt::format("cannot read the {}", field), std::string(field), "text in UTF-8", "bytes that are not UTF-8", {}});
}

Status check_texts(const ShelfRequest& asked) {
  SOUK_CHECK(check_text(asked.shopper, "shopper"));
  SOUK_CHECK(check_text(asked.session, "session"));
  SOUK_CHECK(check_text(asked.filter, "filter"));
  SOUK_CHECK(check_text(asked.language, "language"));
  SOUK_CHECK(check_text(asked.market, "market"));
  for (const std::string& key : asked.items) SOUK_CHECK(check_text(key, "item"));
  for (const std::string& key : asked.basket) SOUK_CHECK(check_text(key, "basket"));
  for (const std::string& key : asked.exclude) SOUK_CHECK(check_text(key, "exclude"));
  return {};
}

Status check_limits(const ShelfRequest& asked) {
  SOUK_CHECK(check_at_most(asked.k, kMaxAnswer, "k"));
  SOUK_CHECK(check_at_most(asked.offset, kMaxOffset, "offset"));
  SOUK_CHECK(check_at_most(asked.items.size(), kMaxKeys, "item"));
  SOUK_CHECK(check_at_most(asked.basket.size(), kMaxKeys, "basket"));
  return check_at_most(asked.exclude.size(), kMaxKeys, "exclude");
}

// The full name of a field a request named, which must have the property asked for.
Result<std::string> field_named(const index::Schema& schema, std::string_view name, std::string_view where, bool index::Field::*property) {
  const index::Field* field = schema.find(name);
  if (field != nullptr && (property == nullptr || field->*property)) return field->name;
  std::vector<std::string> usable;
  for (const index::Field& known : schema.fields()) {
    if (property == nullptr || known.*property) usable.push_back(known.name);
  }
  const auto near = nearest_name(name, usable);
  return fail(Error{ErrorKind::invalid, fmt::format("'{}' is not a field this can use", name), std::string(where),
                    fmt::format("one of {}", fmt::join(usable, ", ")), std::string(name),
                    near ? fmt::format("Did you mean '{}'?", *near) : ""});
}

// The offer that holds now in the market of the request; of several, the one that began last. As the index chooses it.
std::optional<store::Offer> current_offer(const store::Item& item, const shelf::Request& request) {
  const store::Offer* best = nullptr;
  for (const store::Offer& offer : item.offers) {
    const bool begun = !offer.from || *offer.from <= request.now;
    const bool over = offer.until && *offer.until <= request.now;
    if (!begun || over || (!request.market.empty() && offer.market != request.market)) continue;
    if (best == nullptr || offer.from.value_or(INT64_MIN) > best->from.value_or(INT64_MIN)) best = &offer;
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

}  // namespace

Answerer::Answerer(std::shared_ptr<const shelf::ShopView> view, std::shared_ptr<const Setup> setup, std::optional<Timestamp> trained)
    : view_(std::move(view)), setup_(std::move(setup)), trained_(trained) {}

Result<std::shared_ptr<const shelf::Plan>> Answerer::plan(std::string_view shelf) const {
  const auto found = setup_->plans.find(shelf);
  if (found != setup_->plans.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, plan] : setup_->plans) names.push_back(name);
  const auto near = nearest_name(shelf, names);
  return fail(Error{ErrorKind::not_found, "this shop has no such shelf", "shelf", fmt::format("one of {}", fmt::join(names, ", ")),
                    fmt::format("'{}'", shelf), near ? fmt::format("Did you mean '{}'?", *near) : ""});
}

Result<std::vector<std::pair<std::string, std::string>>> Answerer::unknown_keys(const ShelfRequest& request) const {
  std::vector<std::pair<std::string, std::string>> unknown;
  const store::Store& store = *view_->store;
  const auto check_shopper = [&](std::string_view field, std::string_view prefix, const std::string& key) -> Status {
    if (key.empty()) return {};
    SOUK_TRY(const auto id, store.find_shopper(std::string(prefix) + key));
    if (!id) unknown.emplace_back(field, key);
    return {};
  };
  const auto check_items = [&](std::string_view field, const std::vector<std::string>& keys) -> Status {
    for (const std::string& key : keys) {
      SOUK_TRY(const auto id, store.find_item(key));
      if (!id) unknown.emplace_back(field, key);
    }
    return {};
  };
  SOUK_CHECK(check_shopper("shopper", "", request.shopper));
  SOUK_CHECK(check_shopper("session", store::kVisitorPrefix, request.session));
  SOUK_CHECK(check_items("item", request.items));
  SOUK_CHECK(check_items("basket", request.basket));
  SOUK_CHECK(check_items("exclude", request.exclude));
  return unknown;
}

Status Answerer::resolve_items(const ShelfRequest& asked, const shelf::Plan& plan, Resolved& resolved) const {
  const auto ids = [&](const std::vector<std::string>& keys) -> Result<std::vector<ItemId>> {
    std::vector<ItemId> found;
    for (const std::string& key : keys) {
      SOUK_TRY(const auto id, view_->store->find_item(key));
      if (id) {
        found.push_back(*id);
      } else {
        resolved.notes.push_back(fmt::format("unknown item '{}'", key));
      }
    }
    return found;
  };
  shelf::Request& request = resolved.request;
  const shelf::Context context = plan.spec().context;
  if (context == shelf::Context::item && asked.items.empty()) {
    return fail(Error{ErrorKind::invalid,
                      fmt::format("the shelf '{}' needs an item to start from", asked.shelf),
                      "item",
                      "one or more item keys",
                      "none",
                      {}});
  }
  SOUK_TRY(request.items, ids(asked.items));
  SOUK_TRY(request.basket, ids(asked.basket));
  SOUK_TRY(request.exclude, ids(asked.exclude));
  if (context == shelf::Context::basket && asked.basket.empty())
    resolved.notes.emplace_back("the basket is empty: showing what suits everyone");
  return {};
}

Status Answerer::resolve_shopper(const ShelfRequest& asked, Resolved& resolved) const {
  const store::Store& store = *view_->store;
  std::vector<ShopperId> people;
  if (!asked.shopper.empty()) {
    SOUK_TRY(const auto id, store.find_shopper(asked.shopper));
    if (id) {
      SOUK_TRY(const store::Shopper record, store.shopper(*id));
      if (!record.personalise) {
        resolved.cold_start = true;
        resolved.notes.emplace_back("this shopper does not want personal answers: showing what suits everyone");
        return {};
      }
      resolved.request.shopper = *id;
      people.push_back(*id);
    } else {
      resolved.cold_start = true;
      resolved.notes.push_back(fmt::format("unknown shopper '{}': showing what suits everyone", asked.shopper));
    }
  }
  if (!asked.session.empty()) {
    SOUK_TRY(const auto id, store.find_shopper(std::string(store::kVisitorPrefix) + asked.session));
    if (id) {
      people.push_back(*id);
    } else if (asked.shopper.empty()) {
      resolved.notes.emplace_back("nothing is known of this session yet");
    }
  }
  if (asked.past) {
    resolved.request.past = newest_positive(*asked.past);
    return {};
  }
  SOUK_TRY(resolved.request.past, past_of(store, people, asked.now));
  return {};
}

Result<Answerer::Resolved> Answerer::resolve(const ShelfRequest& asked, const shelf::Plan& plan) const {
  SOUK_CHECK(check_limits(asked));
  SOUK_CHECK(check_texts(asked));
  Resolved resolved;
  shelf::Request& request = resolved.request;
  request.shelf = plan.spec().name;
  request.k = asked.k > 0 ? asked.k : plan.spec().k;
  request.offset = asked.offset;
  request.language = asked.language;
  request.market = asked.market;
  request.context = asked.context;
  request.explain = asked.explain;
  request.now = asked.now.value_or(now());
  SOUK_TRY(request.filter, index::parse_filter(asked.filter, *view_->schema));
  SOUK_CHECK(resolve_shopper(asked, resolved));
  SOUK_CHECK(resolve_items(asked, plan, resolved));
  const shelf::Context context = plan.spec().context;
  if (context == shelf::Context::shopper && request.past.empty() && !resolved.cold_start) {
    resolved.cold_start = true;
    resolved.notes.emplace_back(asked.shopper.empty() && asked.session.empty()
                                    ? "no shopper was named: showing what suits everyone"
                                    : "nothing is known of this shopper yet: showing what suits everyone");
  }
  if (view_->tables == nullptr && context != shelf::Context::query) {
    resolved.cold_start = true;
    resolved.notes.emplace_back("nothing has been learned from this shop's events yet: `souk train` does it");
  }
  return resolved;
}

Status Answerer::resolve_lexical(const SearchRequest& asked, Resolved& resolved) const {
  SOUK_CHECK(check_at_most(asked.query.size(), kMaxQueryBytes, "query"));
  SOUK_CHECK(check_text(asked.query, "query"));
  SOUK_CHECK(check_item_fields(asked.fields));
  const index::Schema& schema = *view_->schema;
  shelf::Request& request = resolved.request;
  request.query = asked.query;
  request.concepts = setup_->reader->read(asked.query, asked.language, asked.prefix_last);
  index::LexicalQuery& lexical = request.lexical;
  lexical.match = asked.match;
  lexical.prefix_last = asked.prefix_last;
  lexical.facet_values = asked.facet_values;
  lexical.one_per_group = asked.group;
  for (const auto& [name, values] : asked.facet_filters) {
    SOUK_TRY(std::string field, field_named(schema, name, "facet_filters", &index::Field::filter));
    SOUK_TRY(auto filter, index::facet_filter(field, values, schema));
    if (filter != nullptr) lexical.facet_filters[std::move(field)] = std::move(filter);
  }
  for (const std::string& name : asked.facets) {
    SOUK_TRY(std::string field, field_named(schema, name, "facets", &index::Field::facet));
    lexical.facets.push_back(std::move(field));
  }
  if (asked.facets.empty() && asked.default_facets) lexical.facets = setup_->default_facets;
  SOUK_TRY(lexical.sort, index::parse_sort(asked.sort, schema));
  SOUK_CHECK(resolve_cursor(asked, resolved));
  lexical.offset = request.offset;
  lexical.k = request.k;
  return {};
}

Status Answerer::resolve_cursor(const SearchRequest& asked, Resolved& resolved) const {
  shelf::Request& request = resolved.request;
  resolved.cursor.question = question_of(asked);
  resolved.cursor.state = hash64(fmt::format("{}/{}", view_->lexical->through_seq(), view_->version));
  if (asked.cursor.empty()) return {};
  SOUK_TRY(Cursor cursor, read_cursor(asked.cursor));
  if (cursor.question != resolved.cursor.question) {
    return fail(Error{ErrorKind::invalid,
                      "the cursor belongs to another search",
                      "cursor",
                      "the query, filter, choices, order and market of the search that gave it",
                      "others",
                      {}});
  }
  request.offset = std::min<std::uint64_t>(cursor.offset, view_->lexical->size());
  resolved.cursor.shown = std::move(cursor.shown);
  if (cursor.state == resolved.cursor.state) return {};
  resolved.notes.emplace_back("the catalogue changed since the page before this one");
  for (const std::string& key : resolved.cursor.shown) {
    SOUK_TRY(const auto id, view_->store->find_item(key));
    if (id) request.after.push_back(*id);
  }
  return {};
}

Status Answerer::fill(const shelf::Candidates& candidates, const Resolved& resolved, shelf::RunReport report, ShelfAnswer& answer) const {
  const store::Store& store = *view_->store;
  std::unordered_map<std::uint32_t, std::string> titles;
  const TitleOf title_of = [&](ItemId id) -> std::string {
    if (const auto known = titles.find(index_of(id)); known != titles.end()) return known->second;
    auto item = store.item(id);
    std::string title = item && !item->title.empty() ? item->title : store.item_key(id).value_or(std::string("another item"));
    return titles.emplace(index_of(id), std::move(title)).first->second;
  };
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    auto item = store.item(candidates.items[i]);
    if (!item) {
      if (item.error().kind == ErrorKind::not_found) continue;  // removed since the view was made
      return fail(std::move(item).error());
    }
    AnswerItem shown;
    shown.key = item->key;
    shown.score = candidates.scores[i];
    shown.why = words_for(candidates, i, resolved.request, title_of);
    shown.offer = current_offer(*item, resolved.request);
    shown.item = std::move(*item);
    answer.items.push_back(std::move(shown));
    if (i < report.explanations.size()) answer.explanations.push_back(std::move(report.explanations[i]));
  }
  answer.explained = report.explain;
  answer.timings = std::move(report.timings);
  answer.version = view_->version;
  answer.trained = trained_;
  answer.cold_start = resolved.cold_start;
  answer.notes = resolved.notes;
  const std::string& market = resolved.request.market;
  const auto priced = [](const AnswerItem& shown) { return shown.offer.has_value(); };
  if (!market.empty() && !answer.items.empty() && std::ranges::none_of(answer.items, priced)) {
    answer.notes.push_back(fmt::format("none of these items has a current offer in the market '{}'", market));
  }
  if (answer.items.empty() && view_->lexical->size() == 0) answer.notes.emplace_back("this shop has no items yet");
  return {};
}

Result<shelf::Candidates> Answerer::candidates(const ShelfRequest& asked) const {
  SOUK_TRY(const auto plan, this->plan(asked.shelf));
  SOUK_TRY(const Resolved resolved, resolve(asked, *plan));
  return plan->run(resolved.request, *view_);
}

Result<ShelfAnswer> Answerer::shelf(const ShelfRequest& asked) const {
  const auto start = Clock::now();
  SOUK_TRY(const auto plan, this->plan(asked.shelf));
  if (plan->spec().context == shelf::Context::query) {
    return fail(ErrorKind::invalid, fmt::format("the shelf '{}' answers queries, not recommendations", asked.shelf), "shelf",
                "Ask it through search.");
  }
  SOUK_TRY(const Resolved resolved, resolve(asked, *plan));
  ShelfAnswer answer;
  answer.shelf = plan->spec().name;
  shelf::RunReport report{.explain = asked.explain};
  SOUK_TRY(const shelf::Candidates found, plan->run(resolved.request, *view_, &report));
  SOUK_CHECK(fill(found, resolved, std::move(report), answer));
  answer.took_ms = milliseconds_since(start);
  return answer;
}

void Answerer::highlight(const SearchRequest& asked, const shelf::Candidates& candidates, SearchAnswer& answer) const {
  constexpr std::size_t kSnippetBytes = 240;
  if (!candidates.lexical || candidates.lexical->terms.empty()) return;
  const std::vector<std::string>& terms = candidates.lexical->terms;
  const auto analyzer = view_->lexical->analyzer();
  for (AnswerItem& shown : answer.items) {
    shown.highlight["title"] = text::highlight(*analyzer, shown.item.title, terms, asked.prefix_last);
    if (shown.item.description.empty()) continue;
    shown.highlight["description"] =
        text::highlight(*analyzer, shown.item.description, terms, asked.prefix_last, "<mark>", "</mark>", kSnippetBytes);
  }
}

Result<SearchAnswer> Answerer::search(const SearchRequest& asked) const {
  const auto start = Clock::now();
  SOUK_TRY(const auto plan, this->plan(asked.shelf.empty() ? std::string_view("search") : std::string_view(asked.shelf)));
  if (plan->spec().context != shelf::Context::query) {
    return fail(ErrorKind::invalid, fmt::format("the shelf '{}' does not answer queries", asked.shelf), "shelf");
  }
  SOUK_TRY(Resolved resolved, resolve(asked, *plan));
  SOUK_CHECK(resolve_lexical(asked, resolved));
  SearchAnswer answer;
  answer.shelf = plan->spec().name;
  shelf::RunReport report{.explain = asked.explain};
  SOUK_TRY(shelf::Candidates found, plan->run(resolved.request, *view_, &report));
  const std::size_t next = report.next;
  SOUK_CHECK(fill(found, resolved, std::move(report), answer));
  highlight(asked, found, answer);
  if (found.lexical) {
    answer.total = found.lexical->total;
    answer.total_exact = found.total_exact;
    answer.facets = std::move(found.lexical->facets);
    answer.dropped = std::move(found.lexical->dropped);
  } else {
    answer.total = found.size();
    answer.total_exact = false;
  }
  if (found.size() > 0 && next < answer.total) {
    Cursor& cursor = resolved.cursor;
    cursor.offset = next;
    for (const AnswerItem& shown : answer.items) cursor.shown.push_back(shown.key);
    answer.cursor = to_text(cursor);
  }
  answer.took_ms = milliseconds_since(start);
  return answer;
}

}  // namespace souk::engine
