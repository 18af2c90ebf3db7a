#include "souk/lab/search_evaluation.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <memory>
#include <mutex>
#include <set>

#include "souk/base/threads.h"
#include "souk/base/time.h"
#include "souk/engine/answerer.h"
#include "souk/engine/json_writer.h"
#include "souk/engine/words.h"
#include "souk/index/field_index.h"
#include "souk/lab/report.h"

namespace souk::lab {
namespace {

using Clock = std::chrono::steady_clock;
using engine::with_commas;

constexpr std::size_t kTimed = 200;  // answers whose time is taken

struct Found {  // what a query shows
  std::vector<std::string> keys;
  std::string first_title;
};

engine::SearchRequest request_of(const std::string& query, std::size_t k) {
  engine::SearchRequest request;
  request.query = query;
  request.k = k;
  return request;
}

Result<Found> ask_shop(const engine::Shop& shop, const std::string& query, std::size_t k) {
  SOUK_TRY(const engine::SearchAnswer answer, shop.search(request_of(query, k)));
  Found found;
  for (const engine::AnswerItem& item : answer.items) found.keys.push_back(item.key);
  if (!answer.items.empty()) found.first_title = answer.items.front().item.title;
  return found;
}

// The floor's index: in memory, of the fields that every catalogue has, weighing the same.
class PlainIndex {
 public:
  static Result<PlainIndex> build(const engine::Shop& shop, Progress& progress) {
    index::Schema schema = index::Schema::defaults();
    for (index::Field field : std::vector(schema.fields())) {
      const bool searched = field.name == "title" || field.name == "brand" || field.name == "description";
      field.search = searched ? 1.0F : 0.0F;
      field.length = 0.75F;
      schema.put(std::move(field));
    }
    PlainIndex plain(shop);
    // Read-only and of a folder that does not exist: nothing reaches the disk.
    SOUK_TRY(plain.index_, index::FieldIndex::open(shop.directory() / "none", std::move(schema), shop.settings().language, true));
    progress.stage("Building the floor bm25", shop.store().counts().items, "items");
    Batch batch(*plain.index_);
    Status status;
    SOUK_CHECK(shop.store().for_each_item([&](ItemId id, store::Item&& item) {
      progress.add(1);
      if (!item.title.empty()) status = batch.add(id, std::move(item));
      return status.has_value();
    }));
    SOUK_CHECK(status);
    SOUK_CHECK(batch.flush());
    plain.reader_ = plain.index_->reader();
    return plain;
  }

  Result<Found> ask(const std::string& query, std::size_t k) const {
    SOUK_TRY(const index::LexicalAnswer answer, reader_->search({.text = query, .match = index::Match::any, .k = k, .now = now()}));
    Found found;
    for (const index::Hit& hit : answer.hits) {
      SOUK_TRY(std::string key, shop_->store().item_key(hit.item));
      found.keys.push_back(std::move(key));
    }
    return found;
  }

 private:
  class Batch {
   public:
    explicit Batch(index::FieldIndex& index) : index_(index) { items_.reserve(kSize); }
    Status add(ItemId id, store::Item&& item) {
      ids_.push_back(id);
      items_.push_back(std::move(item));
      return items_.size() < kSize ? Status() : flush();
    }
    Status flush() {
      std::vector<index::FieldIndex::Put> puts;
      for (std::size_t i = 0; i < items_.size(); ++i) puts.push_back({ids_[i], &items_[i]});
      SOUK_CHECK(index_.update(puts, ++batches_));
      ids_.clear();
      items_.clear();
      return {};
    }

   private:
    static constexpr std::size_t kSize = 4096;
    index::FieldIndex& index_;
    std::vector<ItemId> ids_;
    std::vector<store::Item> items_;
    Seq batches_ = 0;
  };

