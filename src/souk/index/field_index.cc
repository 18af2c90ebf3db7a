// The set of segments of a shop.
//
//   segments.set   section file, kind "SSET", version 1, replaced atomically: fingerprint u64[2] (segment.h), state u64[2]: seq up to which
//                  the segments hold the shop, number of the next segment; names: file names, oldest first, one a line; where compounds are
//                  split, learned u64: items that their parts were learned from; words, sorted, one a line; counts u32: items with each
//   <number>.seg   the segments (segment_builder.cc); files the set does not name are remains of a crash, and go with the next change
#include "souk/index/field_index.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <unordered_map>

#include "souk/base/section_file.h"
#include "souk/base/threads.h"
#include "souk/index/reader.h"
#include "souk/index/segment_builder.h"

namespace souk::index {
namespace {

constexpr std::uint32_t kSetVersion = 1;
constexpr const char* kSetName = "segments.set";
constexpr std::string_view kEnding = ".seg";
constexpr std::size_t kTierFanout = 4;         // memory segments of about one size before they are merged
constexpr std::size_t kTiers = 5;              // that are merged so, at once with an update: larger segments wait for the flush
constexpr std::size_t kFlushDocuments = 4096;  // four of the largest: every query pays for every segment
constexpr std::uint64_t kFlushBytes = 64U << 20U;
constexpr std::size_t kMergeRatio = 4;  // a file joins a flush that is at least a quarter of its size
constexpr std::size_t kChunk = 4096;    // items a thread takes at a time while rebuilding
constexpr int kReadings = 50;           // of the set, while another process replaces the segments that it names

std::size_t weight_of(const View& view) {
  return view.segment->size() + view.segment->removed.size();
}

std::size_t tier_of(const View& view) {
  std::size_t tier = 0;
  for (std::size_t size = weight_of(view); size >= kTierFanout; size /= kTierFanout) ++tier;
  return tier;
}

struct SegmentSet {
  Seq seq = 0;
  std::uint64_t next = 1;
  std::vector<std::string> names;
  LearnedWords learned;
};

// The lines of a text; what stands behind the last line break is one, too.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// "00000012.seg" -> 12; nothing for other names.
std::optional<std::uint64_t> segment_number(std::string_view name) {
  if (!name.ends_with(kEnding)) return std::nullopt;
  name.remove_suffix(kEnding.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? std::optional(number) : std::nullopt;
}

// Of a file that must be there, and be what its place says. What the operating system refused stays so told: it may answer another time.
Error damage(Error error) {
  if (error.kind != ErrorKind::io) error.kind = ErrorKind::corrupt;
  return error;
}

// Nothing when there is no set, or one that was made under another schema or format.
Result<std::optional<SegmentSet>> read_set(const fs::path& path, const Hash128& print, std::string_view language) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    if (error) return fail_errno("cannot open", path.string(), error.value());
    return std::optional<SegmentSet>();
  }
  auto file = SectionFile::open(path, "SSET", kSetVersion, kSetVersion);
  if (!file && file.error().kind == ErrorKind::version) return std::optional<SegmentSet>();
  if (!file) return fail(damage(std::move(file).error()));
  SOUK_TRY(const auto made_under, file->array<std::uint64_t>("fingerprint"));
  SOUK_TRY(const auto state, file->array<std::uint64_t>("state"));
  SOUK_TRY(const auto names, file->array<char>("names"));
  const auto damaged = [&] { return fail(ErrorKind::corrupt, "the segment set does not hold together", path.string()); };
  if (made_under.size() != 2 || state.size() != 2) return damaged();
  if (made_under[0] != print.high || made_under[1] != print.low) return std::optional<SegmentSet>();
  SegmentSet set{state[0], state[1], lines_of({names.data(), names.size()}), {}};
  for (const std::string& name : set.names) {
    const auto number = segment_number(name);
    if (!number || *number >= set.next) return damaged();
  }
  if (file->has("learned")) {
    SOUK_TRY(const auto learned, file->array<std::uint64_t>("learned"));
    SOUK_TRY(const auto known, file->array<char>("words"));
    SOUK_TRY(const auto counts, file->array<std::uint32_t>("counts"));
    std::vector<std::string> words = lines_of({known.data(), known.size()});
    if (learned.size() != 1 || words.size() != counts.size()) return damaged();
    std::vector<text::WordCount> parts;
    for (std::size_t i = 0; i < words.size(); ++i) parts.push_back({std::move(words[i]), counts[i]});
    set.learned = {text::Compounds::learn(language, parts, 1), learned[0]};
  }
  return std::optional(std::move(set));
}

class Index final : public FieldIndex {
 public:
  Index(fs::path directory, Schema schema, std::vector<Field> fields, const std::string& language, bool read_only,
        text::AnalyzerSettings settings)
      : directory_(std::move(directory)),
        declared_(std::move(schema)),
        print_(fingerprint(declared_, language, settings)),
        fields_(std::make_shared<const std::vector<Field>>(std::move(fields))),
        language_(language),
        settings_(std::move(settings)),
        splits_(splits_compounds(declared_, language)),
        read_only_(read_only),
        analyzer_(text::Analyzer::for_language(language_, settings_)),
        schema_(std::make_shared<const Schema>(declared_)) {}

