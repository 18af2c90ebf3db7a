// The format of a segment: a section file of kind "SEGM", version 4; each section holds arrays (blob.h) in this order.
//
//   fingerprint  u64[2]: what the segment was made under (segment.h)
//   items        u32 n, least item, bits; items less the least, packed (bit_pack.h), none when they are consecutive; u32 removed[]
//                ascending; u64 titled[]: bits
//   lengths      u64 total[f]; u8 code of the length [n, f] (lengths.h): words of each searched field;
//                f32 weight[f], weight of exact forms[f], average length[f], b[f]: under which the impacts of postings were taken
//   terms        u32 begin[c + 1], u16 part[]: what each of c codes of postings stands for, parts by field as field << 11 | frequency (at
//                most 2,047), the most common code first; the dictionary (dictionary.cc): terms, and where exact forms count, with byte 1
//                before them, the words of terms that have several; u64 plain[]: bits, the term is a word by itself;
//                strings word[w] sorted: the folded forms that occur and are no terms; u32 term of the word[w]
//   forward      u32 row[n + 1], none when no field knows phrases; u32 bits; the words of each document in order (forward.h), packed
//   offers       offers.cc
//   columns      u32 count; for each, by name: column.cc
#include "souk/index/segment_builder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "souk/index/reorder.h"
#include "souk/index/values.h"

namespace souk::index {
namespace {

constexpr std::size_t kMaxColumns = 4096;  // attributes of further names are stored by the shop, but not indexed

std::string text_of_value(const store::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) return number_text(*number);
  return std::get<bool>(value) ? "true" : "false";
}

std::optional<double> number_of(const store::Value& value, FieldType type) {
  if (const auto* number = std::get_if<double>(&value)) {
    if (type == FieldType::flag && *number != 0 && *number != 1) return std::nullopt;
    return std::isfinite(*number) ? std::optional(*number) : std::nullopt;
  }
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1.0 : 0.0;
  const std::string& text = std::get<std::string>(value);
  if (type == FieldType::flag) return text == "true" ? std::optional(1.0) : text == "false" ? std::optional(0.0) : std::nullopt;
  if (type == FieldType::time) {
    if (const auto time = parse_rfc3339(text)) return static_cast<double>(*time);
  }
  return number_in(text);
}

ColumnKind kind_for(FieldType type) {
  if (type == FieldType::number || type == FieldType::time) return ColumnKind::number;
  return type == FieldType::flag ? ColumnKind::flag : ColumnKind::keyword;
}

}  // namespace

SegmentBuilder::SegmentBuilder(const Schema& schema, const std::vector<Field>& fields, const text::Analyzer& analyzer)
    : schema_(schema),
      fields_(fields),
      analyzer_(analyzer),
      exact_(exact_forms(fields)),
      forward_(knows_phrases(fields)),
      tokenizer_(analyzer) {}

std::uint32_t SegmentBuilder::begin_document(ItemId id, bool titled) {
  ids_.push_back(index_of(id));
  titled_.push_back(titled);
  lengths_.resize(lengths_.size() + fields_.size());
  if (forward_) forward_begins_.push_back(static_cast<std::uint32_t>(forward_words_.size()));
  return static_cast<std::uint32_t>(ids_.size() - 1);
}

void SegmentBuilder::put(ItemId id, const store::Item& item) {
  const auto [title, description] = local_text(item, analyzer_.language());
  const std::uint32_t document = begin_document(id, !title.empty());
  index_text(document, item, title, description);
  add_columns(document, item, title);
  add_offers(document, item);
}

void SegmentBuilder::remove(ItemId id) {
  removed_.push_back(index_of(id));
}

void SegmentBuilder::add_words(std::string_view text, bool in_order) {
  const std::span<const text::TokenRef> tokens = tokenizer_.analyze(text);
  if (tokenizer_.generation() != tokenizer_generation_) {
    tokenizer_generation_ = tokenizer_.generation();
    numbers_.clear();
  }
  numbers_.resize(tokenizer_.words(), kNone);
  for (const text::TokenRef& token : tokens) {
    std::uint32_t& number = numbers_[token.word];
    if (number == kNone) number = add_word(tokenizer_.surface(token.word), tokenizer_.term(token.word));
    const bool part = token.extra && token.kind == text::TokenKind::part;
    (part ? parts_ : field_words_).numbers.push_back(number);
    field_words_.length += token.extra ? 0 : 1;
    if (!in_order) continue;
    const bool same_position = &token != tokens.data() && (&token - 1)->position == token.position;
    forward_words_.push_back(forward_word(word_terms_[number], same_position));
  }
  if (in_order && !tokens.empty()) forward_words_.push_back(kTextEnds);
}

