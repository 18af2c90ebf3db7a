// The set of segments of vectors of a shop (segment_folder.h).
//
//   vectors.set    kind "VSET", version 1. Its fingerprint is of the declared spaces. Sections besides those of every set:
//                    spaces   names, one a line
//                    about    SpaceAbout, one a space: u64 high and low half of the encoder's hash, u32 dimension, u32 metric (metric.h)
//                    of       u32, one a segment: the number of its space
//                    live.at  u64 [segments + 1]: the first word of a segment's bits; no words: all of its rows count
//                    live     u64 words: a bit for each row that was neither replaced nor removed, zeros beyond the last
//   <number>.vec   the segments (vectors/vector_segment.cc); their numbers are those of items
#include "souk/index/vector_store.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <set>

#include "souk/base/log.h"
#include "souk/index/merge_policy.h"
#include "souk/index/segment_folder.h"
#include "souk/index/vector_reader.h"

namespace souk::index {
namespace {

constexpr SegmentForm kVectorForm{.kind = "VSET", .version = 1, .set = "vectors.set", .ending = ".vec"};

struct SpaceAbout {
  std::uint64_t encoder_high = 0, encoder_low = 0;
  std::uint32_t dimension = 0, metric = 0;
};
static_assert(sizeof(SpaceAbout) == 24);

std::size_t rows_of(const VectorView& view) {
  return view.segment->rows();
}

// What must be equal for segments to be usable.
Hash128 fingerprint_of(const std::vector<SpaceSettings>& declared) {
  std::set<std::string> texts;
  for (const SpaceSettings& space : declared) {
    texts.insert(fmt::format("{}\n{}\n{}\n{}\n{}\n", space.name, space.space().encoder.hex(), space.dimension, name_of(space.metric),
                             space.index ? name_of(*space.index) : ""));
  }
  return hash128(fmt::format("segments of version {}\n{}", kVectorSegmentVersion, fmt::join(texts, "")));
}

Result<std::shared_ptr<const VectorSegment>> build_segment(const VectorSpace& space, MatrixView rows,
                                                           std::span<const std::uint32_t> numbers, const VectorBuildConfig& config,
                                                           Progress& progress) {
  SOUK_TRY(VectorSegment segment, VectorSegment::build(space, rows, numbers, config, progress));
  return std::make_shared<const VectorSegment>(std::move(segment));
}

VectorBuildConfig memory_config() {
  VectorBuildConfig config;
  config.unit = true;
  config.measured = false;
  return config;
}

// The live rows of some views, by item.
struct LiveRows {
  std::vector<std::uint32_t> numbers;
  Matrix rows;
};
LiveRows live_rows(std::span<const VectorView> views, std::size_t dimension) {
  struct Row {
    std::uint32_t number, view, row;
  };
  std::vector<Row> all;
  for (std::uint32_t v = 0; v < views.size(); ++v) {
    const auto numbers = views[v].segment->numbers();
    for (std::uint32_t row = 0; row < numbers.size(); ++row) {
      if (views[v].is_live(row)) all.push_back({numbers[row], v, row});
    }
  }
  std::ranges::sort(all, {}, &Row::number);
  LiveRows live{{}, Matrix(all.size(), dimension)};
  live.numbers.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    live.numbers.push_back(all[i].number);
    std::ranges::copy(views[all[i].view].segment->vectors().row(all[i].row), live.rows.row(i).begin());
  }
  return live;
}

// Takes rows of a view out of what counts. Readers hold the bits as they were: a copy is made when the first goes.
class Hiding {
 public:
  explicit Hiding(VectorView& view) : view_(view) {}
  ~Hiding() {
    if (live_ != nullptr) view_.live = std::move(live_);
  }
  Hiding(const Hiding&) = delete;
  Hiding& operator=(const Hiding&) = delete;
  void hide(std::uint32_t row) {  // a live one
    if (live_ == nullptr) {
      live_ = std::make_shared<Bits>();
      if (view_.live != nullptr) {
        *live_ = *view_.live;
      } else {
        fill_bits(*live_, view_.segment->rows());
      }
    }
    if (!test_bit(*live_, row)) return;
    (*live_)[row / 64] &= ~(std::uint64_t{1} << (row % 64));
    --view_.live_rows;
  }

