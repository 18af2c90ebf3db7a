// A flipped byte, in any file of a shop, is noticed with a message that names the file, or harmless: the shop never answers wrongly,
// crashes or hangs. Each flip is made in a copy of the shop and looked at in a process of its own.
//
// SOUK_FLIPS: how many flips; SOUK_FLIPS_SEED: where they are drawn from; SOUK_FLIPS_REPORT: a file for the counts as JSON.
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "souk/base/hash.h"
#include "souk/base/random.h"
#include "souk/feeds/record_json.h"

#include "tests/engine/fixture.h"
#include "tests/engine/small_shop.h"
#include "tests/support/fork.h"

namespace souk::testing {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kFlips = 40;
#else
constexpr std::uint64_t kFlips = 250;
#endif
constexpr unsigned kSecondsToHang = 60;
constexpr std::size_t kEdge = 64;  // of a file's bytes, where headers and footers stand

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Everything the shop can be asked, as one text; the first error instead.
Result<std::string> all_it_tells(const engine::Shop& shop) {
  const store::Store& store = shop.store();
  const store::Counts counts = store.counts();
  std::string told = fmt::format("{} {} {} {} {}\n", counts.items, counts.stubs, counts.shoppers, counts.events, counts.seq);
  SOUK_CHECK(store.for_each_item([&](ItemId, store::Item&& item) {
    told += feeds::to_json(item) + "\n";
    return true;
  }));
  SOUK_CHECK(store.for_each_event([&](store::Event&& event) {
    told += feeds::to_json(event) + "\n";
    return true;
  }));
  SOUK_CHECK(store.for_each_shopper([&](ShopperId, store::Shopper&& shopper) {
    told += feeds::to_json(shopper) + "\n";
    return true;
  }));
  SOUK_CHECK(store.for_each_review([&](store::Review&& review) {
    told += feeds::to_json(review) + "\n";
    return true;
  }));
  SOUK_CHECK(store.for_each_served([&](const store::Served& served) {
    told += fmt::format("{} {} {} {} {}\n", served.request, served.time, served.shelf, served.shopper, fmt::join(served.items, ","));
    return true;
  }));
  SOUK_TRY(const store::Interactions log, shop.interactions());
  told += log.fingerprint() + " " + shop.view()->version + "\n";
  std::vector<engine::ShelfRequest> asked;
  for (const std::string& shelf : shop.shelves()) {
    if (shelf == "search") continue;
    asked.push_back(ask(shelf));
    asked.back().shopper = "h1";
    asked.back().items = {"milk"};
    asked.back().basket = {"tea", "i3"};
    asked.back().now = kMonday + 180 * kDay;
  }
  const auto tell = [&](const engine::ShelfAnswer& answer) {
    for (const engine::AnswerItem& item : answer.items) told += fmt::format("{} {} ", item.key, item.score);
    told += "\n";
  };
  for (const engine::ShelfRequest& request : asked) {
    SOUK_TRY(const auto answer, shop.shelf(request));
    tell(answer);
  }
  for (const char* const words : {"", "kettle", "black te"}) {
    engine::SearchRequest request = query(words);
    request.prefix_last = true;
    request.now = kMonday + 180 * kDay;
    SOUK_TRY(const auto answer, shop.search(request));
    tell(answer);
    for (const auto& [name, facet] : answer.facets) {
      for (const auto& value : facet.values) told += fmt::format("{} {} {}\n", name, value.value, value.count);
    }
  }
  return told;
}

struct Look {            // what a process found that opened a shop
  std::string told;      // hash of all_it_tells()
  std::string problem;   // the error that opening or asking ended with
  std::string findings;  // what doctor found
  std::string log;
  int status = 0;  // of the process
};

// In the process of its own: the folder `work` has the shop and gets the answer.
[[noreturn]] void look(const fs::path& work) {
  ::alarm(kSecondsToHang);
  const int log = ::open((work / "log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(log, STDERR_FILENO);
  Look found;
  auto shop = engine::Shop::open(work / "shop", {});
  if (shop) {
    const auto told = all_it_tells(**shop);
    if (told) found.told = hash128(*told).hex();
    if (!told) found.problem = told.error().message();
  } else {
    found.problem = shop.error().message();
    shop = engine::Shop::open(work / "shop", {.read_only = false, .for_repair = true, .threads = 1});
  }
  if (shop) {
    if (const auto findings = (*shop)->doctor(false, Progress::none())) {
      for (const engine::Finding& one : *findings) {
        if (!one.ok) found.findings += one.detail + " ";
      }
    } else {
      found.findings = findings.error().message();
    }
    shop->reset();
  }
  std::ofstream(work / "answer") << found.told << '\n' << found.problem << '\n' << found.findings << '\n';
  ::_exit(0);
}

Look answer_in(const fs::path& work, int status) {
  Look found;
  found.status = status;
  std::ifstream answer(work / "answer");
  std::getline(answer, found.told);
  std::getline(answer, found.problem);
  std::getline(answer, found.findings);
  found.log = read_file(work / "log").value_or("");
  return found;
}

void copy_shop(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

// Looks at one shop after the other, several at a time.
class Lookers {
 public:
  explicit Lookers(fs::path folder) : folder_(std::move(folder)) {}
  // Copies the shop, changes the copy, looks at it, and calls done with what was found, here or in a later call.
  void add(const fs::path& shop, const std::function<void(const fs::path&)>& change, std::function<void(const Look&)> done) {
    if (running_.size() >= std::max(1U, std::thread::hardware_concurrency())) wait_for_one();
    const fs::path work = folder_ / fmt::format("work-{}", next_++);
    fs::create_directories(work);
    copy_shop(shop, work / "shop");
    change(work / "shop");
    const pid_t child = ::fork();
    if (child == 0) look(work);
    running_[child] = {work, std::move(done)};
  }
  void finish() {
    while (!running_.empty()) wait_for_one();
  }

 private:
  void wait_for_one() {
    int status = 0;
    const auto ended = running_.find(::waitpid(-1, &status, 0));
    if (ended == running_.end()) return;
    const auto [work, done] = std::move(ended->second);
    running_.erase(ended);
    done(answer_in(work, status));
    fs::remove_all(work);
  }
  struct Running {
    fs::path work;
    std::function<void(const Look&)> done;
  };
  fs::path folder_;
  std::map<pid_t, Running> running_;
  std::uint64_t next_ = 0;
};

std::string kind_of(const fs::path& file) {
  const std::string name = file.filename().string();
  if (file.extension() == ".sst") return "table of the store";
  if (file.extension() == ".log") return "write-ahead log";
  if (file.extension() == ".seg") return "segment";
  if (name.starts_with("MANIFEST-")) return "MANIFEST";
  if (name.starts_with("OPTIONS-")) return "OPTIONS";
  if (name.starts_with("LOG")) return "LOG";
  if (name.starts_with("interactions-")) return "interactions";
  if (file.parent_path().filename() == "rejects") return "rejects";
  return name;
}

std::map<std::string, std::vector<fs::path>> files_by_kind(const fs::path& shop) {
  std::map<std::string, std::vector<fs::path>> kinds;
  for (const auto& entry : fs::recursive_directory_iterator(shop)) {
    if (entry.is_regular_file() && entry.file_size() > 0) kinds[kind_of(entry.path())].push_back(fs::relative(entry.path(), shop));
  }
  for (auto& [kind, files] : kinds) std::sort(files.begin(), files.end());
  return kinds;
}

struct Flip {
  fs::path file;  // in the shop
  std::uint64_t offset = 0;
  unsigned char mask = 1;
  void make(const fs::path& shop) const {
    std::fstream stream(shop / file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(offset));
    const int byte = stream.get();
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.put(static_cast<char>(byte ^ mask));
  }
};

// A third each: the file's first bytes, its last ones, any.
Flip drawn(const std::vector<fs::path>& files, const fs::path& shop, Random& random) {
  Flip flip;
  flip.file = files[random.below(files.size())];
  const std::uint64_t size = fs::file_size(shop / flip.file), edge = std::min<std::uint64_t>(size, kEdge);
  const std::uint64_t place = random.below(3);
  flip.offset = place == 0 ? random.below(edge) : place == 1 ? size - 1 - random.below(edge) : random.below(size);
  flip.mask = static_cast<unsigned char>(random.below(2) == 0 ? 1U << random.below(8) : 1 + random.below(255));
  return flip;
}

store::Changes purchases(std::size_t count, int batch) {
  store::Changes changes;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string order = fmt::format("b{}-{}", batch, i / 3);
    changes.events.push_back(event(fmt::format("{}:{}", order, i), fmt::format("h{}", i % 31), fmt::format("i{}", i * 7 % 40),
                                   store::EventKind::purchase, kMonday + static_cast<Timestamp>(i) * kHour, order));
  }
  return changes;
}

// The newest fixture, with more in the store's tables, and commits of several sizes in its write-ahead log alone. Beside it stands as
// `earlier-N` the shop as it was before each of these: what it may tell when the end of its log is lost.
void make_stages(const fs::path& folder) {
  const fs::path directory = unpacked(fixtures().back(), folder);
  const auto shop = reopened(directory);
  store::Changes more = purchases(300, 0);
  for (int i = 0; i < 40; ++i)
    more.items.push_back(item(fmt::format("i{}", i), fmt::format("Teapot number {}", i), "Home > Kitchen", "9.50"));
  apply(*shop, more);
  EXPECT_TRUE(shop->store().flush());
  EXPECT_TRUE(
      shop->compact());  // writes segments as they are written today: those of the fixture may be of an earlier form, and are not read
  std::vector<store::Changes> last{purchases(500, 1), {}, purchases(1, 2)};
  last[1].items = {item("milk", "Whole milk", "Food > Dairy", "3.09")};
  last[1].shoppers.emplace_back().key = "h3";
  for (std::size_t stage = 0; stage < last.size(); ++stage) {
    copy_shop(directory, folder / fmt::format("earlier-{}", stage));
    apply(*shop, last[stage]);
  }
  EXPECT_TRUE(shop->interactions());  // leaves its cache
}

class Tally {
 public:
  Tally(std::string whole, std::vector<std::string> earlier) : whole_(std::move(whole)), earlier_(std::move(earlier)) {}

  void count(const std::string& kind, const Flip& flip, const Look& found) {
    const std::string outcome = outcome_of(kind, flip, found);
    ++counts_[kind][outcome];
    const bool bad = outcome == "WRONG ANSWER" || outcome == "CRASH" || outcome == "HANG" || outcome == "noticed, but not named";
    if (!bad) return;
    if (++shown_[kind + outcome] > 5) return;
    ADD_FAILURE() << kind << " " << flip.file << " byte " << flip.offset << " ^ " << int{flip.mask} << ": " << outcome << ", status "
                  << found.status << "\n  problem: " << found.problem << "\n  doctor: " << found.findings << "\n  log: " << found.log;
  }
  void report(std::uint64_t seed) const {
    std::string kinds;
    for (const auto& [kind, outcomes] : counts_) {
      fmt::print("{:<20}", kind);
      std::string members;
      for (const auto& [outcome, count] : outcomes) {
        fmt::print("  {} {}", count, outcome);
        members += fmt::format(R"({}"{}":{})", members.empty() ? "" : ",", outcome, count);
      }
      fmt::print("\n");
      kinds += fmt::format("{}\"{}\":{{{}}}", kinds.empty() ? "" : ",", kind, members);
    }
    if (const char* const path = std::getenv("SOUK_FLIPS_REPORT"))
      std::ofstream(path) << fmt::format("{{\"seed\":{},\"kinds\":{{{}}}}}\n", seed, kinds);
  }

  std::uint64_t noticed(const std::string& kind) const {
    std::uint64_t sum = 0;
    for (const auto& [outcome, count] : counts_.at(kind)) sum += outcome == "harmless" ? 0 : count;
    return sum;
  }

 private:
  std::string outcome_of(const std::string& kind, const Flip& flip, const Look& found) const {
    const std::string name = flip.file.filename().string();
    if (WIFSIGNALED(found.status)) return WTERMSIG(found.status) == SIGALRM ? "HANG" : "CRASH";
    if (!WIFEXITED(found.status) || WEXITSTATUS(found.status) != 0) return "CRASH";
    const auto names = [&](const std::string& text) { return text.find(name) != std::string::npos; };
    if (!found.problem.empty()) return names(found.problem) ? "refused" : "noticed, but not named";
    if (found.told == whole_)
      return found.findings.empty() ? "harmless" : names(found.findings) ? "found by doctor" : "noticed, but not named";
    // Nobody can tell a changed setting from an edited one.
    if (kind == "shop.toml") return "another setting";
    // The last commit of a log cannot be told from one that was being written when the process died: it is cut, and that is said.
    const bool cut = std::find(earlier_.begin(), earlier_.end(), found.told) != earlier_.end();
    return kind == "write-ahead log" && cut && names(found.log) ? "cut and reported" : "WRONG ANSWER";
  }
  std::string whole_;
  std::vector<std::string> earlier_;
  std::map<std::string, std::map<std::string, std::uint64_t>> counts_;
  std::map<std::string, int> shown_;
};

// Not a test of its own: the process of the one below, which has no threads when it begins, so that it may fork.
TEST(Flips, Runner) {
  const char* const variable = std::getenv("SOUK_TEST_FLIPS");
  if (variable == nullptr) return;
  const fs::path folder = variable, shop = folder / "shop";
  const std::uint64_t flips = number_from("SOUK_FLIPS", kFlips), seed = number_from("SOUK_FLIPS_SEED", 5);
  Lookers lookers(folder);
  std::string whole;
  std::vector<std::string> earlier;
  const auto expect_sound = [](const Look& found) {
    EXPECT_EQ(found.status, 0);
    EXPECT_EQ(found.problem + found.findings, "");
  };
  const auto unchanged = [](const fs::path&) {};
  lookers.add(shop, unchanged, [&](const Look& found) {
    expect_sound(found);
    whole = found.told;
  });
  for (int stage = 0; fs::exists(folder / fmt::format("earlier-{}", stage)); ++stage) {
    lookers.add(folder / fmt::format("earlier-{}", stage), unchanged, [&](const Look& found) {
      expect_sound(found);
      earlier.push_back(found.told);
    });
  }
  lookers.finish();
  ASSERT_FALSE(HasFailure());

  Tally tally(whole, earlier);
  Random random(seed);
  const auto kinds = files_by_kind(shop);
  for (std::uint64_t i = 0; i < flips; ++i) {
    const auto& [kind, files] = *std::next(kinds.begin(), static_cast<std::ptrdiff_t>(i % kinds.size()));
    const Flip flip = drawn(files, shop, random);
    lookers.add(
        shop, [&](const fs::path& copy) { flip.make(copy); },
        [&tally, kind = kind, flip](const Look& found) { tally.count(kind, flip, found); });
  }
  lookers.finish();
  fmt::print("{} flips, seed {}\n", flips, seed);
  tally.report(seed);
  // Whatever is read has a checksum over it: a kind that never was noticed is a file that nobody read.
  for (const char* const kind : {"MANIFEST", "table of the store", "write-ahead log", "segment", "segments.set", "tables.souk"})
    EXPECT_GT(tally.noticed(kind), 0) << kind;
}

TEST(Flips, AreNoticedOrHarmless) {
  SOUK_NEEDS_FORK();
  // In memory where that is possible: thousands of shops are synced and thrown away.
  std::string pattern = (fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path().string()) + "/souk-flips-XXXXXX";
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  make_stages(pattern);
  const std::string program = fs::read_symlink("/proc/self/exe").string();
  const std::string command = fmt::format("SOUK_TEST_FLIPS='{}' '{}' --gtest_filter=Flips.Runner --gtest_brief=1", pattern, program);
  EXPECT_EQ(std::system(command.c_str()), 0);
  fs::remove_all(pattern);
}

}  // namespace
}  // namespace souk::testing
