// Work that the process holding a shop does by itself, again and again: learning anew, deleting what is too old.
//
// Runs are due on a grid: a whole number of periods after the one before was due, however long that one took, and whoever else did the same
// work meanwhile. Runs missed while nobody held the shop are made up for by one. After a run in what has become the future the grid begins
// anew: no job waits for longer than its period. What ran is a durable record of the store
// ("job.<name>": "<time it was due, ms> <outcome in words>"; no outcome: it did not end), so that a restart goes on with the grid.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "souk/base/progress.h"
#include "souk/engine/shop.h"
#include "souk/store/store.h"

namespace souk::engine {

struct Job {
  std::string name;
  Duration every = kDay;
  bool at_start = false;                               // also when the jobs begin, off the grid
  std::function<Result<std::string>(Progress&)> work;  // does it, and says in words what it did; ends early when cancelled
};

// How a job stands, whoever runs it.
JobStatus job_status(const store::Store& store, const std::string& name, Duration every);

// Of the grid of a job that was due at `last`: the newest point that is not after `time`, which is.
Timestamp due_point(std::optional<Timestamp> last, Duration every, Timestamp time);

class Jobs {  // thread-safe; runs one job at a time, in a thread of its own
 public:
  Jobs(store::Store& store, std::vector<Job> jobs);  // the store and what the jobs touch must outlive it
  ~Jobs();                                           // cancels what runs, and waits for its end
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  std::string running() const;  // its name; empty: none

 private:
  void run();
  JobStatus not_ahead(const Job& job, Timestamp time);
  void do_job(const Job& job, const JobStatus& before, Timestamp due);

  store::Store& store_;
  const std::vector<Job> jobs_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool stop_ = false;
  std::string running_;
  Progress* progress_ = nullptr;  // of what runs
  std::thread thread_;
};

}  // namespace souk::engine
