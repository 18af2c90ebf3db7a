#include "souk/eval/relevance.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>
#include <unordered_set>

#include "souk/base/config.h"

namespace souk::eval {
namespace {

enum class Measure : std::uint8_t { ndcg, ndcg_exp, recall, precision, average_precision, reciprocal_rank, success, judged };

struct NamedMeasure {
  std::string_view name;
  Measure measure;
  bool by_grade;  // may say from which grade on an item is relevant
};
constexpr NamedMeasure kMeasures[] = {
    {"nDCG", Measure::ndcg, false},          {"nDCGexp", Measure::ndcg_exp, false},     {"Recall", Measure::recall, true},
    {"Precision", Measure::precision, true}, {"MAP", Measure::average_precision, true}, {"MRR", Measure::reciprocal_rank, true},
    {"Success", Measure::success, true},     {"Judged", Measure::judged, false},
};
constexpr std::size_t kDeepest = 1'000'000;
constexpr std::size_t kWholeList = std::numeric_limits<std::size_t>::max();

struct Asked {  // a metric's name, understood
  std::string text;
  Measure measure = Measure::ndcg;
  std::optional<double> grade;  // relevant from here on; without: everything above 0
  std::size_t cutoff = kWholeList;

  bool relevant(double value) const { return grade ? value >= *grade : value > 0; }
};

template <class Number>
bool read_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

tl::unexpected<Error> unknown(const std::string& text, std::string_view name) {
  std::vector<std::string> names;
  for (const NamedMeasure& known : kMeasures) names.emplace_back(known.name);
  const auto near = nearest_name(std::string(name), names);
  return fail(Error{ErrorKind::invalid, "unknown metric", "metrics", fmt::format("one of {}, such as nDCG@10", fmt::join(names, ", ")),
                    fmt::format("'{}'", text), near ? fmt::format("Did you mean '{}'?", *near) : ""});
}

Result<Asked> parse(const std::string& text) {
  const auto wrong = [&](std::string expected) {
    return fail(Error{ErrorKind::invalid, "a metric cannot be read", "metrics", std::move(expected), fmt::format("'{}'", text), {}});
  };
  Asked asked;
  asked.text = text;
  std::string_view name = text;
  if (const std::size_t at = name.find('@'); at != std::string_view::npos) {
    if (!read_whole(name.substr(at + 1), asked.cutoff) || asked.cutoff == 0 || asked.cutoff > kDeepest) {
      return wrong(fmt::format("a whole number from 1 to {} after @", kDeepest));
    }
    name = name.substr(0, at);
  }
  if (const std::size_t open = name.find('('); open != std::string_view::npos) {
    double grade = 0;
    if (name.back() != ')' || !read_whole(name.substr(open + 1, name.size() - open - 2), grade) || !std::isfinite(grade) || grade <= 0) {
      return wrong("a grade above 0 in parentheses, such as Recall(2)@10");
    }
    asked.grade = grade;
    name = name.substr(0, open);
  }
  const auto* const found = std::find_if(std::begin(kMeasures), std::end(kMeasures), [&](const auto& known) { return known.name == name; });
  if (found == std::end(kMeasures)) return unknown(text, name);
  if (asked.grade && !found->by_grade) return wrong(fmt::format("{} without a grade: it weighs the grades by itself", name));
  asked.measure = found->measure;
  return asked;
}

// One query: the grades down the list (nothing where nobody judged) and the grades of all judged items.
struct Judged {
  std::vector<std::optional<double>> list;
  std::vector<double> ideal;  // those above 0, best first
};

// The items of a list as they are shown, each once, with its grade.
Judged grade_list(const std::map<std::string, double>& grades, const std::vector<std::pair<std::string, double>>* list) {
  Judged judged;
  for (const auto& [item, grade] : grades) {
    if (grade > 0) judged.ideal.push_back(grade);
  }
  std::sort(judged.ideal.begin(), judged.ideal.end(), std::greater<>());
  if (list == nullptr) return judged;
  struct Entry {
    double score;
    std::string_view item;
  };
  std::vector<Entry> entries;
  entries.reserve(list->size());
  for (const auto& [item, score] : *list) entries.push_back({std::isnan(score) ? -std::numeric_limits<double>::infinity() : score, item});
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.score != b.score ? a.score > b.score : a.item > b.item; });
  std::unordered_set<std::string_view> seen;
  for (const Entry& entry : entries) {
    if (!seen.insert(entry.item).second) continue;
    const auto found = grades.find(std::string(entry.item));
    judged.list.push_back(found == grades.end() ? std::nullopt : std::optional(found->second));
  }
  return judged;
}