 private:
  VectorView& view_;
  std::shared_ptr<Bits> live_;
};

struct StoredSpace {
  VectorSpace is;
  std::optional<IndexSpec> index;  // of its files; nothing: by size
  bool declared = false;
  std::vector<VectorView> files = {}, memory = {};  // oldest first; memory is newer than files
  std::size_t frozen = 0;                           // the first segments of memory, which a flush is merging
  RefusedVectors refused = {};
};
using StoredSpaces = std::map<std::string, StoredSpace, std::less<>>;

class Vectors final : public VectorStore {
 public:
  Vectors(fs::path directory, std::vector<SpaceSettings> declared, bool read_only)
      : declared_(std::move(declared)), read_only_(read_only), folder_(std::move(directory), kVectorForm, fingerprint_of(declared_)) {}

  Status load();
  std::shared_ptr<const VectorReader> reader() const override {
    const std::lock_guard lock(publish_);
    return reader_;
  }
  Status update(std::span<const ItemPut> puts, Seq seq) override;
  GatheredVectors gathered() const override;
  Status rebuild(GatheredVectors vectors, Seq seq, unsigned threads, Progress& progress) override;
  bool wants_flush() const override;
  Status flush(unsigned threads, Progress& progress) override { return merge(false, threads, progress); }
  Status compact(unsigned threads, Progress& progress) override { return merge(true, threads, progress); }
  Status verify() const override;

 private:
  // What becomes of a space in a flush, decided when it begins: everything as it was then.
  struct Merge {
    VectorSpace is;
    std::optional<IndexSpec> index;
    std::vector<VectorView> kept = {};                      // files that stay
    std::vector<VectorView> parts = {};                     // what becomes one: files, then memory
    std::size_t files = 0;                                  // of the parts
    std::shared_ptr<const VectorSegment> merged = nullptr;  // null: nothing is left of the parts
    std::string name = {};                                  // of its file
  };
  struct Merges {
    std::vector<Merge> spaces;
    Seq seq = 0;
  };
  // A file as the set tells it.
  struct Named {
    VectorView view;
    const VectorSpace* space;
  };

  StoredSpaces declared_spaces() const;
  Result<StoredSpaces> read_spaces(const SegmentSet& set) const;
  StoredSpace& space_for(const VectorSpace& space);
  Status put_rows(StoredSpace& space, std::span<const std::uint32_t> items, const GatheredVectors::Space& fresh);
  void merge_tiers(StoredSpace& space);
  void tell_refused(const GatheredVectors& gathered);
  Merges begin_merge(bool everything);
  Status merge_parts(Merge& merge, unsigned threads, Progress& progress);
  Status merge(bool everything, unsigned threads, Progress& progress);
  Status finish_merge(const Merges& merges);
  Result<std::shared_ptr<const VectorSegment>> build_file(const VectorSpace& space, const std::optional<IndexSpec>& index, MatrixView rows,
                                                          std::span<const std::uint32_t> numbers, unsigned threads, Progress& progress,
                                                          std::string& name);
  Status write_set(std::span<const Named> files, Seq seq);
  Status refuse_read_only() const;
  void publish();

  const std::vector<SpaceSettings> declared_;
  const bool read_only_;
  SegmentFolder folder_;
  const std::shared_ptr<SearchRooms> rooms_ = std::make_shared<SearchRooms>();

  std::mutex merge_;          // one flush or rebuild at a time; taken before write_
  mutable std::mutex write_;  // guards all below but the reader
  StoredSpaces spaces_;       // only who holds both takes a space away
  Seq seq_ = 0;

