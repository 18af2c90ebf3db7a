// Souk's side of `./run bench vectors` (bench_vectors.py, which says what is measured).
//
// usage: vectors_bench FOLDER METRIC, where FOLDER holds rows.f32 and queries.f32 (u32 rows, u32 columns, then the numbers). It reads
// commands from standard input, one a line, and answers each with a line of JSON:
//   truth K PATH           the exact answers of all queries, written as u32 [queries, K]
//   build SPEC             an index, by its factory name, on one thread
//   run EFFORT K N         the first N queries one at a time, EFFORT the breadth of the walk, or the cells looked at
//   answers EFFORT K PATH  all queries, untimed, written as truth writes them; places without an answer hold 0xFFFFFFFF
//   filter PATH            the rows that may be found from now on, a byte each; "filter -": all
// `cpu` are seconds of CLOCK_THREAD_CPUTIME_ID of the one thread.
#include <ctime>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "souk/index/vectors/exact_scan.h"
#include "souk/index/vectors/vector_segment.h"

namespace souk::bench {
namespace {

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Matrix read_floats(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::uint32_t shape[2] = {};
  file.read(reinterpret_cast<char*>(shape), sizeof shape);
  Matrix matrix(shape[0], shape[1]);
  file.read(reinterpret_cast<char*>(matrix.data()), static_cast<std::streamsize>(matrix.rows() * matrix.columns() * sizeof(float)));
  if (!file) throw std::runtime_error("cannot read " + path);
  return matrix;
}

class Side {
 public:
  Side(const std::string& folder, index::Metric metric)
      : rows_(read_floats(folder + "/rows.f32")), queries_(read_floats(folder + "/queries.f32")), metric_(metric) {}

  std::string answer(const std::string& line) {
    std::istringstream words(line);
    std::string command, text;
    std::size_t effort = 0, k = 0, count = 0;
    words >> command;
    if (command == "truth" && words >> k >> text) return truth(k, text);
    if (command == "build" && words >> text) return build(text);
    if (command == "run" && words >> effort >> k >> count) return run(effort, k, count);
    if (command == "answers" && words >> effort >> k >> text) return answers(effort, k, text);
    if (command == "filter" && words >> text) return filter(text);
    return R"({"error": "no such command"})";
  }

 private:
  static void write_rows(const std::string& path, const std::vector<std::vector<Scored>>& all, std::size_t k) {
    std::ofstream file(path, std::ios::binary);
    for (const auto& found : all) {
      for (std::size_t i = 0; i < k; ++i) {
        const std::uint32_t row = i < found.size() ? found[i].row : 0xFFFF'FFFF;
        file.write(reinterpret_cast<const char*>(&row), sizeof row);
      }
    }
  }

  std::string truth(std::size_t k, const std::string& path) {
    Matrix rows = rows_, queries = queries_;
    if (metric_ == index::Metric::cosine) {
      for (std::size_t r = 0; r < rows.rows(); ++r) index::to_unit(rows.row(r));
      for (std::size_t q = 0; q < queries.rows(); ++q) index::to_unit(queries.row(q));
    }
    const double start = thread_seconds();
    write_rows(path, index::exact_top_k(queries.view(), rows.view(), metric_, k, allowed()), k);
    return fmt::format(R"({{"cpu": {:.6f}}})", thread_seconds() - start);
  }

  std::string build(const std::string& name) {
    const auto spec = index::parse_index_spec(name, "build");
    if (!spec) throw std::runtime_error(spec.error().message());
    const double start = thread_seconds();
    auto built = index::VectorSegment::build({"bench", {}, static_cast<std::uint32_t>(rows_.columns()), metric_}, rows_.view(), {},
                                             {*spec, {}, 1}, Progress::none());
    if (!built) throw std::runtime_error(built.error().message());
    segment_.emplace(std::move(*built));
    return fmt::format(R"({{"cpu": {:.6f}, "bytes": {}, "vectors": {}}})", thread_seconds() - start, segment_->index_bytes(),
                       segment_->vector_bytes());
  }

  void search(std::size_t query, std::size_t effort, std::size_t k) {
    if (!segment_->search(queries_.row(query), {.k = k, .breadth = effort, .cells = effort, .allowed = allowed()}, scratch_, found_)) {
      throw std::runtime_error("a search failed");
    }
  }

  std::string run(std::size_t effort, std::size_t k, std::size_t count) {
    count = std::min(count, queries_.rows());
    scratch_.compared = 0;
    std::uint64_t sum = 0;
    const double start = thread_seconds();
    for (std::size_t q = 0; q < count; ++q) {
      search(q, effort, k);
      for (const Scored& next : found_) sum += next.row;
    }
    return fmt::format(R"({{"cpu": {:.6f}, "queries": {}, "compared": {}, "checksum": {}}})", thread_seconds() - start, count,
                       scratch_.compared, sum);
  }

  std::string answers(std::size_t effort, std::size_t k, const std::string& path) {
    std::vector<std::vector<Scored>> all;
    for (std::size_t q = 0; q < queries_.rows(); ++q) {
      search(q, effort, k);
      all.push_back(found_);
    }
    write_rows(path, all, k);
    return R"({"cpu": 0})";
  }

  std::string filter(const std::string& path) {
    bits_.clear();
    if (path == "-") return R"({"cpu": 0})";
    std::ifstream file(path, std::ios::binary);
    bits_.resize((rows_.rows() + 63) / 64);
    char allowed = 0;
    for (std::size_t r = 0; r < rows_.rows() && file.get(allowed); ++r) bits_[r / 64] |= std::uint64_t{allowed != 0 ? 1U : 0U} << (r % 64);
    return R"({"cpu": 0})";
  }
  index::AllowedRows allowed() const { return {bits_}; }

  Matrix rows_, queries_;
  index::Metric metric_;
  std::optional<index::VectorSegment> segment_;
  std::vector<std::uint64_t> bits_;
  index::WalkScratch scratch_;
  std::vector<Scored> found_;
};

}  // namespace
}  // namespace souk::bench

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw std::runtime_error("usage: vectors_bench FOLDER METRIC");
    const auto metric = souk::index::parse_metric(argv[2], "METRIC");
    if (!metric) throw std::runtime_error(metric.error().message());
    souk::bench::Side side(argv[1], *metric);
    for (std::string line; std::getline(std::cin, line);) std::cout << side.answer(line) << std::endl;
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << "\n";
    return 1;
  }
  return 0;
}
