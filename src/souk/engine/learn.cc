#include "souk/engine/learn.h"

#include <fmt/format.h>
#include <sstream>

#include "souk/engine/settings.h"
#include "souk/engine/tables_keeper.h"

namespace souk::engine {
namespace {

constexpr std::string_view kLesson = "lesson";

}  // namespace

Result<Lesson> learn_tables(const store::Store& store, const store::KindWeights& weights, const std::optional<fs::path>& cache,
                            const fs::path& folder, unsigned threads, Progress& progress) {
  progress.stage("Reading the shop's events", store.counts().events, "events");
  const store::Snapshot snapshot = store.snapshot();
  SOUK_TRY(const store::Interactions log, store::build_interactions(store, snapshot, weights, cache, threads));
  progress.add(log.events());
  const Lesson lesson{log.shoppers(), log.items(), log.events(), now()};
  if (log.events() == 0) return lesson;
  const index::Tables tables = fit_tables(log, snapshot, lesson.trained, threads, progress);
  if (progress.cancelled()) return fail(ErrorKind::cancelled, "it was stopped");
  SOUK_CHECK(write_tables(folder, tables));
  progress.finish();
  return lesson;
}

Status learn_in(const fs::path& work, unsigned threads, Progress& progress) {
  SOUK_TRY(const ShopConfig config, load_shop_toml(work / "shop.toml"));
  SOUK_TRY(const auto store, store::Store::open(work / "store", {.read_only = true}));
  SOUK_TRY(const Lesson lesson, learn_tables(*store, config.weights, std::nullopt, work / "tables", threads, progress));
  return write_file(work / kLesson, fmt::format("{} {} {} {}\n", lesson.shoppers, lesson.items, lesson.events, lesson.trained));
}

Result<Lesson> read_lesson(const fs::path& work) {
  SOUK_TRY(const std::string text, read_file(work / kLesson));
  std::istringstream words(text);
  Lesson lesson;
  if (words >> lesson.shoppers >> lesson.items >> lesson.events >> lesson.trained) return lesson;
  return fail(Error{ErrorKind::corrupt, "cannot read what was learned", (work / kLesson).string(), "four numbers", text, {}});
}

}  // namespace souk::engine