  mutable std::mutex publish_;
  std::shared_ptr<const VectorMoment> reader_;
};

StoredSpaces Vectors::declared_spaces() const {
  StoredSpaces spaces;
  for (const SpaceSettings& space : declared_) spaces[space.name] = {.is = space.space(), .index = space.index, .declared = true};
  return spaces;
}

// Opens all that a set names.
Result<StoredSpaces> Vectors::read_spaces(const SegmentSet& set) const {
  SOUK_TRY(const auto text, set.file.array<char>("spaces"));
  SOUK_TRY(const auto about, set.file.array<SpaceAbout>("about"));
  SOUK_TRY(const auto of, set.file.array<std::uint32_t>("of"));
  SOUK_TRY(const auto live_at, set.file.array<std::uint64_t>("live.at"));
  SOUK_TRY(const auto live, set.file.array<std::uint64_t>("live"));
  const std::vector<std::string> names = lines_of({text.data(), text.size()});
  if (names.size() != about.size() || names.size() > kMostSpaces || of.size() != set.names.size() || live_at.size() != of.size() + 1 ||
      live_at.front() != 0 || live_at.back() != live.size() || !std::ranges::is_sorted(live_at)) {
    return set.damaged();
  }
  StoredSpaces spaces = declared_spaces();
  std::vector<StoredSpace*> numbered;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const SpaceAbout& its = about[i];
    const VectorSpace is{names[i], {its.encoder_high, its.encoder_low}, its.dimension, static_cast<Metric>(std::min(its.metric, 3U))};
    StoredSpace& space = spaces[names[i]];
    if (!store::check_key(is.name, "space") || its.metric > 2 || std::ranges::find(numbered, &space) != numbered.end() ||
        its.dimension == 0 || its.dimension > kMaxDimension || (space.declared && space.is != is)) {
      return set.damaged();
    }
    space.is = is;
    numbered.push_back(&space);
  }
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (of[i] >= numbered.size()) return set.damaged();
    SOUK_TRY(VectorSegment segment, VectorSegment::open(folder_.path(set.names[i]), numbered[of[i]]->is, true));
    VectorView view(std::make_shared<const VectorSegment>(std::move(segment)), set.names[i]);
    const auto words = live.subspan(live_at[i], live_at[i + 1] - live_at[i]);
    if (!words.empty()) {
      const std::size_t rows = view.segment->rows();
      Bits all;
      fill_bits(all, rows);
      if (words.size() != all.size() || (words.back() & ~all.back()) != 0) return set.damaged();
      view.live = std::make_shared<const Bits>(words.begin(), words.end());
      view.live_rows = static_cast<std::uint32_t>(kernels::count_bits(words));
    }
    if (view.segment->vectors().rows < view.segment->rows()) return set.damaged();
    numbered[of[i]]->files.push_back(std::move(view));
  }
  return spaces;
}

Status Vectors::load() {
  spaces_ = declared_spaces();
  const auto read = [&](const SegmentSet& set) -> Status {
    SOUK_TRY(spaces_, read_spaces(set));
    seq_ = set.seq;
    return {};
  };
  SOUK_CHECK(folder_.load(read));
  publish();
  return {};
}

GatheredVectors Vectors::gathered() const {
  std::vector<VectorSpace> known;
  for (const SpaceSettings& space : declared_) known.push_back(space.space());
  return GatheredVectors(known);
}

StoredSpace& Vectors::space_for(const VectorSpace& space) {
  const auto [found, fresh] = spaces_.try_emplace(space.name);
  if (fresh) found->second.is = space;
  return found->second;
}

void Vectors::tell_refused(const GatheredVectors& gathered) {
  std::uint64_t count = gathered.homeless().count;
  std::string first = gathered.homeless().first;
  for (const auto& [name, space] : gathered.spaces()) {
    if (space.refused.count == 0) continue;
    count += space.refused.count;
    if (first.empty()) first = space.refused.first;
    RefusedVectors& refused = spaces_.at(name).refused;
    if (refused.count == 0) refused.first = space.refused.first;
    refused.count += space.refused.count;
  }
  if (count > 0) log::warn("{} vector{} refused; the first: {}", count, count == 1 ? " was" : "s were", first);
}

