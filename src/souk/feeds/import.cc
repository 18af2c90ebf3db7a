#include "souk/feeds/import.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <unistd.h>

#include "souk/feeds/chunk_parser.h"
#include "souk/feeds/hash_map.h"
#include "souk/feeds/pipeline.h"
#include "souk/feeds/rejects.h"

namespace souk::feeds {
namespace {

constexpr std::size_t kFirstProblems = 20;
constexpr unsigned kFileShift = 40;  // a row's place over all files: file number << 40 | row + 1

struct ImportFile {
  fs::path path;
  std::optional<FilePlan> plan;  // nothing: the file is empty
  std::uint64_t rows = 0;
  Hash128 digest, source;
};

std::string describe(const FieldMap& map) {
  std::string text;
  const auto add = [&](std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) text.append(part) += '\0';
  };
  for (const auto& [field, source] : map.fields) {
    add({"field", field, source.column, source.unit});
    if (source.separator != '|') add({"separator", std::string_view(&source.separator, 1)});
  }
  for (const auto& [role, column] : map.lists) add({"list", role, column});
  for (const auto& [field, constant] : map.constants) add({"constant", field, constant});
  for (const auto& [field, derived] : map.templates) add({"template", field, derived.text, derived.filters});
  for (const auto& [name, table] : map.lookups) {
    for (const auto& [from, to] : table) add({"lookup", name, from, to});
  }
  if (map.drop_others) add({"drop"});
  return text;
}

// What the options and the file say beyond its format's number; nothing for the forms that need no more.
std::string describe(const FileForm& form) {
  std::string text;
  if (!form.quotes) text += "unquoted";
  if (form.research || form.map || form.format == Format::spaces) {
    for (const std::string& column : form.columns) text.append(column) += '\0';
    text += form.map ? "map" : form.name;
  }
  return text;
}

// A file as messages name it. What standard input was written to has no name.
fs::path shown(const fs::path& path) {
  return is_nameless(path) ? fs::path("standard input") : path;
}

class Import {
 public:
  Import(store::Store& store, const fs::path& rejects_dir, const ImportOptions& options, Progress& progress)
      : store_(store), load_(store), options_(options), progress_(progress), rejects_(rejects_dir) {}

  Result<ImportReport> run(const std::vector<fs::path>& paths) {
    const auto started = std::chrono::steady_clock::now();
    for (const fs::path& path : paths) SOUK_CHECK(add_file(path));
    SOUK_CHECK(check_options());
    const store::Counts counts = store_.counts();
    if (counts.events != 0) timed_ = counts.timed;
    for (std::size_t i = 0; i < files_.size(); ++i) SOUK_CHECK(check(i));
    SOUK_CHECK(rejects_.close());
    report_.rejects_file = rejects_.path();
    const double allowed = options_.strict ? 0 : options_.max_rejects;
    report_.applied = static_cast<double>(report_.rejected) <= allowed * static_cast<double>(rows_);
    if (report_.applied) {
      std::vector<std::string> gone;
      if (options_.full) SOUK_CHECK(find_gone(counts, gone));
      for (std::size_t i = 0; i < files_.size(); ++i) SOUK_CHECK(apply(i));
      SOUK_CHECK(load_.finish());
      SOUK_CHECK(remove(gone));
    }
    progress_.finish();
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return std::move(report_);
  }

 private:
  Status add_file(const fs::path& path);
  Status check_options() const;
  Status check(std::size_t number);
  Status take_checked(std::size_t number, const ParsedChunk& chunk, std::uint64_t first_line);
  Status refuse_rows(const fs::path& path, const ParsedChunk& chunk, std::uint64_t first_line);
  Status apply(std::size_t number);
  Status take_parsed(std::size_t number, ParsedChunk& chunk, std::uint64_t first_row);
  bool superseded(std::size_t number, std::uint64_t row, const Hash128& identity);
  Status merge_items(const ImportFile& file, ParsedChunk& chunk, const std::function<bool(std::size_t)>& wanted, store::Changes& changes);
  void name_events(ParsedChunk& chunk);
  Status find_gone(const store::Counts& counts, std::vector<std::string>& gone);
  Status remove(std::vector<std::string>& gone);
  template <class Consume>
  Status read_chunks(ImportFile& file, Pass pass, const Consume& consume);

