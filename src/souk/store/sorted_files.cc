#include "souk/store/sorted_files.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <rocksdb/sst_file_writer.h>

namespace souk::store {
namespace {

struct SortedPut {
  std::array<std::uint64_t, 2> front{};  // the key's first 16 bytes as numbers: most keys differ in them
  std::string_view key, value;           // in the batch
};

std::array<std::uint64_t, 2> front_of(std::string_view key) {
  std::array<std::uint64_t, 2> front{};
  std::memcpy(front.data(), key.data(), std::min(key.size(), sizeof front));
  if constexpr (std::endian::native == std::endian::little) {
    for (std::uint64_t& number : front) number = __builtin_bswap64(number);
  }
  return front;
}

// By key, then as they stand in the batch.
bool before(const SortedPut& a, const SortedPut& b) {
  if (a.front != b.front) return a.front < b.front;
  if (a.key != b.key) return a.key < b.key;
  return std::less<>()(a.key.data(), b.key.data());
}

class Puts final : public rocksdb::WriteBatch::Handler {
 public:
  explicit Puts(const Database& database) {
    for (std::size_t i = 0; i < kFamilies; ++i) {
      const auto* handle = database.family(static_cast<Family>(i));
      if (handle == nullptr) continue;
      if (handle->GetID() >= families_.size()) families_.resize(handle->GetID() + 1, kFamilies);
      families_[handle->GetID()] = i;
    }
  }
  // Whatever else a batch may hold is refused by the functions that this class inherits.
  rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& key, const rocksdb::Slice& value) override {
    if (family >= families_.size() || families_[family] == kFamilies) return rocksdb::Status::InvalidArgument("an unknown family");
    puts_[families_[family]].push_back({front_of(view(key)), view(key), view(value)});
    return rocksdb::Status::OK();
  }
  std::vector<SortedPut>& of(std::size_t family) { return puts_[family]; }

 private:
  std::vector<std::size_t> families_;  // by RocksDB's number
  std::array<std::vector<SortedPut>, kFamilies> puts_;
};

}  // namespace

SortedFileWriter::SortedFileWriter(SortedFile file, std::unique_ptr<rocksdb::SstFileWriter> writer)
    : file_(std::move(file)), writer_(std::move(writer)) {}
SortedFileWriter::SortedFileWriter(SortedFileWriter&&) noexcept = default;
SortedFileWriter::~SortedFileWriter() = default;

Result<SortedFileWriter> SortedFileWriter::open(const Database& database, Family family) {
  rocksdb::ColumnFamilyHandle* const handle = database.family(family);
  const fs::path path = fs::path(database.db().GetName()) / (handle->GetName() + std::string(kIngestSuffix));
  // What an error left of the last one may be a second name of a file that the store has taken in: never to be written into.
  std::error_code error;
  fs::remove(path, error);
  if (error) return fail_errno("cannot delete what is left of an earlier file", path.string(), error.value());
  rocksdb::Options options = database.db().GetOptions(handle);
  // What stronger compression would save is saved when levels are compacted.
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kDisableCompressionOption;
  auto writer = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options, handle);
  if (const auto status = writer->Open(path.string()); !status.ok()) return fail(status, "cannot write a file of the store");
  return SortedFileWriter({family, path}, std::move(writer));
}

Status SortedFileWriter::put(std::string_view key, std::string_view value) {
  if (const auto status = writer_->Put(slice(key), slice(value)); !status.ok()) return fail(status, "cannot write a file of the store");
  return {};
}

Result<SortedFile> SortedFileWriter::finish() {
  if (const auto status = writer_->Finish(); !status.ok()) return fail(status, "cannot write a file of the store");
  return file_;
}

Result<std::vector<SortedFile>> write_sorted_files(const Database& database, const rocksdb::WriteBatch& batch) {
  Puts all(database);
  if (const auto status = batch.Iterate(&all); !status.ok()) return fail(status, "cannot take the records of a commit apart");
  std::vector<SortedFile> files;
  for (std::size_t family = 0; family < kFamilies; ++family) {
    std::vector<SortedPut>& puts = all.of(family);
    if (puts.empty()) continue;
    std::sort(puts.begin(), puts.end(), before);
    SOUK_TRY(SortedFileWriter writer, SortedFileWriter::open(database, static_cast<Family>(family)));
    for (std::size_t i = 0; i < puts.size(); ++i) {
      if (i + 1 < puts.size() && puts[i].key == puts[i + 1].key) continue;
      SOUK_CHECK(writer.put(puts[i].key, puts[i].value));
    }
    SOUK_TRY(SortedFile file, writer.finish());
    files.push_back(std::move(file));
    puts = {};
  }
  return files;
}

}  // namespace souk::store