  Status load();
  std::shared_ptr<const Reader> reader() const override {
    const std::lock_guard lock(publish_);
    return reader_;
  }
  std::shared_ptr<const Schema> schema() const override { return reader()->schema(); }
  Status update(std::span<const Put> puts, Seq seq) override;
  Status rebuild(const std::function<bool(ItemId&, store::Item&)>& next, Seq seq, unsigned threads, LearnedWords learned) override;
  std::optional<std::uint64_t> learned_from() const override;
  bool wants_flush() const override;
  Status flush() override { return merge(false); }
  Status compact() override { return merge(true); }
  Status verify() const override;

 private:
  struct Loaded {
    SegmentSet set;
    std::vector<std::shared_ptr<const Segment>> segments;  // as the set names them
  };
  Result<std::optional<Loaded>> read_files() const;
  View view_of(std::shared_ptr<const Segment> segment, bool in_memory);
  std::uint32_t group_number(std::string_view group);
  void weigh_titles();
  void see_attributes(const Segment& segment);
  void hide_older(std::vector<View>& views, const Segment& newer) const;
  void merge_tiers();
  struct Merge {
    std::vector<View> parts;     // oldest first
    std::size_t first_file = 0;  // of those that join
    std::size_t memory = 0;      // segments of memory that join: all there were
    Seq seq = 0;
  };
  Merge begin_merge(bool everything);
  Status merge(bool everything);
  Status commit(std::vector<View> files, std::vector<View> memory, Seq seq);
  Result<std::shared_ptr<const Segment>> write(const SegmentImage& image);
  Result<SegmentImage> build(const std::function<bool(ItemId&, store::Item&)>& next, const text::Analyzer& analyzer,
                             unsigned threads) const;
  std::shared_ptr<const text::Analyzer> analyzer_of(const LearnedWords& learned) const;
  Status refuse_read_only() const;
  void publish();

  const fs::path directory_;
  const Schema declared_;
  const Hash128 print_;
  const std::shared_ptr<const std::vector<Field>> fields_;
  const std::string language_;
  const text::AnalyzerSettings settings_;
  const bool splits_;  // compounds
  const bool read_only_;
  const std::shared_ptr<ScratchPool> pool_ = std::make_shared<ScratchPool>();

  std::mutex merge_;          // one flush or rebuild at a time; taken before write_
  mutable std::mutex write_;  // guards all below but the reader
  LearnedWords learned_;      // these two change under both: whoever merges reads them
  std::shared_ptr<const text::Analyzer> analyzer_;
  std::vector<View> files_, memory_;  // oldest first; memory is newer than files
  std::shared_ptr<const TitleWeights::Files> weighed_ = std::make_shared<TitleWeights::Files>();
  Seq seq_ = 0;
  std::map<std::string, FieldType, std::less<>> seen_;
  std::shared_ptr<const Schema> schema_;  // declared and seen
  std::unordered_map<std::string, std::uint32_t> groups_;
  std::uint32_t group_numbers_ = 0;
  std::size_t frozen_ = 0;                      // the first segments of memory, which a flush is merging
  std::atomic<std::uint64_t> next_number_ = 1;  // of a segment's file

