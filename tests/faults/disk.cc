#include "tests/faults/disk.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

namespace souk::faults {
namespace {

constexpr std::size_t kSector = 512;

// Bytes not yet synced: a write, or a new size.
struct Pending {
  bool resize = false;
  std::uint64_t offset = 0;  // of a resize: the size
  std::string data;
};

struct File {
  std::string durable;
  std::vector<Pending> pending;
  bool in_order = false;  // has no holes: a MANIFEST
};

void apply_to(std::string& content, const Pending& change) {
  if (change.resize) {
    content.resize(change.offset);
    return;
  }
  const std::uint64_t end = change.offset + change.data.size();
  if (content.size() < end) content.resize(end);
  std::memcpy(content.data() + change.offset, change.data.data(), change.data.size());
}

// Folders and files by number; a folder holds names.
using Node = std::uint64_t;
constexpr Node kRoot = 0;
constexpr Node kFolderBit = 1ULL << 62U;  // of a folder's number; files have those of the recording

using Names = std::map<std::string, Node, std::less<>>;
using Tree = std::map<Node, Names>;  // of each folder

// A change of names that no fsync made durable yet: `node` leaves `from` and takes its place at `to`.
struct Move {
  struct Place {
    Node folder = 0;
    std::string name;
  };
  Node node = 0;
  std::optional<Place> from, to;
  bool touches(Node folder) const { return (from && from->folder == folder) || (to && to->folder == folder); }
};

void apply_to(Tree& tree, const Move& move) {
  if (move.from) {
    Names& names = tree[move.from->folder];
    const auto found = names.find(move.from->name);
    if (found != names.end() && found->second == move.node) names.erase(found);
  }
  if (move.to) tree[move.to->folder][move.to->name] = move.node;
}

std::uint64_t take_number(std::string_view& from) {
  std::uint64_t number = 0;
  std::memcpy(&number, from.data(), sizeof number);
  from.remove_prefix(sizeof number);
  return number;
}

std::string take_text(std::string_view& from) {
  const std::uint64_t size = take_number(from);
  std::string text(from.substr(0, size));
  from.remove_prefix(size);
  return text;
}

// Each sector as it was or as it was written; the end as it was at one of the moments between.
std::string torn(const File& file, Random& random) {
  std::vector<std::uint64_t> ends{file.durable.size()};
  std::string latest = file.durable;
  std::vector<bool> touched;
  for (const Pending& change : file.pending) {
    apply_to(latest, change);
    ends.push_back(latest.size());
    if (change.resize) continue;
    touched.resize(std::max(touched.size(), (change.offset + change.data.size() + kSector - 1) / kSector));
    for (std::uint64_t s = change.offset / kSector; s * kSector < change.offset + change.data.size(); ++s) touched[s] = true;
  }
  // Appending moves the end sector by sector.
  for (std::uint64_t end = file.durable.size() / kSector * kSector + kSector; end < latest.size(); end += kSector) ends.push_back(end);
  std::string content = file.durable;
  content.resize(ends[random.below(ends.size())]);
  const bool mostly = random.below(2) == 0;
  for (std::size_t s = 0; s < touched.size(); ++s) {
    const std::size_t begin = s * kSector;
    if (!touched[s] || begin >= content.size() || begin >= latest.size()) continue;
    if (mostly ? random.below(8) == 0 : random.below(2) == 0) continue;
    const std::size_t count = std::min({kSector, content.size() - begin, latest.size() - begin});
    std::memcpy(content.data() + begin, latest.data() + begin, count);
  }
  return content;
}

std::string beginning(const File& file, Random& random) {
  std::string content = file.durable;
  const std::uint64_t count = random.below(file.pending.size() + 1);
  for (std::uint64_t i = 0; i < count; ++i) apply_to(content, file.pending[i]);
  if (count < file.pending.size() && !file.pending[count].resize) {
    Pending part = file.pending[count];
    part.data.resize(random.below(part.data.size() / kSector + 1) * kSector);
    if (!part.data.empty()) apply_to(content, part);
  }
  return content;
}

Status put_file(const fs::path& path, std::string_view content) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return fail_errno("cannot make the file of a crash", path.string(), errno);
  bool good = true;
  for (std::string_view rest = content; good && !rest.empty();) {
    const ssize_t written = ::write(file, rest.data(), rest.size());
    good = written > 0;
    if (good) rest.remove_prefix(static_cast<std::size_t>(written));
  }
  const int number = errno;
  ::close(file);
  return good ? Status() : Status(fail_errno("cannot write the file of a crash", path.string(), number));
}

}  // namespace

struct Disk::State {
  std::map<Node, File> files;
  Tree now, durable;  // names as programs see them, and as they are on the disk for certain
  std::vector<Move> moves;
  Node next_folder = kFolderBit;

