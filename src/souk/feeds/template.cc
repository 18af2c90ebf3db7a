#include "souk/feeds/template.h"

#include <algorithm>
#include <fmt/format.h>
#include <span>

#include "souk/base/hash.h"

namespace souk::feeds {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || (static_cast<unsigned char>(c) & 0x80) != 0;
}
char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

std::string first_path(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of('['), text.size()));
  text = text.substr(0, text.find(']'));
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',' && i + 1 < text.size() && text[i + 1] != ' ') {
      path += " > ";
    } else {
      path += text[i];
    }
  }
  return path;
}

tl::unexpected<Error> bad_template(std::string_view text, std::string expected) {
  return fail(Error{ErrorKind::invalid, "cannot read the template", {}, std::move(expected), std::string(text), {}});
}

}  // namespace

std::string readable(std::string_view text) {
  std::string out;
  const auto space = [&] {
    if (!out.empty() && out.back() != ' ') out += ' ';
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool word_follows = i + 1 < text.size() && is_word(text[i + 1]);
    const bool letter_follows = i + 1 < text.size() && is_letter(text[i + 1]);
    if (c == ' ' || c == '\t') {
      space();
    } else if (c == '&' && word_follows && i > 0 && is_word(text[i - 1])) {
      out += " & ";
    } else if ((c == ',' || c == ';' || c == ':') && letter_follows) {
      out += c;
      out += ' ';
    } else {
      out += to_lower(c);
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  const auto first = std::ranges::find_if(out, is_word);
  if (first != out.end()) *first = to_upper(*first);
  return out;
}

Result<Template::Filter> Template::parse_filter(std::string_view name, const Lookups& lookups) {
  using Kind = Filter::Kind;
  constexpr std::pair<std::string_view, Kind> kFilters[] = {{"lower", Kind::lower},       {"upper", Kind::upper}, {"trim", Kind::trim},
                                                            {"readable", Kind::readable}, {"hash", Kind::hash},   {"path", Kind::path}};
  for (const auto& [known, kind] : kFilters) {
    if (known == name) return Filter{kind, {}};
  }
  if (name.starts_with("lookup:")) {
    const auto table = lookups.find(std::string(name.substr(7)));
    if (table == lookups.end()) return bad_template(name, "the name of a [lookup.NAME] table");
    return Filter{Kind::lookup, table->second};
  }
  return bad_template(name, "a filter: lower, upper, trim, readable, hash, path or lookup:NAME");
}

Result<std::vector<Template::Filter>> Template::parse_filters(std::string_view names, const Lookups& lookups) {
  std::vector<Filter> filters;
  while (!names.empty()) {
    const auto bar = names.find('|');
    SOUK_TRY(auto filter, parse_filter(names.substr(0, bar), lookups));
    filters.push_back(std::move(filter));
    if (bar == std::string_view::npos) break;
    names.remove_prefix(bar + 1);
  }
  return filters;
}

Result<Template> Template::parse(std::string_view text, std::string_view filters, const Lookups& lookups,
                                 const std::function<std::uint32_t(std::string_view)>& slot_of) {
  Template result;
  SOUK_TRY(result.filters_, parse_filters(filters, lookups));
  Part part;
  std::uint32_t groups = 0;
  const auto finish_part = [&] {
    if (part.slot != UINT32_MAX || !part.literal.empty()) result.parts_.push_back(part);
    part = Part{{}, UINT32_MAX, false, part.group, {}};
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '[') {
      finish_part();
      if (part.group != 0) return bad_template(text, "optional parts that do not stand inside each other");
      part.group = ++groups;
    } else if (c == ']') {
      finish_part();
      if (part.group == 0) return bad_template(text, "a [ before each ]");
      part.group = 0;
    } else if (c == '{') {
      const auto end = text.find('}', i);
      if (end == std::string_view::npos) return bad_template(text, "a } after each {");
      const std::string_view inside = text.substr(i + 1, end - i - 1);
      const auto bar = inside.find('|');
      std::string_view column = inside.substr(0, bar);
      if (column.ends_with('!')) {
        part.required = true;
        column.remove_suffix(1);
      }
      if (column.empty()) return bad_template(text, "a column between { and }");
      part.slot = slot_of(column);
      SOUK_TRY(part.filters, parse_filters(bar == std::string_view::npos ? std::string_view() : inside.substr(bar + 1), lookups));
      finish_part();
      i = end;
    } else {
      part.literal += c;
    }
  }
  finish_part();
  if (part.group != 0) return bad_template(text, "a ] after each [");
  return result;
}

void Template::apply(const std::vector<Filter>& filters, std::string& text) {
  using Kind = Filter::Kind;
  for (const Filter& filter : filters) {
    switch (filter.kind) {
      case Kind::lower:
        std::ranges::transform(text, text.begin(), to_lower);
        break;
      case Kind::upper:
        std::ranges::transform(text, text.begin(), to_upper);
        break;
      case Kind::trim:
        text = trimmed(text);
        break;
      case Kind::readable:
        text = readable(text);
        break;
      case Kind::hash:
        text = fmt::format("{:016x}", hash64(text));
        break;
      case Kind::path:
        text = first_path(text);
        break;
      case Kind::lookup:
        if (const auto found = filter.table.find(text); found != filter.table.end()) text = found->second;
        break;
    }
  }
}

void Template::render(const std::vector<std::string_view>& columns, std::string& out) const {
  out.clear();
  const auto empty = [&](const Part& part) { return part.slot != UINT32_MAX && columns[part.slot].empty(); };
  for (std::size_t i = 0; i < parts_.size();) {
    const std::uint32_t group = parts_[i].group;
    std::size_t end = i + 1;
    while (group != 0 && end < parts_.size() && parts_[end].group == group) ++end;
    const auto members = std::span(parts_).subspan(i, end - i);
    i = end;
    if (std::ranges::any_of(members, [&](const Part& part) { return part.required && empty(part); })) {
      out.clear();
      return;
    }
    if (group != 0 && std::ranges::any_of(members, empty)) continue;
    for (const Part& part : members) {
      out += part.literal;
      if (part.slot == UINT32_MAX) continue;
      if (part.filters.empty()) {
        out += columns[part.slot];
      } else {
        std::string text(columns[part.slot]);
        apply(part.filters, text);
        out += text;
      }
    }
  }
  if (!out.empty()) apply(filters_, out);
}

}  // namespace souk::feeds
