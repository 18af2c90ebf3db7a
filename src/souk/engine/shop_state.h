// The inside of a Shop, shared by the files that implement it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "souk/engine/answerer.h"
#include "souk/engine/api_keys.h"
#include "souk/engine/index_keeper.h"
#include "souk/engine/jobs.h"
#include "souk/engine/learn.h"
#include "souk/engine/served_log.h"
#include "souk/engine/settings.h"
#include "souk/engine/shop.h"
#include "souk/engine/tables_keeper.h"

namespace souk::engine {

inline std::int64_t steady_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Shop::Impl {
  fs::path directory;
  OpenOptions options;
  std::string settings_text;  // of shop.toml, as it was when the shop was opened
  ShopConfig config;
  shelf::Registry registry;
  std::unique_ptr<store::Store> store;  // null when it is damaged and the shop was opened for repair
  std::unique_ptr<ApiKeys> keys;        // null when the store is damaged
  std::unique_ptr<IndexKeeper> keeper;  // null when the index is damaged and the shop was opened for repair
  std::shared_ptr<const Setup> setup;
  std::unique_ptr<ServedLog> served;                                                   // null when read-only
  std::optional<Error> damaged_store, damaged_index, damaged_vectors, damaged_tables;  // found at open, kept for doctor()

  std::mutex training;            // one training at a time
  std::mutex activating;          // what the store says is active, and the files it speaks of, change together
  mutable std::mutex publishing;  // guards active and answerer
  ActiveTables active;
  std::atomic<bool> marked = false;  // `active` learned from someone who was forgotten since
  std::shared_ptr<const Answerer> answerer;

  std::mutex flushing;  // guards flush_wanted and stop
  std::condition_variable flush_wake;
  bool flush_wanted = false, stop = false;
  std::thread flusher;

  std::unique_ptr<Jobs> jobs;                                // of a shop that is served
  std::thread follower;                                      // of a read-only one that is
  std::string followed_tables;                               // the version it saw last
  Seq followed_segments = 0;                                 // up to which the files it reopened hold the shop
  std::atomic<std::int64_t> in_step{steady_milliseconds()};  // when a read-only shop last saw all that was committed

  ~Impl();
  fs::path segments() const { return directory / "segments"; }
  fs::path vectors() const { return directory / "vectors"; }
  fs::path tables() const { return directory / "models" / "tables"; }

  void clear_leftovers();
  Status open_derived();
  Status keep_damage(Error error, std::optional<Error>& damaged) const;
  Result<std::unique_ptr<index::FieldIndex>> open_words() const;
  Result<std::unique_ptr<index::VectorStore>> open_vectors() const;
  Status open_index();
  Status catch_up_derived();
  Result<Finding> check_vectors(bool repair, Progress& progress);  // doctor.cc
  Status open_tables();
  Status make_setup();
  void start_writers();
  void flush_loop();
  void wake_flusher();

  // shop_background.cc
  void follow_loop();
  Status follow();

  // shop_train.cc
  Result<Lesson> learn(const fs::path& work, Progress& progress, std::optional<Duration> budget);
  Result<Lesson> learn_in_child(const fs::path& work, Progress& progress, std::optional<Duration> budget);
  Status activate(const fs::path& folder, Timestamp trained);

  // Sets `marked`. With `publishing` held.
  void mark_active();
  // What answers from now on: the index's newest reader with the active tables.
  void publish();
  std::shared_ptr<const shelf::ShopView> make_view(const ActiveTables& tables) const;
  Result<std::shared_ptr<const Answerer>> current() const;
  Status writable(std::string_view what) const;
  Status catch_up(Progress& progress);
};

}  // namespace souk::engine
