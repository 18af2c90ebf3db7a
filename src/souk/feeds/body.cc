// Request bodies: one object, an array of objects, or NDJSON. Only the borders of records are found here; what stands between them is
// checked when the record is read.
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
    const bool list = body_[at_] == '[';
    if (list) ++at_;
    std::vector<BodyRecord> records;
    for (;;) {
      skip_space();
      if (list && records.empty() && take(']')) break;
      if (at_ == body_.size() && !list) return records;
      if (at_ == body_.size() || body_[at_] != '{') return wrong("an object", rest());
      const std::size_t begin = at_, line = line_;
      if (!skip_object()) return wrong("the end of the object that begins in line " + std::to_string(line), "the end of the body");
      records.push_back(BodyRecord{line, body_.substr(begin, at_ - begin)});
      skip_space();
      if (!list) continue;
      if (take(']')) break;
      if (!take(',')) return wrong("a comma or ]", rest());
    }
    skip_space();
    if (at_ != body_.size()) return wrong("nothing after the list", rest());
    return records;
  }

 private:
  void skip_space() {
    for (; at_ < body_.size() && kSpace.find(body_[at_]) != std::string_view::npos; ++at_) line_ += body_[at_] == '\n';
  }
  bool take(char c) {
    if (at_ == body_.size() || body_[at_] != c) return false;
    ++at_;
    return true;
  }
  // From a brace to behind the one that closes it; false at the end of the body.
  bool skip_object() {
    std::size_t depth = 0;
    for (; at_ < body_.size(); ++at_) {
      const char c = body_[at_];
      if (c == '"') {
        if (!skip_string()) return false;
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
  // From a quote to the one that closes it.
  bool skip_string() {
    for (++at_; at_ < body_.size(); ++at_) {
      if (body_[at_] == '\\') {
        ++at_;
      } else if (body_[at_] == '"') {
        return true;
      } else if (body_[at_] == '\n') {
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
};

}  // namespace

Result<std::vector<BodyRecord>> split_body(std::string_view body) {
  return BodySplitter(body).split();
}

}  // namespace souk::feeds
