// Souk's side of `./run bench quality`: one catalogue in memory, searched under any setting of fields, analyzer and ranking.
//
//   quality_bench ITEMS QUERIES FOLDER [SIGNALS]
//
// ITEMS: records of items as JSON, one a line; an item's row is its line from 0. QUERIES: one a line. FOLDER: where indexes are kept while
// the program runs; one serves all settings that differ in weights alone. SIGNALS: what is known of items besides words, a table separated
// by tabs: names, then a line of numbers from 0 to 1 an item. Commands come on standard input, a JSON object a line:
//
//   {"language": "en", "reads": {"stems": true, "folds": true, "codes": true, "units": true, "grams": true, "compounds": true,
//    "detects": false}, "fields": {"title": {"search": 3, "exact": 0, "length": 0.75}, ...}, "k1": 1.2, "match": "any" | "all" | "auto",
//    "signals": {"NAME": 0.5, ...}}
//
// What is left out is the default; with "fields", those it does not name are not searched. "compounds" are learned from the items. A
// signal adds so many times its value to every score. Answered by one line: the best 100 items of every query by their row, separated by
// blanks; queries by tabs. The first line, before any command, names the version.
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "souk/base/hash.h"
#include "souk/engine/shop.h"
#include "souk/feeds/record_json.h"
#include "souk/index/field_index.h"
#include "souk/index/learn_words.h"

namespace souk::bench {
namespace {

using Json = nlohmann::json;
constexpr std::size_t kDepth = 100;

template <class T>
T expect(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::vector<store::Item> read_items(const std::string& path) {
  feeds::RecordReader reader(feeds::ReadOptions{});
  std::uint64_t unknown = 0;
  std::vector<store::Item> items;
  for (const std::string& line : lines_of(path)) {
    auto item = reader.item(line, unknown);
    if (!item) throw std::runtime_error(fmt::format("line {} of {}: {}", items.size() + 1, path, item.error().to_json()));
    items.push_back(std::move(*item));
  }
  return items;
}

index::Schema schema_of(const Json& command) {
  index::Schema schema = index::Schema::defaults();
  schema.set_k1(command.value("k1", schema.k1()));
  schema.set_compounds(command.value("reads", Json::object()).value("compounds", schema.compounds()));
  if (!command.contains("fields")) return schema;
  const Json& fields = command.at("fields");
  for (const auto& [name, weights] : fields.items()) {
    if (schema.find(name) == nullptr) schema.put({.name = name, .type = index::FieldType::text, .filter = false});
  }
  for (index::Field field : std::vector<index::Field>(schema.fields())) {
    const Json weights = fields.value(field.name, Json::object());
    field.search = weights.value("search", 0.0F);
    field.exact = weights.value("exact", 0.0F);
    field.length = weights.value("length", field.length);
    schema.put(field);
  }
  return schema;
}

index::Match match_of(const std::string& name) {
  return name == "all" ? index::Match::all : name == "any" ? index::Match::any : index::Match::automatic;
}

class Side {
 public:
  Side(const std::string& items, const std::string& queries, std::string folder, const std::string& signals)
      : items_(read_items(items)), queries_(lines_of(queries)), folder_(std::move(folder)) {
    std::filesystem::remove_all(folder_);
    if (!signals.empty()) read_signals(signals);
  }

  std::string answer(const Json& command) {
    const std::string language = command.value("language", "en");
    const text::AnalyzerSettings settings = reads_of(command);
    const auto index = open(command, language, settings);
    const auto reader = index->reader();
    const std::vector<float> prior = prior_of(command);
    std::string line;
    for (const std::string& query : queries_) {
      index::LexicalQuery asked;
      asked.text = query;
      asked.match = match_of(command.value("match", "auto"));
      asked.k = kDepth;
      asked.prior = prior;
      if (&query != queries_.data()) line += '\t';
      const index::LexicalAnswer found = expect(reader->search(asked));
      for (const index::Hit& hit : found.hits) line += fmt::format("{}{}", &hit == found.hits.data() ? "" : " ", index_of(hit.item));
    }
    return line;
  }

 private:
  void read_signals(const std::string& path) {
    std::vector<std::string> lines = lines_of(path);
    if (lines.size() != items_.size() + 1) throw std::runtime_error(path + " has not a line for each item");
    std::istringstream names(lines.front());
    std::vector<std::vector<float>*> columns;
    for (std::string name; std::getline(names, name, '\t');) columns.push_back(&signals_[name]);
    for (std::size_t row = 0; row < items_.size(); ++row) {
      std::istringstream cells(lines[row + 1]);
      for (std::vector<float>* column : columns) {
        float value = 0;
        if (!(cells >> value)) throw std::runtime_error(fmt::format("{}:{}: not a number for each name", path, row + 2));
        column->push_back(value);
      }
    }
  }

  std::vector<float> prior_of(const Json& command) const {
    std::vector<float> prior;
    if (!command.contains("signals")) return prior;
    prior.resize(items_.size());
    for (const auto& [name, weight] : command.at("signals").items()) {
      const std::vector<float>& values = signals_.at(name);
      for (std::size_t row = 0; row < prior.size(); ++row) prior[row] += weight.get<float>() * values[row];
    }
    return prior;
  }

  static text::AnalyzerSettings reads_of(const Json& command) {
    const Json reads = command.value("reads", Json::object());
    text::AnalyzerSettings settings;
    settings.stems = reads.value("stems", settings.stems);
    settings.codes = reads.value("codes", settings.codes);
    settings.units = reads.value("units", settings.units);
    settings.grams = reads.value("grams", settings.grams);
    settings.folds = reads.value("folds", settings.folds);
    settings.detects = reads.value("detects", settings.detects);
    return settings;
  }

  // An index of a folder of its own for every set of words in it.
  std::unique_ptr<index::FieldIndex> open(const Json& command, const std::string& language, const text::AnalyzerSettings& settings) {
    const index::Schema schema = schema_of(command);
    std::string words = language + command.value("reads", Json::object()).dump();
    for (const index::Field& field : schema.fields()) words += fmt::format(" {} {} {}", field.name, field.search > 0, field.exact > 0);
    const std::string folder = fmt::format("{}/{}", folder_, hash128(words).hex());
    auto index = expect(index::FieldIndex::open(folder, schema, language, false, settings));
    if (index->reader()->through_seq() > 0) return index;
    index::WordLearner learner(language);
    for (const store::Item& item : items_) learner.add(item);
    std::uint32_t row = 0;
    const Status built = index->rebuild(
        [&](ItemId& id, store::Item& item) {
          if (row == items_.size()) return false;
          id = ItemId{row};
          item = items_[row++];
          return true;
        },
        1, 1, learner.learn());
    if (!built) throw std::runtime_error(built.error().message());
    return index;
  }

  std::vector<store::Item> items_;
  std::vector<std::string> queries_;
  std::string folder_;
  std::map<std::string, std::vector<float>> signals_;  // by name, values by row
};

}  // namespace
}  // namespace souk::bench

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::cerr << "usage: quality_bench ITEMS QUERIES FOLDER [SIGNALS]\n";
    return 2;
  }
  try {
    souk::bench::Side side(argv[1], argv[2], argv[3], argc == 5 ? argv[4] : "");
    std::cout << "souk " << souk::engine::kVersion << std::endl;
    for (std::string line; std::getline(std::cin, line);) std::cout << side.answer(souk::bench::Json::parse(line)) << std::endl;
  } catch (const std::exception& problem) {
    std::cerr << "quality_bench: " << problem.what() << '\n';
    return 1;
  }
  return 0;
}
