#include "souk/base/section_file.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstring>
#include <fmt/format.h>
#include <utility>

#include "souk/base/hash.h"

namespace souk {
namespace {

static_assert(std::endian::native == std::endian::little, "section files are little-endian and are read in place");

constexpr std::string_view kMagic = "SOUK";
constexpr std::size_t kAlignment = 64;

struct Header {
  std::array<char, 4> magic;
  std::array<char, 4> kind;
  std::uint32_t version;
  std::uint32_t sections;
  std::uint64_t checksum;  // of the 16 bytes before it, followed by the section table
};
static_assert(sizeof(Header) == 24);
constexpr std::size_t kHashedHeaderBytes = 16;

struct Entry {
  std::array<char, 16> name;  // zero-filled
  std::uint64_t offset;
  std::uint64_t bytes;
  std::uint64_t checksum;
};
static_assert(sizeof(Entry) == 40);

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view name_of(const Entry& entry) {
  return {entry.name.data(), ::strnlen(entry.name.data(), entry.name.size())};
}

std::uint64_t round_up(std::uint64_t offset) {
  return (offset + kAlignment - 1) / kAlignment * kAlignment;
}

std::uint64_t header_checksum(std::string_view header, std::string_view table) {
  std::string hashed(header.substr(0, kHashedHeaderBytes));
  return hash64(hashed.append(table));
}

tl::unexpected<Error> corrupt(const fs::path& path, std::string what) {
  return fail(ErrorKind::corrupt, std::move(what), path.string(),
              "Restore the file from a backup, or let `souk doctor --repair` rebuild it.");
}

}  // namespace

SectionWriter::SectionWriter(std::string_view kind, std::uint32_t version) : kind_(kind), version_(version) {
  assert(kind.size() == 4);
}

void SectionWriter::add_bytes(std::string_view name, std::span<const std::byte> bytes) {
  assert(!name.empty() && name.size() <= 15);
  sections_.push_back({std::string(name), bytes, nullptr});
}

void SectionWriter::add_owned(std::string_view name, std::string bytes) {
  assert(!name.empty() && name.size() <= 15);
  auto owned = std::make_unique<std::string>(std::move(bytes));
  const std::span<const char> span(*owned);
  sections_.push_back({std::string(name), std::as_bytes(span), std::move(owned)});
}

Status SectionWriter::write(const fs::path& path) const {
  Header header{};
  std::ranges::copy(kMagic, header.magic.begin());
  std::copy_n(kind_.begin(), 4, header.kind.begin());
  header.version = version_;
  header.sections = static_cast<std::uint32_t>(sections_.size());
  std::vector<Entry> table(sections_.size());
  std::uint64_t end = sizeof(Header) + table.size() * sizeof(Entry);
  for (std::size_t i = 0; i < table.size(); ++i) {
    std::ranges::copy(sections_[i].name, table[i].name.begin());
    table[i].offset = round_up(end);
    table[i].bytes = sections_[i].bytes.size();
    table[i].checksum = hash64(text_of(sections_[i].bytes));
    end = table[i].offset + table[i].bytes;
  }
  const std::string_view table_text = text_of(std::as_bytes(std::span(table)));
  header.checksum = header_checksum(text_of(std::as_bytes(std::span(&header, 1))), table_text);

  constexpr std::array<char, kAlignment> kZeros{};
  std::vector<std::string_view> pieces{text_of(std::as_bytes(std::span(&header, 1))), table_text};
  std::uint64_t at = sizeof(Header) + table_text.size();
  for (std::size_t i = 0; i < table.size(); ++i) {
    pieces.emplace_back(kZeros.data(), table[i].offset - at);
    pieces.push_back(text_of(sections_[i].bytes));
    at = table[i].offset + table[i].bytes;
  }
  return write_file(path, pieces);
}

struct SectionFile::State {
  fs::path path;
  MappedFile file;
  std::uint32_t version = 0;
  std::vector<Entry> table;
  // Per section: whether its checksum was found right. Two threads may both check the first time; that is harmless.
  std::unique_ptr<std::atomic<bool>[]> checked;

