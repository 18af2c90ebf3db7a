// Which connections a server takes: at most so many, and so many of one client.
//
// At the limit those that only wait make way: what holds every place with headers that never end, or with connections that ask nothing
// (slow loris), must not keep out whoever asks. A reverse proxy needs no exception from that, which a limit for each address would.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "souk/serve/http.h"

namespace souk::serve {

// The address that limits of one client hold for. A home or a rented machine has a /64 of IPv6.
std::string client_of(const std::string& address);

// A number that many threads add to, given back at the end of the scope.
class Share {
 public:
  Share(std::atomic<std::size_t>& total, std::size_t amount) : total_(total), amount_(amount) { before_ = total_.fetch_add(amount_); }
  ~Share() { total_.fetch_sub(amount_); }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  std::size_t total() const { return before_ + amount_; }
  void grow_to(std::size_t amount) {
    before_ = total_.fetch_add(amount - amount_) - amount_;
    amount_ = amount;
  }

 private:
  std::atomic<std::size_t>& total_;
  std::size_t amount_, before_;
};

struct Guest {  // a connection, as far as others may have its place
  std::string client;
  std::atomic<Clock::time_point> may_go{Clock::time_point::max()};  // from when on; never while its request is answered
};

class Admission {  // not thread-safe, but for Guest::may_go
 public:
  // `of_client`: 0: as many as of all.
  Admission(std::size_t all, std::size_t of_client) : all_(all), of_client_(of_client) {}

  // Whether `guest` was taken in. Then `makes_way` may be another, whose connection is to be closed: the one whose time to go passed first.
  bool enter(const std::shared_ptr<Guest>& guest, Clock::time_point now, std::shared_ptr<Guest>& makes_way);
  void leave(Guest* guest);
  void stays(Guest* guest);  // one that was to make way has asked something meanwhile, and was not closed
  std::size_t size() const { return guests_.size(); }
  std::vector<std::shared_ptr<Guest>> guests() const;

 private:
  struct Place {
    std::weak_ptr<Guest> guest;
    bool leaving = false;
  };
  std::shared_ptr<Guest> find_leaver(Clock::time_point now);

  const std::size_t all_, of_client_;
  std::size_t leaving_ = 0;  // places that are as good as free
  std::unordered_map<Guest*, Place> guests_;
  std::unordered_map<std::string, std::size_t> clients_;
};

}  // namespace souk::serve