  mutable std::mutex publish_;
  std::shared_ptr<const LexicalReader> reader_;
};

Result<std::optional<Index::Loaded>> Index::read_files() const {
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(directory_, ignored)) && !fs::is_directory(directory_, ignored)) {
    return fail(Error{ErrorKind::corrupt, "cannot read the index", directory_.string(), "a folder", "something else", {}});
  }
  std::vector<std::string> before;
  for (int attempt = 1;; ++attempt) {
    SOUK_TRY(std::optional<SegmentSet> set, read_set(directory_ / kSetName, print_, language_));
    if (!set) return std::optional<Loaded>();
    Loaded loaded{std::move(*set), {}};
    std::optional<Error> gone;
    for (const std::string& name : loaded.set.names) {
      auto segment = Segment::open(directory_ / name, print_);
      if (!segment && segment.error().kind == ErrorKind::not_found) {
        gone = damage(std::move(segment).error());
        break;
      }
      if (!segment) return fail(damage(std::move(segment).error()));
      loaded.segments.push_back(std::move(*segment));
    }
    if (!gone) return std::optional(std::move(loaded));
    // Whoever writes replaces the set before it deletes what the set no longer names.
    if (loaded.set.names == before || attempt == kReadings) return fail(std::move(*gone));
    before = std::move(loaded.set.names);
  }
}

Status Index::load() {
  SOUK_TRY(std::optional<Loaded> loaded, read_files());
  if (loaded) {
    const SegmentSet* const set = &loaded->set;
    seq_ = set->seq;
    if (set->learned.compounds != nullptr) {
      learned_ = set->learned;
      analyzer_ = analyzer_of(learned_);
    }
    next_number_ = set->next;
    for (auto& segment : loaded->segments) {
      if (segment->totals.size() != fields_->size()) {
        return fail(ErrorKind::corrupt, "a segment of other fields", segment->path().string());
      }
      hide_older(files_, *segment);
      files_.push_back(view_of(std::move(segment), false));
    }
  }
  weigh_titles();
  publish();
  return {};
}

// Even numbers are items by themselves, odd ones groups, in the order in which they were first met.
std::uint32_t Index::group_number(std::string_view group) {
  const auto [found, fresh] = groups_.try_emplace(std::string(group), static_cast<std::uint32_t>(groups_.size()));
  return 2 * found->second + 1;
}

View Index::view_of(std::shared_ptr<const Segment> segment, bool in_memory) {
  View view;
  auto groups = std::make_shared<std::vector<std::uint32_t>>(segment->size());
  const Column* column = segment->column("group");
  const bool keyed = column != nullptr && column->kind == ColumnKind::keyword;
  std::vector<std::uint32_t> numbers;
  if (keyed) {
    for (std::uint32_t i = 0; i < column->original.size(); ++i) numbers.push_back(group_number(column->original[i]));
  }
  for (std::uint32_t d = 0; d < segment->size(); ++d) {
    const bool grouped = keyed && !column->ordinals(d).empty();
    (*groups)[d] = grouped ? numbers[column->ordinals(d).front()] : 2 * segment->ids[d];
    group_numbers_ = std::max(group_numbers_, (*groups)[d] + 1);
  }
  view.groups = std::move(groups);
  see_attributes(*segment);
  if (in_memory) view.titles = std::make_shared<const TitleWeights>(segment, weighed_);
  view.segment = std::move(segment);
  return view;
}

// Titles are weighed by what the files hold now.
void Index::weigh_titles() {
  auto files = std::make_shared<TitleWeights::Files>();
  for (const View& view : files_) files->push_back(view.segment);
  weighed_ = std::move(files);
  for (View& view : files_) view.titles = std::make_shared<const TitleWeights>(view.segment, weighed_);
}