  store::Store& store_;
  store::BulkLoad load_;
  const ImportOptions& options_;
  Progress& progress_;
  RejectsFile rejects_;
  ImportReport report_;
  std::vector<ImportFile> files_;
  std::uint64_t rows_ = 0;          // of all files, refused ones included
  std::optional<bool> timed_;       // whether the shop's events carry times
  HashMap last_row_;                // identity of items, shoppers and reviews -> place of the last row that has it
  HashMap feed_keys_;               // of items in the feed: only for --full
  std::uint64_t unknown_keys_ = 0;  // refused rows whose key could not be read
  HashMap repetitions_;             // content of events without id -> rows of this file so far

  struct Application {       // of the file that is being applied
    std::uint64_t skip = 0;  // rows committed by an earlier run
    bool keep_offset = false;
    std::optional<JsonReader> patcher;
    std::optional<RowPlan> patch_plan;
  } now_;
};

Status Import::add_file(const fs::path& path) {
  ImportFile file{path, std::nullopt, 0, {}, {}};
  SOUK_TRY(file.plan, plan_file(path, options_));
  files_.push_back(std::move(file));
  return {};
}

Status Import::check_options() const {
  for (const ImportFile& file : files_) {
    if (!file.plan || file.plan->rows.kind() == RecordKind::items) continue;
    if (options_.full || options_.merge) {
      return fail(Error{ErrorKind::invalid,
                        "--full and --merge are for items",
                        file.path.string(),
                        "items",
                        std::string(name_of(file.plan->rows.kind())),
                        {}});
    }
  }
  if (!options_.full || !options_.merge) return {};
  return fail(ErrorKind::invalid, "--full and --merge exclude each other", {}, "A full feed holds whole items.");
}

template <class Consume>
Status Import::read_chunks(ImportFile& file, Pass pass, const Consume& consume) {
  SOUK_TRY(auto reader, ChunkReader::open(file.path, file.plan->form));
  const unsigned threads = std::max(1u, options_.threads);
  std::vector<ChunkParser> parsers;
  parsers.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) parsers.emplace_back(*file.plan);
  std::uint64_t row = 0, line = file.plan->form.header_lines + 1, raw = 0;
  const typename Pipeline<Chunk, ParsedChunk>::Stages stages{
      [&] { return reader.next(); }, [&](Chunk&& chunk, unsigned thread) { return parsers[thread].parse(std::move(chunk), pass); },
      [&](ParsedChunk&& chunk) -> Status {
        if (progress_.cancelled()) return fail(ErrorKind::cancelled, "the import was stopped", file.path.string());
        if (chunk.fatal) {
          return fail(Error{ErrorKind::invalid, "cannot read the file", file.path.string() + ":" + std::to_string(line + chunk.fatal->line),
                            chunk.fatal->expected, chunk.fatal->found, "Nothing was applied."});
        }
        SOUK_CHECK(consume(chunk, row, line));
        row += chunk.rows;
        line += chunk.lines;
        progress_.add(pass == Pass::check ? chunk.raw_end - raw : chunk.rows);
        raw = chunk.raw_end;
        return {};
      }};
  SOUK_CHECK((Pipeline<Chunk, ParsedChunk>::run(threads, stages)));
  const Hash128 digest = reader.stream().digest();
  if (pass == Pass::check) {
    file.digest = digest;
    file.rows = row;
    return {};
  }
  if (digest == file.digest) return {};
  return fail(ErrorKind::invalid, "the file changed while it was imported", file.path.string(), "Import it again when it is complete.");
}