// 2^grade - 1, divided by 2^highest so that no grade is too large for a double; the quotient of two sums is the same.
double exponential_gain(double grade, double highest) {
  if (grade < 1) return std::expm1(grade * std::log(2.0)) * std::exp2(-highest);
  return std::exp2(grade - highest) - std::exp2(-highest);
}

double ndcg(const Judged& judged, std::size_t cutoff, bool exponential) {
  if (judged.ideal.empty()) return 0;
  const double highest = judged.ideal.front();
  const auto gain = [&](double grade, std::size_t place) {
    return (exponential ? exponential_gain(grade, highest) : grade) / std::log2(static_cast<double>(place) + 2.0);
  };
  double found = 0, best = 0;
  for (std::size_t i = 0; i < std::min(cutoff, judged.list.size()); ++i) {
    if (judged.list[i].value_or(0) > 0) found += gain(*judged.list[i], i);
  }
  for (std::size_t i = 0; i < std::min(cutoff, judged.ideal.size()); ++i) best += gain(judged.ideal[i], i);
  return best > 0 ? found / best : 0;
}

double value_of(const Asked& asked, const Judged& judged) {
  const std::size_t depth = std::min(asked.cutoff, judged.list.size());
  if (asked.measure == Measure::ndcg || asked.measure == Measure::ndcg_exp) {
    return ndcg(judged, asked.cutoff, asked.measure == Measure::ndcg_exp);
  }
  if (asked.measure == Measure::judged) {
    const auto known = std::count_if(judged.list.begin(), judged.list.begin() + static_cast<std::ptrdiff_t>(depth),
                                     [](const auto& grade) { return grade.has_value(); });
    return depth == 0 ? 0 : static_cast<double>(known) / static_cast<double>(depth);
  }
  const auto relevant =
      static_cast<double>(std::count_if(judged.ideal.begin(), judged.ideal.end(), [&](double grade) { return asked.relevant(grade); }));
  double hits = 0, precision = 0, first = 0;
  for (std::size_t i = 0; i < depth; ++i) {
    if (!judged.list[i] || !asked.relevant(*judged.list[i])) continue;
    const double place = static_cast<double>(i) + 1;
    ++hits;
    precision += hits / place;
    if (first == 0) first = place;
  }
  if (hits == 0) return 0;
  switch (asked.measure) {
    case Measure::recall:
      return hits / relevant;
    case Measure::precision:
      return hits / static_cast<double>(asked.cutoff == kWholeList ? depth : asked.cutoff);
    case Measure::average_precision:
      return precision / relevant;
    case Measure::reciprocal_rank:
      return 1 / first;
    default:
      return 1;  // success
  }
}

}  // namespace

Result<RelevanceResult> judge(const Qrels& qrels, const RankedRun& run, const RelevanceOptions& options) {
  std::vector<Asked> metrics;
  for (const std::string& text : options.metrics) {
    SOUK_TRY(Asked asked, parse(text));
    const bool twice = std::any_of(metrics.begin(), metrics.end(), [&](const Asked& earlier) { return earlier.text == text; });
    if (!twice) metrics.push_back(std::move(asked));
  }
  RelevanceResult result;
  for (const auto& [query, list] : run) result.unjudged_queries += qrels.contains(query) ? 0 : 1;
  std::vector<double> sums(metrics.size());
  for (const auto& [query, grades] : qrels) {
    const bool relevant = std::any_of(grades.begin(), grades.end(), [](const auto& judged) { return judged.second > 0; });
    const auto list = run.find(query);
    if (!relevant) ++result.without_relevant;
    if (list == run.end()) ++result.without_list;
    if (!relevant || (list == run.end() && !options.missing_as_zero)) continue;
    const Judged judged = grade_list(grades, list == run.end() ? nullptr : &list->second);
    result.queries.push_back(query);
    for (std::size_t m = 0; m < metrics.size(); ++m) {
      const double value = value_of(metrics[m], judged);
      sums[m] += value;
      result.per_query[metrics[m].text].push_back(static_cast<float>(value));
    }
  }
  const double count = std::max<double>(1, static_cast<double>(result.queries.size()));
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    result.metrics[metrics[m].text] = sums[m] / count;
    result.per_query.try_emplace(metrics[m].text);
  }
  return result;
}

}  // namespace souk::eval
