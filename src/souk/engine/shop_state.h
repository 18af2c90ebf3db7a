// The inside of a Shop, shared by the files that implement it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "souk/engine/answerer.h"
#include "souk/engine/index_keeper.h"
#include "souk/engine/served_log.h"
#include "souk/engine/settings.h"
#include "souk/engine/shop.h"
#include "souk/engine/tables_keeper.h"

namespace souk::engine {

struct Shop::Impl {
  fs::path directory;
  OpenOptions options;
  ShopConfig config;
  shelf::Registry registry;
  std::unique_ptr<store::Store> store;  // null when it is damaged and the shop was opened for repair
  std::unique_ptr<IndexKeeper> keeper;  // null when the index is damaged and the shop was opened for repair
  std::shared_ptr<const Setup> setup;
  std::unique_ptr<ServedLog> served;                                  // null when read-only
  std::optional<Error> damaged_store, damaged_index, damaged_tables;  // found at open, kept for doctor()

  std::mutex training;            // one training at a time
  mutable std::mutex publishing;  // guards active and answerer
  ActiveTables active;
  std::shared_ptr<const Answerer> answerer;

  std::mutex flushing;  // guards flush_wanted and stop
  std::condition_variable flush_wake;
  bool flush_wanted = false, stop = false;
  std::thread flusher;

  ~Impl();
  fs::path segments() const { return directory / "segments"; }
  fs::path tables() const { return directory / "models" / "tables"; }

  Status open_derived();
  Status open_index();
  Status open_tables();
  Status make_setup();
  void start_background();
  void flush_loop();
  void wake_flusher();

  // What answers from now on: the index's newest reader with the active tables.
  void publish();
  std::shared_ptr<const shelf::ShopView> make_view(const ActiveTables& tables) const;
  Result<std::shared_ptr<const Answerer>> current() const;
  Status writable(std::string_view what) const;
  Status catch_up(Progress& progress);
};

}  // namespace souk::engine
