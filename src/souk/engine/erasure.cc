#include "souk/engine/erasure.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <set>
#include <system_error>
#include <vector>

#include "souk/engine/json_writer.h"
#include "souk/engine/shop_state.h"
#include "souk/engine/words.h"
#include "souk/engine/work_folder.h"
#include "souk/feeds/rejects.h"

namespace souk::engine {
namespace {

constexpr std::size_t kTellingSession = 8;  // bytes; a shorter one names too much beside the person

bool of_address(char c, std::string_view marks) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || marks.find(c) != marks.npos;
}

// The text with blanks for quotation marks, dashes and points beyond ASCII: U+0080 to U+00BF, U+2000 to U+207F, U+3000 to U+303F.
std::string without_wide_marks(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::string_view rest = std::string_view(out).substr(i);
    const bool three = rest.starts_with("\xE2\x80") || rest.starts_with("\xE2\x81") || rest.starts_with("\xE3\x80");
    if (three || rest.starts_with('\xC2'))
      std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(i), std::min<std::size_t>(three ? 3 : 2, rest.size()), ' ');
  }
  return out;
}

// What names a person beside their key: their sessions, and e-mail addresses in what they wrote and searched for and what is known of them.
class Names {
 public:
  explicit Names(std::string_view key) {
    names_.emplace(key);
    find_addresses(key);
  }

  Status find(const store::Store& store, std::string_view key) {
    std::set<std::string> sessions;
    if (key.starts_with(store::kVisitorPrefix)) {
      names_.emplace(key.substr(store::kVisitorPrefix.size()));
      sessions.emplace(key.substr(store::kVisitorPrefix.size()));
    }
    SOUK_CHECK(find_shopper(store, key, sessions));
    SOUK_CHECK(store.for_each_served_to(key, sessions, [&](const store::Served& served) {
      find_addresses(served.query);
      return true;
    }));
    for (const std::string& session : sessions) {
      (session.size() >= kTellingSession ? names_ : short_sessions_).insert(session);
      SOUK_CHECK(find_shopper(store, std::string(store::kVisitorPrefix) + session, sessions));
    }
    return {};
  }
  std::vector<std::string> list() const { return {names_.begin(), names_.end()}; }
  std::vector<std::string> short_sessions() const { return {short_sessions_.begin(), short_sessions_.end()}; }

 private:
  Status find_shopper(const store::Store& store, std::string_view key, std::set<std::string>& sessions) {
    SOUK_TRY(const auto id, store.find_shopper(key));
    if (!id) return {};
    SOUK_TRY(const store::Shopper shopper, store.shopper(*id));
    find_addresses(shopper.attributes);
    SOUK_CHECK(store.for_each_event_of(*id, [&](store::Event&& event) {
      if (!event.session.empty()) sessions.insert(std::move(event.session));
      find_addresses(event.query);
      find_addresses(event.attributes);
      return true;
    }));
    return store.for_each_review_by(*id, [&](store::Review&& review) {
      find_addresses(review.title);
      find_addresses(review.text);
      find_addresses(review.attributes);
      return true;
    });
  }

  // The letters, digits and marks of an address around an @. Less than what RFC 5322 allows before it, such as "=" and "?", which more
  // often stand between an address and something else: a part of an address is found wherever the whole stands. A point at the end is a
  // sentence's.
  void find_addresses(std::string_view raw) {
    if (raw.find('@') == std::string_view::npos) return;
    const std::string text = without_wide_marks(raw);
    for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
      std::size_t begin = at, end = at + 1;
      while (begin > 0 && of_address(text[begin - 1], "._+-")) --begin;
      while (end < text.size() && of_address(text[end], ".-")) ++end;
      while (begin < at && text[begin] == '.') ++begin;
      while (end > at + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
      if (begin < at && at + 1 < end) names_.insert(text.substr(begin, end - begin));
    }
  }
  void find_addresses(const store::Attributes& attributes) {
    for (const auto& [name, values] : attributes) {
      for (const store::Value& value : values) {
        if (const auto* text = std::get_if<std::string>(&value)) find_addresses(*text);
      }
    }
  }

  std::set<std::string> names_, short_sessions_;
};

