// Speaks the protocol of bench/peers/README.md for the sides of the search benchmark that are written in C++.
//
// A side derives from Side, answers one query at a time into an Answer that is used again and again, and calls peer_main() from its main().
// One thread. Errors are exceptions: a command's becomes {"error": ...}, any other ends the program with status 1.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <time.h>
#include <vector>

namespace souk::bench {

struct Cell {
  std::string_view name;
  bool all_words = false;  // else any
  bool shop = false;       // the query carries a filter, and the answer totals, facets and price statistics
  std::size_t k = 0;
};

inline constexpr std::array<Cell, 6> kCells{{{"or-10", false, false, 10},
                                             {"or-100", false, false, 100},
                                             {"and-10", true, false, 10},
                                             {"and-100", true, false, 100},
                                             {"shop-or", false, true, 20},
                                             {"shop-and", true, true, 20}}};

struct Hit {
  std::uint32_t document = 0;  // the engine's own number; Side::line() makes it the corpus's
  float score = 0;
};

struct FacetCount {
  std::string_view name;  // lasts until the next query
  std::uint64_t count = 0;
};

struct Answer {
  std::vector<Hit> hits;  // best first
  // Of shop cells only.
  std::uint64_t total = 0;
  std::vector<FacetCount> brands, categories;             // at most 10 each, most frequent first
  std::int64_t smallest = 0, largest = 0, price_sum = 0;  // cents; 0 when nothing matches

  void clear() {
    hits.clear();
    brands.clear();
    categories.clear();
    total = 0;
    smallest = largest = price_sum = 0;
  }
};

// A line of the file of shop queries, taken apart. The views are into the line.
struct ShopQuery {
  std::string_view words;
  std::string_view category;             // empty: the filter is a range of prices
  std::int64_t lowest = 0, highest = 0;  // cents, both included

  static ShopQuery parse(std::string_view line) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) throw std::runtime_error("a shop query has no filter: " + std::string(line));
    ShopQuery query;
    query.words = line.substr(0, tab);
    std::string_view filter = line.substr(tab + 1);
    if (filter.starts_with("category\t")) {
      query.category = filter.substr(9);
    } else if (filter.starts_with("price\t")) {
      filter.remove_prefix(6);
      const char* end = filter.data() + filter.size();
      const auto lowest = std::from_chars(filter.data(), end, query.lowest);
      std::from_chars(lowest.ptr + 1, end, query.highest);
    } else {
      throw std::runtime_error("a shop query has an unknown filter: " + std::string(line));
    }
    return query;
  }
};

// The words of a query or a text.
template <typename Visit>
void for_each_word(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

class Side {
 public:
  virtual ~Side() = default;
  virtual std::string engine() const = 0;
  virtual std::string version() const = 0;
  virtual std::uint64_t documents() const = 0;
  virtual bool has(const Cell& cell) const = 0;
  // `query` is a line of the cell's file; `answer` comes cleared.
  virtual void answer(const Cell& cell, std::string_view query, Answer& answer) = 0;
  // The line of the corpus, from 0, of one of the engine's documents. Called when answers are written, never while they are timed.
  virtual std::uint64_t line(std::uint32_t document) const { return document; }
};

struct Built {
  std::uint64_t bytes = 0;  // of the files that serving needs
  std::uint64_t documents = 0;
};

struct Program {
  // `columns` is empty for the index of the or- and and-cells.
  std::function<Built(const std::string& corpus, const std::string& columns, const std::string& index)> build;
  // `shop_index` is empty when there is none.
  std::function<std::unique_ptr<Side>(const std::string& index, const std::string& shop_index)> open;
};

namespace protocol {

inline std::int64_t thread_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

inline double process_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

inline std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

inline std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  return quoted + '"';
}

// One pass over the queries of a cell: what it returned, and a number that depends on it.
struct Pass {
  std::uint64_t queries = 0, results = 0, checksum = 0xcbf29ce484222325;
  std::int64_t nanoseconds = 0;

  void add(std::uint64_t value) { checksum = (checksum ^ value) * 0x100000001b3; }
  void add(const Cell& cell, const Answer& answer) {
    ++queries;
    results += answer.hits.size();
    for (const Hit& hit : answer.hits) add(hit.document);
    if (!cell.shop) return;
    add(answer.total);
    for (const auto* facet : {&answer.brands, &answer.categories}) {
      for (const FacetCount& value : *facet) add(value.count);
    }
    add(static_cast<std::uint64_t>(answer.price_sum + answer.smallest + answer.largest));
  }
  std::string json() const {
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), R"({"queries": %llu, "cpu": %.9f, "results": %llu, "checksum": "%016llx"})",
                  static_cast<unsigned long long>(queries), static_cast<double>(nanoseconds) * 1e-9,
                  static_cast<unsigned long long>(results), static_cast<unsigned long long>(checksum));
    return text.data();
  }
};