  explicit PlainIndex(const engine::Shop& shop) : shop_(&shop) {}
  const engine::Shop* shop_;
  std::unique_ptr<index::FieldIndex> index_;
  std::shared_ptr<const index::Reader> reader_;
};

// Asks every query, in parallel; answers stand where the queries do.
Result<std::vector<Found>> ask_all(const std::vector<std::string>& queries, unsigned threads,
                                   const std::function<Result<Found>(const std::string&)>& ask, Progress& progress) {
  std::vector<Found> answers(queries.size());
  std::atomic<bool> failed = false;
  std::mutex mutex;
  Error error;
  parallel_for(queries.size(), 4, threads, [&](std::size_t begin, std::size_t end, unsigned) {
    for (std::size_t i = begin; i < end && !failed && !progress.cancelled(); ++i) {
      auto found = ask(queries[i]);
      if (found) {
        answers[i] = std::move(*found);
      } else if (const std::scoped_lock lock(mutex); !failed.exchange(true)) {
        error = std::move(found).error();
        error.where = fmt::format("query '{}'{}{}", queries[i].substr(0, 80), error.where.empty() ? "" : ": ", error.where);
      }
    }
    progress.add(end - begin);
  });
  if (failed) return fail(std::move(error));
  if (progress.cancelled()) return fail(ErrorKind::cancelled, "stopped while asking queries");
  return answers;
}

// Lists keep the order of the answers: scores are places from the end.
feeds::RankedLists lists_of(const std::vector<std::string>& queries, const std::vector<Found>& answers) {
  feeds::RankedLists lists;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    auto& list = lists[queries[i]];
    double score = static_cast<double>(answers[i].keys.size());
    for (const std::string& key : answers[i].keys) list.emplace_back(key, score--);
  }
  return lists;
}

std::vector<std::string> metrics_at(const std::vector<std::uint32_t>& cutoffs) {
  std::vector<std::string> metrics;
  for (const std::uint32_t k : cutoffs) {
    for (const std::string_view name : {"nDCG", "nDCGexp", "Recall", "MRR", "Success", "Judged"})
      metrics.push_back(fmt::format("{}@{}", name, k));
  }
  return metrics;
}

std::uint64_t count_unknown(const engine::Shop& shop, const feeds::Judgements& judgements) {
  std::set<std::string_view> items;
  for (const auto& [query, grades] : judgements) {
    for (const auto& [item, grade] : grades) items.insert(item);
  }
  return static_cast<std::uint64_t>(std::count_if(items.begin(), items.end(), [&](std::string_view item) {
    const auto id = shop.store().find_item(std::string(item));
    return !id || !*id || !shop.store().item(**id);
  }));
}

std::vector<WeakQuery> weakest_of(const SearchReport& report, const feeds::Judgements& judgements, const std::vector<std::string>& asked,
                                  const std::vector<Found>& answers, std::size_t count) {
  const eval::RelevanceResult& result = report.judged.run.result;
  const std::vector<float>& values = result.per_query.at(fmt::format("nDCG@{}", report.cutoff));
  std::vector<WeakQuery> all;
  for (std::size_t i = 0; i < result.queries.size(); ++i) {
    const auto place = static_cast<std::size_t>(std::lower_bound(asked.begin(), asked.end(), result.queries[i]) - asked.begin());
    WeakQuery weak{result.queries[i], static_cast<double>(values[i]), 0, 0, answers[place].first_title};
    const auto& grades = judgements.at(weak.query);
    for (const auto& [item, grade] : grades) weak.relevant += grade > 0 ? 1 : 0;
    const auto& keys = answers[place].keys;
    for (std::size_t k = 0; k < std::min<std::size_t>(report.cutoff, keys.size()); ++k) {
      const auto grade = grades.find(keys[k]);
      weak.found += grade != grades.end() && grade->second > 0 ? 1 : 0;
    }
    all.push_back(std::move(weak));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const WeakQuery& a, const WeakQuery& b) { return a.value != b.value ? a.value < b.value : a.relevant > b.relevant; });
  all.resize(std::min(all.size(), count));
  return all;
}

// Milliseconds of answers asked one after the other.
Result<std::vector<double>> time_answers(const engine::Shop& shop, const std::vector<std::string>& queries, std::size_t k) {
  std::vector<double> milliseconds;
  for (std::size_t i = 0; i < std::min(queries.size(), kTimed); ++i) {
    SOUK_TRY(const engine::SearchAnswer answer, shop.search(request_of(queries[i * queries.size() / std::min(queries.size(), kTimed)], k)));
    milliseconds.push_back(answer.took_ms);
  }
  return milliseconds;
}

std::string percent(std::uint64_t part, std::size_t whole) {
  return fmt::format("{:.0f} %", 100.0 * static_cast<double>(part) / static_cast<double>(std::max<std::size_t>(whole, 1)));
}

}  // namespace

