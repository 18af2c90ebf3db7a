#include "souk/index/filter.h"

#include <algorithm>
#include <fmt/format.h>

#include "souk/base/time.h"
#include "souk/index/values.h"

namespace souk::index {
namespace {

constexpr std::size_t kMaxText = 16 * 1024;
constexpr std::size_t kMaxDepth = 100;
constexpr std::size_t kMaxValues = 1000;
constexpr const char* kTests = "=, !=, IN or EXISTS";
constexpr const char* kOrderedTests = "=, !=, <, <=, >, >=, IN, EXISTS or a range";

struct Lexeme {
  enum class Kind : std::uint8_t { end, punctuation, word, quoted_string, quoted_name };
  Kind kind = Kind::end;
  std::string text;
  std::size_t at = 0;  // byte of the filter
};

bool blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool ends_word(char c) {
  return blank(c) || std::string_view("()[],=!<>\"'`").find(c) != std::string_view::npos;
}

bool is_ordered(const Field& field) {
  return field.type == FieldType::number || field.type == FieldType::time;
}

// By full name, then by the part after the last point.
std::optional<std::string> near_field(std::string_view name, const Schema& schema) {
  std::vector<std::string> names = schema.names();
  if (auto near = nearest_name(name, names)) return near;
  for (std::string& full : names) full = full.substr(full.rfind('.') + 1);
  return nearest_name(name, names);
}

class Parser {
 public:
  Parser(std::string_view text, const Schema& schema) : text_(text), schema_(schema) {}

  Result<FilterPtr> parse() {
    SOUK_CHECK(advance());
    if (next_.kind == Lexeme::Kind::end) return FilterPtr();
    SOUK_TRY(FilterPtr filter, either(0));
    if (next_.kind != Lexeme::Kind::end) return unexpected("AND, OR or the end");
    return filter;
  }

 private:
  tl::unexpected<Error> error(ErrorKind kind, std::string what, std::size_t at, std::string expected = {}, std::string found = {},
                              std::string hint = {}) const {
    const auto column = std::count_if(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at),
                                      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    return fail(Error{kind, std::move(what), fmt::format("filter:{}", column + 1), std::move(expected), std::move(found), std::move(hint)});
  }
  tl::unexpected<Error> unexpected(std::string expected) const {
    return error(ErrorKind::invalid, "cannot read the filter", next_.at, std::move(expected),
                 next_.kind == Lexeme::Kind::end ? "the end" : next_.text);
  }
  bool is(std::string_view punctuation) const { return next_.kind == Lexeme::Kind::punctuation && next_.text == punctuation; }
  bool is_word(std::string_view word) const { return next_.kind == Lexeme::Kind::word && next_.text == word; }

  Status advance() {
    while (at_ < text_.size() && blank(text_[at_])) ++at_;
    next_ = {Lexeme::Kind::end, {}, at_};
    if (at_ == text_.size()) return {};
    const char c = text_[at_];
    if (c == '"' || c == '\'' || c == '`') return quoted(c);
    if (!ends_word(c)) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && !ends_word(text_[at_])) ++at_;
      next_.kind = Lexeme::Kind::word;
      next_.text = text_.substr(begin, at_ - begin);
      return {};
    }
    const bool pair = at_ + 1 < text_.size() && text_[at_ + 1] == '=' && (c == '!' || c == '<' || c == '>');
    next_.kind = Lexeme::Kind::punctuation;
    next_.text = text_.substr(at_, pair ? 2 : 1);
    at_ += next_.text.size();
    return {};
  }

