// Request bodies: one object, an array of objects, or NDJSON. Only the borders of records are found here; what stands between them is
// checked when the record is read. A line of NDJSON that begins with a brace begins a record, whatever the one before it lacks, so that
// a broken record spoils no other.
#include <algorithm>

#include "souk/feeds/record_json.h"

namespace souk::feeds {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

class BodySplitter {
 public:
  explicit BodySplitter(std::string_view body) : body_(body) {}

  Result<std::vector<BodyRecord>> split() {
    if (body_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    skip_space();
    if (at_ == body_.size()) return wrong("a JSON object, a list of objects, or one object a line", "an empty body");
    list_ = take('[');
    if (list_) return split_list();
    if (body_[at_] != '{' && body_.find("\n{", at_) == std::string_view::npos) return wrong("an object", rest());
    if (whole_object()) return std::move(records_);
    return split_lines();
  }

 private:
  Result<std::vector<BodyRecord>> split_list() {
    skip_space();
    bool more = !take(']');
    while (more) {
      skip_space();
      const std::size_t begin = at_, line = line_;
      if (!skip_element()) return wrong("the end of the element that begins in line " + std::to_string(line), "the end of the body");
      if (at_ == begin) return wrong("an element", rest());
      records_.push_back(BodyRecord{line, body_.substr(begin, at_ - begin), records_.size(), true});
      skip_space();
      more = !take(']');
      if (more && !take(',')) return wrong("a comma or ]", rest());
    }
    skip_space();
    if (at_ != body_.size()) return wrong("nothing after the list", rest());
    return std::move(records_);
  }

  // Whether the body is one object, written over any lines: then it is the record.
  bool whole_object() {
    const std::size_t begin = at_, line = line_;
    bool whole = body_[at_] == '{' && skip_object(body_.size());
    const std::size_t end = at_;
    skip_space();
    whole = whole && at_ == body_.size();
    if (whole) records_.push_back(BodyRecord{line, body_.substr(begin, end - begin)});
    at_ = begin;
    line_ = line;
    return whole;
  }

  std::vector<BodyRecord> split_lines() {
    std::size_t next = at_;  // the next line that begins with a brace
    for (skip_space(); at_ < body_.size(); skip_space()) {
      const std::size_t begin = at_, line = line_;
      if (next <= begin) next = std::min(body_.find("\n{", begin), body_.size());
      if (body_[at_] != '{') {
        at_ = line_end();
      } else if (skip_object(next)) {
        const std::size_t end = at_;
        const std::size_t rest = std::min(body_.find_first_not_of(" \t\r", at_), body_.size());
        at_ = rest == body_.size() || body_[rest] == '\n' || body_[rest] == '{' ? end : line_end();
      } else {
        at_ = next;
      }
      const std::string_view record = body_.substr(begin, at_ - begin);
      line_ = line + static_cast<std::size_t>(std::ranges::count(record, '\n'));
      records_.push_back(BodyRecord{line, record.substr(0, record.find_last_not_of(kSpace) + 1), records_.size(), false});
    }
    return std::move(records_);
  }

  std::size_t line_end() const { return std::min(body_.find('\n', at_), body_.size()); }
  void skip_space() {
    for (; at_ < body_.size() && kSpace.find(body_[at_]) != std::string_view::npos; ++at_) line_ += body_[at_] == '\n';
  }
  bool take(char c) {
    if (at_ == body_.size() || body_[at_] != c) return false;
    ++at_;
    return true;
  }
  // From a brace to behind the one that closes it; false when there is none before `end`.
  bool skip_object(std::size_t end) {
    std::size_t depth = 0;
    for (; at_ < end; ++at_) {
      const char c = body_[at_];
      if (c == '"') {
        if (!skip_string(end)) return false;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        if (--depth == 0) return ++at_, true;
      } else if (c == '\n') {
        ++line_;
      }
    }
    return false;
  }
  // An element of a list, of any type: one that is no object spoils no other either. Stays where there is none.
  bool skip_element() {
    if (at_ == body_.size()) return true;
    if (body_[at_] == '{' || body_[at_] == '[') return skip_object(body_.size());
    if (body_[at_] == '"') return skip_string(body_.size()) && take('"');
    at_ = std::min(body_.find_first_of(",]{}[\" \t\r\n", at_), body_.size());
    return true;
  }
  // From a quote to the one that closes it; where lines divide records, in the same line.
  bool skip_string(std::size_t end) {
    for (++at_; at_ < end; ++at_) {
      if (body_[at_] == '\\') {
        ++at_;
      } else if (body_[at_] == '"') {
        return true;
      } else if (body_[at_] == '\n') {
        if (!list_) return false;
        ++line_;
      }
    }
    return false;
  }
  std::string rest() const {
    if (at_ >= body_.size()) return "the end of the body";
    const std::string_view text = body_.substr(at_, 40);
    return store::valid_utf8(text) ? std::string(text) : "other bytes";
  }
  tl::unexpected<Error> wrong(std::string expected, std::string found) const {
    return fail(
        Error{ErrorKind::invalid, "cannot read the body", "line " + std::to_string(line_), std::move(expected), std::move(found), {}});
  }

  std::string_view body_;
  std::size_t at_ = 0, line_ = 1;
  bool list_ = false;
  std::vector<BodyRecord> records_;
};

}  // namespace

Result<std::vector<BodyRecord>> split_body(std::string_view body) {
  return BodySplitter(body).split();
}

}  // namespace souk::feeds