  const Entry* find(std::string_view name) const {
    const auto entry = std::ranges::find_if(table, [&](const Entry& e) { return name_of(e) == name; });
    return entry == table.end() ? nullptr : &*entry;
  }
  std::span<const std::byte> bytes_of(const Entry& entry) const { return file.bytes().subspan(entry.offset, entry.bytes); }
  Status check(const Entry& entry) const {
    std::atomic<bool>& done = checked[static_cast<std::size_t>(&entry - table.data())];
    if (done.load(std::memory_order_acquire)) return {};
    if (hash64(text_of(bytes_of(entry))) != entry.checksum) {
      return corrupt(path, fmt::format("section \"{}\" does not match its checksum", name_of(entry)));
    }
    done.store(true, std::memory_order_release);
    return {};
  }
  Status load_table(std::string_view kind, std::uint32_t oldest, std::uint32_t newest);
  Status check_layout() const;
};

// The checksum says that the table is as it was written; this says that it was written by us, so that no offset leads outside.
Status SectionFile::State::check_layout() const {
  std::uint64_t end = sizeof(Header) + table.size() * sizeof(Entry);
  for (const Entry& entry : table) {
    if (entry.offset != round_up(end) || entry.name.back() != 0) return corrupt(path, "the section table is not in order");
    if (entry.offset > file.bytes().size() || entry.bytes > file.bytes().size() - entry.offset) {
      return corrupt(path, fmt::format("the file is cut off: section \"{}\" ends beyond it", name_of(entry)));
    }
    end = entry.offset + entry.bytes;
  }
  if (end != file.bytes().size()) return corrupt(path, "there are bytes after the last section");
  return {};
}

Status SectionFile::State::load_table(std::string_view kind, std::uint32_t oldest, std::uint32_t newest) {
  const std::string_view text = file.text();
  Header header{};
  if (text.size() < sizeof(Header)) return corrupt(path, "the file is too short for a header");
  std::memcpy(&header, text.data(), sizeof(Header));
  if (std::string_view(header.magic.data(), 4) != kMagic) return corrupt(path, "not a file written by Souk");
  if (header.sections > (text.size() - sizeof(Header)) / sizeof(Entry)) return corrupt(path, "the file is cut off in its section table");
  const std::string_view table_text = text.substr(sizeof(Header), header.sections * sizeof(Entry));
  if (header.checksum != header_checksum(text, table_text)) return corrupt(path, "the header does not match its checksum");
  if (std::string_view(header.kind.data(), 4) != kind) {
    return fail(Error{ErrorKind::invalid,
                      "a file of another kind",
                      path.string(),
                      fmt::format("\"{}\"", kind),
                      fmt::format("\"{}\"", std::string_view(header.kind.data(), 4)),
                      {}});
  }
  if (header.version < oldest || header.version > newest) {
    return fail(Error{ErrorKind::version, "a file of another format version", path.string(),
                      oldest == newest ? fmt::format("version {}", newest) : fmt::format("version {} to {}", oldest, newest),
                      fmt::format("version {}", header.version),
                      header.version > newest ? "Use the newer Souk that wrote it." : "An older Souk wrote it: make it anew."});
  }
  version = header.version;
  table.resize(header.sections);
  if (!table.empty()) std::memcpy(table.data(), table_text.data(), table_text.size());
  checked = std::make_unique<std::atomic<bool>[]>(table.size());
  return check_layout();
}

Result<SectionFile> SectionFile::open(const fs::path& path, std::string_view kind, std::uint32_t oldest, std::uint32_t newest) {
  SectionFile result;
  result.state_ = std::make_unique<State>();
  result.state_->path = path;
  SOUK_TRY(result.state_->file, MappedFile::open(path));
  SOUK_CHECK(result.state_->load_table(kind, oldest, newest));
  return result;
}

SectionFile::SectionFile() = default;
SectionFile::~SectionFile() = default;
SectionFile::SectionFile(SectionFile&&) noexcept = default;
SectionFile& SectionFile::operator=(SectionFile&&) noexcept = default;

std::uint32_t SectionFile::version() const {
  return state_->version;
}
const fs::path& SectionFile::path() const {
  return state_->path;
}
bool SectionFile::has(std::string_view name) const {
  return state_->find(name) != nullptr;
}

Result<std::span<const std::byte>> SectionFile::bytes(std::string_view name) const {
  const Entry* entry = state_->find(name);
  if (entry == nullptr) return corrupt(state_->path, fmt::format("section \"{}\" is missing", name));
  SOUK_CHECK(state_->check(*entry));
  return state_->bytes_of(*entry);
}

Status SectionFile::verify() const {
  std::uint64_t end = sizeof(Header) + state_->table.size() * sizeof(Entry);
  for (const Entry& entry : state_->table) {
    // Read afresh: a disk can go bad after the first check.
    state_->checked[static_cast<std::size_t>(&entry - state_->table.data())].store(false, std::memory_order_release);
    SOUK_CHECK(state_->check(entry));
    const auto gap = state_->file.bytes().subspan(end, entry.offset - end);
    if (std::ranges::any_of(gap, [](std::byte b) { return b != std::byte{0}; })) {
      return corrupt(state_->path, fmt::format("the gap before section \"{}\" is not zero", name_of(entry)));
    }
    end = entry.offset + entry.bytes;
  }
  return {};
}

Status SectionFile::check_multiple(std::string_view name, std::size_t bytes, std::size_t size) const {
  if (bytes % size == 0) return {};
  return corrupt(state_->path, fmt::format("section \"{}\" holds {} bytes, which is no multiple of {}", name, bytes, size));
}

}  // namespace souk
