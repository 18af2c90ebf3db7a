#include "souk/engine/backup.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <set>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "souk/base/threads.h"
#include "souk/engine/shop_state.h"
#include "souk/engine/unfinished_folder.h"
#include "souk/engine/work_folder.h"

namespace souk::engine {
namespace {

constexpr std::string_view kManifestName = "backup.manifest";
// Of a shop's folder, besides its store and shop.toml. Everything else is made anew from these.
constexpr std::array<std::string_view, 2> kFolders{"models", "results"};

tl::unexpected<Error> stopped(std::string_view what) {
  return fail(ErrorKind::cancelled, fmt::format("the {} was stopped", what), {}, "Nothing is left of it.");
}

// It would be part of what the backup holds, and go with it.
Status outside(const fs::path& backup, const fs::path& place) {
  if (!is_below(place, backup)) return {};
  return fail(ErrorKind::invalid, "a backup holds nothing but what was backed up", place.string(), "Choose a folder outside of it.");
}

tl::unexpected<Error> no_backup(const fs::path& folder) {
  return fail(Error{
      ErrorKind::not_found, "this folder is no backup", folder.string(), "a folder that `souk backup` made", "no backup.manifest", {}});
}

// Every regular file below a folder, as a path below it.
Result<std::vector<std::string>> files_below(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (entry->is_regular_file(error)) files.push_back(fs::path(entry->path()).lexically_relative(folder).generic_string());
  }
  if (error) return fail_errno("cannot read the folder", folder.string(), error.value());
  std::sort(files.begin(), files.end());
  return files;
}

tl::unexpected<Error> bad_link(const fs::path& link, std::string found) {
  return fail(Error{ErrorKind::invalid, "cannot back up what this link leads to", link.string(),
                    "a file, or a folder that does not hold it", std::move(found), "Remove the link, or mend it"});
}

// Every regular file below a folder, as a path below `top`; what stands behind a link belongs to it, wherever that is. `above`: the folders
// with the links that lead here.
Status follow_files(const fs::path& top, const fs::path& folder, std::vector<fs::path>& above, std::vector<std::string>& files) {
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    std::error_code unseen;
    const fs::path& path = entry->path();
    const bool link = fs::is_symlink(fs::symlink_status(path, unseen));
    const fs::file_type type = fs::status(path, unseen).type();
    if (link && unseen) return bad_link(path, unseen.message());
    if (type == fs::file_type::regular) files.push_back(path.lexically_relative(top).generic_string());
    if (type != fs::file_type::directory) continue;
    if (link) {
      above.push_back(folder);
      const bool leads_back = std::any_of(above.begin(), above.end(), [&](const fs::path& one) { return is_below(one, path); });
      if (leads_back) return bad_link(path, "one that holds it");
    }
    SOUK_CHECK(follow_files(top, path, above, files));
    if (link) above.pop_back();
  }
  return error ? Status(fail_errno("cannot read the folder", folder.string(), error.value())) : Status();
}

// The same file under a second name, so that it stays when the first goes; a copy where the file system knows no links.
Status keep(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0 || fs::copy_file(from, to, error)) return {};
  return fail_errno("cannot copy", from.string(), error.value());
}

