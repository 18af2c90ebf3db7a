#include "souk/index/segment_folder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <set>
#include <system_error>

namespace souk::index {
namespace {

constexpr int kReadings = 50;  // of the set, while another process replaces the segments that it names

// Of a file that must be there, and be what its place says. What the operating system refused stays so told: it may answer another time.
Error damage(Error error) {
  if (error.kind != ErrorKind::io) error.kind = ErrorKind::corrupt;
  return error;
}

// "00000012.seg" -> 12; nothing for other names.
std::optional<std::uint64_t> segment_number(std::string_view name, std::string_view ending) {
  if (!name.ends_with(ending)) return std::nullopt;
  name.remove_suffix(ending.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? std::optional(number) : std::nullopt;
}

}  // namespace

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

tl::unexpected<Error> SegmentSet::damaged() const {
  return fail(ErrorKind::corrupt, "the segment set does not hold together", file.path().string());
}

SegmentFolder::SegmentFolder(fs::path directory, SegmentForm form, Hash128 fingerprint)
    : directory_(std::move(directory)), form_(form), fingerprint_(fingerprint) {}

bool SegmentFolder::plausible(const SegmentSet& set) const {
  std::set<std::string_view> met;
  return std::ranges::all_of(set.names, [&](const std::string& name) {
    const auto number = segment_number(name, form_.ending);
    return number && *number < set.next && met.insert(name).second;
  });
}

// False when there is no set, or one that was made under another fingerprint or format.
Result<bool> SegmentFolder::read(SegmentSet& set) const {
  const fs::path path = directory_ / form_.set;
  std::error_code error;
  if (!fs::exists(path, error)) {
    if (error) return fail_errno("cannot open", path.string(), error.value());
    return false;
  }
  auto file = SectionFile::open(path, form_.kind, form_.version, form_.version);
  if (!file && file.error().kind == ErrorKind::version) return false;
  if (!file) return fail(damage(std::move(file).error()));
  set.file = std::move(*file);
  SOUK_TRY(const auto made_under, set.file.array<std::uint64_t>("fingerprint"));
  SOUK_TRY(const auto state, set.file.array<std::uint64_t>("state"));
  SOUK_TRY(const auto names, set.file.array<char>("names"));
  if (made_under.size() != 2 || state.size() != 2) return set.damaged();
  if (made_under[0] != fingerprint_.high || made_under[1] != fingerprint_.low) return false;
  set.seq = state[0];
  set.next = state[1];
  set.names = lines_of({names.data(), names.size()});
  if (!plausible(set)) return set.damaged();
  return true;
}

Result<bool> SegmentFolder::load(const std::function<Status(const SegmentSet&)>& open) {
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(directory_, ignored)) && !fs::is_directory(directory_, ignored)) {
    return fail(Error{ErrorKind::corrupt, "cannot read the index", directory_.string(), "a folder", "something else", {}});
  }
  std::vector<std::string> before;
  for (int attempt = 1;; ++attempt) {
    SegmentSet set;
    SOUK_TRY(const bool found, read(set));
    if (!found) return false;
    next_ = set.next;
    Status opened = open(set);
    if (opened) return true;
    // Whoever writes replaces the set before it deletes what the set no longer names.
    const bool replaced = opened.error().kind == ErrorKind::not_found && set.names != before && attempt < kReadings;
    if (!replaced) return fail(damage(std::move(opened).error()));
    before = std::move(set.names);
  }
}

Result<fs::path> SegmentFolder::next() {
  SOUK_CHECK(make_directories(directory_));
  return directory_ / fmt::format("{:08}{}", next_++, form_.ending);
}

Status SegmentFolder::replace(Seq seq, std::span<const std::string> names, const std::function<void(SectionWriter&)>& add) {
  SOUK_CHECK(make_directories(directory_));
  std::string lines;
  for (const std::string& name : names) lines += name + "\n";
  const std::array<std::uint64_t, 2> print = {fingerprint_.high, fingerprint_.low}, state = {seq, next_.load()};
  SectionWriter writer(form_.kind, form_.version);
  writer.add("fingerprint", std::span<const std::uint64_t>(print));
  writer.add("state", std::span<const std::uint64_t>(state));
  writer.add("names", std::span<const char>(lines.data(), lines.size()));
  add(writer);
  SOUK_CHECK(writer.write(directory_ / form_.set));
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(form_.ending) && std::ranges::find(names, name) == names.end()) fs::remove(entry.path(), error);
  }
  return {};
}

}  // namespace souk::index