void Index::see_attributes(const Segment& segment) {
  bool changed = false;
  for (const Column& column : segment.columns) {
    if (!column.name.starts_with("attributes.")) continue;
    const Field* declared = declared_.find(column.name);
    if (declared != nullptr && declared->name == column.name) continue;
    const FieldType type = column.kind == ColumnKind::number ? FieldType::number
                           : column.kind == ColumnKind::flag ? FieldType::flag
                                                             : FieldType::keyword;
    const auto [known, fresh] = seen_.try_emplace(std::string(column.name), type);
    changed = changed || fresh || known->second != type;
    if (known->second != type) known->second = FieldType::keyword;
  }
  if (!changed) return;
  Schema schema = declared_;
  for (const auto& [name, type] : seen_) schema.put({.name = name, .type = type, .facet = true, .filter = true, .sort = true});
  schema_ = std::make_shared<const Schema>(std::move(schema));
}

void Index::hide_older(std::vector<View>& views, const Segment& newer) const {
  for (View& view : views) {
    std::shared_ptr<Bits> hidden;  // a copy, made when something changes: readers hold the old one
    const auto hide = [&](std::uint32_t item) {
      const auto document = view.segment->find(ItemId{item});
      if (!document || !view.visible(*document)) return;
      if (hidden == nullptr) hidden = std::make_shared<Bits>(view.hidden != nullptr ? *view.hidden : bits_for(view.segment->size()));
      if (test_bit(*hidden, *document)) return;
      set_bit(*hidden, *document);
      ++view.hidden_count;
    };
    for (const std::uint32_t item : newer.ids) hide(item);
    for (const std::uint32_t item : newer.removed) hide(item);
    if (hidden != nullptr) view.hidden = std::move(hidden);
  }
}

Status Index::update(std::span<const Put> puts, Seq seq) {
  const std::lock_guard lock(write_);
  std::unordered_map<std::uint32_t, std::size_t> last;  // of several puts of one item the last one counts
  for (std::size_t i = 0; i < puts.size(); ++i) last[index_of(puts[i].id)] = i;
  SegmentBuilder builder(declared_, *fields_, *analyzer_);
  for (std::size_t i = 0; i < puts.size(); ++i) {
    if (last[index_of(puts[i].id)] != i) continue;
    if (puts[i].item != nullptr) {
      builder.put(puts[i].id, *puts[i].item);
    } else {
      builder.remove(puts[i].id);
    }
  }
  if (!puts.empty()) {
    SOUK_TRY(auto segment, Segment::of(builder.finish()));
    hide_older(files_, *segment);
    hide_older(memory_, *segment);
    memory_.push_back(view_of(std::move(segment), true));
    merge_tiers();
  }
  seq_ = std::max(seq_, seq);
  publish();
  return {};
}

void Index::merge_tiers() {
  while (true) {
    const std::size_t tier = tier_of(memory_.back());
    if (tier >= kTiers) return;
    std::size_t first = memory_.size();
    while (first > frozen_ && tier_of(memory_[first - 1]) <= tier) --first;
    if (memory_.size() - first < kTierFanout) return;
    SegmentBuilder builder(declared_, *fields_, *analyzer_);
    for (std::size_t i = first; i < memory_.size(); ++i) builder.absorb(*memory_[i].segment, memory_[i].hidden.get());
    auto merged = Segment::of(builder.finish());
    if (!merged) return;  // a bug would show here; what is there still answers
    memory_.resize(first);
    memory_.push_back(view_of(std::move(*merged), true));
  }
}

bool Index::wants_flush() const {
  const std::lock_guard lock(write_);
  std::size_t documents = 0;
  std::uint64_t bytes = 0;
  for (const View& view : memory_) {
    documents += weight_of(view);
    bytes += view.segment->bytes();
  }
  return documents >= kFlushDocuments || bytes >= kFlushBytes;
}

Status Index::refuse_read_only() const {
  if (!read_only_) return {};
  return fail(ErrorKind::unsupported, "the index is open for reading only", directory_.string());
}

