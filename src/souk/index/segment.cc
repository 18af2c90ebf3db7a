#include "souk/index/segment.h"

#include <algorithm>
#include <array>
#include <bit>
#include <fmt/format.h>
#include <functional>
#include <numeric>

#include "souk/index/segment_builder.h"

namespace souk::index {

struct Segment::Widened {
  std::vector<std::byte> bytes;
  Column column;
};

Result<std::vector<Field>> searched_fields(const Schema& schema) {
  std::vector<Field> fields;
  fields.push_back(*schema.find("title"));
  for (const Field& field : schema.fields()) {
    const bool words = field.type == FieldType::text || field.type == FieldType::keyword;
    if (field.search > 0 && words && field.name != "title") fields.push_back(field);
  }
  if (fields.size() > kMaxSearched) {
    return fail(Error{ErrorKind::limit,
                      "too many searched fields",
                      "fields",
                      fmt::format("at most {}", kMaxSearched),
                      fmt::format("{}", fields.size()),
                      {}});
  }
  return fields;
}

bool exact_forms(std::span<const Field> fields) {
  return std::ranges::any_of(fields, [](const Field& field) { return field.search > 0 && field.exact > 0; });
}

bool knows_phrases(std::span<const Field> fields) {
  return std::ranges::any_of(fields, [](const Field& field) { return field.search > 0 && field.phrases; });
}

bool splits_compounds(const Schema& schema, std::string_view language) {
  return schema.compounds() && text::Compounds::written_in(language);
}

bool has_column(const Field& field) {
  if (field.name.starts_with("stats.") || field.name.starts_with("facts.")) return false;
  return field.type != FieldType::text || field.filter || field.facet || field.sort;
}

Hash128 fingerprint(const Schema& schema, std::string_view language, const text::AnalyzerSettings& settings) {
  std::string text = fmt::format("segment {} analyzer {} language {} reads {}{}{}{}{}\n", kSegmentVersion, kAnalyzerVersion, language,
                                 settings.stems, settings.codes, settings.units, settings.grams, settings.compounds != nullptr);
  if (!settings.folds) text += "accents stay\n";
  if (settings.detects) text += "languages are detected\n";
  if (splits_compounds(schema, language)) text += "compounds are split\n";
  for (const Field& field : schema.fields()) {
    if (field.name.starts_with("stats.") || field.name.starts_with("facts.")) continue;
    text += fmt::format("{} {} {} {} {} {}\n", field.name, static_cast<int>(field.type), field.search > 0,
                        field.search > 0 && field.exact > 0, field.search > 0 && field.phrases, has_column(field));
  }
  return hash128(text);
}

Status SegmentImage::write(const fs::path& path, const Hash128& print) const {
  SectionWriter writer("SEGM", kSegmentVersion);
  const std::array<std::uint64_t, 2> words = {print.high, print.low};
  writer.add("fingerprint", std::span<const std::uint64_t>(words));
  for (const auto& [name, bytes] : sections) writer.add_bytes(name, bytes);
  return writer.write(path);
}

Result<std::shared_ptr<const Segment>> Segment::open(const fs::path& path, const Hash128& print) {
  SOUK_TRY(SectionFile file, SectionFile::open(path, "SEGM", kSegmentVersion, kSegmentVersion));
  SOUK_TRY(const auto words, file.array<std::uint64_t>("fingerprint"));
  if (words.size() != 2 || words[0] != print.high || words[1] != print.low) {
    return fail(ErrorKind::version, "the segment was made under another schema", path.string(), "Rebuild the index.");
  }
  auto segment = std::make_shared<Segment>();
  segment->file_ = std::move(file);
  segment->path_ = path;
  const auto status = segment->parse([&](std::string_view name) { return segment->file_->bytes(name); });
  if (!status) {
    Error error = status.error();
    if (error.where.empty()) error.where = path.string();
    return fail(std::move(error));
  }
  return std::shared_ptr<const Segment>(std::move(segment));
}

Result<std::shared_ptr<const Segment>> Segment::of(SegmentImage image) {
  auto segment = std::make_shared<Segment>();
  segment->image_ = std::move(image);
  SOUK_CHECK(segment->parse([&](std::string_view wanted) -> Result<std::span<const std::byte>> {
    for (const auto& [name, bytes] : segment->image_.sections) {
      if (name == wanted) return std::span<const std::byte>(bytes);
    }
    return fail(ErrorKind::internal, "a segment without the section " + std::string(wanted));
  }));
  return std::shared_ptr<const Segment>(std::move(segment));
}

Status Segment::verify() const {
  return file_ ? file_->verify() : Status();
}

void Segment::parse_ids(std::uint32_t n, std::uint32_t least, unsigned bits, std::span<const std::byte> packed, BlobReader& reader) {
  items_.resize(std::size_t{n} + kernels::kPackGroup);
  if (packed.empty()) {
    std::iota(items_.begin(), items_.end(), 0U);
  } else {
    reader.expect(kernels::packed_width_valid(bits) && packed.size() == kernels::packed_bytes(bits, n) + kernels::kPackReadsBeyond);
    if (reader.failed()) return;
    kernels::unpack(packed.data(), bits, n, items_.data());
  }
  items_.resize(n);
  for (std::uint32_t& item : items_) {
    reader.expect(item < kNone - least);
    item += least;
  }
  ids = items_;
  least_ = n == 0 ? 0 : *std::ranges::min_element(ids);
  most_ = n == 0 ? 0 : *std::ranges::max_element(ids);
  if (std::is_sorted(ids.begin(), ids.end(), std::less_equal<>())) return;
  by_item_.resize(n);
  std::iota(by_item_.begin(), by_item_.end(), 0U);
  std::sort(by_item_.begin(), by_item_.end(), [&](std::uint32_t a, std::uint32_t b) { return ids[a] < ids[b]; });
  const auto equal = [&](std::uint32_t a, std::uint32_t b) { return ids[a] == ids[b]; };
  reader.expect(std::adjacent_find(by_item_.begin(), by_item_.end(), equal) == by_item_.end());
}

void Segment::parse_terms(BlobReader& reader) {
  const std::uint32_t n = size();
  patterns.begins = reader.array<std::uint32_t>();
  patterns.parts = reader.array<std::uint16_t>();
  const bool ordered = !patterns.begins.empty() && patterns.begins.front() == 0 && patterns.begins.back() == patterns.parts.size() &&
                       std::is_sorted(patterns.begins.begin(), patterns.begins.end(), std::less_equal<>());
  reader.expect(ordered && std::ranges::all_of(patterns.parts, [&](std::uint16_t part) {
                  return field_of(part) < totals.size() && frequency_of(part) > 0;
                }));
  if (reader.failed()) return;
  terms.parse(reader, n, patterns.size());
  plain = reader.array<std::uint64_t>();
  words = reader.strings();
  word_terms = reader.array<std::uint32_t>();
  reader.expect(plain.size() == (std::size_t{terms.size()} + 63) / 64 && word_terms.size() == words.size());
  reader.expect(std::all_of(word_terms.begin(), word_terms.end(), [&](std::uint32_t term) { return term < terms.size(); }));
}

void Segment::parse_forward(BlobReader& reader) {
  const auto rows = reader.array<std::uint32_t>();
  const auto bits = reader.array<std::uint32_t>();
  const auto packed = reader.array<std::byte>();
  reader.expect(bits.size() == 1);
  if (reader.failed()) return;
  forward = ForwardTerms(rows, bits[0], packed);
  reader.expect(forward.check(size(), terms.size()));
}

Status Segment::parse(const std::function<Result<std::span<const std::byte>>(std::string_view)>& section) {
  const auto damaged = [](std::string_view name) {
    return fail(ErrorKind::corrupt, fmt::format("the section {} of a segment does not hold together", name), {},
                "Run souk doctor --repair.");
  };
  const auto read = [&](std::string_view name, auto&& visit) -> Status {
    SOUK_TRY(const auto raw, section(name));
    bytes_ += raw.size();
    BlobReader reader(raw);
    visit(reader);
    return reader.failed() ? Status(damaged(name)) : Status();
  };
  SOUK_CHECK(read("items", [&](BlobReader& reader) {
    const auto shape = reader.array<std::uint32_t>();
    const auto packed = reader.array<std::byte>();
    removed = reader.array<std::uint32_t>();
    titled = reader.array<std::uint64_t>();
    // Every document has a bit in `titled`, which bounds how many a damaged count may ask for.
    reader.expect(shape.size() == 3 && titled.size() == (std::size_t{shape[0]} + 63) / 64 &&
                  std::is_sorted(removed.begin(), removed.end()));
    if (!reader.failed()) parse_ids(shape[0], shape[1], shape[2], packed, reader);
    // No bit stands for a document beyond the last.
    reader.expect(ids.size() % 64 == 0 || reader.failed() || titled.back() >> (ids.size() % 64) == 0);
  }));
  const std::uint32_t n = size();
  std::uint64_t with_title = 0;
  for (const std::uint64_t word : titled) with_title += static_cast<std::uint64_t>(std::popcount(word));
  all_titled = with_title == n;
  SOUK_CHECK(read("lengths", [&](BlobReader& reader) {
    totals = reader.array<std::uint64_t>();
    lengths = reader.array<std::uint8_t>();
    const auto weights = reader.array<float>(), exact = reader.array<float>(), averages = reader.array<float>(), b = reader.array<float>();
    reader.expect(totals.size() <= kMaxSearched && lengths.size() == totals.size() * n && b.size() == totals.size());
    reader.expect(weights.size() == totals.size() && exact.size() == totals.size() && averages.size() == totals.size());
    for (std::size_t f = 0; !reader.failed() && f < totals.size(); ++f) {
      reference.push_back(norms_of(weights[f], b[f], averages[f]));
      exact_reference.push_back(norms_of(exact[f], b[f], averages[f]));
    }
  }));
  SOUK_CHECK(read("terms", [&](BlobReader& reader) { parse_terms(reader); }));
  SOUK_CHECK(read("forward", [&](BlobReader& reader) { parse_forward(reader); }));
  SOUK_CHECK(read("offers", [&](BlobReader& reader) { offers = Offers::read(reader, n); }));
  return read("columns", [&](BlobReader& reader) {
    const auto count = reader.array<std::uint32_t>();
    reader.expect(count.size() == 1);
    for (std::uint32_t i = 0; !reader.failed() && i < count[0]; ++i) columns.push_back(Column::read(reader, n));
    reader.expect(std::is_sorted(columns.begin(), columns.end(), [](const Column& a, const Column& b) { return a.name < b.name; }));
  });
}

std::optional<std::uint32_t> Segment::find(ItemId item) const {
  if (ids.empty() || index_of(item) < least_ || index_of(item) > most_) return std::nullopt;
  if (by_item_.empty()) {
    if (most_ - least_ + 1 == ids.size()) return index_of(item) - least_;
    const auto found = std::lower_bound(ids.begin(), ids.end(), index_of(item));
    if (found == ids.end() || *found != index_of(item)) return std::nullopt;
    return static_cast<std::uint32_t>(found - ids.begin());
  }
  const auto found = std::lower_bound(by_item_.begin(), by_item_.end(), index_of(item),
                                      [&](std::uint32_t d, std::uint32_t wanted) { return ids[d] < wanted; });
  return found == by_item_.end() || ids[*found] != index_of(item) ? std::nullopt : std::optional(*found);
}

const Titles& Segment::titles() const {
  std::call_once(titles_made_, [&] {
    const auto each = [&](auto visit) {
      for (auto walk = terms.walk(); walk.next();) {
        if (is_exact_key(walk.word())) continue;
        each_posting(walk.term(), [&](std::uint32_t document, std::span<const std::uint16_t> parts) {
          if (field_of(parts.front()) == 0) visit(walk.term().number, document, frequency_of(parts.front()));
        });
      }
    };
    titles_.frequency.resize(terms.size());
    titles_.rows.resize(std::size_t{size()} + 1);
    each([&](std::uint32_t term, std::uint32_t document, std::uint32_t) {
      ++titles_.frequency[term];
      ++titles_.rows[document + 1];
    });
    std::partial_sum(titles_.rows.begin(), titles_.rows.end(), titles_.rows.begin());
    std::vector<std::uint32_t> next(titles_.rows.begin(), titles_.rows.end() - 1);
    titles_.terms.resize(titles_.rows.back());
    titles_.counts.resize(titles_.rows.back());
    each([&](std::uint32_t term, std::uint32_t document, std::uint32_t times) {
      const std::uint32_t at = next[document]++;
      titles_.terms[at] = term;
      titles_.counts[at] = static_cast<std::uint16_t>(times);
    });
  });
  return titles_;
}

const Column* Segment::column(std::string_view name) const {
  const auto found = std::lower_bound(columns.begin(), columns.end(), name, [](const Column& a, std::string_view b) { return a.name < b; });
  return found == columns.end() || found->name != name ? nullptr : &*found;
}

std::shared_ptr<const Column> Segment::widened(const Column& column) const {
  const std::lock_guard lock(mutex_);
  auto& slot = widened_[std::string(column.name)];
  if (slot == nullptr) {
    std::vector<std::uint32_t> place(size());
    for (std::uint32_t i = 0; i < place.size(); ++i) place[i] = i;
    ColumnBuilder builder(std::string(column.name), column.kind);
    builder.absorb(column, place);
    builder.widen();
    BlobWriter writer;
    builder.write(writer, place, size(), titled);
    slot = std::make_shared<Widened>();
    slot->bytes = writer.take();
    BlobReader reader(slot->bytes);
    slot->column = Column::read(reader, size());
  }
  return {slot, &slot->column};
}

}  // namespace souk::index
