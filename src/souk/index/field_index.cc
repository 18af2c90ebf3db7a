// The set of segments of a shop (segment_folder.h).
//
//   segments.set   kind "SSET", version 1; its fingerprint is that of segment.h. Where compounds are split, also learned u64: items that
//                  their parts were learned from; words, sorted, one a line; counts u32: items with each
//   <number>.seg   the segments (segment_builder.cc)
#include "souk/index/field_index.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_map>

#include "souk/base/threads.h"
#include "souk/index/merge_policy.h"
#include "souk/index/reader.h"
#include "souk/index/segment_builder.h"
#include "souk/index/segment_folder.h"

namespace souk::index {
namespace {

constexpr SegmentForm kForm{.kind = "SSET", .version = 1, .set = "segments.set", .ending = ".seg"};
constexpr std::size_t kChunk = 4096;  // items a thread takes at a time while rebuilding

std::size_t weight_of(const View& view) {
  return view.segment->size() + view.segment->removed.size();
}

// What a set says of compounds; nothing where they are not split.
Result<LearnedWords> read_learned(const SegmentSet& set, std::string_view language) {
  if (!set.file.has("learned")) return LearnedWords{};
  SOUK_TRY(const auto learned, set.file.array<std::uint64_t>("learned"));
  SOUK_TRY(const auto known, set.file.array<char>("words"));
  SOUK_TRY(const auto counts, set.file.array<std::uint32_t>("counts"));
  std::vector<std::string> words = lines_of({known.data(), known.size()});
  if (learned.size() != 1 || words.size() != counts.size()) return set.damaged();
  std::vector<text::WordCount> parts;
  for (std::size_t i = 0; i < words.size(); ++i) parts.push_back({std::move(words[i]), counts[i]});
  return LearnedWords{text::Compounds::learn(language, parts, 1), learned[0]};
}

class Index final : public FieldIndex {
 public:
  Index(fs::path directory, Schema schema, std::vector<Field> fields, const std::string& language, bool read_only,
        text::AnalyzerSettings settings)
      : declared_(std::move(schema)),
        print_(fingerprint(declared_, language, settings)),
        folder_(std::move(directory), kForm, print_),
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

  const Schema declared_;
  const Hash128 print_;
  SegmentFolder folder_;
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
  std::size_t frozen_ = 0;  // the first segments of memory, which a flush is merging

  mutable std::mutex publish_;
  std::shared_ptr<const LexicalReader> reader_;
};

Status Index::load() {
  std::vector<std::shared_ptr<const Segment>> segments;
  LearnedWords learned;
  const auto open = [&](const SegmentSet& set) -> Status {
    SOUK_TRY(learned, read_learned(set, language_));
    segments.clear();
    for (const std::string& name : set.names) {
      SOUK_TRY(auto segment, Segment::open(folder_.path(name), print_));
      if (segment->totals.size() != fields_->size()) {
        return fail(ErrorKind::corrupt, "a segment of other fields", segment->path().string());
      }
      segments.push_back(std::move(segment));
    }
    seq_ = set.seq;
    return {};
  };
  SOUK_TRY(const bool found, folder_.load(open));
  if (found && learned.compounds != nullptr) {
    learned_ = std::move(learned);
    analyzer_ = analyzer_of(learned_);
  }
  for (auto& segment : segments) {
    hide_older(files_, *segment);
    files_.push_back(view_of(std::move(segment), false));
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
    const std::size_t first = merged_from(memory_, frozen_, weight_of);
    if (first == memory_.size()) return;
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
  std::size_t weight = 0;
  std::uint64_t bytes = 0;
  for (const View& view : memory_) {
    weight += weight_of(view);
    bytes += view.segment->bytes();
  }
  return weight >= kFlushWeight || bytes >= kFlushBytes;
}

Status Index::refuse_read_only() const {
  if (!read_only_) return {};
  return fail(ErrorKind::unsupported, "the index is open for reading only", folder_.directory().string());
}

Result<std::shared_ptr<const Segment>> Index::write(const SegmentImage& image) {
  SOUK_TRY(const fs::path path, folder_.next());
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
  merge.first_file = flushed_from(files_, memory_, everything, weight_of);
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
  std::vector<std::string> names;
  for (const View& view : files) names.push_back(view.segment->path().filename().string());
  std::string words;
  std::vector<std::uint32_t> counts;
  SOUK_CHECK(folder_.replace(seq, names, [&](SectionWriter& set) {
    if (learned_.compounds == nullptr) return;
    for (const text::WordCount& known : learned_.compounds->words()) {
      words += known.word + "\n";
      counts.push_back(known.documents);
    }
    set.add("learned", std::span<const std::uint64_t>(&learned_.items, 1));
    set.add("words", std::span<const char>(words.data(), words.size()));
    set.add("counts", counts);
  }));
  files_ = std::move(files);
  memory_ = std::move(memory);
  if (memory_.empty()) seq_ = seq;
  weigh_titles();
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