Result<std::shared_ptr<const Segment>> Index::write(const SegmentImage& image) {
  SOUK_CHECK(make_directories(directory_));
  const fs::path path = directory_ / fmt::format("{:08}.seg", next_number_++);
  SOUK_CHECK(image.write(path, print_));
  return Segment::open(path, print_);
}

// The segments that are made one: those in memory, and files from the last on while they are not much larger than what joins them, or all.
Index::Merge Index::begin_merge(bool everything) {
  const std::lock_guard lock(write_);
  Merge merge;
  merge.memory = frozen_ = memory_.size();
  merge.first_file = files_.size();
  merge.seq = seq_;
  if (memory_.empty() && !everything) return merge;
  std::size_t weight = 0;
  for (const View& view : memory_) weight += weight_of(view);
  while (merge.first_file > 0 && (everything || files_[merge.first_file - 1].segment->size() <= kMergeRatio * weight)) {
    weight += weight_of(files_[--merge.first_file]);
  }
  merge.parts.assign(files_.begin() + static_cast<std::ptrdiff_t>(merge.first_file), files_.end());
  merge.parts.insert(merge.parts.end(), memory_.begin(), memory_.end());
  return merge;
}

// Merges without holding up updates and readers: what changes meanwhile stands in newer memory segments, which hide what they replace.
Status Index::merge(bool everything) {
  SOUK_CHECK(refuse_read_only());
  const std::lock_guard one(merge_);
  const Merge merge = begin_merge(everything);
  const auto thaw = [&] {
    const std::lock_guard lock(write_);
    frozen_ = 0;
  };
  std::shared_ptr<const Segment> merged;
  if (!merge.parts.empty()) {
    SegmentBuilder builder(declared_, *fields_, *analyzer_);
    for (const View& view : merge.parts) builder.absorb(*view.segment, view.hidden.get());
    if (merge.first_file == 0) builder.forget_removals();
    if (everything) builder.bisect();
    auto written = write(builder.finish());
    if (!written) {
      thaw();
      return fail(std::move(written).error());
    }
    merged = std::move(*written);
  }
  const std::lock_guard lock(write_);
  frozen_ = 0;
  std::vector<View> files(files_.begin(), files_.begin() + static_cast<std::ptrdiff_t>(merge.first_file));
  if (merged != nullptr) files.push_back(view_of(std::move(merged), false));
  std::vector<View> newer(memory_.begin() + static_cast<std::ptrdiff_t>(merge.memory), memory_.end());
  for (const View& view : newer) hide_older(files, *view.segment);
  return commit(std::move(files), std::move(newer), merge.seq);
}

// Makes `files` what stands on disk, up to `seq`, and `memory` what is newer.
Status Index::commit(std::vector<View> files, std::vector<View> memory, Seq seq) {
  SOUK_CHECK(make_directories(directory_));
  std::string names;
  for (const View& view : files) names += view.segment->path().filename().string() + "\n";
  const std::array<std::uint64_t, 2> print = {print_.high, print_.low}, state = {seq, next_number_.load()};
  SectionWriter writer("SSET", kSetVersion);
  writer.add("fingerprint", std::span<const std::uint64_t>(print));
  writer.add("state", std::span<const std::uint64_t>(state));
  writer.add("names", std::span<const char>(names.data(), names.size()));
  const std::uint64_t from = learned_.items;
  std::string words;
  std::vector<std::uint32_t> counts;
  if (learned_.compounds != nullptr) {
    for (const text::WordCount& known : learned_.compounds->words()) {
      words += known.word + "\n";
      counts.push_back(known.documents);
    }
    writer.add("learned", std::span(&from, 1));
    writer.add("words", std::span<const char>(words.data(), words.size()));
    writer.add("counts", counts);
  }
  SOUK_CHECK(writer.write(directory_ / kSetName));
  files_ = std::move(files);
  memory_ = std::move(memory);
  if (memory_.empty()) seq_ = seq;
  weigh_titles();
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(kEnding) && names.find(name + "\n") == std::string::npos) fs::remove(entry.path(), error);
  }
  publish();
  return {};
}