Status Import::check(std::size_t number) {
  ImportFile& file = files_[number];
  if (!file.plan) return {};
  std::error_code error;
  const std::uint64_t size = fs::file_size(file.path, error);
  progress_.stage("checking " + shown(file.path).filename().string(), error ? 0 : size, "bytes");
  SOUK_CHECK(read_chunks(file, Pass::check, [&](const ParsedChunk& chunk, std::uint64_t row, std::uint64_t line) -> Status {
    for (std::size_t i = 0; i < chunk.identities.size() && !options_.merge; ++i) {
      last_row_[chunk.identities[i]] = (static_cast<std::uint64_t>(number) << kFileShift | (row + chunk.row_of[i])) + 1;
    }
    return take_checked(number, chunk, line);
  }));
  rows_ += file.rows;
  const std::string way = std::string(name_of(file.plan->rows.kind())) + '\0' + std::to_string(static_cast<int>(file.plan->form.format)) +
                          '\0' + options_.currency + '\0' + (options_.strict ? "s" : "-") + (options_.merge ? "m" : "-") +
                          describe(options_.map) + describe(file.plan->form);
  file.source = hash128(file.digest.hex() + way);
  return {};
}

Status Import::take_checked(std::size_t number, const ParsedChunk& chunk, std::uint64_t first_line) {
  const fs::path path = shown(files_[number].path);
  for (const auto& [name, count] : chunk.unknown_kinds) report_.unknown_kinds[name] += count;
  for (const auto& [name, count] : chunk.unknown_fields) report_.unknown_fields[name] += count;
  if (options_.full) {
    for (const Hash128& key : chunk.keys) feed_keys_[key] = 1;
    for (const RefusedRow& row : chunk.refused) {
      if (row.key.empty()) ++unknown_keys_;
      feed_keys_[hash128(row.key)] = 1;
    }
  }
  const auto refuse = [&](RowProblem problem, std::string_view text) -> Status {
    problem.line += first_line;
    ++report_.rejected;
    SOUK_CHECK(rejects_.add(path, problem, text));
    problem.file = path.string();
    if (report_.first_problems.size() < kFirstProblems) report_.first_problems.push_back(std::move(problem));
    return {};
  };
  if (!timed_ && (!chunk.timed.empty() || !chunk.untimed.empty())) {  // the first event decides
    timed_ = chunk.untimed.empty() || (!chunk.timed.empty() && chunk.timed.front().row < chunk.untimed.front().row);
  }
  const auto& others = timed_.value_or(true) ? chunk.untimed : chunk.timed;
  // Refused rows and rows that differ in having a time, in the file's order.
  auto other = others.begin();
  const auto refuse_others_before = [&](std::uint32_t row) -> Status {
    for (; other != others.end() && other->row < row; ++other) {
      SOUK_CHECK(refuse(
          RowProblem{other->line, "time", *timed_ ? "a time, as the shop's other events have" : "no time, as the shop's other events",
                     *timed_ ? "nothing" : "a time"},
          {}));
    }
    return {};
  };
  for (const RefusedRow& row : chunk.refused) {
    SOUK_CHECK(refuse_others_before(row.row));
    SOUK_CHECK(refuse(row.problem, row.text));
  }
  return refuse_others_before(UINT32_MAX);
}