  Move::Place place(const std::string& path) const {
    Node folder = kRoot;
    std::size_t begin = 0;
    for (std::size_t slash; (slash = path.find('/', begin)) != std::string::npos; begin = slash + 1) {
      folder = now.at(folder).at(path.substr(begin, slash - begin));
    }
    return {folder, path.substr(begin)};
  }
  std::optional<Node> at(const Move::Place& where) const {
    const Names& names = now.at(where.folder);
    const auto found = names.find(where.name);
    return found == names.end() ? std::nullopt : std::optional(found->second);
  }
  Node folder_at(const std::string& path) const {
    if (path == ".") return kRoot;
    return *at(place(path));
  }
  void move(Move change) {
    apply_to(now, change);
    moves.push_back(std::move(change));
  }
  void make_folder(const std::string& path, bool is_durable) {
    const Node folder = next_folder++;
    now[folder];
    durable[folder];
    Move change{folder, std::nullopt, place(path)};
    if (is_durable) apply_to(durable, change);
    is_durable ? apply_to(now, change) : move(std::move(change));
  }
  // Of hard links and of a name that is replaced only the name counts.
  void sync_folder(Node folder) {
    std::vector<Move> rest;
    for (Move& change : moves) {
      if (change.touches(folder)) {
        apply_to(durable, change);
      } else {
        rest.push_back(std::move(change));
      }
    }
    moves = std::move(rest);
  }
  File& named(Node id, const std::string& path) {
    File& file = files[id];
    file.in_order = fs::path(path).filename().string().starts_with("MANIFEST-");
    return file;
  }
  std::string content(const File& file, Kept kept, Random& random) const;
  Status write(const fs::path& folder, const Tree& tree, Node node, Kept kept, Random& random, std::map<Node, fs::path>& written) const;
};

Disk::Disk() : state_(std::make_unique<State>()) {
  state_->now[kRoot];
  state_->durable[kRoot];
}
Disk::~Disk() = default;
Disk::Disk(Disk&&) noexcept = default;
Disk& Disk::operator=(Disk&&) noexcept = default;

std::vector<Operation> read_operations(std::string_view recording) {
  std::vector<Operation> operations;
  while (!recording.empty()) {
    Operation operation;
    operation.kind = static_cast<Kind>(recording.front());
    recording.remove_prefix(1);
    operation.id = take_number(recording);
    operation.offset = take_number(recording);
    operation.path = take_text(recording);
    operation.to = take_text(recording);
    operation.data = take_text(recording);
    operations.push_back(std::move(operation));
  }
  return operations;
}

void Disk::apply(const Operation& operation) {
  State& in = *state_;
  switch (operation.kind) {
    case Kind::directory:
      in.make_folder(operation.path, true);
      break;
    case Kind::file: {
      in.named(operation.id, operation.path).durable = operation.data;
      const Move change{operation.id, std::nullopt, in.place(operation.path)};
      apply_to(in.now, change);
      apply_to(in.durable, change);
      break;
    }
    case Kind::create:
      in.named(operation.id, operation.path);
      in.move({operation.id, std::nullopt, in.place(operation.path)});
      break;
    case Kind::write:
      in.files[operation.id].pending.push_back({false, operation.offset, operation.data});
      break;
    case Kind::truncate:
      in.files[operation.id].pending.push_back({true, operation.offset, {}});
      break;
    case Kind::sync_file: {
      File& file = in.files[operation.id];
      for (const Pending& change : file.pending) apply_to(file.durable, change);
      file.pending.clear();
      break;
    }
    case Kind::sync_directory:
      in.sync_folder(in.folder_at(operation.path));
      break;
    case Kind::rename: {
      const Move::Place from = in.place(operation.path);
      if (const auto node = in.at(from)) in.move({*node, from, in.place(operation.to)});
      break;
    }
    case Kind::link:
      if (const auto node = in.at(in.place(operation.path))) in.move({*node, std::nullopt, in.place(operation.to)});
      break;
    case Kind::unlink:
    case Kind::remove_directory: {
      const Move::Place from = in.place(operation.path);
      if (const auto node = in.at(from)) in.move({*node, from, std::nullopt});  // else a socket, which is no matter of the disk
      break;
    }
    case Kind::make_directory:
      in.make_folder(operation.path, false);
      break;
    case Kind::note:
      break;
  }
}

std::string Disk::State::content(const File& file, Kept kept, Random& random) const {
  if (file.pending.empty() || kept == Kept::nothing) return file.durable;
  if (kept == Kept::beginning || (kept == Kept::some && file.in_order)) return beginning(file, random);
  if (kept == Kept::some) return torn(file, random);
  std::string all = file.durable;
  for (const Pending& change : file.pending) apply_to(all, change);
  return all;
}

Status Disk::State::write(const fs::path& folder, const Tree& tree, Node node, Kept kept, Random& random,
                          std::map<Node, fs::path>& written) const {
  for (const auto& [name, child] : tree.at(node)) {
    const fs::path path = folder / name;
    std::error_code error;
    if ((child & kFolderBit) != 0) {
      fs::create_directory(path, error);
      if (error) return fail_errno("cannot make the folder of a crash", path.string(), error.value());
      SOUK_CHECK(write(path, tree, child, kept, random, written));
    } else if (const auto other = written.find(child); other != written.end()) {
      fs::create_hard_link(other->second, path, error);
    } else {
      written.emplace(child, path);
      SOUK_CHECK(put_file(path, content(files.at(child), kept, random)));
    }
  }
  return {};
}

Status Disk::write_after_cut(const fs::path& folder, Kept kept, Random& random) const {
  Tree tree = state_->durable;
  const std::size_t all = state_->moves.size();
  const std::size_t count = kept == Kept::nothing ? 0 : kept == Kept::everything ? all : random.below(all + 1);
  for (std::size_t i = 0; i < count; ++i) apply_to(tree, state_->moves[i]);
  std::map<Node, fs::path> written;
  return state_->write(folder, tree, kRoot, kept, random, written);
}

}  // namespace souk::faults