Result<SegmentImage> Index::build(const std::function<bool(ItemId&, store::Item&)>& next, const text::Analyzer& analyzer,
                                  unsigned threads) const {
  std::vector<std::unique_ptr<SegmentBuilder>> builders;
  for (unsigned t = 0; t < threads; ++t) builders.push_back(std::make_unique<SegmentBuilder>(declared_, *fields_, analyzer));
  std::vector<std::pair<ItemId, store::Item>> chunk(kChunk * threads);
  for (bool more = true; more;) {
    std::size_t filled = 0;
    for (; filled < chunk.size(); ++filled) {
      chunk[filled].second = {};
      more = next(chunk[filled].first, chunk[filled].second);
      if (!more) break;
    }
    parallel_for(threads, 1, threads, [&](std::size_t begin, std::size_t end, unsigned) {
      for (std::size_t b = begin; b < end; ++b) {
        for (std::size_t i = filled * b / threads; i < filled * (b + 1) / threads; ++i) builders[b]->put(chunk[i].first, chunk[i].second);
      }
    });
  }
  if (threads == 1) return builders.front()->finish();
  SegmentBuilder merged(declared_, *fields_, analyzer);
  for (auto& builder : builders) {
    SOUK_TRY(const auto part, Segment::of(builder->finish()));
    builder.reset();
    merged.absorb(*part, nullptr);
  }
  return merged.finish();
}

std::shared_ptr<const text::Analyzer> Index::analyzer_of(const LearnedWords& learned) const {
  text::AnalyzerSettings settings = settings_;
  if (learned.compounds != nullptr) settings.compounds = learned.compounds;
  return text::Analyzer::for_language(language_, std::move(settings));
}

std::optional<std::uint64_t> Index::learned_from() const {
  const std::lock_guard lock(write_);
  return splits_ ? std::optional(learned_.items) : std::nullopt;
}

Status Index::rebuild(const std::function<bool(ItemId&, store::Item&)>& next, Seq seq, unsigned threads, LearnedWords learned) {
  SOUK_CHECK(refuse_read_only());
  if (!splits_) learned = {};
  const std::scoped_lock lock(merge_, write_);
  auto analyzer = analyzer_of(learned);
  SOUK_TRY(const SegmentImage image, build(next, *analyzer, std::max(1U, threads)));
  SOUK_TRY(auto segment, write(image));
  std::swap(learned_, learned);
  analyzer_.swap(analyzer);
  seen_.clear();
  schema_ = std::make_shared<const Schema>(declared_);
  groups_.clear();
  group_numbers_ = 0;
  std::vector<View> files;
  if (segment->size() > 0) files.push_back(view_of(std::move(segment), false));
  auto done = commit(std::move(files), {}, seq);
  if (!done) {  // what stood before still does
    std::swap(learned_, learned);
    analyzer_.swap(analyzer);
  }
  return done;
}

Status Index::verify() const {
  std::vector<View> files;
  {
    const std::lock_guard lock(write_);
    files = files_;
  }
  for (const View& view : files) SOUK_CHECK(view.segment->verify());
  return {};
}

void Index::publish() {
  LexicalReader::Parts parts;
  parts.views = files_;
  parts.views.insert(parts.views.end(), memory_.begin(), memory_.end());
  parts.schema = schema_;
  parts.fields = fields_;
  parts.analyzer = analyzer_;
  parts.pool = pool_;
  parts.group_numbers = group_numbers_;
  parts.grouped = !groups_.empty();
  parts.seq = seq_;
  auto fresh = std::make_shared<const LexicalReader>(std::move(parts));
  const std::lock_guard lock(publish_);
  reader_.swap(fresh);
}

}  // namespace

Result<std::unique_ptr<FieldIndex>> FieldIndex::open(const fs::path& directory, Schema schema, const std::string& language, bool read_only,
                                                     text::AnalyzerSettings settings) {
  SOUK_TRY(std::vector<Field> fields, searched_fields(schema));
  auto index = std::make_unique<Index>(directory, std::move(schema), std::move(fields), language, read_only, std::move(settings));
  SOUK_CHECK(index->load());
  return std::unique_ptr<FieldIndex>(std::move(index));
}

}  // namespace souk::index
