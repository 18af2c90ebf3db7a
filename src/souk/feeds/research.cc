#include "souk/feeds/research.h"

#include <algorithm>
#include <fmt/format.h>

#include "souk/feeds/chunk_parser.h"
#include "souk/feeds/log_builder.h"
#include "souk/feeds/pipeline.h"

namespace souk::feeds {
namespace {

constexpr double kMostRefused = 0.01;  // of a file's records

class SetReader {
 public:
  SetReader(unsigned threads, Progress& progress) : threads_(std::max(1u, threads)), progress_(progress) {}

  Status read(const fs::path& path, const DataFile& file) {
    if (progress_.cancelled()) return fail(ErrorKind::cancelled, "reading the data set was stopped", path.string());
    SOUK_TRY(const SetPart part, part_of(file, path));
    ImportOptions options = file.options;
    options.threads = threads_;
    SOUK_TRY(const auto plan, plan_file(path, options));
    if (!plan) return {};
    std::error_code error;
    const std::uint64_t size = fs::file_size(path, error);
    progress_.stage("reading " + path.filename().string(), error ? 0 : size, "bytes");
    return is_line_form(plan->form.format) ? read_lines(path, *plan, part, file.validation) : read_records(path, *plan, part);
  }

  Result<SetLog> finish(const std::string& where, bool overlaps) && {
    if (events_ == 0) return fail(ErrorKind::invalid, "the data set holds no events", where);
    if (shared_ids_ != 0) {
      return fail(Error{ErrorKind::invalid, "an event stands in two parts", first_shared_, "each event in one part",
                        std::to_string(shared_ids_) + " such events",
                        "take them out of the earlier part; results on this split would flatter"});
    }
    SOUK_TRY(SetLog set, std::move(log_).build(overlaps));
    set.notes.insert(set.notes.begin(), notes_.begin(), notes_.end());
    // A single file of lines is its own content; all else is known by the log and its parts.
    set.hash = lines_files_ == 1 && other_files_ == 0 && set.first_test.empty() ? lines_hash_ : hash_of(set);
    progress_.finish();
    return set;
  }

 private:
  static Result<SetPart> part_of(const DataFile& file, const fs::path& path) {
    if (file.part.empty() || file.part == "train") return SetPart::train;
    if (file.part == "validation") return SetPart::validation;
    if (file.part == "test") return SetPart::test;
    return fail(Error{ErrorKind::invalid, "unknown part of a data set", path.string(), "train, validation or test", file.part, {}});
  }

  static std::string hash_of(const SetLog& set) {
    if (set.first_test.empty()) return set.log.fingerprint();
    StreamHash hash;
    hash.update(set.log.fingerprint());
    for (const auto* begins : {&set.first_validation, &set.first_test}) {
      hash.update({reinterpret_cast<const char*>(begins->data()), begins->size() * sizeof(std::uint64_t)});
    }
    return hash.digest().hex();
  }

  Status read_lines(const fs::path& path, const FilePlan& plan, SetPart part, double validation);
  void add_line(const LineEvents& line, Format form, store::EventKind kind, SetPart part, std::uint64_t number);
  Status read_records(const fs::path& path, const FilePlan& plan, SetPart part);
  Status take_records(const fs::path& path, ParsedChunk& chunk, SetPart part, std::uint64_t first_line);
  void add_event(const store::Event& event, SetPart part);
  bool is_new(const store::Event& event, SetPart part, const fs::path& path);

  unsigned threads_;
  Progress& progress_;
  LogBuilder log_;
  HashMap ids_;  // of events that have one, to their part + 1: a second is the same event, as in a shop
  std::uint64_t shared_ids_ = 0;
  std::string first_shared_;
  std::uint64_t events_ = 0, lines_files_ = 0, other_files_ = 0;
  std::string lines_hash_;
  std::vector<std::string> notes_;