inline void write_answer(std::ostream& out, const Cell& cell, const Side& side, const Answer& answer) {
  out << (cell.shop ? answer.total : answer.hits.size()) << '\t';
  for (std::size_t i = 0; i < answer.hits.size(); ++i) {
    out << (i == 0 ? "" : " ") << side.line(answer.hits[i].document) << ':' << answer.hits[i].score;
  }
  if (cell.shop) {
    out << '\t';
    if (answer.total > 0) out << answer.smallest << ' ' << answer.largest << ' ' << answer.price_sum;
    for (const FacetCount& value : answer.brands) out << "\tb " << value.count << ' ' << value.name;
    for (const FacetCount& value : answer.categories) out << "\tc " << value.count << ' ' << value.name;
  }
  out << '\n';
}

class Server {
 public:
  Server(Side& side, const std::string& queries, const std::string& shop_queries)
      : side_(side),
        queries_(read_lines(queries)),
        shop_queries_(shop_queries.empty() ? std::vector<std::string>() : read_lines(shop_queries)) {}

  std::string ready() const {
    std::string cells;
    for (const Cell& cell : kCells) {
      if (offers(cell)) cells += (cells.empty() ? "" : ", ") + json_text(cell.name);
    }
    return "{\"engine\": " + json_text(side_.engine()) + ", \"version\": " + json_text(side_.version()) +
           ", \"documents\": " + std::to_string(side_.documents()) + ", \"cells\": [" + cells + "]}";
  }

  std::string carry_out(std::string_view command) {
    std::vector<std::string> part;
    for_each_word(command, [&](std::string_view word) { part.emplace_back(word); });
    if (part.size() == 2 && part[0] == "warm") return warm(std::stod(part[1]));
    if (part.size() == 3 && part[0] == "run") return run(cell_named(part[1]), std::stoull(part[2])).json();
    if (part.size() == 4 && part[0] == "times") return times(cell_named(part[1]), std::stoull(part[2]), part[3]).json();
    if (part.size() == 4 && part[0] == "answers") return answers(cell_named(part[1]), std::stoull(part[2]), part[3]).json();
    throw std::runtime_error("unknown command: " + std::string(command));
  }

 private:
  bool offers(const Cell& cell) const { return side_.has(cell) && (!cell.shop || !shop_queries_.empty()); }

  const Cell& cell_named(std::string_view name) const {
    for (const Cell& cell : kCells) {
      if (cell.name == name && offers(cell)) return cell;
    }
    throw std::runtime_error("no such cell: " + std::string(name));
  }

  const std::vector<std::string>& file_of(const Cell& cell) const { return cell.shop ? shop_queries_ : queries_; }