// Hides what these items had in a space, and adds what they have now. Who has what they had is left alone.
Status Vectors::put_rows(StoredSpace& space, std::span<const std::uint32_t> items, const GatheredVectors::Space& fresh) {
  std::vector<bool> stays(fresh.numbers.size());
  const MatrixView rows = fresh.rows();
  for (std::vector<VectorView>* const views : {&space.files, &space.memory}) {
    for (VectorView& view : *views) {
      Hiding hiding(view);
      for (const std::uint32_t item : items) {
        const auto row = view.find(item);
        if (!row) continue;
        const auto found = std::ranges::lower_bound(fresh.numbers, item);
        const auto at = static_cast<std::size_t>(found - fresh.numbers.begin());
        if (found != fresh.numbers.end() && *found == item && std::ranges::equal(rows.row(at), view.segment->vectors().row(*row))) {
          stays[at] = true;
        } else {
          hiding.hide(*row);
        }
      }
    }
  }
  std::vector<std::uint32_t> numbers;
  std::vector<float> floats;
  for (std::size_t i = 0; i < stays.size(); ++i) {
    if (stays[i]) continue;
    numbers.push_back(fresh.numbers[i]);
    floats.insert(floats.end(), rows.row(i).begin(), rows.row(i).end());
  }
  if (numbers.empty()) return {};
  const MatrixView changed{floats.data(), numbers.size(), space.is.dimension, space.is.dimension};
  SOUK_TRY(auto segment, build_segment(space.is, changed, numbers, memory_config(), Progress::none()));
  space.memory.emplace_back(std::move(segment), std::string());
  merge_tiers(space);
  return {};
}

Status Vectors::update(std::span<const ItemPut> puts, Seq seq) {
  const std::lock_guard lock(write_);
  std::map<std::uint32_t, const store::Item*> last;  // of several puts of one item the last one counts
  for (const ItemPut& put : puts) last[index_of(put.id)] = put.item;
  std::vector<VectorSpace> known;
  for (const auto& [name, space] : spaces_) known.push_back(space.is);
  GatheredVectors gathered(known);
  std::vector<std::uint32_t> items;
  for (const auto& [id, item] : last) {
    items.push_back(id);
    if (item != nullptr) gathered.put(ItemId{id}, *item);
  }
  for (const auto& [name, fresh] : gathered.spaces()) SOUK_CHECK(put_rows(space_for(fresh.is), items, fresh));
  tell_refused(gathered);
  seq_ = std::max(seq_, seq);
  publish();
  return {};
}

void Vectors::merge_tiers(StoredSpace& space) {
  while (true) {
    const std::size_t first = merged_from(space.memory, space.frozen, rows_of);
    if (first == space.memory.size()) return;
    const LiveRows live = live_rows(std::span(space.memory).subspan(first), space.is.dimension);
    auto merged = build_segment(space.is, live.rows.view(), live.numbers, memory_config(), Progress::none());
    if (!merged) return;  // a bug would show here; what is there still answers
    space.memory.erase(space.memory.begin() + static_cast<std::ptrdiff_t>(first), space.memory.end());
    if (!live.numbers.empty()) space.memory.emplace_back(std::move(*merged), std::string());
  }
}

bool Vectors::wants_flush() const {
  const std::lock_guard lock(write_);
  std::size_t rows = 0, bytes = 0;
  for (const auto& [name, space] : spaces_) {
    for (const VectorView& view : space.memory) {
      rows += rows_of(view);
      bytes += view.segment->index_bytes();
    }
  }
  return rows >= kFlushWeight || bytes >= kFlushBytes;
}

Status Vectors::refuse_read_only() const {
  if (!read_only_) return {};
  return fail(ErrorKind::unsupported, "the vectors are open for reading only", folder_.directory().string());
}

Vectors::Merges Vectors::begin_merge(bool everything) {
  const std::lock_guard lock(write_);
  Merges merges;
  merges.seq = seq_;
  for (auto& [name, space] : spaces_) {
    Merge merge{.is = space.is, .index = space.index};
    std::size_t first = space.files.size();
    if (!space.memory.empty() || everything) first = flushed_from(space.files, space.memory, everything, rows_of);
    const bool whole = space.memory.empty() && space.files.size() == 1 && space.files.front().live == nullptr;
    if (whole) first = 1;  // it is what would be made of it
    merge.kept.assign(space.files.begin(), space.files.begin() + static_cast<std::ptrdiff_t>(first));
    merge.parts.assign(space.files.begin() + static_cast<std::ptrdiff_t>(first), space.files.end());
    merge.files = merge.parts.size();
    merge.parts.insert(merge.parts.end(), space.memory.begin(), space.memory.end());
    space.frozen = space.memory.size();
    merges.spaces.push_back(std::move(merge));
  }
  return merges;
}