  struct Refused {  // of one file
    std::uint64_t rows = 0, refused = 0;
    std::optional<RowProblem> first;
  } now_;
};

tl::unexpected<Error> bad_row(const fs::path& path, std::uint64_t line, const RowProblem& problem, std::string hint) {
  const std::string field = problem.path.empty() ? "" : ": " + problem.path;
  return fail(Error{ErrorKind::invalid, "cannot read the data set", path.string() + ":" + std::to_string(line) + field, problem.expected,
                    problem.found, std::move(hint)});
}

Status SetReader::read_lines(const fs::path& path, const FilePlan& plan, SetPart part, double validation) {
  SOUK_TRY(const auto stream, ByteStream::open(path));
  std::string text;
  for (bool ended = false; !ended;) SOUK_CHECK(stream->read(text, 4u << 20, ended));
  ++lines_files_;
  lines_hash_ = hash128(text).hex();
  RecordBuilder kinds = plan.rows.builder();
  kinds.begin();
  const store::EventKind kind = kinds.event().kind;
  LineEvents events;
  RowProblem problem;
  const double total = static_cast<double>(validation > 0 ? std::ranges::count(text, '\n') : 0);
  std::uint64_t number = plan.form.header_lines;
  for (std::string_view rest = std::string_view(text).substr(plan.form.header_bytes); !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (!plan.form.lines.read(line, events, problem)) return bad_row(path, number, problem, {});
    // What is asked about last of a line that validates, as a line of lists says it.
    const bool validates = validation > 0 && events.items.size() > 1 && static_cast<double>(number) > (1 - validation) * total;
    if (validates) events.train = events.items.size() - 1;
    add_line(events, validates ? Format::lists : plan.form.format, kind, part, number);
  }
  return {};
}

void SetReader::add_line(const LineEvents& line, Format form, store::EventKind kind, SetPart part, std::uint64_t number) {
  LogBuilder::Added event;
  event.shopper = line.shopper.empty() ? log_.new_shopper() : log_.shopper(line.shopper);
  event.kind = kind;
  if (form == Format::baskets) event.order = number;
  const SetPart before = part == SetPart::test ? SetPart::known : SetPart::train;  // what a case knows
  for (std::size_t i = 0; i < line.items.size(); ++i) {
    event.item = log_.item(line.items[i]);
    event.part = part;
    if (form == Format::lists) event.part = i < line.train ? SetPart::train : i < line.known ? SetPart::validation : SetPart::test;
    if (form == Format::cases && i < line.known) event.part = before;
    log_.add(event);
  }
  events_ += line.items.size();
}

Status SetReader::read_records(const fs::path& path, const FilePlan& plan, SetPart part) {
  if (plan.rows.kind() == RecordKind::items) return {};
  SOUK_TRY(auto reader, ChunkReader::open(path, plan.form));
  std::vector<ChunkParser> parsers;
  parsers.reserve(threads_);
  for (unsigned i = 0; i < threads_; ++i) parsers.emplace_back(plan);
  other_files_ += plan.rows.kind() == RecordKind::events;
  now_ = Refused{};
  std::uint64_t line = plan.form.header_lines + 1, raw = 0;
  const Pipeline<Chunk, ParsedChunk>::Stages stages{
      [&] { return reader.next(); }, [&](Chunk&& chunk, unsigned thread) { return parsers[thread].parse(std::move(chunk), Pass::apply); },
      [&](ParsedChunk&& chunk) -> Status {
        if (chunk.fatal) {
          return bad_row(path, line + chunk.fatal->line, RowProblem{0, "", chunk.fatal->expected, chunk.fatal->found}, {});
        }
        SOUK_CHECK(take_records(path, chunk, part, line));
        line += chunk.lines;
        progress_.add(chunk.raw_end - raw);
        raw = chunk.raw_end;
        return {};
      }};
  SOUK_CHECK((Pipeline<Chunk, ParsedChunk>::run(threads_, stages)));
  if (now_.refused == 0) return {};
  const std::string share = std::to_string(now_.refused) + " of " + std::to_string(now_.rows) + " records refused";
  if (static_cast<double>(now_.refused) > kMostRefused * static_cast<double>(now_.rows)) {
    return bad_row(path, now_.first->line, *now_.first, share);
  }
  notes_.push_back(path.filename().string() + ": " + share);
  return {};
}

Status SetReader::take_records(const fs::path& path, ParsedChunk& chunk, SetPart part, std::uint64_t first_line) {
  if (progress_.cancelled()) return fail(ErrorKind::cancelled, "reading the data set was stopped", path.string());
  now_.rows += chunk.rows;
  now_.refused += chunk.refused.size();
  if (!now_.first && !chunk.refused.empty()) {
    now_.first = chunk.refused.front().problem;
    now_.first->line += first_line;
  }
  for (const store::Shopper& shopper : chunk.shoppers) {
    if (!shopper.train) log_.leave_out(shopper.key);
  }
  for (const store::Event& event : chunk.events) {
    if (event.item.empty()) continue;  // searches
    if (is_new(event, part, path)) add_event(event, part);
  }
  return {};
}

bool SetReader::is_new(const store::Event& event, SetPart part, const fs::path& path) {
  if (event.id.empty()) return true;
  std::uint64_t& known = ids_[hash128(event.id)];
  const std::uint64_t own = static_cast<std::uint64_t>(part) + 1;
  if (known == 0) {
    known = own;
    return true;
  }
  if (known == own || shared_ids_++ != 0) return false;
  const auto other = static_cast<SetPart>(known - 1);
  first_shared_ =
      fmt::format("{}: id '{}', shopper '{}', item '{}'{}, parts {} and {}", path.string(), event.id, event.shopper, event.item,
                  event.time ? " at " + format_rfc3339(*event.time) : "", name_of(std::min(part, other)), name_of(std::max(part, other)));
  return false;
}

void SetReader::add_event(const store::Event& event, SetPart part) {
  LogBuilder::Added added;
  added.shopper = log_.shopper(event.shopper.empty() ? std::string(store::kVisitorPrefix) + event.session : event.shopper);
  added.item = log_.item(event.item);
  added.part = part;
  added.kind = event.kind;
  added.time = event.time;
  added.order = event.order.empty() ? 0 : std::max<std::uint64_t>(hash64(event.order), 1);
  log_.add(added);
  ++events_;
}

// Whether a file is a table whose columns are not known, rather than the lines of numbers that a text may be.
bool names_fields(const fs::path& file, const FileForm& form) {
  if (form.empty || file.filename().string().find(".txt") != std::string::npos) return false;
  const auto is_name = [](const std::string& column) { return column.find_first_not_of("0123456789 \t") != std::string::npos; };
  return form.format == Format::jsonl || std::ranges::any_of(form.columns, is_name);
}

}  // namespace

Result<SetLog> read_set(const Descriptor& descriptor, const fs::path& folder, unsigned threads, Progress& progress) {
  SetReader reader(threads, progress);
  std::error_code ignored;
  for (const DataFile& file : descriptor.files) {
    if (!file.log || file.options.as == RecordKind::items) continue;
    fs::path path = folder / file.path;
    if (!fs::exists(path, ignored)) path = folder / file.path.filename();
    if (!fs::exists(path, ignored)) {
      return fail(ErrorKind::not_found, "the data set '" + descriptor.name + "' is not there", (folder / file.path).string(),
                  "set SOUK_DATA to the folder of the data sets, or name a file or folder with --data");
    }
    SOUK_CHECK(check_file(path, file));
    SOUK_CHECK(reader.read(path, file));
  }
  return std::move(reader).finish(descriptor.name, descriptor.protocol.overlaps);
}

Result<SetLog> read_log(const fs::path& file, unsigned threads, Progress& progress) {
  DataFile log;
  log.path = file;
  const auto form = inspect_file(file, log.options);
  if (!form && form.error().kind != ErrorKind::invalid) return fail(form.error());
  const auto kind = form ? kind_of(*form, log.options.map, file) : Result<RecordKind>(fail(form.error()));
  if (!kind && form && names_fields(file, *form)) return fail(kind.error());
  if (!kind) log.options.format = Format::sequences;
  if (kind && *kind != RecordKind::events) {
    return fail(Error{ErrorKind::invalid, "cannot learn from this file", file.string(), "events", std::string(name_of(*kind)), {}});
  }
  SetReader reader(threads, progress);
  SOUK_CHECK(reader.read(file, log));
  return std::move(reader).finish(file.string(), false);
}

}  // namespace souk::feeds
