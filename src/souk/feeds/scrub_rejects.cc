// Erasing what rejects files say of a person.
#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <vector>

#include "souk/feeds/rejects.h"

namespace souk::feeds {
namespace {

constexpr std::size_t kStandsAlone = 8;  // shorter names are common parts of other words

std::optional<std::uint32_t> hex4(std::string_view text) {
  std::uint32_t value = 0;
  if (text.size() < 4) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
  return error == std::errc() && end == text.data() + 4 ? std::optional(value) : std::nullopt;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// The text with JSON's escapes undone, wherever they stand; what is no escape stays as it is.
std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    if (c != 'u') {
      out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
      continue;
    }
    const auto unit = hex4(text.substr(i + 1));
    if (!unit) {
      out += "\\u";
      continue;
    }
    i += 4;
    std::uint32_t code = *unit;
    if (code >= 0xD800 && code < 0xDC00 && text.substr(i + 1).starts_with("\\u")) {
      if (const auto low = hex4(text.substr(i + 3)); low && *low >= 0xDC00 && *low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (*low - 0xDC00);
        i += 6;
      }
    }
    append_utf8(out, code);
  }
  return out;
}

bool of_a_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

bool mentions(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    if (name.size() >= kStandsAlone) return true;
    const std::size_t end = at + name.size();
    if ((at == 0 || !of_a_word(text[at - 1])) && (end == text.size() || !of_a_word(text[end]))) return true;
  }
  return false;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string without_doubled_quotes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '"' && text.substr(i + 1).starts_with('"')) ++i;
  }
  return out;
}

// Whether `text[at, end)` is the member "session" of a JSON object, or a whole cell of a table: which column that is, a row does not say.
bool is_session(std::string_view text, std::size_t at, std::size_t end) {
  constexpr std::string_view kBetweenCells = ",;\t\"\n\r";
  if (at > 0 && text[at - 1] == '"' && end < text.size() && text[end] == '"') {
    std::string_view before = text.substr(0, at - 1);
    before = before.substr(0, before.find_last_not_of(' ') + 1);  // npos + 1 is 0
    if (before.ends_with(':')) {
      const std::string_view name = before.substr(0, before.find_last_not_of(" :") + 1);
      return name.ends_with("\"session\"") || name.ends_with("\"row\"");  // a row of one cell
    }
  }
  const bool begins = at == 0 || kBetweenCells.find(text[at - 1]) != std::string_view::npos;
  return begins && (end == text.size() || kBetweenCells.find(text[end]) != std::string_view::npos);
}

bool has_session(std::string_view text, std::string_view session) {
  for (std::size_t at = text.find(session); at != std::string_view::npos; at = text.find(session, at + 1)) {
    if (is_session(text, at, at + session.size())) return true;
  }
  return false;
}

// What is looked for. E-mail addresses are found whatever their case.
class Wanted {
 public:
  Wanted(std::span<const std::string> names, std::span<const std::string> sessions) {
    for (const std::string& name : names) {
      if (name.empty()) continue;
      if (name.find('@') == std::string::npos) {
        names_.push_back(name);
      } else {
        addresses_.push_back(lowered(name));
      }
    }
    for (const std::string& session : sessions) {
      if (!session.empty()) sessions_.push_back(session);
    }
  }

  // A row that was JSON stands in the line as a text: it was escaped twice. One of a table was escaped once, and may double its quotes.
  bool stands_in(std::string_view line) const {
    if (is_named(line)) return true;
    if (line.find('\\') == std::string_view::npos) return false;
    const std::string once = unescaped(line);
    return is_named(once) || is_named(unescaped(once)) ||
           (once.find("\"\"") != std::string::npos && is_named(without_doubled_quotes(once)));
  }

 private:
  bool is_named(std::string_view text) const {
    for (const std::string& name : names_) {
      if (mentions(text, name)) return true;
    }
    for (const std::string& session : sessions_) {
      if (has_session(text, session)) return true;
    }
    if (addresses_.empty() || text.find('@') == std::string_view::npos) return false;
    const std::string lower = lowered(text);
    return std::ranges::any_of(addresses_, [&](const std::string& address) { return mentions(lower, address); });
  }

  std::vector<std::string> names_, addresses_, sessions_;
};

Status remove_file(const fs::path& path) {
  std::error_code error;
  fs::remove(path, error);
  if (error) return fail_errno("cannot delete", path.string(), error.value());
  return sync_directory(path.parent_path());
}

Result<std::uint64_t> scrub(const fs::path& path, const Wanted& wanted) {
  SOUK_TRY(const MappedFile file, MappedFile::open(path));
  std::string_view rest = file.text();
  std::vector<std::string_view> kept;
  std::uint64_t erased = 0;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n') == std::string_view::npos ? rest.size() : rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    if (wanted.stands_in(line)) {
      ++erased;
    } else if (!kept.empty() && kept.back().data() + kept.back().size() == line.data()) {
      kept.back() = std::string_view(kept.back().data(), kept.back().size() + line.size());
    } else {
      kept.push_back(line);
    }
  }
  if (erased == 0) return erased;
  SOUK_CHECK(kept.empty() ? remove_file(path) : write_file(path, kept));
  return erased;
}

}  // namespace

void remove_dead_imports(const fs::path& directory) {
  remove_leftovers(directory);
  std::vector<fs::path> spooled;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    // A nameless file has a name for a moment (base/file.h); older Souks named what they read from standard input.
    if (name.starts_with(".stdin-") || name.starts_with(".nameless-")) spooled.push_back(entry->path());
  }
  for (const fs::path& file : spooled) fs::remove(file, error);
}

Result<std::uint64_t> scrub_rejects(const fs::path& directory, std::span<const std::string> names,
                                    std::span<const std::string> short_sessions) {
  const Wanted wanted(names, short_sessions);
  const RejectsFile::Pause pause;
  std::uint64_t erased = 0;
  std::error_code error;
  if (!fs::exists(directory, error)) return erased;
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) files.push_back(entry->path());
  if (error) return fail_errno("cannot read the folder of refused rows", directory.string(), error.value());
  for (const fs::path& path : files) {
    if (path.extension() != ".jsonl") continue;
    SOUK_TRY(const std::uint64_t rows, scrub(path, wanted));
    erased += rows;
  }
  return erased;
}

}  // namespace souk::feeds