  Pass run(const Cell& cell, std::size_t most) {
    const std::vector<std::string>& lines = file_of(cell);
    Pass pass;
    const std::int64_t start = thread_nanoseconds();
    for (std::size_t i = 0; i < std::min(most, lines.size()); ++i) {
      answer_.clear();
      side_.answer(cell, lines[i], answer_);
      pass.add(cell, answer_);
    }
    pass.nanoseconds = thread_nanoseconds() - start;
    return pass;
  }

  Pass times(const Cell& cell, std::size_t most, const std::string& path) {
    const std::vector<std::string>& lines = file_of(cell);
    Pass pass;
    std::vector<std::int64_t> clock{thread_nanoseconds()};
    clock.reserve(lines.size() + 1);
    for (std::size_t i = 0; i < std::min(most, lines.size()); ++i) {
      answer_.clear();
      side_.answer(cell, lines[i], answer_);
      pass.add(cell, answer_);
      clock.push_back(thread_nanoseconds());
    }
    pass.nanoseconds = clock.back() - clock.front();
    std::ofstream file(path);
    for (std::size_t i = 1; i < clock.size(); ++i) file << clock[i] - clock[i - 1] << '\n';
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
    return pass;
  }

  Pass answers(const Cell& cell, std::size_t most, const std::string& path) {
    const std::vector<std::string>& lines = file_of(cell);
    Pass pass;
    std::ofstream file(path);
    file.precision(9);
    for (std::size_t i = 0; i < std::min(most, lines.size()); ++i) {
      answer_.clear();
      side_.answer(cell, lines[i], answer_);
      pass.add(cell, answer_);
      write_answer(file, cell, side_, answer_);
    }
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
    return pass;
  }

  std::string warm(double seconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    std::uint64_t queries = 0;
    do {
      for (const Cell& cell : kCells) {
        if (offers(cell)) queries += run(cell, file_of(cell).size()).queries;
      }
    } while (std::chrono::steady_clock::now() < end);
    return "{\"queries\": " + std::to_string(queries) + "}";
  }

  Side& side_;
  std::vector<std::string> queries_, shop_queries_;
  Answer answer_;
};

inline int serve(Side& side, const std::string& queries, const std::string& shop_queries) {
  Server server(side, queries, shop_queries);
  std::cout << server.ready() << std::endl;
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    std::string reply;
    try {
      reply = server.carry_out(line);
    } catch (const std::exception& problem) {
      reply = "{\"error\": " + json_text(problem.what()) + "}";
    }
    std::cout << reply << std::endl;
  }
  return 0;
}

inline int build(const Program& program, const std::string& corpus, const std::string& columns, const std::string& index) {
  const double before = process_seconds();
  const Built built = program.build(corpus, columns, index);
  std::printf("{\"cpu\": %.6f, \"bytes\": %llu, \"documents\": %llu}\n", process_seconds() - before,
              static_cast<unsigned long long>(built.bytes), static_cast<unsigned long long>(built.documents));
  return 0;
}

}  // namespace protocol

inline int peer_main(int argc, char** argv, const Program& program) {
  const std::vector<std::string> given(argv + 1, argv + argc);
  const std::string_view verb = given.empty() ? "" : std::string_view(given[0]);
  try {
    if (verb == "build-text" && given.size() == 3) return protocol::build(program, given[1], "", given[2]);
    if (verb == "build-shop" && given.size() == 4) return protocol::build(program, given[1], given[2], given[3]);
    if (verb == "serve" && (given.size() == 3 || given.size() == 5)) {
      const bool shop = given.size() == 5;
      const std::unique_ptr<Side> side = program.open(given[2], shop ? given[4] : "");
      return protocol::serve(*side, given[1], shop ? given[3] : "");
    }
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s: %s\n", argv[0], problem.what());
    return 1;
  }
  std::fprintf(stderr,
               "usage: %s build-text CORPUS INDEX | build-shop CORPUS COLUMNS INDEX | serve QUERIES INDEX [SHOP_QUERIES SHOP_INDEX]\n",
               argv[0]);
  return 2;
}

}  // namespace souk::bench