  Status quoted(char quote) {
    const std::size_t begin = at_++;
    next_.kind = quote == '`' ? Lexeme::Kind::quoted_name : Lexeme::Kind::quoted_string;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      next_.text.push_back(text_[at_]);
    }
    if (at_ == text_.size()) return error(ErrorKind::invalid, "a quotation is not closed", begin, std::string(1, quote), "the end");
    ++at_;
    return {};
  }

  Result<FilterPtr> joined(std::size_t depth, Filter::Op op, std::string_view word) {
    const auto part = [&] { return op == Filter::Op::any ? joined(depth, Filter::Op::all, "AND") : negated(depth); };
    SOUK_TRY(FilterPtr first, part());
    if (!is_word(word)) return first;
    auto group = std::make_shared<Filter>();
    group->op = op;
    group->children.push_back(std::move(first));
    while (is_word(word)) {
      SOUK_CHECK(advance());
      SOUK_TRY(FilterPtr child, part());
      group->children.push_back(std::move(child));
    }
    return FilterPtr(std::move(group));
  }
  Result<FilterPtr> either(std::size_t depth) { return joined(depth, Filter::Op::any, "OR"); }

  Result<FilterPtr> negated(std::size_t depth) {
    if (depth > kMaxDepth)
      return error(ErrorKind::limit, "the filter is nested too deeply", next_.at, fmt::format("at most {} levels", kMaxDepth));
    if (is_word("NOT")) {
      SOUK_CHECK(advance());
      SOUK_TRY(FilterPtr inner, negated(depth + 1));
      return negation(std::move(inner));
    }
    if (!is("(")) return test();
    SOUK_CHECK(advance());
    SOUK_TRY(FilterPtr inner, either(depth + 1));
    if (!is(")")) return unexpected("AND, OR or )");
    SOUK_CHECK(advance());
    return inner;
  }

  static FilterPtr negation(FilterPtr inner) {
    auto filter = std::make_shared<Filter>();
    filter->op = Filter::Op::none_of;
    filter->children.push_back(std::move(inner));
    return filter;
  }

  Result<FilterPtr> test() {
    if (next_.kind != Lexeme::Kind::word && next_.kind != Lexeme::Kind::quoted_name) return unexpected("a field");
    const Field* field = schema_.find(next_.text);
    if (field == nullptr) {
      const std::optional<std::string> near = near_field(next_.text, schema_);
      return error(ErrorKind::invalid, "unknown field", next_.at, near ? "a field of this shop, such as " + *near : "a field of this shop",
                   next_.text, near ? "Did you mean " + *near + "?" : "Known: " + fmt::format("{}.", fmt::join(schema_.names(), ", ")));
    }
    if (!field->filter)
      return error(ErrorKind::invalid, "this field cannot be filtered", next_.at, "a field with filter = true", field->name);
    SOUK_CHECK(advance());
    return condition(*field);
  }

  Result<FilterPtr> condition(const Field& field) {
    auto filter = std::make_shared<Filter>();
    filter->field = field.name;
    if (is_word("EXISTS")) {
      filter->op = Filter::Op::exists;
      SOUK_CHECK(advance());
      return FilterPtr(std::move(filter));
    }
    if (is_word("IN") || is_word("NOT")) {
      const bool inverse = is_word("NOT");
      if (inverse) SOUK_CHECK(advance());
      if (!is_word("IN")) return unexpected("IN");
      SOUK_CHECK(advance());
      SOUK_CHECK(list(field, *filter));
      return inverse ? negation(std::move(filter)) : FilterPtr(std::move(filter));
    }
    if (next_.kind == Lexeme::Kind::punctuation) return comparison(field, std::move(filter));
    filter->op = Filter::Op::range;
    const bool is_value = next_.kind == Lexeme::Kind::word || next_.kind == Lexeme::Kind::quoted_string;
    if (!is_value || !is_ordered(field)) return unexpected(is_ordered(field) ? kOrderedTests : kTests);
    SOUK_CHECK(value(field, *filter));
    if (!is_word("TO")) return unexpected("TO");
    SOUK_CHECK(advance());
    SOUK_CHECK(value(field, *filter));
    return FilterPtr(std::move(filter));
  }

  Result<FilterPtr> comparison(const Field& field, std::shared_ptr<Filter> filter) {
    const std::string op = next_.text;
    if (op == "=" || op == "!=") {
      filter->op = Filter::Op::equals;
    } else if (op == "<" || op == "<=" || op == ">" || op == ">=") {
      SOUK_CHECK(ordered(field, op));
      if (op[0] == '<') filter->op = op.size() == 1 ? Filter::Op::less : Filter::Op::less_equal;
      if (op[0] == '>') filter->op = op.size() == 1 ? Filter::Op::greater : Filter::Op::greater_equal;
    } else {
      return unexpected(is_ordered(field) ? kOrderedTests : kTests);
    }
    SOUK_CHECK(advance());
    SOUK_CHECK(value(field, *filter));
    return op == "!=" ? negation(std::move(filter)) : FilterPtr(std::move(filter));
  }

  Status ordered(const Field& field, std::string_view op) const {
    if (is_ordered(field)) return {};
    return error(ErrorKind::invalid, fmt::format("{} compares numbers and times", op), next_.at, "a number or time field", field.name);
  }

  Status list(const Field& field, Filter& filter) {
    filter.op = Filter::Op::in;
    if (!is("[")) return unexpected("[");
    do {
      SOUK_CHECK(advance());
      SOUK_CHECK(value(field, filter));
    } while (is(","));
    if (!is("]")) return unexpected(", or ]");
    return advance();
  }

  Status value(const Field& field, Filter& filter) {
    if (next_.kind != Lexeme::Kind::word && next_.kind != Lexeme::Kind::quoted_string) return unexpected("a value");
    if (++values_ > kMaxValues)
      return error(ErrorKind::limit, "the filter has too many values", next_.at, fmt::format("at most {}", kMaxValues));
    auto read = typed(field, next_.text);
    if (!read) return error(ErrorKind::invalid, read.error().what, next_.at, read.error().expected, read.error().found);
    filter.values.push_back(std::move(*read));
    return advance();
  }

 public:
  static Result<Filter::Value> typed(const Field& field, std::string_view text) {
    const auto wrong = [&](std::string expected) {
      return fail(Error{ErrorKind::invalid, "wrong value for " + field.name, field.name, std::move(expected), std::string(text), {}});
    };
    switch (field.type) {
      case FieldType::keyword:
      case FieldType::text:
        return Filter::Value(comparable(field.name, text));
      case FieldType::number:
        if (const auto number = number_in(text)) return Filter::Value(*number);
        return wrong("a number");
      case FieldType::flag:
        if (text == "true" || text == "false") return Filter::Value(text == "true");
        return wrong("true or false");
      case FieldType::time:
        if (const auto number = number_in(text)) return Filter::Value(*number);
        if (const auto time = parse_rfc3339(text)) return Filter::Value(static_cast<double>(*time));
        return wrong("a time such as 2024-05-01T12:00:00Z, or milliseconds since 1970");
    }
    return wrong("a value");
  }

 private:
  std::string_view text_;
  const Schema& schema_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
  Lexeme next_;
};