Result<SearchReport> evaluate_search(const engine::Shop& shop, const feeds::JudgementFile& judgements, const std::string& name,
                                     const SearchEvaluationOptions& options, Progress& progress) {
  const auto start = Clock::now();
  std::vector<std::string> queries;
  for (const auto& [query, grades] : judgements.grades) queries.push_back(query);
  const std::size_t k = *std::max_element(options.cutoffs.begin(), options.cutoffs.end());
  SOUK_TRY(const PlainIndex plain, PlainIndex::build(shop, progress));
  progress.stage("Asking the shop", 2 * queries.size(), "queries");
  SOUK_TRY(const auto answers, ask_all(
                                   queries, options.threads, [&](const auto& query) { return ask_shop(shop, query, k); }, progress));
  SOUK_TRY(const auto floor, ask_all(
                                 queries, options.threads, [&](const auto& query) { return plain.ask(query, k); }, progress));
  progress.finish();

  const feeds::RankedLists lists = lists_of(queries, answers), floor_lists = lists_of(queries, floor);
  SearchReport report;
  report.shop = shop.settings().name;
  report.version = engine::kVersion;
  report.cutoff = options.cutoffs.front();
  SOUK_TRY(report.judged, judge_runs(judgements, {"search", &lists}, NamedLists{"bm25", &floor_lists},
                                     {.metrics = metrics_at(options.cutoffs), .seed = options.seed}));
  report.judged.judgements = name;
  const eval::RelevanceResult& result = report.judged.run.result;
  if (result.queries.empty()) {
    return fail(Error{ErrorKind::invalid,
                      "there is nothing to judge",
                      name,
                      "a query with a relevant item (grade above 0)",
                      fmt::format("{} queries without one", with_commas(queries.size())),
                      {}});
  }
  const std::vector<float>& success = result.per_query.at(fmt::format("Success@{}", report.cutoff));
  report.nothing_relevant = static_cast<std::uint64_t>(std::count(success.begin(), success.end(), 0.0F));
  for (const std::string& query : result.queries) report.without_answer += lists.at(query).empty() ? 1 : 0;
  report.unknown_items = count_unknown(shop, judgements.grades);
  report.weakest = weakest_of(report, judgements.grades, queries, answers, options.weakest);
  SOUK_TRY(const std::vector<double> milliseconds, time_answers(shop, queries, report.cutoff));
  report.p50_ms = at_share(milliseconds, 0.50);
  report.p99_ms = at_share(milliseconds, 0.99);
  report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return report;
}

std::string SearchReport::to_text(bool per_query) const {
  const std::size_t queries = judged.run.result.queries.size();
  std::string text = fmt::format("{}: search\n{}", shop, judged.to_text(per_query));
  text += "\nbm25 is the floor: title, brand and description weigh the same, any word is enough, nothing is known of popularity.\n";
  text += fmt::format("In {} of {} queries ({}) nothing relevant stands among the first {}.\n", nothing_relevant, queries,
                      percent(nothing_relevant, queries), cutoff);
  if (without_answer > 0) text += fmt::format("{} of them find nothing at all.\n", without_answer);
  const double known = judged.run.result.metrics.at(fmt::format("Judged@{}", cutoff));
  if (known < 1) {
    text +=
        fmt::format("Of the first {}, {:.0f} % were judged by anybody; what nobody judged counts as not relevant.\n", cutoff, 100 * known);
  }
  if (unknown_items > 0) text += fmt::format("{} judged items are not in this shop.\n", with_commas(unknown_items));
  text += "\nThe weakest queries:\n";
  for (const WeakQuery& weak : weakest) {
    text += fmt::format("  {:.4f}  {}: {} of {} relevant among the first {}; {}\n", weak.value, weak.query, weak.found, weak.relevant,
                        cutoff, weak.first.empty() ? "nothing found" : "first: " + weak.first);
  }
  return text + fmt::format("\nan answer takes {:.2f} ms (p50), {:.2f} ms (p99); evaluated in {}\n", p50_ms, p99_ms,
                            format_duration(static_cast<Duration>(seconds * 1000)));
}

std::string SearchReport::to_json(bool per_query) const {
  engine::JsonWriter json;
  json.begin_object().member("shop", shop).key("judgements").begin_object();
  json.member("name", judged.judgements)
      .member("queries", judged.queries)
      .member("judgements", judged.judged)
      .member("repeated", judged.repeated)
      .member("without_relevant", judged.run.result.without_relevant)
      .member("unknown_items", unknown_items)
      .end_object();
  judged.write(json, per_query);
  json.member("metric", fmt::format("nDCG@{}", cutoff))
      .member("nothing_relevant", nothing_relevant)
      .member("without_answer", without_answer);
  json.key("weakest").begin_array();
  for (const WeakQuery& weak : weakest) {
    json.begin_object()
        .member("query", weak.query)
        .member("value", weak.value)
        .member("relevant", weak.relevant)
        .member("found", weak.found)
        .member("first", weak.first)
        .end_object();
  }
  json.end_array().key("latency_ms").begin_object().member("p50", p50_ms).member("p99", p99_ms).end_object();
  return json.member("seed", judged.seed).member("seconds", seconds).member("version", version).end_object().take();
}

}  // namespace souk::lab
