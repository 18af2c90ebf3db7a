// Care of a shop: verifying, repairing, describing it.
#include <fmt/format.h>
#include <system_error>

#include "souk/base/kernels/dot.h"
#include "souk/engine/blas.h"
#include "souk/engine/erasure.h"
#include "souk/engine/json_writer.h"
#include "souk/engine/shop_state.h"

namespace souk::engine {
namespace {

Finding check_store(const std::optional<Error>& damaged, store::Store* store) {
  const Status status = damaged ? fail(*damaged) : store->verify();
  if (!status) {
    Error error = status.error();
    error.hint.clear();
    return {false, "store", error.message(), "Restore the shop from a backup: the store is what everything else is made from."};
  }
  const store::Counts counts = store->counts();
  return {true, "store", fmt::format("{} items, {} events; every checksum holds", counts.items, counts.events), {}, false};
}

Finding unchecked(std::string_view what) {
  return {true, std::string(what), "cannot be checked without the store, and is made anew from it", {}, true};
}

Finding check_index(const std::optional<Error>& damaged, const IndexKeeper* keeper, Seq newest) {
  constexpr std::string_view kRepair = "--repair rebuilds the search index from the store";
  if (damaged) return {false, "search index", damaged->message(), std::string(kRepair)};
  if (const Status status = keeper->index().verify(); !status)
    return {false, "search index", status.error().message(), std::string(kRepair)};
  const auto reader = keeper->index().reader();
  if (reader->through_seq() < newest) {
    return {false, "search index", fmt::format("stands at commit {} of {}", reader->through_seq(), newest), std::string(kRepair)};
  }
  return {true, "search index", fmt::format("{} items; every checksum holds", reader->size()), {}};
}

// vectors: null when the search index is damaged, and nothing was opened beside it.
Finding check_vectors(const std::optional<Error>& damaged, const index::VectorStore* vectors, Seq newest) {
  constexpr std::string_view kRepair = "--repair rebuilds their index from the store";
  if (damaged) return {false, "vectors", damaged->message(), std::string(kRepair)};
  if (vectors == nullptr) return {true, "vectors", "can be checked when the search index is whole", {}, true};
  if (const Status status = vectors->verify(); !status) return {false, "vectors", status.error().message(), std::string(kRepair)};
  const auto reader = vectors->reader();
  if (reader->through_seq() < newest) {
    return {false, "vectors", fmt::format("stand at commit {} of {}", reader->through_seq(), newest), std::string(kRepair)};
  }
  Finding finding{true, "vectors", {}, {}};
  for (const index::SpaceState& space : reader->spaces()) {
    finding.detail += fmt::format("{} in space \"{}\", ", space.vectors, space.space.name);
    if (space.refused.count == 0) continue;
    finding.warning = true;
    finding.detail += fmt::format("{} refused ({}), ", space.refused.count, space.refused.first);
  }
  finding.detail += finding.detail.empty() ? "none" : "every checksum holds";
  return finding;
}

// SHOP/models, or the folder in it, where that is something else; empty: neither.
fs::path no_folder(const fs::path& tables) {
  std::error_code ignored;
  for (const fs::path& folder : {tables.parent_path(), tables}) {
    if (fs::exists(fs::symlink_status(folder, ignored)) && !fs::is_directory(folder, ignored)) return folder;
  }
  return {};
}

Finding check_tables(const std::optional<Error>& damaged, const fs::path& directory, const store::Store& store) {
  constexpr std::string_view kRepair = "--repair learns the tables anew from the events";
  if (const fs::path other = no_folder(directory); !other.empty()) {
    return {false, "count tables", other.string() + " is no folder", "--repair moves it aside and learns the tables anew from the events"};
  }
  if (damaged) return {false, "count tables", damaged->message(), std::string(kRepair)};
  const auto loaded = load_active_tables(directory, store);  // reads, and so verifies, every section of the file
  if (!loaded) return {false, "count tables", loaded.error().message(), std::string(kRepair)};
  if (loaded->tables == nullptr) return {true, "count tables", "nothing was learned yet", {}, false};
  if (is_marked(*loaded, store)) {
    return {true, "count tables", fmt::format("{} is marked: {}", loaded->version, kMarked), "`souk train` learns anew", true};
  }
  return {true,
          "count tables",
          fmt::format("{}, trained {}; every checksum holds", loaded->version, format_rfc3339(loaded->trained.value_or(0))),
          {}};
}

// Nothing of Souk reads the manifest, but people and other programs do.
Finding check_manifest(const fs::path& directory, const ActiveTables& active, bool repair) {
  constexpr std::string_view kWhat = "manifest of the tables";
  const Status status = verify_manifest(directory, active);
  if (status) return {true, std::string(kWhat), "says what the tables hold", {}};
  if (!repair) return {false, std::string(kWhat), status.error().message(), "--repair writes it anew from the tables"};
  if (const Status written = rewrite_manifest(directory, active); !written) {
    return {false, std::string(kWhat), written.error().message(), {}};
  }
  return {true, std::string(kWhat), fmt::format("was damaged ({}); written anew from the tables", status.error().message()), {}};
}

// Damaged caches do no harm: they are read with their checksums, and made anew when they are wanted.
Finding check_cache(const fs::path& directory, bool repair) {
  std::vector<fs::path> damaged;
  std::size_t files = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    if (entry.path().extension() != ".souk") continue;
    ++files;
    if (!store::Interactions::open(entry.path())) damaged.push_back(entry.path());  // reads, and so verifies, every section
  }
  if (damaged.empty()) return {true, "cache", fmt::format("{} file{}; every checksum holds", files, files == 1 ? "" : "s"), {}};
  if (!repair) return {true, "cache", fmt::format("{} is damaged", damaged.front().string()), "--repair deletes it; it is made anew", true};
  for (const fs::path& file : damaged) fs::remove_all(file, ignored);
  return {true, "cache", fmt::format("{} was damaged, and is deleted", damaged.front().string()), {}};
}

Finding check_blas() {
  const Blas blas = find_blas();
  constexpr std::string_view kInstall = "Install the package libopenblas0-openmp.";
  if (!blas.found) return {true, "BLAS", "libblas.so.3 was not found", std::string(kInstall), true};
  if (blas.reference) {
    return {true, "BLAS", fmt::format("{} is the reference BLAS, tens of times slower than OpenBLAS", blas.library), std::string(kInstall),
            true};
  }
  return {true, "BLAS", blas.openblas.empty() ? blas.library : fmt::format("{} ({})", blas.library, blas.openblas), {}, false};
}

// The folder, or what stands in its place, under another name beside it, so that nothing is lost while it is made anew. Returns that name;
// empty: there is nothing.
Result<fs::path> move_aside(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return fs::path();
  fs::path aside = folder.string() + ".damaged";
  for (int number = 2; fs::exists(fs::symlink_status(aside, error)); ++number)
    aside = fmt::format("{}.damaged-{}", folder.string(), number);
  fs::rename(folder, aside, error);
  if (error) return fail_errno("cannot move aside what is damaged", folder.string(), error.value());
  return aside;
}

}  // namespace