void append_quoted(std::string& out, std::string_view text, char quote) {
  out.push_back(quote);
  for (const char c : text) {
    if (c == quote || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back(quote);
}

void append_value(std::string& out, const Filter::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    append_quoted(out, *text, '"');
  } else if (const auto* number = std::get_if<double>(&value)) {
    out += number_text(*number);
  } else {
    out += std::get<bool>(value) ? "true" : "false";
  }
}

std::string_view symbol(Filter::Op op) {
  switch (op) {
    case Filter::Op::less:
      return " < ";
    case Filter::Op::less_equal:
      return " <= ";
    case Filter::Op::greater:
      return " > ";
    case Filter::Op::greater_equal:
      return " >= ";
    default:
      return " = ";
  }
}

void append(std::string& out, const Filter& filter);

void append_child(std::string& out, const Filter& child) {
  const bool composite = child.op == Filter::Op::all || child.op == Filter::Op::any || child.op == Filter::Op::none_of;
  if (composite) out.push_back('(');
  append(out, child);
  if (composite) out.push_back(')');
}

void append(std::string& out, const Filter& filter) {
  using enum Filter::Op;
  if (filter.op == none_of) {
    out += "NOT ";
    append_child(out, *filter.children.front());
    return;
  }
  if (filter.op == all || filter.op == any) {
    for (std::size_t i = 0; i < filter.children.size(); ++i) {
      if (i > 0) out += filter.op == all ? " AND " : " OR ";
      append_child(out, *filter.children[i]);
    }
    return;
  }
  append_quoted(out, filter.field, '`');
  if (filter.op == exists) {
    out += " EXISTS";
    return;
  }
  out += filter.op == in ? " IN [" : filter.op == range ? " " : symbol(filter.op);
  for (std::size_t i = 0; i < filter.values.size(); ++i) {
    if (i > 0) out += filter.op == range ? " TO " : ", ";
    append_value(out, filter.values[i]);
  }
  if (filter.op == in) out.push_back(']');
}

}  // namespace

std::string Filter::to_string() const {
  std::string out;
  append(out, *this);
  return out;
}

Result<FilterPtr> parse_filter(std::string_view text, const Schema& schema) {
  if (text.size() > kMaxText) {
    return fail(Error{ErrorKind::limit,
                      "the filter is too long",
                      "filter",
                      fmt::format("at most {} bytes", kMaxText),
                      fmt::format("{}", text.size()),
                      {}});
  }
  return Parser(text, schema).parse();
}

FilterPtr both(FilterPtr a, FilterPtr b) {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  auto filter = std::make_shared<Filter>();
  filter->op = Filter::Op::all;
  filter->children = {std::move(a), std::move(b)};
  return filter;
}

Result<FilterPtr> facet_filter(std::string_view field, const std::vector<std::string>& values, const Schema& schema) {
  const Field* known = schema.find(field);
  if (known == nullptr || !known->filter) {
    const auto near = near_field(field, schema);
    return fail(Error{ErrorKind::invalid,
                      "unknown field",
                      "facet_filters",
                      near ? "a field such as " + *near : "a field of this shop",
                      std::string(field),
                      {}});
  }
  if (values.size() > kMaxValues) return fail(ErrorKind::limit, "too many values", "facet_filters." + std::string(field));
  if (values.empty()) return FilterPtr();
  auto filter = std::make_shared<Filter>();
  filter->op = Filter::Op::in;
  filter->field = known->name;
  for (const std::string& value : values) {
    SOUK_TRY(Filter::Value typed, Parser::typed(*known, value));
    filter->values.push_back(std::move(typed));
  }
  return FilterPtr(std::move(filter));
}

}  // namespace souk::index