Status keep_parts(const fs::path& shop, const fs::path& to) {
  SOUK_TRY(const std::string settings, read_file(shop / "shop.toml"));  // not a link: people edit it
  SOUK_CHECK(write_file(to / "shop.toml", settings));
  for (const std::string_view folder : kFolders) {
    std::error_code unseen, ignored;
    const bool there = fs::is_directory(fs::status(shop / folder, unseen));
    if (unseen && fs::is_symlink(fs::symlink_status(shop / folder, ignored))) return bad_link(shop / folder, unseen.message());
    if (!there) continue;
    std::vector<fs::path> above;
    std::vector<std::string> files;
    SOUK_CHECK(follow_files(shop / folder, shop / folder, above, files));
    for (const std::string& file : files) {
      if (std::any_of(file.begin(), file.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
        return fail(ErrorKind::invalid, "a file's name holds control characters", (shop / folder / file).string(), "Give it another name.");
      }
      SOUK_CHECK(keep(shop / folder / file, to / folder / file));
    }
  }
  return {};
}

bool is_empty_or_missing(const fs::path& folder) {
  std::error_code error;
  return !fs::exists(folder, error) || (fs::is_directory(folder, error) && fs::is_empty(folder, error));
}

// The file of an earlier backup under a second name, where it has the same content.
bool share(const fs::path& earlier, const fs::path& to, std::string_view content) {
  std::error_code error;
  if (!fs::is_regular_file(earlier, error) || fs::file_size(earlier, error) != content.size()) return false;
  const auto before = MappedFile::open(earlier);
  return before && before->text() == content && ::link(earlier.c_str(), to.c_str()) == 0;
}

Status copy_all(const fs::path& from, const fs::path& to, const BackupOptions& options, BackupManifest& manifest, BackupReport& report,
                Progress& progress) {
  SOUK_TRY(const std::vector<std::string> files, files_below(from));
  progress.stage("Copying the shop", folder_size(from), "bytes");
  for (const std::string& path : files) {
    if (progress.cancelled()) return stopped("backup");
    SOUK_TRY(const MappedFile content, MappedFile::open(from / path));
    BackupFile file{path, content.bytes().size(), hash128(content.text())};
    SOUK_CHECK(make_directories((to / path).parent_path()));
    if (!options.earlier.empty() && share(options.earlier / path, to / path, content.text())) {
      ++report.linked;
    } else {
      SOUK_CHECK(write_file(to / path, content.text()));
    }
    ++report.files;
    report.bytes += file.size;
    progress.add(file.size);
    manifest.files.push_back(std::move(file));
  }
  // Names of links are not synced by anyone else.
  std::set<fs::path> folders{to};
  for (const BackupFile& file : manifest.files) folders.insert((to / file.path).parent_path());
  for (const fs::path& folder : folders) SOUK_CHECK(sync_directory(folder));
  return {};
}

// Reads a file of a backup; an error when it is not what the manifest says.
Result<std::string> verified(const fs::path& backup, const BackupFile& file) {
  const std::string where = (backup / file.path).string();
  auto content = read_file(where);
  if (!content) {
    if (content.error().kind != ErrorKind::not_found) return content;
    return fail(Error{ErrorKind::corrupt, "the backup is not whole", where, fmt::format("a file of {} bytes", file.size), "no such file",
                      "Use another backup."});
  }
  if (content->size() == file.size && hash128(*content) == file.hash) return content;
  return fail(Error{ErrorKind::corrupt, "a file of the backup is damaged", where,
                    fmt::format("{} bytes with the hash {}", file.size, file.hash.hex()),
                    fmt::format("{} bytes with the hash {}", content->size(), hash128(*content).hex()), "Use another backup."});
}

Result<BackupManifest> read_manifest(const fs::path& backup) {
  const std::string name = (backup / kManifestName).string();
  auto text = read_file(name);
  if (text) return parse_manifest(*text, name);
  if (text.error().kind != ErrorKind::not_found) return fail(text.error());
  return no_backup(backup);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Result<BackupReport> Shop::backup(const BackupOptions& options, Progress& progress) const {
  SOUK_CHECK(impl_->writable("back up"));
  const auto start = std::chrono::steady_clock::now();
  if (is_below(options.to, impl_->directory)) {
    return fail(ErrorKind::invalid, "a backup cannot stand in the shop's own folder", options.to.string(),
                "Choose another folder, best on another disk.");
  }
  if (!options.earlier.empty() && !is_backup(options.earlier)) return no_backup(options.earlier);
  if (!options.earlier.empty()) SOUK_CHECK(outside(options.earlier, options.to));
  const std::array<fs::path, 2> sources{impl_->directory, options.earlier.empty() ? impl_->directory : options.earlier};
  SOUK_CHECK(remove_unfinished(options.to, sources));
  if (!is_empty_or_missing(options.to)) {
    return fail(Error{ErrorKind::exists, "cannot make a backup here", options.to.string(), "a new or empty folder", "something else",
                      "Choose another folder."});
  }
  SOUK_TRY(UnfinishedFolder unfinished, UnfinishedFolder::make(options.to, sources));
  SOUK_TRY(const WorkFolder work, WorkFolder::make(impl_->directory, "backup"));
  BackupManifest manifest{.shop = settings().name, .souk = std::string(kVersion), .made = now(), .seq = 0, .files = {}};
  {
    const std::lock_guard together(impl_->activating);
    manifest.seq = impl_->store->counts().seq;  // all that is committed so far is in the checkpoint
    SOUK_CHECK(impl_->store->checkpoint(work.path() / "store"));
    SOUK_CHECK(keep_parts(impl_->directory, work.path()));
  }
  BackupReport report;
  Status copied;
  run_in_background([&] { copied = copy_all(work.path(), unfinished.path(), options, manifest, report, progress); });
  SOUK_CHECK(copied);
  SOUK_CHECK(write_file(unfinished.path() / kManifestName, manifest_text(manifest)));
  SOUK_CHECK(unfinished.finish());
  progress.finish();
  report.seq = manifest.seq;
  report.seconds = seconds_since(start);
  return report;
}

bool is_backup(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kManifestName, ignored);
}

Result<std::vector<Finding>> verify_backup(const fs::path& backup, Progress& progress) {
  SOUK_TRY(const std::string text, read_file(backup / kManifestName));
  const auto manifest = parse_manifest(text, (backup / kManifestName).string());
  constexpr std::string_view kOther = "Use another backup.";
  if (!manifest) return std::vector<Finding>{{false, "manifest", manifest.error().message(), {}}};
  std::vector<Finding> findings;
  std::set<std::string> listed{std::string(kManifestName)};
  progress.stage("Verifying the backup", folder_size(backup), "bytes");
  for (const BackupFile& file : manifest->files) {
    if (progress.cancelled()) return stopped("verification");
    listed.insert(file.path);
    if (const auto content = verified(backup, file); !content) {
      Error error = content.error();
      error.hint.clear();
      findings.push_back({false, file.path, error.message(), std::string(kOther)});
    }
    progress.add(file.size);
  }
  SOUK_TRY(const std::vector<std::string> present, files_below(backup));
  for (const std::string& path : present) {
    if (!listed.contains(path)) findings.push_back({true, path, "is not in the manifest, and is not restored", {}, true});
  }
  progress.finish();
  findings.insert(findings.begin(), {true,
                                     "manifest",
                                     fmt::format("{}, made {} at commit {}: {} files", manifest->shop, format_rfc3339(manifest->made),
                                                 manifest->seq, manifest->files.size()),
                                     {}});
  return findings;
}

Result<BackupReport> restore_backup(const fs::path& backup, const fs::path& shop, Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  SOUK_TRY(const BackupManifest manifest, read_manifest(backup));
  SOUK_CHECK(outside(backup, shop));
  SOUK_CHECK(remove_unfinished(shop, std::span(&backup, 1)));
  if (!is_empty_or_missing(shop)) {
    return fail(Error{ErrorKind::exists, "cannot restore a shop here", shop.string(), "a new or empty folder", "something else",
                      "Move what is there out of the way, or choose another folder."});
  }
  SOUK_TRY(UnfinishedFolder unfinished, UnfinishedFolder::make(shop, std::span(&backup, 1)));
  BackupReport report;
  report.seq = manifest.seq;
  progress.stage("Restoring the shop", folder_size(backup), "bytes");
  for (const BackupFile& file : manifest.files) {
    if (progress.cancelled()) return stopped("restoring");
    SOUK_TRY(const std::string content, verified(backup, file));
    SOUK_CHECK(make_directories((unfinished.path() / file.path).parent_path()));
    SOUK_CHECK(write_file(unfinished.path() / file.path, content));
    ++report.files;
    report.bytes += file.size;
    progress.add(file.size);
  }
  SOUK_CHECK(unfinished.finish());
  progress.finish();
  report.seconds = seconds_since(start);
  return report;
}

}  // namespace souk::engine
