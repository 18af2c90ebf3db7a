#include "souk/engine/shop.h"

#include <fmt/format.h>
#include <system_error>

#include "souk/base/log.h"
#include "souk/engine/backup.h"
#include "souk/engine/erasure.h"
#include "souk/engine/lock_holder.h"
#include "souk/engine/shop_state.h"
#include "souk/engine/work_folder.h"
#include "souk/feeds/rejects.h"
#include "souk/recommend/recommend.h"
#include "souk/search/search.h"

namespace souk::engine {
namespace {

constexpr std::string_view kSettingsFile = "shop.toml";
constexpr std::string_view kRestore = "Restore the shop's folder from a backup.";

tl::unexpected<Error> no_shop(const fs::path& directory, std::string found) {
  std::error_code error;
  const bool can_become_one = !fs::exists(fs::symlink_status(directory, error)) || fs::is_empty(directory, error);
  return fail(Error{ErrorKind::not_found, "this folder is not a shop", directory.string(), "a folder with shop.toml and store/",
                    std::move(found), can_become_one ? fmt::format("`souk init {}` makes one.", directory.string()) : std::string()});
}

Status check_is_shop(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory, error)) return no_shop(directory, "no such folder");
  if (!fs::is_directory(directory, error)) return no_shop(directory, "a file");
  if (fs::exists(directory / kSettingsFile, error)) return {};
  if (!fs::exists(directory / "store", error)) return no_shop(directory, "no shop.toml");
  return fail(Error{ErrorKind::not_found, "the shop is not whole", (directory / kSettingsFile).string(), "the shop's settings",
                    "no such file",
                    "Restore the file from a backup, or write one as docs/reference/shop-toml.md says: the store beside it is untouched."});
}

// To open a store for writing changes its files, and then they are no longer what the manifest says.
Status check_is_no_backup(const fs::path& directory) {
  if (!is_backup(directory)) return {};
  return fail(Error{ErrorKind::unsupported, "a backup is not opened for writing: it would be one no longer", directory.string(), "a shop",
                    "a backup",
                    fmt::format("Make a shop of it with `souk restore {} SHOP`, or only read it: `souk serve --read-only` does, and so do "
                                "search, status, export and evaluate",
                                directory.string())});
}

bool is_damage(const Error& error) {
  return error.kind == ErrorKind::corrupt || error.kind == ErrorKind::io || error.kind == ErrorKind::not_found;
}

// Of what is made from the store. Something else in a file's place is damage there, too.
bool can_be_made_anew(const Error& error) {
  return is_damage(error) || error.kind == ErrorKind::invalid;
}

Error with_hint(Error error, const fs::path& directory) {
  if (can_be_made_anew(error)) error.hint = fmt::format("`souk doctor --repair {}` rebuilds it.", directory.string());
  return error;
}

Result<std::unique_ptr<store::Store>> open_store(const fs::path& directory, const OpenOptions& options) {
  auto store = store::Store::open(directory / "store", {.read_only = options.read_only, .bulk_bytes = options.bulk_bytes});
  if (store) return store;
  if (is_damage(store.error())) {
    Error error = std::move(store).error();
    if (error.kind == ErrorKind::not_found) {
      error = Error{ErrorKind::corrupt, "the shop is not whole", (directory / "store" / "CURRENT").string(),
                    "the shop's store", "no such file",          {}};
    }
    // Never to begin anew: what is left may be all there is. Reading may also fail for a reason that no backup mends.
    if (error.kind == ErrorKind::corrupt || error.found.find("No such file") != std::string::npos) error.hint = kRestore;
    return fail(std::move(error));
  }
  if (store.error().kind != ErrorKind::busy) return store;
  const auto holder = lock_holder(directory / "store" / "LOCK");
  return fail(Error{ErrorKind::busy,
                    "the shop is held by another process",
                    directory.string(),
                    {},
                    holder.value_or(std::string()),
                    "Ask that process (a `souk serve` answers over HTTP), or stop it and try again."});
}

