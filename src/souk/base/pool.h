// Scratch objects that requests on several threads take turns with.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace souk {

// Thread-safe. A lease hands its object back, as it stands, when it goes out of scope; it must not outlive the pool.
template <class T>
class Pool {
 public:
  class Lease {
   public:
    Lease(Pool& owner, std::unique_ptr<T> object) : owner_(owner), object_(std::move(object)) {}
    ~Lease() {
      const std::scoped_lock lock(owner_.mutex_);
      owner_.idle_.push_back(std::move(object_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    T* operator->() { return object_.get(); }
    T& operator*() { return *object_; }

   private:
    Pool& owner_;
    std::unique_ptr<T> object_;
  };

  // An idle object, else the one that `make()` returns; ready(object) is called on either.
  template <class Make, class Ready>
  Lease lease(const Make& make, const Ready& ready) {
    std::unique_ptr<T> object;
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        object = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (object == nullptr) object = make();
    ready(*object);
    return {*this, std::move(object)};
  }
  template <class Make>
  Lease lease(const Make& make) {
    return lease(make, [](T&) {});
  }
  Lease lease() {
    return lease([] { return std::make_unique<T>(); });
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace souk
