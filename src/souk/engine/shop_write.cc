// What changes a shop: commits, imports, training.
#include <chrono>
#include <fmt/format.h>

#include "souk/engine/holdout.h"
#include "souk/engine/shop_state.h"
#include "souk/engine/words.h"

namespace souk::engine {
namespace {

std::string counted(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", with_commas(count), one, count == 1 ? "" : "s");
}

}  // namespace

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

Result<TrainReport> Shop::train(Progress& progress) {
  SOUK_CHECK(impl_->writable("train"));
  const std::lock_guard one_at_a_time(impl_->training);
  const auto start = std::chrono::steady_clock::now();
  progress.stage("Reading the shop's events", impl_->store->counts().events, "events");
  const store::Snapshot snapshot = impl_->store->snapshot();
  SOUK_TRY(const store::Interactions log,
           store::build_interactions(*impl_->store, snapshot, impl_->config.weights, impl_->directory / "cache", impl_->options.threads));
  progress.add(log.events());
  TrainReport report;
  report.shoppers = log.shoppers();
  report.items = log.items();
  report.events = log.events();
  if (log.events() == 0) {
    report.words.emplace_back("There is nothing to learn from yet: the shop has no events that count. Import events, then train again.");
    return report;
  }
  const Timestamp trained = now();
  index::Tables tables = fit_tables(log, snapshot, trained, impl_->options.threads, progress);
  if (progress.cancelled()) return fail(ErrorKind::cancelled, "training was stopped; what answered before still does");
  SOUK_TRY(ActiveTables active, activate_tables(impl_->tables(), *impl_->store, std::move(tables), trained));
  report.version = active.version;
  {
    const std::lock_guard lock(impl_->publishing);
    impl_->active = std::move(active);
  }
  if (impl_->keeper != nullptr) impl_->publish();
  impl_->damaged_tables.reset();
  progress.finish();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.words.push_back(fmt::format(
      "Learned from {} of {} with {}: what is popular, what is trending, what is bought together and what is chosen one after another.",
      counted(report.events, "event"), counted(report.shoppers, "shopper"), counted(report.items, "item")));
  report.words.push_back(fmt::format("{} answers from now on.", report.version));
  return report;
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
  Answerer held(impl_->make_view(tables), impl_->setup, tables.trained);
  return std::unique_ptr<Holdout>(new Holdout(std::move(held), now));
}

}  // namespace souk::engine