Status check_init(const fs::path& directory, const InitOptions& options) {
  std::error_code error;
  if (fs::exists(directory, error) && !fs::is_directory(directory, error)) {
    return fail(Error{ErrorKind::exists, "cannot make a shop here", directory.string(), "a new or empty folder", "a file", {}});
  }
  if (fs::exists(directory, error) && !fs::is_empty(directory, error)) {
    const bool shop = fs::exists(directory / kSettingsFile, error);
    return fail(Error{ErrorKind::exists, "cannot make a shop here", directory.string(), "a new or empty folder",
                      shop ? "a shop" : "a folder that is not empty", "Choose another folder."});
  }
  if (!store::valid_utf8(options.name)) {
    return fail(Error{ErrorKind::invalid, "cannot use this name", "name", "text in UTF-8", "other bytes", {}});
  }
  for (const char c : options.name + options.language) {
    if (static_cast<unsigned char>(c) < 0x20) return fail(ErrorKind::invalid, "names may not hold control characters", "name");
  }
  return {};
}

}  // namespace

Shop::Impl::~Impl() {
  jobs.reset();
  {
    const std::lock_guard lock(flushing);
    stop = true;
  }
  flush_wake.notify_all();
  if (flusher.joinable()) flusher.join();
  if (follower.joinable()) follower.join();
  served.reset();  // before the store it writes to
}

// What a process that was killed left behind.
void Shop::Impl::clear_leftovers() {
  WorkFolder::clear(directory);
  for (const fs::path& folder : {directory, segments(), vectors(), directory / "cache"}) remove_leftovers(folder);
  feeds::remove_dead_imports(directory / "rejects");
  remove_unfinished_tables(tables(), *store);
}

// What is made from the store.
Status Shop::Impl::open_derived() {
  if (!options.read_only) clear_leftovers();
  SOUK_CHECK(open_index());
  SOUK_CHECK(open_tables());
  if (keeper == nullptr) return {};
  SOUK_CHECK(catch_up_derived());
  if (keeper == nullptr) return {};
  publish();
  start_writers();
  wake_flusher();
  return {};
}

// Refuses what is damaged, with the remedy; or keeps it for doctor(), in a shop opened for repair.
Status Shop::Impl::keep_damage(Error error, std::optional<Error>& damaged) const {
  error = with_hint(std::move(error), directory);
  if (!options.for_repair || !can_be_made_anew(error)) return fail(std::move(error));
  damaged = std::move(error);
  return {};
}

Result<std::unique_ptr<index::FieldIndex>> Shop::Impl::open_words() const {
  return index::FieldIndex::open(segments(), config.schema, config.shop.language, options.read_only);
}

Result<std::unique_ptr<index::VectorStore>> Shop::Impl::open_vectors() const {
  return index::VectorStore::open(vectors(), config.spaces, options.read_only);
}

Status Shop::Impl::open_index() {
  auto words = open_words();
  if (!words) return keep_damage(std::move(words).error(), damaged_index);
  std::unique_ptr<index::VectorStore> spaces;
  if (auto opened = open_vectors()) {
    spaces = std::move(*opened);
  } else {
    SOUK_CHECK(keep_damage(std::move(opened).error(), damaged_vectors));
  }
  keeper = std::make_unique<IndexKeeper>(std::move(*words), std::move(spaces), *store, config.shop.language, options.read_only);
  return {};
}

// Brings them up to date. Damage is found here, too, where a merge reads what an opening did not.
Status Shop::Impl::catch_up_derived() {
  auto caught_up = keeper->catch_up(options.threads, Progress::none());
  if (!caught_up && caught_up.error().where.starts_with(vectors().string())) {
    SOUK_CHECK(keep_damage(std::move(caught_up).error(), damaged_vectors));
    keeper->set_vectors(nullptr);
    caught_up = keeper->catch_up(options.threads, Progress::none());
  }
  if (caught_up) return {};
  Error error = std::move(caught_up).error();
  if (error.where.starts_with(segments().string())) error = with_hint(std::move(error), directory);
  if (!options.for_repair || !can_be_made_anew(error)) return fail(std::move(error));
  damaged_index = std::move(error);
  keeper.reset();
  return {};
}