// The erasure epoch of the snapshot that the tables were fitted on, out of their facts (tables_keeper.cc writes them).
std::uint64_t epoch_of(const index::Tables& tables) {
  constexpr std::string_view kName = "\"epoch\":";
  const std::string_view facts = tables.facts;
  std::uint64_t epoch = 0;
  if (const std::size_t at = facts.find(kName); at != std::string_view::npos) {
    std::from_chars(facts.data() + at + kName.size(), facts.data() + facts.size(), epoch);
  }
  return epoch;
}

std::string counted_as(std::uint64_t count, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", with_commas(count), count == 1 ? one : more);
}

std::vector<std::string> told(const ErasureReport& report) {
  const store::ForgetReport& erased = report.erased;
  std::vector<std::string> words;
  const bool found = erased.known || erased.served + report.rejects > 0;
  words.push_back(!found ? "The shop knows no such shopper, and nothing in it names one."
                         : fmt::format("Erased: {}{}, {}, {}, {} and {}.", erased.known ? "the shopper, " : "",
                                       counted_as(erased.events, "event", "events"), counted_as(erased.reviews, "review", "reviews"),
                                       counted_as(erased.visitors, "visitor", "visitors"),
                                       counted_as(erased.served, "record of an answer", "records of answers"),
                                       counted_as(report.rejects, "refused row", "refused rows")));
  if (found && !erased.known) words.emplace_back("The shop had no shopper of this key; other records named it.");
  if (report.marked) words.push_back(fmt::format("What answers is marked: {}.", kMarked));
  if (found) words.emplace_back("`souk compact` takes the erased bytes out of the shop's files; backups made before still hold them.");
  return words;
}

}  // namespace

bool is_marked(const ActiveTables& tables, const store::Store& store) {
  return tables.tables != nullptr && epoch_of(tables.tables->tables()) < store.counts().forgotten_epoch;
}

void Shop::Impl::mark_active() {
  marked = is_marked(active, *store);
}

std::string to_json(const ErasureReport& report) {
  const store::ForgetReport& erased = report.erased;
  JsonWriter json;
  json.begin_object().member("known", erased.known).member("events", erased.events).member("reviews", erased.reviews);
  json.member("visitors", erased.visitors).member("served", erased.served).member("rejects", report.rejects);
  json.member("marked", report.marked).key("words").begin_array();
  for (const std::string& sentence : report.words) json.value(sentence);
  return json.end_array().end_object().take();
}

Result<ErasureReport> Shop::forget(std::string_view shopper_key) {
  Impl& in = *impl_;
  SOUK_CHECK(in.writable("forget anyone"));
  SOUK_CHECK(store::check_key(shopper_key, "shopper"));
  if (in.served != nullptr) in.served->drain();
  // Files first, while the store still says what names the person: after a death in between, forgetting again finds all of it.
  Names names(shopper_key);
  SOUK_CHECK(names.find(*in.store, shopper_key));
  ErasureReport report;
  SOUK_TRY(report.rejects, feeds::scrub_rejects(in.directory / "rejects", names.list(), names.short_sessions()));
  SOUK_TRY(report.erased, in.store->forget(shopper_key));
  store::delete_older_caches(in.directory / "cache", in.store->counts().epoch);
  SOUK_CHECK(in.catch_up(Progress::none()));
  {
    const std::lock_guard lock(in.publishing);
    in.mark_active();
  }
  report.marked = in.marked && report.erased.events > 0;
  report.words = told(report);
  return report;
}

Result<store::MergeReport> Shop::merge_session(std::string_view session, std::string_view into) {
  SOUK_CHECK(impl_->writable("join anyone"));
  SOUK_TRY(const store::MergeReport report, impl_->store->merge_shoppers(std::string(store::kVisitorPrefix).append(session), into));
  SOUK_CHECK(impl_->catch_up(Progress::none()));
  return report;
}

Status Shop::compact() {
  SOUK_CHECK(impl_->writable("compact"));
  SOUK_CHECK(impl_->store->compact());
  const std::vector<fs::path> begun = WorkFolder::list(impl_->directory);  // on copies of the store as it was
  SOUK_CHECK(impl_->keeper->compact(impl_->options.threads, Progress::none()));
  impl_->publish();
  std::error_code ignored;
  const auto lasts = std::find_if(begun.begin(), begun.end(), [&](const fs::path& work) { return fs::exists(work, ignored); });
  if (lasts == begun.end()) return {};
  return fail(ErrorKind::busy, "the shop was compacted, but a training or a backup under way may still hold what was deleted",
              lasts->string(), "Compact again when it is done");
}

}  // namespace souk::engine