// In a few languages one folded word has several terms, by what folding took away: the further ones are words of their own.
std::uint32_t SegmentBuilder::add_word(std::string_view surface, std::string_view term) {
  const std::uint32_t word = words_.add(surface);
  if (word == word_terms_.size()) word_terms_.push_back(terms_.add(term));
  if (terms_[word_terms_[word]] == term) return word;
  const std::uint32_t further = words_.add(further_word(surface, term));
  if (further == word_terms_.size()) word_terms_.push_back(terms_.add(term));
  return further;
}

void SegmentBuilder::index_words(std::uint32_t field, std::uint32_t document, Words& words) {
  std::vector<std::uint32_t>& numbers = words.numbers;
  std::sort(numbers.begin(), numbers.end());
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[i]) ++end;
    const auto frequency = std::min<std::size_t>(end - i, kMaxFrequency);
    occurrences_.push_back({numbers[i], document, part_of(field, static_cast<std::uint32_t>(frequency))});
    i = end;
  }
  lengths_[document * fields_.size() + field] = length_code(static_cast<std::uint32_t>(std::min<std::size_t>(words.length, 65'535)));
}

void SegmentBuilder::index_text(std::uint32_t document, const store::Item& item, std::string_view title, std::string_view description) {
  parts_.numbers.clear();
  for (std::uint32_t f = 0; f < fields_.size(); ++f) {
    const std::string& name = fields_[f].name;
    field_words_.numbers.clear();
    field_words_.length = 0;
    const auto append = [&](std::string_view text) { add_words(text, fields_[f].phrases); };
    if (name == "title") {
      append(title);
    } else if (name == "description") {
      append(description);
    } else if (name == "brand") {
      append(item.brand);
    } else if (name == "category") {
      for (const std::string& path : item.category) append(path);
    } else if (name == "gtin") {
      append(item.gtin);
    } else if (name == "mpn") {
      append(item.mpn);
    } else if (name == "condition") {
      append(item.condition);
    } else if (name.starts_with("attributes.")) {
      const auto found = item.attributes.find(name.substr(11));
      if (found == item.attributes.end()) continue;
      for (const store::Value& value : found->second) append(text_of_value(value));
    } else if (name == "attributes") {
      append_attributes(item);
    }
    index_words(f, document, field_words_);
  }
  const auto parts = std::find_if(fields_.begin(), fields_.end(), [](const Field& field) { return field.name == "parts"; });
  if (parts != fields_.end()) index_words(static_cast<std::uint32_t>(parts - fields_.begin()), document, parts_);
}

// The words of all attributes that no field of their own has. Numbers and flags say nothing without their names, addresses nothing at all.
void SegmentBuilder::append_attributes(const store::Item& item) {
  for (const auto& [name, values] : item.attributes) {
    const auto own = [&, known = "attributes." + name](const Field& field) { return field.name == known; };
    if (std::any_of(fields_.begin(), fields_.end(), own)) continue;
    for (const store::Value& value : values) {
      const auto* text = std::get_if<std::string>(&value);
      if (text != nullptr && !text->starts_with("http://") && !text->starts_with("https://")) add_words(*text, false);
    }
  }
}

ColumnBuilder& SegmentBuilder::column(const std::string& name, ColumnKind kind) {
  const auto found = columns_.find(name);
  return found != columns_.end() ? found->second : columns_.emplace(name, ColumnBuilder(name, kind)).first->second;
}

void SegmentBuilder::add_columns(std::uint32_t document, const store::Item& item, std::string_view title) {
  const auto add = [&](const char* name, std::string_view text) {
    if (!text.empty()) column(name, ColumnKind::keyword).add_text(document, text);
  };
  if (has_column(fields_.front())) add("title", title);
  add("brand", item.brand);
  add("group", item.group);
  add("gtin", item.gtin);
  add("mpn", item.mpn);
  add("condition", item.condition);
  add("language", item.language);
  std::vector<std::string> paths;
  for (const std::string& path : item.category) paths.push_back(tidy_path(path));
  for (const std::string& path : paths) add("category", path);
  for (const std::string& path : paths) {  // after the paths themselves: the first value stays the item's own category
    for (std::size_t cut = path.rfind(" > "); cut != std::string::npos && cut > 0; cut = path.rfind(" > ", cut - 1)) {
      add("category", std::string_view(path).substr(0, cut));
    }
  }
  const auto add_time = [&](const char* name, std::optional<Timestamp> time) {
    if (time) column(name, ColumnKind::number).add_number(document, static_cast<double>(*time));
  };
  add_time("released", item.released);
  add_time("updated", item.updated);
  for (const auto& [name, values] : item.attributes) add_attribute(document, "attributes." + name, values);
}

void SegmentBuilder::add_attribute(std::uint32_t document, const std::string& name, const std::vector<store::Value>& values) {
  if (columns_.size() >= kMaxColumns && columns_.find(name) == columns_.end()) return;
  const auto& fields = schema_.fields();
  const auto declared = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  if (declared != fields.end()) {
    if (!has_column(*declared)) return;
    const ColumnKind kind = kind_for(declared->type);
    for (const store::Value& value : values) {
      if (kind == ColumnKind::keyword) {
        if (const std::string text = text_of_value(value); !text.empty()) column(name, kind).add_text(document, text);
      } else if (const auto number = number_of(value, declared->type)) {
        column(name, kind).add_number(document, *number);
      }
    }
    return;
  }
  for (const store::Value& value : values) {
    const bool is_number = std::holds_alternative<double>(value) && std::isfinite(std::get<double>(value));
    const ColumnKind kind = is_number ? ColumnKind::number : std::holds_alternative<bool>(value) ? ColumnKind::flag : ColumnKind::keyword;
    const std::string text = text_of_value(value);
    if (text.empty()) continue;
    ColumnBuilder& builder = column(name, kind);
    if (builder.kind() != kind) builder.widen();
    if (builder.kind() == ColumnKind::keyword) {
      builder.add_text(document, text);
    } else {
      builder.add_number(document, kind == ColumnKind::flag ? (std::get<bool>(value) ? 1 : 0) : std::get<double>(value));
    }
  }
}

void SegmentBuilder::add_offers(std::uint32_t document, const store::Item& item) {
  for (const store::Offer& offer : item.offers) {
    OfferRow row;
    row.amount = offer.amount.to_double();
    row.from = offer.from.value_or(INT64_MIN);
    row.until = offer.until.value_or(INT64_MAX);
    row.market = markets_.add(offer.market);
    row.availability = static_cast<std::uint32_t>(offer.availability);
    offers_.emplace_back(document, row);
  }
}

void SegmentBuilder::absorb(const Segment& segment, const Bits* hidden) {
  std::vector<std::uint32_t> place(segment.size(), kNone);
  for (std::uint32_t d = 0; d < segment.size(); ++d) {
    if (hidden != nullptr && test_bit(*hidden, d)) continue;
    place[d] = begin_document(ItemId{segment.ids[d]}, test_bit(segment.titled, d));
    std::copy_n(segment.lengths.begin() + static_cast<std::ptrdiff_t>(d * fields_.size()), fields_.size(),
                lengths_.begin() + static_cast<std::ptrdiff_t>(place[d] * fields_.size()));
    segment.offers.each(d, [&](OfferRow row) {
      row.market = markets_.add(segment.offers.markets[row.market]);
      offers_.emplace_back(place[d], row);
    });
  }
  removed_.insert(removed_.end(), segment.removed.begin(), segment.removed.end());
  const std::vector<std::uint32_t> terms = absorb_words(segment, place);
  if (forward_) absorb_forward(segment, place, terms);
  for (const Column& old : segment.columns) {
    ColumnBuilder& builder = column(std::string(old.name), old.kind);
    if (builder.kind() != old.kind) builder.widen();
    builder.absorb(old, place);
  }
}

SegmentImage SegmentBuilder::finish() {
  std::vector<std::uint32_t> by_id(ids_.size());
  std::iota(by_id.begin(), by_id.end(), 0U);
  std::stable_sort(by_id.begin(), by_id.end(), [&](std::uint32_t a, std::uint32_t b) { return ids_[a] < ids_[b]; });
  rank_.assign(ids_.size(), kNone);
  for (std::size_t i = 0; i < by_id.size(); ++i) {
    if (i + 1 < by_id.size() && ids_[by_id[i]] == ids_[by_id[i + 1]]) continue;  // a later one follows
    rank_[by_id[i]] = static_cast<std::uint32_t>(order_.size());
    order_.push_back(by_id[i]);
  }
  if (bisected_) bisect_documents();
  SegmentImage image;
  finish_items(image);
  finish_lengths(image);
  finish_terms(image);
  finish_offers(image);
  finish_columns(image);
  return image;
}

void SegmentBuilder::finish_items(SegmentImage& image) {
  std::vector<std::uint32_t> ids;
  titled_bits_ = bits_for(order_.size());
  for (const std::uint32_t document : order_) {
    if (titled_[document]) set_bit(titled_bits_, static_cast<std::uint32_t>(ids.size()));
    ids.push_back(ids_[document]);
  }
  std::sort(removed_.begin(), removed_.end());
  removed_.erase(std::unique(removed_.begin(), removed_.end()), removed_.end());
  if (!removed_.empty()) {
    std::vector<std::uint32_t> put = ids;
    std::sort(put.begin(), put.end());
    std::erase_if(removed_, [&](std::uint32_t id) { return std::binary_search(put.begin(), put.end(), id); });
  }
  BlobWriter writer;
  const std::uint32_t least = ids.empty() ? 0 : *std::min_element(ids.begin(), ids.end());
  std::uint32_t most = 0;
  bool consecutive = true;
  for (std::uint32_t d = 0; d < ids.size(); ++d) {
    ids[d] -= least;
    most = std::max(most, ids[d]);
    consecutive = consecutive && ids[d] == d;
  }
  const std::array<std::uint32_t, 3> shape = {static_cast<std::uint32_t>(ids.size()), least, consecutive ? 0 : kernels::packed_width(most)};
  std::vector<std::byte> packed;
  if (!consecutive) {
    kernels::pack(ids, shape[2], packed);
    packed.resize(packed.size() + kernels::kPackReadsBeyond);
  }
  writer.add(std::span<const std::uint32_t>(shape));
  writer.add(packed);
  writer.add(removed_);
  writer.add(titled_bits_);
  image.sections.emplace_back("items", writer.take());
}

// Documents by the words they share (reorder.h), instead of by item.
void SegmentBuilder::bisect_documents() {
  std::vector<std::uint32_t> begins(order_.size() + 1);
  for (const Occurrence& o : occurrences_) {
    if (rank_[o.document] != kNone) ++begins[rank_[o.document] + 1];
  }
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<std::uint32_t> terms(begins.back()), next(begins.begin(), begins.end() - 1);
  for (const Occurrence& o : occurrences_) {
    if (rank_[o.document] != kNone) terms[next[rank_[o.document]]++] = word_terms_[o.word];
  }
  // Each term once a document, in however many fields and forms it occurs.
  std::vector<std::uint32_t> rows = {0}, distinct;
  for (std::size_t d = 0; d < order_.size(); ++d) {
    const auto row = std::span(terms).subspan(begins[d], begins[d + 1] - begins[d]);
    std::ranges::sort(row);
    std::unique_copy(row.begin(), row.end(), std::back_inserter(distinct));
    rows.push_back(static_cast<std::uint32_t>(distinct.size()));
  }
  std::vector<std::uint32_t> order;
  for (const std::uint32_t document : index::bisect({rows, distinct, static_cast<std::uint32_t>(terms_.size())}))
    order.push_back(order_[document]);
  order_ = std::move(order);
  for (std::uint32_t i = 0; i < order_.size(); ++i) rank_[order_[i]] = i;
}

// Lengths of the documents in order, and the norms under which impacts are taken: of the weights and averages of this segment.
void SegmentBuilder::finish_lengths(SegmentImage& image) {
  const std::size_t fields = fields_.size();
  std::vector<std::uint64_t> totals(fields);
  std::vector<std::uint8_t> lengths;
  lengths.reserve(fields * order_.size());
  for (const std::uint32_t document : order_) {
    for (std::size_t f = 0; f < fields; ++f) {
      const std::uint8_t code = lengths_[document * fields + f];
      totals[f] += length_of_code(code);
      lengths.push_back(code);
    }
  }
  lengths_.swap(lengths);  // by ordinal from here on
  std::vector<float> weights, exact_weights, averages, b;
  for (std::size_t f = 0; f < fields; ++f) {
    b.push_back(fields_[f].length);
    weights.push_back(fields_[f].search);
    exact_weights.push_back(fields_[f].exact);
    averages.push_back(order_.empty() ? 0 : static_cast<float>(static_cast<double>(totals[f]) / static_cast<double>(order_.size())));
    norms_.push_back(norms_of(weights[f], b[f], averages[f]));
    exact_norms_.push_back(norms_of(exact_weights[f], b[f], averages[f]));
  }
  BlobWriter writer;
  writer.add(totals);
  writer.add(lengths_);
  writer.add(weights);
  writer.add(exact_weights);
  writer.add(averages);
  writer.add(b);
  image.sections.emplace_back("lengths", writer.take());
}

void SegmentBuilder::finish_offers(SegmentImage& image) const {
  BlobWriter writer;
  std::vector<std::string_view> markets;
  for (std::size_t i = 0; i < markets_.size(); ++i) markets.push_back(markets_[i]);
  Offers::write(writer, offers_, rank_, static_cast<std::uint32_t>(order_.size()), markets);
  image.sections.emplace_back("offers", writer.take());
}

void SegmentBuilder::finish_columns(SegmentImage& image) const {
  BlobWriter writer;
  const std::array<std::uint32_t, 1> count = {static_cast<std::uint32_t>(columns_.size())};
  writer.add(std::span<const std::uint32_t>(count));
  for (const auto& [name, builder] : columns_) builder.write(writer, rank_, static_cast<std::uint32_t>(order_.size()), titled_bits_);
  image.sections.emplace_back("columns", writer.take());
}

}  // namespace souk::index