Result<Finding> Shop::Impl::check_vectors(bool repair, Progress& progress) {
  const std::uint64_t bytes = folder_size(vectors());
  progress.stage("Verifying the vectors", bytes, "bytes");
  const Seq newest = store->counts().seq;
  Finding finding = engine::check_vectors(damaged_vectors, keeper == nullptr ? nullptr : keeper->vectors(), newest);
  progress.add(bytes);
  if (finding.ok || !repair || keeper == nullptr) return finding;
  fs::path aside;
  if (keeper->vectors() == nullptr) {
    SOUK_TRY(aside, move_aside(vectors()));
    damaged_vectors.reset();
    SOUK_TRY(auto fresh, open_vectors());
    keeper->set_vectors(std::move(fresh));
  }
  SOUK_CHECK(keeper->rebuild({.vectors = true}, options.threads, progress));
  std::error_code ignored;
  if (fs::is_directory(fs::symlink_status(aside, ignored))) fs::remove_all(aside, ignored);  // all else is not of Souk's making
  publish();
  return Finding{true, "vectors", fmt::format("their index was damaged ({}); rebuilt", finding.detail), {}};
}

Result<std::vector<Finding>> Shop::doctor(bool repair, Progress& progress) {
  if (repair) SOUK_CHECK(impl_->writable("repair"));
  Impl& in = *impl_;
  std::vector<Finding> findings;
  const auto checked = [&](std::string_view what, const fs::path& folder, auto check) {
    const std::uint64_t bytes = folder_size(folder);
    progress.stage(fmt::format("Verifying the {}", what), bytes, "bytes");
    Finding finding = check();
    progress.add(bytes);
    return finding;
  };
  findings.push_back(checked("store", in.directory / "store", [&] { return check_store(in.damaged_store, in.store.get()); }));
  // From a damaged store nothing can be made anew.
  repair = repair && findings.front().ok;
  const auto finish = [&] {
    findings.push_back(check_blas());
    findings.push_back({true, "SIMD", kernels::simd_target(), {}});
    progress.finish();
    return std::move(findings);
  };
  if (in.store == nullptr) {
    for (const std::string_view derived : {"search index", "vectors", "count tables"}) findings.push_back(unchecked(derived));
    return finish();
  }

  Finding index =
      checked("search index", in.segments(), [&] { return check_index(in.damaged_index, in.keeper.get(), in.store->counts().seq); });
  if (!index.ok && repair) {
    const bool first_opening = in.keeper == nullptr;
    fs::path aside;
    if (first_opening) {
      SOUK_TRY(aside, move_aside(in.segments()));
      in.damaged_index.reset();
      SOUK_CHECK(in.open_index());
    }
    SOUK_CHECK(in.keeper->rebuild({.index = true}, in.options.threads, progress));
    if (first_opening) {
      std::error_code ignored;
      if (fs::is_directory(fs::symlink_status(aside, ignored))) fs::remove_all(aside, ignored);  // all else is not of Souk's making
      in.start_writers();
    }
    in.publish();
    index = {true,
             "search index",
             fmt::format("was damaged ({}); rebuilt with {} items", index.detail, in.keeper->index().reader()->size()),
             {}};
  }
  findings.push_back(std::move(index));
  SOUK_TRY(Finding vectors, in.check_vectors(repair, progress));
  findings.push_back(std::move(vectors));

  Finding tables = checked("count tables", in.tables(), [&] { return check_tables(in.damaged_tables, in.tables(), *in.store); });
  if (!tables.ok && repair) {
    SOUK_CHECK(deactivate_tables(*in.store));
    if (const fs::path other = no_folder(in.tables()); !other.empty()) SOUK_CHECK(move_aside(other));
    SOUK_TRY(const TrainReport report, train(progress));
    tables = {true,
              "count tables",
              fmt::format("were damaged ({}); {}", tables.detail,
                          report.version.empty() ? "nothing to learn from" : "learned anew as " + report.version),
              {}};
  }
  findings.push_back(std::move(tables));
  ActiveTables active;
  {
    const std::lock_guard lock(in.publishing);
    active = in.active;
  }
  if (active.tables != nullptr) findings.push_back(check_manifest(in.tables(), active, repair));
  findings.push_back(checked("cache", in.directory / "cache", [&] { return check_cache(in.directory / "cache", repair); }));
  return finish();
}

