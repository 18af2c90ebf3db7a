// A mutex held by one, or shared by many, in which neither starves the other: std::shared_mutex of glibc lets those who share pass one who
// waits to be alone, for as long as they keep coming.
#pragma once

#include <mutex>
#include <shared_mutex>

namespace souk {

// For std::unique_lock, std::lock_guard and std::shared_lock. Who waits to be alone keeps the turn, for which everybody who comes later
// waits, until those who share now are done. Not recursive: a thread that shares it and asks again would wait for itself.
class FairSharedMutex {
 public:
  void lock() {
    const std::lock_guard turn(turn_);
    held_.lock();
  }
  void unlock() { held_.unlock(); }
  void lock_shared() {
    const std::lock_guard turn(turn_);
    held_.lock_shared();
  }
  void unlock_shared() { held_.unlock_shared(); }

 private:
  std::mutex turn_;
  std::shared_mutex held_;
};

}  // namespace souk