Status Shop::Impl::open_tables() {
  auto loaded = load_active_tables(tables(), *store);
  if (loaded) {
    active = std::move(*loaded);
    return {};
  }
  if (!options.for_repair || !can_be_made_anew(loaded.error())) return fail(std::move(loaded).error());
  damaged_tables = std::move(loaded).error();
  return {};
}

Status Shop::Impl::make_setup() {
  auto made = std::make_shared<Setup>();
  const auto analyzer = text::Analyzer::for_language(config.shop.language);
  made->reader = std::make_shared<const search::QueryReader>(analyzer, config.synonyms, config.shop.language);
  for (const index::Field& field : config.schema.fields()) {
    if (field.facet) made->default_facets.push_back(field.name);
  }
  for (const shelf::ShelfSpec& spec : config.shelves) {
    SOUK_TRY(auto plan, shelf::Plan::make(spec, registry, config.schema));
    made->plans.emplace(spec.name, std::move(plan));
  }
  setup = std::move(made);
  return {};
}

void Shop::Impl::start_writers() {
  if (options.read_only) return;
  served = std::make_unique<ServedLog>(*store);
  flusher = std::thread([this] { flush_loop(); });
}

void Shop::Impl::flush_loop() {
  std::unique_lock lock(flushing);
  while (true) {
    flush_wake.wait(lock, [&] { return stop || flush_wanted; });
    if (stop) return;
    flush_wanted = false;
    lock.unlock();
    if (const Status status = keeper->flush_when_wanted(); !status) {
      log::error("cannot write the search index to disk: {}", status.error().message());
    } else {
      publish();
    }
    lock.lock();
  }
}

void Shop::Impl::wake_flusher() {
  if (!keeper->wants_flush()) return;
  {
    const std::lock_guard lock(flushing);
    flush_wanted = true;
  }
  flush_wake.notify_one();
}

std::shared_ptr<const shelf::ShopView> Shop::Impl::make_view(const ActiveTables& from) const {
  auto view = std::make_shared<shelf::ShopView>();
  view->store = store.get();
  view->lexical = keeper->index().reader();
  if (keeper->vectors() != nullptr) view->vectors = keeper->vectors()->reader();
  view->schema = view->lexical->schema();
  view->tables = from.tables;
  view->version = from.version;
  if (from.tables != nullptr) view->stats.push_back({"stats.popularity", from.tables->popularity()});
  return view;
}

void Shop::Impl::publish() {
  const std::lock_guard lock(publishing);
  mark_active();
  answerer = std::make_shared<const Answerer>(make_view(active), setup, active.trained);
}

Result<std::shared_ptr<const Answerer>> Shop::Impl::current() const {
  const std::lock_guard lock(publishing);
  if (answerer == nullptr) return fail(*damaged_index);
  return answerer;
}

Status Shop::Impl::writable(std::string_view what) const {
  if (!options.read_only) return {};
  return fail(ErrorKind::unsupported, fmt::format("cannot {}: the shop is open for reading only", what), directory.string());
}

Status Shop::Impl::catch_up(Progress& progress) {
  if (keeper == nullptr) return {};
  SOUK_TRY(const bool changed, keeper->catch_up(options.threads, progress));
  if (changed) publish();
  wake_flusher();
  return {};
}

Result<std::unique_ptr<Shop>> Shop::init(const fs::path& directory, const InitOptions& options) {
  SOUK_CHECK(check_init(directory, options));
  InitOptions named = options;
  if (named.name.empty()) named.name = absolute_path(directory).lexically_normal().filename().string();
  const std::string settings = options.settings.empty() ? default_shop_toml(named) : options.settings;
  SOUK_CHECK(parse_shop_toml(settings, std::string(kSettingsFile)));
  std::error_code error;
  const bool new_folder = !fs::exists(directory, error);  // one that stands keeps the rights that somebody gave it
  SOUK_CHECK(make_directories(directory));
  if (new_folder) fs::permissions(directory, fs::perms::owner_all, error);
  if (new_folder && error) return fail_errno("cannot keep others out of the shop", directory.string(), error.value());
  SOUK_CHECK(store::Store::create(directory / "store"));  // closed again at once: open() is what starts a shop
  SOUK_CHECK(write_file(directory / kSettingsFile, settings));
  return open(directory, {});
}