Status Import::apply(std::size_t number) {
  ImportFile& file = files_[number];
  if (!file.plan) return {};
  progress_.stage("importing " + shown(file.path).filename().string(), file.rows, std::string(name_of(file.plan->rows.kind())));
  now_ = Application{};
  repetitions_ = HashMap();
  // Events stay as they came. What else a row says somebody may have changed since it was committed: such rows are all applied again, and
  // those that say what the shop has change nothing.
  now_.keep_offset = file.plan->rows.kind() == RecordKind::events;
  if (now_.keep_offset) now_.skip = store_.source_rows(file.source).value_or(0);
  if (now_.skip >= file.rows) {  // imported before: looked at again too
    now_.skip = 0;
    now_.keep_offset = false;
  }
  report_.resumed_rows += now_.skip;
  if (options_.merge) {
    const bool own_names = file.plan->form.format != Format::jsonl;  // patches made from tables carry the fields' own names
    SOUK_TRY(now_.patch_plan,
             RowPlan::compile(RecordKind::items, own_names ? FieldMap{} : options_.map, options_.strict, options_.currency));
    now_.patcher.emplace(*now_.patch_plan);
  }
  return read_chunks(file, Pass::apply,
                     [&](ParsedChunk& chunk, std::uint64_t row, std::uint64_t) { return take_parsed(number, chunk, row); });
}

bool Import::superseded(std::size_t number, std::uint64_t row, const Hash128& identity) {
  if (options_.merge) return false;
  return last_row_[identity] != (static_cast<std::uint64_t>(number) << kFileShift | row) + 1;
}

void Import::name_events(ParsedChunk& chunk) {
  auto content = chunk.contents.begin();
  for (store::Event& event : chunk.events) {
    if (event.id.empty()) event.id = content_id(*content, repetitions_[*content]++), ++content;
  }
}

Status Import::take_parsed(std::size_t number, ParsedChunk& chunk, std::uint64_t first_row) {
  name_events(chunk);
  const std::uint64_t end = first_row + chunk.rows;
  if (end <= now_.skip) return {};
  store::Changes changes;
  const auto wanted = [&](std::size_t i) {
    const std::uint64_t row = first_row + chunk.row_of[i];
    if (row < now_.skip) return false;
    const bool replaced = !chunk.identities.empty() && superseded(number, row, chunk.identities[i]);
    report_.duplicates += replaced;
    return !replaced;
  };
  const auto take = [&](auto& from, auto& to) {
    if (chunk.identities.empty() && first_row >= now_.skip) {  // all are wanted
      to = std::move(from);
      return;
    }
    to.reserve(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (wanted(i)) to.push_back(std::move(from[i]));
    }
  };
  std::unique_lock<FairSharedMutex> alone(store_.item_writes(), std::defer_lock);
  std::shared_lock<FairSharedMutex> shared(store_.item_writes(), std::defer_lock);
  if (options_.merge) {
    alone.lock();
    SOUK_CHECK(merge_items(files_[number], chunk, wanted, changes));
  } else {
    take(chunk.items, changes.items);
    if (!changes.items.empty()) shared.lock();
  }
  take(chunk.shoppers, changes.shoppers);
  take(chunk.reviews, changes.reviews);
  if (now_.skip <= first_row) {
    changes.events = std::move(chunk.events);
  } else {
    take(chunk.events, changes.events);
  }
  std::erase_if(changes.events, [&](const store::Event& event) { return event.time.has_value() != *timed_; });
  if (now_.keep_offset) changes.offset = store::SourceOffset{files_[number].source, end};
  if (changes.empty()) return {};
  SOUK_TRY(const auto done, load_.commit(changes));
  report_.accepted += done.accepted;
  report_.changed += done.changed;
  report_.unchanged += done.unchanged;
  report_.duplicates += done.duplicates;
  report_.conflicts += done.conflicts;
  return {};
}

