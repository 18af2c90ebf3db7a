#include "souk/serve/admission.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace souk::serve {

std::string client_of(const std::string& text) {
  namespace ip = boost::asio::ip;
  boost::system::error_code ec;
  const ip::address address = ip::make_address(text, ec);
  if (ec || address.is_v4()) return text;
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return ip::address_v6(bytes).to_string() + "/64";
}

bool Admission::enter(const std::shared_ptr<Guest>& guest, Clock::time_point now, std::shared_ptr<Guest>& makes_way) {
  if (const auto of_client = clients_.find(guest->client);
      of_client_ > 0 && of_client != clients_.end() && of_client->second >= of_client_) {
    return false;
  }
  if (guests_.size() - leaving_ >= all_) {
    makes_way = find_leaver(now);
    if (makes_way == nullptr) return false;
    guests_[makes_way.get()].leaving = true;
    ++leaving_;
  }
  ++clients_[guest->client];
  guests_.emplace(guest.get(), Place{guest, false});
  return true;
}

void Admission::leave(Guest* guest) {
  stays(guest);
  if (const auto of_client = clients_.find(guest->client); of_client != clients_.end() && --of_client->second == 0)
    clients_.erase(of_client);
  guests_.erase(guest);
}

void Admission::stays(Guest* guest) {
  const auto found = guests_.find(guest);
  if (found == guests_.end() || !found->second.leaving) return;
  found->second.leaving = false;
  --leaving_;
}

std::vector<std::shared_ptr<Guest>> Admission::guests() const {
  std::vector<std::shared_ptr<Guest>> present;
  for (const auto& entry : guests_) {
    if (auto guest = entry.second.guest.lock()) present.push_back(std::move(guest));
  }
  return present;
}

std::shared_ptr<Guest> Admission::find_leaver(Clock::time_point now) {
  Guest* first = nullptr;
  Clock::time_point first_may_go = now;
  for (const auto& [guest, place] : guests_) {
    const Clock::time_point may_go = guest->may_go;
    if (place.leaving || may_go > first_may_go) continue;
    first = guest;
    first_may_go = may_go;
  }
  return first == nullptr ? nullptr : guests_[first].guest.lock();
}

}  // namespace souk::serve