std::string Shop::status_json() const {
  const Impl& in = *impl_;
  const store::Counts counts = in.store->counts();
  JsonWriter json;
  json.begin_object();
  json.member("shop", settings().name).member("directory", in.directory.string()).member("version", kVersion);
  json.member("language", settings().language).member("currency", settings().currency).member("read_only", in.options.read_only);
  json.member("items", counts.items).member("stubs", counts.stubs).member("shoppers", counts.shoppers).member("events", counts.events);
  json.member("seq", counts.seq).member("timed", counts.timed);
  if (counts.events > 0 && counts.timed) {
    json.member("first_event", format_rfc3339(counts.first_event)).member("last_event", format_rfc3339(counts.last_event));
  }
  json.key("index").begin_object();
  if (const auto shown = view(); shown != nullptr) {
    json.member("items", shown->lexical->size()).member("seq", shown->lexical->through_seq());
    json.member("in_step", shown->lexical->through_seq() >= counts.seq);
  }
  json.end_object();
  json.key("vectors").begin_object();
  if (const auto shown = view(); shown != nullptr && shown->vectors != nullptr) {
    json.member("seq", shown->vectors->through_seq()).member("in_step", shown->vectors->through_seq() >= counts.seq);
    json.key("spaces").begin_array();
    for (const index::SpaceState& space : shown->vectors->spaces()) {
      json.begin_object().member("name", space.space.name).member("dim", space.space.dimension);
      json.member("metric", index::name_of(space.space.metric)).member("declared", space.declared);
      json.member("vectors", space.vectors).member("hidden", space.hidden).member("files", space.files).member("index", space.index);
      json.member("index_bytes", space.index_bytes).member("vector_bytes", space.vector_bytes);
      json.member("refused", space.refused.count).member("first_refused", space.refused.first).end_object();
    }
    json.end_array();
  }
  json.end_object();
  json.key("tables").begin_object();
  {
    const std::lock_guard lock(in.publishing);
    json.member("version", in.active.version);
    if (in.active.trained) json.member("trained", format_rfc3339(*in.active.trained));
    if (in.marked) json.member("marked", kMarked);
    if (in.active.tables != nullptr) {
      json.member("items", in.active.tables->tables().item_ids.size());
      json.key("facts").raw(in.active.tables->tables().facts);
    }
  }
  json.end_object();
  if (const auto stale = staleness()) json.member("stale_ms", *stale);
  json.key("jobs").begin_array();
  for (const JobStatus& job : jobs()) {
    json.begin_object().member("name", job.name).member("every", format_duration(job.every)).member("running", job.running);
    if (job.last) json.member("last", format_rfc3339(*job.last));
    if (job.last) json.member("next", format_rfc3339(job.next));
    json.member("outcome", job.outcome).end_object();
  }
  json.end_array();
  json.key("shelves").begin_array();
  for (const std::string& shelf : shelves()) json.value(shelf);
  json.end_array();
  json.key("bytes").begin_object();
  for (const std::string_view part : {"store", "segments", "vectors", "models", "cache", "rejects"})
    json.member(part, folder_size(in.directory / part));
  json.end_object();
  return json.end_object().take();
}

}  // namespace souk::engine