// Written, and opened again from its file.
Result<std::shared_ptr<const VectorSegment>> Vectors::build_file(const VectorSpace& space, const std::optional<IndexSpec>& index,
                                                                 MatrixView rows, std::span<const std::uint32_t> numbers, unsigned threads,
                                                                 Progress& progress, std::string& name) {
  VectorBuildConfig config;
  config.spec = index ? *index : choose_index_spec(rows.rows, space.dimension).spec;
  config.threads = std::max(1U, threads);
  config.unit = true;
  progress.stage(fmt::format("Indexing the vectors of space \"{}\"", space.name), rows.rows, "vectors");
  SOUK_TRY(const fs::path path, folder_.next());
  SOUK_TRY(const auto built, build_segment(space, rows, numbers, config, progress));
  if (config.spec.degree == 0) progress.add(rows.rows);  // a graph tells of its rows by itself
  SOUK_CHECK(built->write(path));
  SOUK_TRY(VectorSegment segment, VectorSegment::open(path, space, true));
  name = path.filename().string();
  return std::make_shared<const VectorSegment>(std::move(segment));
}

Status Vectors::merge_parts(Merge& merge, unsigned threads, Progress& progress) {
  if (merge.parts.empty()) return {};
  const LiveRows live = live_rows(merge.parts, merge.is.dimension);
  if (live.numbers.empty()) return {};
  SOUK_TRY(merge.merged, build_file(merge.is, merge.index, live.rows.view(), live.numbers, threads, progress, merge.name));
  return {};
}

// Merges without holding up updates and readers. What changes meanwhile hides rows of the parts: the same rows are hidden in what they
// became.
Status Vectors::merge(bool everything, unsigned threads, Progress& progress) {
  SOUK_CHECK(refuse_read_only());
  const std::lock_guard one(merge_);
  Merges merges = begin_merge(everything);
  Status done;
  for (Merge& merge : merges.spaces) {
    if (done) done = merge_parts(merge, threads, progress);
  }
  const std::lock_guard lock(write_);
  for (auto& [name, space] : spaces_) space.frozen = 0;
  return done ? finish_merge(merges) : done;
}

