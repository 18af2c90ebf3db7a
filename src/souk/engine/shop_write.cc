// What changes a shop: commits and imports; and what holds a part of it out.
#include <algorithm>
#include <fmt/format.h>

#include "souk/engine/holdout.h"
#include "souk/engine/shop_state.h"
#include "souk/engine/words.h"

namespace souk::engine {

Result<store::CommitReport> Shop::apply(const store::Changes& changes) {
  SOUK_CHECK(impl_->writable("change anything"));
  SOUK_TRY(store::CommitReport report, impl_->store->commit(changes));
  SOUK_CHECK(impl_->catch_up(Progress::none()));
  return report;
}

Result<feeds::ImportReport> Shop::import_files(const std::vector<fs::path>& files, const feeds::ImportOptions& options,
                                               Progress& progress) {
  SOUK_CHECK(impl_->writable("import"));
  auto report = feeds::import_files(*impl_->store, impl_->directory / "rejects", files, options, progress);
  // Also after a failure: what was committed before it is in the shop.
  const Status refreshed = refresh_index(progress);
  if (report && !refreshed) return fail(refreshed.error());
  return report;
}

Result<feeds::ImportReport> Shop::import_vectors(const std::vector<fs::path>& files, feeds::VectorImportOptions options,
                                                 std::string_view encoder, Progress& progress) {
  SOUK_CHECK(impl_->writable("import"));
  SOUK_TRY(const index::VectorSpace space, vector_space(options.space, encoder));
  options.read.dimension = space.dimension;
  options.read.metric = space.metric;
  auto report = feeds::import_vectors(*impl_->store, impl_->directory / "rejects", files, options, progress);
  const Status refreshed = refresh_index(progress);
  if (report && !refreshed) return fail(refreshed.error());
  return report;
}

Result<index::VectorSpace> Shop::vector_space(const std::string& name, std::string_view encoder) const {
  const std::vector<index::SpaceSettings>& spaces = impl_->config.spaces;
  const auto declared = std::ranges::find(spaces, name, &index::SpaceSettings::name);
  const std::string known = declared == spaces.end() ? std::string() : declared->encoder;
  if (!encoder.empty() && encoder != known) {
    return fail(Error{ErrorKind::invalid, "vectors of another encoder are never compared with those of the space",
                      fmt::format("space \"{}\"", name), known.empty() ? "a space whose encoder is declared" : known, std::string(encoder),
                      known.empty() ? fmt::format("Say in shop.toml what makes them: [spaces.{}] encoder = \"{}\"", name, encoder)
                                    : "Put them in a space of their own, or change the encoder in shop.toml and put all vectors anew"});
  }
  if (declared != spaces.end()) return declared->space();
  SOUK_CHECK(store::check_key(name, "space"));
  const auto shown = view();
  const index::VectorSpace* seen = shown == nullptr || shown->vectors == nullptr ? nullptr : shown->vectors->space(name);
  return seen == nullptr ? index::VectorSpace{.name = name, .encoder = {}} : *seen;
}

Result<feeds::ImportReport> Shop::import_data(const feeds::Descriptor& descriptor, const fs::path& folder, Progress& progress) {
  SOUK_CHECK(impl_->writable("import"));
  auto report = feeds::import_descriptor(*impl_->store, impl_->directory / "rejects", descriptor, folder, impl_->options.threads, progress);
  const Status refreshed = refresh_index(progress);
  if (report && !refreshed) return fail(refreshed.error());
  return report;
}

Status Shop::refresh_index(Progress& progress) {
  return impl_->catch_up(progress);
}

Result<store::Interactions> Shop::interactions(std::optional<Timestamp> until) const {
  const store::Snapshot snapshot = impl_->store->snapshot(until);
  std::optional<fs::path> cache;
  if (!impl_->options.read_only) cache = impl_->directory / "cache";
  return store::build_interactions(*impl_->store, snapshot, impl_->config.weights, cache, impl_->options.threads);
}

Result<std::unique_ptr<Holdout>> Shop::hold_out(const store::Interactions& train, Timestamp now, Progress& progress) const {
  if (impl_->keeper == nullptr) return fail(*impl_->damaged_index);
  ActiveTables tables;
  if (train.events() > 0) {
    index::Tables fitted = fit_tables(train, impl_->store->snapshot(), now, impl_->options.threads, progress);
    if (progress.cancelled()) return fail(ErrorKind::cancelled, "learning from what is not held out was stopped");
    tables.tables = std::make_shared<const shelf::JoinedTables>(std::move(fitted));
    tables.version = fmt::format("held out, learned from {}", counted(train.events(), "event"));
    tables.trained = now;
  }
  const std::lock_guard lock(impl_->publishing);
  Answerer held(impl_->make_view(tables), impl_->setup, tables.trained);
  return std::unique_ptr<Holdout>(new Holdout(std::move(held), now));
}

}  // namespace souk::engine
