#include "souk/lab/journal.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <utility>

#include "souk/base/section_file.h"
#include "souk/engine/shop.h"
#include "souk/lab/shipped.h"
#include "souk/learn/library.h"

namespace souk::lab {
namespace {

constexpr std::uint32_t kVersion = 2, kOldest = 1;

std::string size_and_time(const fs::path& path) {
  struct stat file {};
  if (path.empty() || ::stat(path.c_str(), &file) != 0) return {};
  return fmt::format(" {} {}.{}", file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec);
}

// Version, size and time of the library that this code stands in, and of the one with learned models: a rebuilt program does not take up
// what another one computed.
std::string program_stamp() {
  Dl_info self{};
  static const char here = 0;
  const bool known = dladdr(&here, &self) != 0 && self.dli_fname != nullptr;
  return std::string(engine::kVersion) + size_and_time(known ? self.dli_fname : "") + size_and_time(learn::library_path());
}

std::string joined_keys(const auto& map) {
  std::string text;
  for (const auto& [name, value] : map) text += name + "\n";
  return text;
}

std::vector<std::string> lines_of(std::span<const char> text) {
  std::vector<std::string> lines;
  std::string line;
  for (const char letter : text) {
    if (letter == '\n') {
      lines.push_back(std::exchange(line, {}));
    } else {
      line += letter;
    }
  }
  return lines;
}

}  // namespace

Result<Stage> read_stage(const fs::path& file) {
  SOUK_TRY(const SectionFile sections, SectionFile::open(file, "STGE", kOldest, kVersion));
  SOUK_TRY(const auto names, sections.array<char>("names"));
  SOUK_TRY(const auto means, sections.array<double>("means"));
  SOUK_TRY(const auto cases, sections.array<char>("cases"));
  SOUK_TRY(const auto values, sections.array<float>("values"));
  SOUK_TRY(const auto shoppers, sections.array<std::uint32_t>("shopper"));
  SOUK_TRY(const auto times, sections.array<double>("times"));
  SOUK_TRY(const auto note, sections.array<char>("note"));
  std::span<const std::uint64_t> epochs;
  if (sections.version() > 1) {
    SOUK_TRY(epochs, sections.array<std::uint64_t>("epochs"));
  }
  const std::vector<std::string> metrics = lines_of(names), kept = lines_of(cases);
  const bool fits = means.size() == metrics.size() && times.size() == 4 && epochs.size() == (sections.version() > 1 ? 1 : 0) &&
                    (kept.empty() ? values.empty() : values.size() % kept.size() == 0);
  if (!fits) return fail(ErrorKind::corrupt, "the sections of a finished stage do not fit together", file.string());
  Stage stage;
  for (std::size_t i = 0; i < metrics.size(); ++i) stage.metrics[metrics[i]] = means[i];
  const std::size_t count = kept.empty() ? 0 : values.size() / kept.size();
  if (!shoppers.empty() && !kept.empty() && shoppers.size() != count) {
    return fail(ErrorKind::corrupt, "the sections of a finished stage do not fit together", file.string());
  }
  stage.shoppers.assign(shoppers.begin(), shoppers.end());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto part = values.subspan(i * count, count);
    stage.per_case[kept[i]].assign(part.begin(), part.end());
  }
  stage.note.assign(note.begin(), note.end());
  if (!epochs.empty()) stage.epochs = epochs.front();
  stage.seconds = {0, times[0], times[1]};
  stage.cpu_seconds = {0, times[2], times[3]};
  return stage;
}

Status write_stage(const Stage& stage, const fs::path& file) {
  std::vector<double> means;
  for (const auto& [name, value] : stage.metrics) means.push_back(value);
  std::vector<float> values;
  for (const auto& [name, cases] : stage.per_case) values.insert(values.end(), cases.begin(), cases.end());
  const std::vector<double> times = {stage.seconds.train, stage.seconds.evaluate, stage.cpu_seconds.train, stage.cpu_seconds.evaluate};
  SectionWriter writer("STGE", kVersion);
  writer.add_owned("names", joined_keys(stage.metrics));
  writer.add("means", means);
  writer.add_owned("cases", joined_keys(stage.per_case));
  writer.add("values", values);
  writer.add("shopper", stage.shoppers);
  writer.add("times", times);
  writer.add_owned("note", stage.note);
  writer.add("epochs", std::span(&stage.epochs, 1));
  return writer.write(file);
}

Result<Journal> Journal::open(const fs::path& folder) {
  Journal journal;
  journal.folder_ = folder;
  std::error_code error;
  const auto program = read_file(folder / "program");
  const bool go_on = program && *program == program_stamp() && !fs::exists(folder / "done", error);
  if (!go_on) {
    fs::remove_all(folder, error);
    if (error) return fail_errno("cannot begin a run anew", folder.string(), error.value());
    fs::create_directories(folder, error);
    if (error) return fail_errno("cannot make the folder of a run", folder.string(), error.value());
    SOUK_CHECK(write_file(folder / "program", program_stamp()));
    return journal;
  }
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != ".stage") continue;
    if (auto stage = read_stage(at->path())) journal.stages_[at->path().stem().string()] = std::move(*stage);
  }
  if (error) return fail_errno("cannot list what a run has finished", folder.string(), error.value());
  for (const auto& [name, stage] : journal.stages_) journal.taken_up_.push_back(name);
  return journal;
}

const Stage* Journal::find(const std::string& name) const {
  const auto found = stages_.find(plain_name(name));
  return found == stages_.end() ? nullptr : &found->second;
}

Status Journal::keep(const std::string& name, const Stage& stage) {
  if (folder_.empty()) return {};
  SOUK_CHECK(write_stage(stage, folder_ / (plain_name(name) + ".stage")));
  stages_[plain_name(name)] = stage;
  std::error_code ignored;  // it would be in nobody's way
  fs::remove(training(name).checkpoint, ignored);
  return {};
}

recommend::TrainingFiles Journal::training(const std::string& name) const {
  if (folder_.empty()) return {};
  return {folder_ / (plain_name(name) + ".checkpoint"), folder_ / (plain_name(name) + ".jsonl")};
}

Status Journal::finish() {
  return folder_.empty() ? Status() : write_file(folder_ / "done", "");
}

fs::path default_runs() {
  const auto given = [](const char* name) -> std::optional<fs::path> {
    const char* const value = std::getenv(name);
    return value == nullptr || *value == '\0' ? std::nullopt : std::optional<fs::path>(value);
  };
  if (const auto runs = given("SOUK_RUNS")) return *runs;
  if (const auto state = given("XDG_STATE_HOME")) return *state / "souk" / "runs";
  if (const auto home = given("HOME")) return *home / ".local" / "state" / "souk" / "runs";
  return "build/lab";
}

fs::path run_folder(const fs::path& runs, const std::string& recipe, const std::string& data, const std::string& key) {
  return runs / recipe / (plain_name(data) + "-" + key);
}

std::string plain_name(std::string_view text) {
  std::string name(text);
  for (char& letter : name) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    if (!plain && letter != '.' && letter != '-' && letter != '=') letter = '_';
  }
  return name;
}

}  // namespace souk::lab
