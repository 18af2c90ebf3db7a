#include "souk/index/ready_filter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "souk/base/kernels/code_bits.h"
#include "souk/index/values.h"

namespace souk::index {
namespace {

constexpr std::uint32_t kMostFlags = 4096;  // codes that are decided beforehand; of more, each as it is met

std::string text_of(const Filter::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) return number_text(*number);
  return std::get<bool>(value) ? "true" : "false";
}

// NaN, which equals and orders with nothing, for what is no number.
double number_of(const Filter::Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  return number_in(std::get<std::string>(value)).value_or(std::nan(""));
}

bool numbers_hold(Filter::Op op, std::span<const double> wanted, double value) {
  switch (op) {
    case Filter::Op::equals:
    case Filter::Op::in:
      return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
    case Filter::Op::less:
      return value < wanted[0];
    case Filter::Op::less_equal:
      return value <= wanted[0];
    case Filter::Op::greater:
      return value > wanted[0];
    case Filter::Op::greater_equal:
      return value >= wanted[0];
    case Filter::Op::range:
      return value >= wanted[0] && value <= wanted[1];
    default:
      return false;
  }
}

// The ordinals of the numbers that a test holds for.
std::vector<OrdinalRange> ordinals_of(Filter::Op op, std::span<const double> wanted, const Numbers& numbers) {
  if (op == Filter::Op::exists) return {{0, numbers.size()}};
  std::vector<OrdinalRange> ranges;
  const bool several = op == Filter::Op::equals || op == Filter::Op::in;
  if (!several && std::ranges::any_of(wanted, [](double number) { return std::isnan(number); })) return ranges;
  switch (op) {
    case Filter::Op::less:
      return {{0, numbers.below(wanted[0])}};
    case Filter::Op::less_equal:
      return {{0, numbers.not_above(wanted[0])}};
    case Filter::Op::greater:
      return {{numbers.not_above(wanted[0]), numbers.size()}};
    case Filter::Op::greater_equal:
      return {{numbers.below(wanted[0]), numbers.size()}};
    case Filter::Op::range:
      return {{numbers.below(wanted[0]), numbers.not_above(wanted[1])}};
    default:
      for (const double number : wanted) {
        if (several && !std::isnan(number)) ranges.push_back({numbers.below(number), numbers.not_above(number)});
      }
      return ranges;
  }
}

std::uint32_t states_of(const Filter& filter) {
  std::uint32_t states = 0;
  for (const Filter::Value& value : filter.values) {
    for (std::uint32_t state = 0; state < kAvailabilities; ++state) {
      if (text_of(value) == availability_text(state)) states |= 1U << state;
    }
  }
  return states;
}

// In order, without empty ones, those that touch joined.
void tidy(std::vector<OrdinalRange>& ranges) {
  std::erase_if(ranges, [](const OrdinalRange& range) { return range.begin >= range.end; });
  std::ranges::sort(ranges, {}, &OrdinalRange::begin);
  std::size_t kept = 0;
  for (const OrdinalRange& range : ranges) {
    if (kept > 0 && range.begin <= ranges[kept - 1].end) {
      ranges[kept - 1].end = std::max(ranges[kept - 1].end, range.end);
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

bool is_wanted(std::span<const OrdinalRange> ranges, std::uint32_t ordinal) {
  const auto after = std::ranges::upper_bound(ranges, ordinal, {}, &OrdinalRange::begin);
  return after != ranges.begin() && ordinal < std::prev(after)->end;
}

// Calls visit(word, its bits) for words of 64 documents that have a bit, and keeps the bits that it returns.
template <class Visit>
void each_word(std::span<std::uint64_t> bits, Visit visit) {
  for (std::size_t w = 0; w < bits.size(); ++w) {
    if (bits[w] != 0) bits[w] = visit(w, bits[w]);
  }
}

// A filter by codes of one range, on the words that have a bit; where few have, only there.
void narrow_range(const Codes& all, std::uint32_t low, std::uint32_t span, std::span<std::uint64_t> bits) {
  constexpr std::size_t kWords = 64;        // at a time
  std::array<std::uint64_t, kWords> holds;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled as far as it is read
  all.visit([&](auto codes) {
    using Code = std::remove_const_t<typename decltype(codes)::element_type>;
    for (std::size_t begin = 0; begin < bits.size(); begin += kWords) {
      const std::span<std::uint64_t> words = bits.subspan(begin, std::min(kWords, bits.size() - begin));
      const auto used = std::ranges::count_if(words, [](std::uint64_t word) { return word != 0; });
      if (static_cast<std::size_t>(used) * 4 < words.size()) {
        each_word(words, [&](std::size_t w, std::uint64_t word) {
          const std::size_t first = (begin + w) * 64;
          kernels::bits_in_range(codes.subspan(first, std::min<std::size_t>(64, codes.size() - first)), static_cast<Code>(low),
                                 static_cast<Code>(span), holds.data());
          return word & holds[0];
        });
        continue;
      }
      const std::size_t first = begin * 64;
      kernels::bits_in_range(codes.subspan(first, std::min(words.size() * 64, codes.size() - first)), static_cast<Code>(low),
                             static_cast<Code>(span), holds.data());
      for (std::size_t w = 0; w < words.size(); ++w) words[w] &= holds[w];
    }
  });
}

}  // namespace

ReadyFilter::ReadyFilter(const Filter& filter, const View& view, const Schema& schema, const Circumstances& circumstances)
    : view_(view), schema_(schema), circumstances_(circumstances) {
  root_ = make(filter);
}

ReadyFilter::Node ReadyFilter::make(const Filter& filter) const {
  using enum Filter::Op;
  const std::uint64_t documents = view_.segment->size();
  if (filter.op != all && filter.op != any && filter.op != none_of) {
    Node node = make_test(filter);
    node.most = node.kind == Kind::never ? 0 : std::min(node.most, documents);
    return node;
  }
  Node node;
  node.kind = filter.op == all ? Kind::all : filter.op == any ? Kind::any : Kind::none_of;
  for (const FilterPtr& child : filter.children) node.children.push_back(make(*child));
  node.most = filter.op == any ? 0 : documents;
  for (const Node& child : node.children) {
    if (filter.op == all) node.most = std::min(node.most, child.most);
    if (filter.op == any) node.most = std::min(documents, node.most + child.most);
  }
  return node;
}

ReadyFilter::Node ReadyFilter::make_test(const Filter& filter) const {
  using ValueKind = FieldValues::Kind;
  Node node;
  node.values.emplace(view_, schema_, filter.field, circumstances_);
  const FieldValues& values = *node.values;
  const bool equal = filter.op == Filter::Op::equals || filter.op == Filter::Op::in;
  if (values.kind() == ValueKind::missing) return node;
  if (!values.numeric() && !equal && filter.op != Filter::Op::exists) return node;  // words have no order here
  if (values.numeric()) {
    for (const Filter::Value& value : filter.values) node.numbers.push_back(number_of(value));
  } else if (values.kind() == ValueKind::availability) {
    node.states = states_of(filter);
  }
  node.most = UINT64_MAX;
  const auto coded = values.coded();
  if (!coded) {
    node.kind = Kind::looked_up;
    node.filter = &filter;
    return node;
  }
  node.field = *coded;
  if (filter.op == Filter::Op::exists) {
    node.kind = Kind::range;
    node.low = 1;
    node.span = coded->coding.codes - 1;
    if (node.span-- == 0) node.kind = Kind::never;
    return node;
  }
  if (coded->numbers != nullptr) {
    node.wanted = ordinals_of(filter.op, node.numbers, *coded->numbers);
  } else if (values.kind() == ValueKind::availability) {
    for (std::uint32_t state = 0; state < kAvailabilities; ++state) {
      if ((node.states >> state & 1U) != 0) node.wanted.push_back({state, state + 1});
    }
  } else {
    node.most = 0;
    for (const Filter::Value& value : filter.values) {
      const OrdinalRange range = values.column().find(text_of(value));
      node.wanted.push_back(range);
      for (std::uint32_t i = range.begin; i < range.end; ++i) node.most += values.column().counts[i];
    }
    // Documents without a title are not counted.
    if (!view_.segment->all_titled) node.most = UINT64_MAX;
  }
  decide_codes(node);
  return node;
}

void ReadyFilter::decide_codes(Node& node) const {
  tidy(node.wanted);
  const Coding& coding = node.field.coding;
  if (node.wanted.empty()) {
    node.kind = Kind::never;
  } else if (coding.single() && node.wanted.size() == 1) {
    node.kind = Kind::range;
    node.low = node.wanted[0].begin + 1;
    node.span = node.wanted[0].end - node.wanted[0].begin - 1;
  } else if (coding.codes <= kMostFlags) {
    node.kind = Kind::flags;
    node.flags = bits_for(coding.codes);
    for (std::uint32_t code = 1; code < coding.codes; ++code) {
      if (std::ranges::any_of(coding.of(code), [&](std::uint32_t ordinal) { return is_wanted(node.wanted, ordinal); })) {
        set_bit(node.flags, code);
      }
    }
  } else {
    node.kind = Kind::listed;
  }
}

bool ReadyFilter::holds(const Node& node, std::uint32_t document) {
  const auto each = [&](const Node& child) { return holds(child, document); };
  switch (node.kind) {
    case Kind::all:
      return std::ranges::all_of(node.children, each);
    case Kind::any:
      return std::ranges::any_of(node.children, each);
    case Kind::none_of:
      return std::ranges::none_of(node.children, each);
    case Kind::range:
      return (*node.field.codes)[document] - node.low <= node.span;
    case Kind::flags:
      return test_bit(node.flags, (*node.field.codes)[document]);
    case Kind::listed:
      return std::ranges::any_of(node.field.coding.of((*node.field.codes)[document]),
                                 [&](std::uint32_t ordinal) { return is_wanted(node.wanted, ordinal); });
    case Kind::looked_up:
      if (node.filter->op == Filter::Op::exists) return node.values->exists(document);
      if (node.values->numeric()) {
        return node.values->any_number(document, [&](double value) { return numbers_hold(node.filter->op, node.numbers, value); });
      }
      if (const auto row = node.values->offer(document)) return (node.states >> row->availability & 1U) != 0;
      return false;
    default:
      return false;
  }
}

void ReadyFilter::test(const Node& node, std::span<const std::uint32_t> documents, std::span<std::uint8_t> out) {
  if (node.kind == Kind::range) {
    node.field.codes->visit([&](auto codes) {
      for (std::size_t i = 0; i < documents.size(); ++i) out[i] = std::uint32_t{codes[documents[i]]} - node.low <= node.span ? 1 : 0;
    });
    return;
  }
  for (std::size_t i = 0; i < documents.size(); ++i) out[i] = holds(node, documents[i]) ? 1 : 0;
}

void ReadyFilter::test(std::span<const std::uint32_t> documents, std::span<std::uint8_t> out) const {
  test(root_, documents, out);
}

std::size_t ReadyFilter::keep(std::span<std::uint32_t> documents, std::uint32_t* beside) const {
  std::size_t kept = 0;
  const auto take = [&](std::size_t i, bool holds) {
    documents[kept] = documents[i];
    beside[kept] = beside[i];
    kept += holds ? 1 : 0;
  };
  if (root_.kind == Kind::range) {
    root_.field.codes->visit([&](auto codes) {
      for (std::size_t i = 0; i < documents.size(); ++i) take(i, std::uint32_t{codes[documents[i]]} - root_.low <= root_.span);
    });
  } else {
    for (std::size_t i = 0; i < documents.size(); ++i) take(i, holds(root_, documents[i]));
  }
  return kept;
}

void ReadyFilter::narrow(std::span<std::uint64_t> bits) const {
  narrow(root_, bits);
}

void ReadyFilter::narrow(const Node& node, std::span<std::uint64_t> bits) const {
  switch (node.kind) {
    case Kind::all:
      for (const Node& child : node.children) narrow(child, bits);
      return;
    case Kind::any:
    case Kind::none_of: {
      Bits found(bits.size()), part(bits.size());
      for (const Node& child : node.children) {
        for (std::size_t w = 0; w < bits.size(); ++w) part[w] = bits[w] & ~found[w];
        narrow(child, part);
        for (std::size_t w = 0; w < bits.size(); ++w) found[w] |= part[w];
      }
      for (std::size_t w = 0; w < bits.size(); ++w) bits[w] = node.kind == Kind::any ? found[w] : bits[w] & ~found[w];
      return;
    }
    case Kind::range:
      return narrow_range(*node.field.codes, node.low, node.span, bits);
    case Kind::never:
      std::ranges::fill(bits, std::uint64_t{0});
      return;
    default:
      each_word(bits, [&](std::size_t w, std::uint64_t word) {
        std::uint64_t kept = 0;
        for (std::uint64_t rest = word; rest != 0; rest &= rest - 1) {
          const auto bit = static_cast<unsigned>(std::countr_zero(rest));
          if (holds(node, static_cast<std::uint32_t>(w * 64 + bit))) kept |= std::uint64_t{1} << bit;
        }
        return kept;
      });
  }
}

}  // namespace souk::index