Status Vectors::finish_merge(const Merges& merges) {
  std::vector<Named> named;
  for (const Merge& merge : merges.spaces) {
    for (const VectorView& view : merge.kept) {
      if (view.live_rows > 0) named.push_back({view, &merge.is});
    }
    if (merge.merged != nullptr) named.push_back({VectorView(merge.merged, merge.name), &merge.is});
  }
  SOUK_CHECK(write_set(named, merges.seq));
  for (const Merge& merge : merges.spaces) {
    StoredSpace& space = spaces_.at(merge.is.name);
    std::vector<VectorView> files(space.files.begin(), space.files.begin() + static_cast<std::ptrdiff_t>(merge.kept.size()));
    for (std::size_t i = merge.kept.size(); i > 0; --i) {
      if (merge.kept[i - 1].live_rows == 0) files.erase(files.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
    if (merge.merged != nullptr) {
      VectorView& whole = files.emplace_back(merge.merged, merge.name);
      Hiding hiding(whole);
      for (std::size_t i = 0; i < merge.parts.size(); ++i) {
        const VectorView& then = merge.parts[i];
        const VectorView& now = i < merge.files ? space.files[merge.kept.size() + i] : space.memory[i - merge.files];
        for (std::uint32_t row = 0; now.live_rows < then.live_rows && row < then.segment->rows(); ++row) {
          if (!then.is_live(row) || now.is_live(row)) continue;
          if (const auto there = whole.segment->row_of(then.segment->number(row))) hiding.hide(*there);
        }
      }
    }
    space.files = std::move(files);
    space.memory.erase(space.memory.begin(), space.memory.begin() + static_cast<std::ptrdiff_t>(merge.parts.size() - merge.files));
    if (!space.declared && space.files.empty() && space.memory.empty()) spaces_.erase(merge.is.name);
  }
  publish();
  return {};
}

// Makes `files` what stands on disk, up to `seq`.
Status Vectors::write_set(std::span<const Named> files, Seq seq) {
  std::vector<std::string> names;
  std::map<std::string_view, std::uint32_t> numbers;
  std::string spaces;
  std::vector<SpaceAbout> about;
  std::vector<std::uint32_t> of;
  std::vector<std::uint64_t> live_at{0}, live;
  for (const Named& file : files) {
    const VectorSpace& is = *file.space;
    const auto [number, fresh] = numbers.try_emplace(is.name, static_cast<std::uint32_t>(about.size()));
    if (fresh) {
      spaces += is.name + "\n";
      about.push_back({is.encoder.high, is.encoder.low, is.dimension, static_cast<std::uint32_t>(is.metric)});
    }
    names.push_back(file.view.file);
    of.push_back(number->second);
    if (file.view.live != nullptr) live.insert(live.end(), file.view.live->begin(), file.view.live->end());
    live_at.push_back(live.size());
  }
  return folder_.replace(seq, names, [&](SectionWriter& set) {
    set.add("spaces", std::span<const char>(spaces.data(), spaces.size()));
    set.add("about", about);
    set.add("of", of);
    set.add("live.at", live_at);
    set.add("live", live);
  });
}

Status Vectors::rebuild(GatheredVectors vectors, Seq seq, unsigned threads, Progress& progress) {
  SOUK_CHECK(refuse_read_only());
  const std::scoped_lock lock(merge_, write_);
  StoredSpaces fresh = declared_spaces();
  std::vector<Named> named;
  for (auto& [name, gathered] : vectors.spaces()) {
    if (gathered.numbers.empty()) continue;
    StoredSpace& space = fresh[name];
    space.is = gathered.is;
    std::string file;
    SOUK_TRY(auto segment, build_file(space.is, space.index, gathered.rows(), gathered.numbers, threads, progress, file));
    gathered.numbers = {};
    gathered.floats = {};
    named.push_back({space.files.emplace_back(std::move(segment), std::move(file)), &space.is});
  }
  SOUK_CHECK(write_set(named, seq));
  for (const auto& [name, gathered] : vectors.spaces()) fresh[name].is = gathered.is;  // those of which all were refused
  spaces_ = std::move(fresh);
  seq_ = seq;
  tell_refused(vectors);
  publish();
  return {};
}

Status Vectors::verify() const {
  std::vector<std::shared_ptr<const VectorSegment>> files;
  {
    const std::lock_guard lock(write_);
    for (const auto& [name, space] : spaces_) {
      for (const VectorView& view : space.files) files.push_back(view.segment);
    }
  }
  for (const auto& segment : files) SOUK_CHECK(segment->verify());
  return {};
}

void Vectors::publish() {
  VectorMoment::Spaces spaces;
  for (const auto& [name, space] : spaces_) {
    SpaceViews& views = spaces[name];
    views = {space.is, space.declared, space.files, space.refused};
    views.views.insert(views.views.end(), space.memory.begin(), space.memory.end());
  }
  auto fresh = std::make_shared<const VectorMoment>(std::move(spaces), seq_, rooms_);
  const std::lock_guard lock(publish_);
  reader_.swap(fresh);
}

}  // namespace

Status check_space(const SpaceSettings& space) {
  SOUK_CHECK(store::check_key(space.name, "space"));
  VectorBuildConfig config;
  if (space.index) config.spec = *space.index;
  const bool exact = config.spec.refine || (config.spec.codes == "F32" && config.spec.cells == 0);
  if (!exact) {
    return fail(Error{ErrorKind::invalid,
                      "an index that keeps no vectors, by which answers of several segments are merged",
                      fmt::format("space \"{}\"", space.name),
                      "one with Refine, or Flat, or a graph over the vectors",
                      name_of(config.spec),
                      {}});
  }
  const MatrixView none{nullptr, 0, space.dimension, space.dimension};
  return build_segment(space.space(), none, {}, config, Progress::none()).map([](const auto&) {});
}

Result<std::unique_ptr<VectorStore>> VectorStore::open(const fs::path& directory, std::vector<SpaceSettings> declared, bool read_only) {
  std::set<std::string_view> names;
  for (const SpaceSettings& space : declared) {
    SOUK_CHECK(check_space(space));
    if (names.insert(space.name).second) continue;
    return fail(ErrorKind::invalid, "a space that is declared twice", fmt::format("space \"{}\"", space.name));
  }
  auto store = std::make_unique<Vectors>(directory, std::move(declared), read_only);
  SOUK_CHECK(store->load());
  return std::unique_ptr<VectorStore>(std::move(store));
}

}  // namespace souk::index
