#include "souk/feeds/line_form.h"

#include <algorithm>
#include <charconv>

#include "souk/base/config.h"
#include "souk/feeds/fields.h"

namespace souk::feeds {
namespace {

constexpr std::string_view kBlanks = " \t\r";

bool refuse(RowProblem& problem, std::string field, std::string expected, std::string found) {
  problem = RowProblem{0, std::move(field), std::move(expected), std::move(found)};
  return false;
}

bool is_whole(std::string_view word) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size();
}

// The next word, which is removed from the text; empty at its end.
std::string_view take_word(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  const std::size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

bool read_numbers(std::string_view text, std::string_view field, std::vector<std::string_view>& numbers, RowProblem& problem) {
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    if (!is_whole(word)) return refuse(problem, std::string(field), "whole numbers, separated by blanks", found_text(word));
    numbers.push_back(word);
  }
  return true;
}

std::vector<std::string_view> split(std::string_view line, char delimiter) {
  std::vector<std::string_view> fields;
  for (std::size_t begin = 0;; ++begin) {
    const std::size_t end = std::min(line.find(delimiter, begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    if (end == line.size()) return fields;
    begin = end;
  }
}

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

bool is_line_form(Format format) {
  return format == Format::sequences || format == Format::sessions || format == Format::baskets || format == Format::lists ||
         format == Format::cases;
}

Result<LineForm> LineForm::of(Format format, std::string_view header, const FieldMap& map, const std::string& file) {
  LineForm form;
  form.format_ = format;
  if (format != Format::lists && (format != Format::cases || map.lists.empty())) return form;
  const auto columns = split(without_return(header), '\t');
  form.columns_ = columns.size();
  const bool lists = format == Format::lists;
  const std::pair<std::string_view, std::size_t*> kRoles[] = {
      {"shopper", lists ? &form.shopper_ : nullptr},       {"train", lists ? &form.train_ : nullptr},
      {"validation", lists ? &form.validation_ : nullptr}, {"test", lists ? &form.test_ : nullptr},
      {"history", lists ? nullptr : &form.train_},         {"target", lists ? nullptr : &form.test_}};
  for (const auto& [role, column] : map.lists) {
    const auto* const known = std::ranges::find_if(kRoles, [&](const auto& each) { return each.first == role && each.second != nullptr; });
    if (known == std::end(kRoles)) {
      return fail(Error{
          ErrorKind::invalid, "cannot read the lists", file, lists ? "shopper, train, validation or test" : "history or target", role, {}});
    }
    const auto place = std::ranges::find(columns, std::string_view(column));
    if (place == columns.end()) {
      std::vector<std::string> names(columns.begin(), columns.end());
      const auto near = nearest_name(column, names);
      return fail(Error{ErrorKind::invalid, "cannot read the lists", file + ":1", "a column \"" + column + "\"",
                        found_text(without_return(header)), near ? "Did you mean \"" + *near + "\"?" : std::string()});
    }
    *known->second = static_cast<std::size_t>(place - columns.begin());
  }
  const bool whole = lists ? form.shopper_ != kAbsent && (form.train_ != kAbsent || form.test_ != kAbsent)
                           : form.train_ != kAbsent && form.test_ != kAbsent;
  if (whole) return form;
  return fail(Error{ErrorKind::invalid,
                    "cannot read the lists",
                    file,
                    lists ? "the columns of shopper, and of train or test" : "the columns of history and target",
                    "none",
                    {}});
}

bool LineForm::read(std::string_view line, LineEvents& events, RowProblem& problem) const {
  line = without_return(line);
  events.shopper = {};
  events.items.clear();
  if (format_ == Format::lists || format_ == Format::cases) return read_columns(line, events, problem);
  if (format_ == Format::baskets) {
    if (!read_basket(line, events, problem)) return false;
  } else {
    if (format_ == Format::sequences) {
      events.shopper = take_word(line);
      if (!is_whole(events.shopper)) return refuse(problem, "shopper", "a whole number", found_text(events.shopper));
    }
    if (!read_numbers(line, "item", events.items, problem)) return false;
    if (events.items.empty()) return refuse(problem, "item", "a user and at least one item", "a user alone");
  }
  events.train = events.known = events.items.size();
  return true;
}

bool LineForm::read_columns(std::string_view line, LineEvents& events, RowProblem& problem) const {
  const auto fields = split(line, '\t');
  const std::size_t wanted = columns_ == 0 ? 2 : columns_;
  if (fields.size() != wanted) {
    return refuse(problem, "", std::to_string(wanted) + " columns, separated by tabs", std::to_string(fields.size()));
  }
  const auto list = [&](std::size_t column, std::string_view field) {
    return column == kAbsent || read_numbers(fields[column], field, events.items, problem);
  };
  if (format_ == Format::cases) {
    if (!list(columns_ == 0 ? 0 : train_, "history")) return false;
    events.train = events.known = events.items.size();
    if (!list(columns_ == 0 ? 1 : test_, "target")) return false;
    const std::size_t targets = events.items.size() - events.known;
    return targets == 1 ? true : refuse(problem, "target", "one item", std::to_string(targets));
  }
  std::string_view shopper = fields[shopper_];
  events.shopper = take_word(shopper);
  if (!is_whole(events.shopper) || !take_word(shopper).empty()) {
    return refuse(problem, "shopper", "a whole number", found_text(fields[shopper_]));
  }
  if (!list(train_, "train")) return false;
  events.train = events.items.size();
  if (!list(validation_, "validation")) return false;
  events.known = events.items.size();
  if (!list(test_, "test")) return false;
  return events.items.empty() ? refuse(problem, "item", "at least one item", "none") : true;
}

bool LineForm::read_basket(std::string_view line, LineEvents& events, RowProblem& problem) const {
  for (std::string_view name : split(line, ',')) {
    const std::size_t begin = std::min(name.find_first_not_of(' '), name.size());
    name = name.substr(begin, name.find_last_not_of(' ') + 1 - begin);
    if (const auto good = store::check_key(name, "item"); !good) return refuse(problem, "item", good.error().expected, good.error().found);
    events.items.push_back(name);
  }
  return true;
}

}  // namespace souk::feeds