Result<std::unique_ptr<Shop>> Shop::open(const fs::path& directory, const OpenOptions& options) {
  SOUK_CHECK(check_is_shop(directory));
  if (!options.read_only) SOUK_CHECK(check_is_no_backup(directory));
  auto impl = std::make_unique<Impl>();
  impl->directory = directory;
  impl->options = options;
  const fs::path settings = directory / kSettingsFile;
  SOUK_TRY(impl->settings_text, read_file(settings));
  SOUK_TRY(impl->config, parse_shop_toml(impl->settings_text, settings.string()));
  search::register_all(impl->registry);
  recommend::register_all(impl->registry);
  SOUK_CHECK(impl->make_setup());
  auto store = open_store(directory, options);
  if (store) {
    impl->store = std::move(*store);
    impl->keys = std::make_unique<ApiKeys>(*impl->store);
    SOUK_CHECK(impl->open_derived());
  } else if (options.for_repair && is_damage(store.error())) {
    impl->damaged_store = std::move(store).error();
  } else {
    return fail(std::move(store).error());
  }
  return std::unique_ptr<Shop>(new Shop(std::move(impl)));
}

Shop::Shop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Shop::~Shop() = default;

const fs::path& Shop::directory() const {
  return impl_->directory;
}
const ShopSettings& Shop::settings() const {
  return impl_->config.shop;
}
store::Store& Shop::store() {
  return *impl_->store;
}
const store::Store& Shop::store() const {
  return *impl_->store;
}

ApiKeys& Shop::api_keys() {
  return *impl_->keys;
}

std::shared_ptr<const shelf::ShopView> Shop::view() const {
  const auto answerer = impl_->current();
  return answerer ? (*answerer)->view() : nullptr;
}

std::vector<std::string> Shop::shelves() const {
  std::vector<std::string> names;
  for (const shelf::ShelfSpec& spec : impl_->config.shelves) names.push_back(spec.name);
  return names;
}

Result<std::shared_ptr<const shelf::Plan>> Shop::plan(std::string_view shelf) const {
  SOUK_TRY(const auto answerer, impl_->current());
  return answerer->plan(shelf);
}

Result<std::vector<std::pair<std::string, std::string>>> Shop::unknown_keys(const ShelfRequest& request) const {
  SOUK_TRY(const auto answerer, impl_->current());
  return answerer->unknown_keys(request);
}

namespace {

// Names the answer and writes down what was shown.
void record(ServedLog* log, const ShelfRequest& asked, std::string_view query, ShelfAnswer& answer) {
  answer.request = new_request_id();
  if (log == nullptr) return;
  store::Served served;
  served.request = answer.request;
  served.time = asked.now.value_or(now());
  served.shelf = answer.shelf;
  if (store::check_key(asked.shopper, "shopper")) served.shopper = asked.shopper;  // else it is nobody's key, and refused with all records
  served.session = asked.session;
  served.query = query;
  served.version = answer.version;
  for (const AnswerItem& item : answer.items) served.items.push_back(item.key);
  log->add(std::move(served));
}

}  // namespace

Result<SearchAnswer> Shop::search(const SearchRequest& request) const {
  SOUK_TRY(const auto answerer, impl_->current());
  SOUK_TRY(SearchAnswer answer, answerer->search(request));
  if (impl_->marked) answer.marked = kMarked;
  record(impl_->served.get(), request, request.query, answer);
  return answer;
}

Result<ShelfAnswer> Shop::shelf(const ShelfRequest& request) const {
  SOUK_TRY(const auto answerer, impl_->current());
  SOUK_TRY(ShelfAnswer answer, answerer->shelf(request));
  if (impl_->marked) answer.marked = kMarked;
  record(impl_->served.get(), request, {}, answer);
  return answer;
}

}  // namespace souk::engine