Status Import::merge_items(const ImportFile& file, ParsedChunk& chunk, const std::function<bool(std::size_t)>& wanted,
                           store::Changes& changes) {
  std::map<std::string, std::size_t> pending;  // key -> its place in changes.items
  const bool own_names = file.plan->form.format != Format::jsonl;
  const auto stored = [&](std::string_view key) -> Result<store::Item> {
    SOUK_TRY(const auto id, store_.find_item(key));
    if (!id) return store::Item{};
    auto item = store_.item(*id);
    if (!item && item.error().kind == ErrorKind::not_found) return store::Item{};  // removed
    return item;
  };
  for (std::size_t i = 0; i < chunk.patches.size(); ++i) {
    if (!wanted(i)) continue;
    const std::string key = now_.patcher->text_of(chunk.patches[i], own_names ? "key" : file.plan->rows.key_column());
    const auto before = pending.find(key);
    store::Item item;
    if (before != pending.end()) {
      item = changes.items[before->second];
    } else {
      SOUK_TRY(item, stored(key));
    }
    if (!now_.patcher->patch(item, chunk.patches[i])) {
      return fail(Error{ErrorKind::internal,
                        "a patch that was good is refused",
                        file.path.string(),
                        now_.patcher->builder().problem().expected,
                        now_.patcher->builder().problem().found,
                        {}});
    }
    store::Item& merged = now_.patcher->builder().item();
    if (options_.finish_item) options_.finish_item(merged);
    if (before != pending.end()) {
      changes.items[before->second] = std::move(merged);
    } else {
      pending.emplace(key, changes.items.size());
      changes.items.push_back(std::move(merged));
    }
  }
  return {};
}

Status Import::find_gone(const store::Counts& counts, std::vector<std::string>& gone) {
  if (unknown_keys_ != 0) {
    return fail(Error{ErrorKind::invalid, "cannot tell which items the feed still has", report_.rejects_file.string(),
                      "rows with readable keys", std::to_string(unknown_keys_) + " refused rows without one",
                      "Mend the feed, or import it without --full."});
  }
  SOUK_CHECK(store_.for_each_item([&](ItemId, store::Item&& item) {
    store::Item stub;
    stub.key = item.key;
    if (item != stub && !feed_keys_.contains(hash128(item.key))) gone.push_back(std::move(item.key));
    return true;
  }));
  if (static_cast<double>(gone.size()) <= options_.max_delete * static_cast<double>(counts.items)) return {};
  return fail(Error{ErrorKind::limit, "the feed would remove too many items", files_.empty() ? "" : files_.front().path.string(),
                    "at most " + std::to_string(static_cast<std::uint64_t>(options_.max_delete * static_cast<double>(counts.items))) +
                        " of " + std::to_string(counts.items) + " items",
                    std::to_string(gone.size()), "Nothing was applied. Raise --max-delete if the feed is right."});
}

Status Import::remove(std::vector<std::string>& gone) {
  if (gone.empty()) return {};
  store::Changes changes;
  changes.removed_items = std::move(gone);
  const std::shared_lock lock(store_.item_writes());
  SOUK_TRY(const auto done, store_.commit(changes));
  report_.removed += done.removed;
  return {};
}

// Standard input, which cannot be read twice, as a file in the folder.
Result<NamelessFile> spool(const fs::path& directory) {
  SOUK_CHECK(make_directories(directory));
  SOUK_TRY(NamelessFile file, NamelessFile::make(directory));
  std::string buffer(1u << 20, '\0');
  while (true) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("cannot read", "standard input", errno);
    if (count == 0) return file;
    SOUK_CHECK(file.append(std::string_view(buffer.data(), static_cast<std::size_t>(count))));
  }
}

}  // namespace

Result<ImportReport> import_files(store::Store& store, const fs::path& rejects_dir, const std::vector<fs::path>& files,
                                  const ImportOptions& options, Progress& progress) {
  std::vector<fs::path> paths = files;
  std::optional<NamelessFile> input;
  for (fs::path& path : paths) {
    if (path != "-") continue;
    if (input) return fail(ErrorKind::invalid, "standard input is named twice");
    SOUK_TRY(NamelessFile spooled, spool(rejects_dir));
    input.emplace(std::move(spooled));
    path = input->path();
  }
  auto report = Import(store, rejects_dir, options, progress).run(paths);
  if (report || !is_nameless(report.error().where)) return report;
  Error error = std::move(report).error();
  error.where = "standard input" + error.where.substr(std::min(error.where.find(':'), error.where.size()));
  return fail(std::move(error));
}

}  // namespace souk::feeds
