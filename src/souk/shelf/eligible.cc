#include "souk/shelf/eligible.h"

#include <algorithm>
#include <roaring/roaring.hh>

namespace souk::shelf {

Eligible::Eligible(const Request& request, const Roaring* allowed, const ShopView& view) : allowed_(allowed), reader_(view.lexical.get()) {
  excluded_.reserve(request.exclude.size() + request.items.size() + request.basket.size());
  for (const auto* list : {&request.exclude, &request.items, &request.basket})
    excluded_.insert(excluded_.end(), list->begin(), list->end());
  std::sort(excluded_.begin(), excluded_.end());
  if (reader_ == nullptr) return;
  for (const ItemId item : request.items) {
    if (reader_->shown(item)) groups_.push_back(reader_->group_of(item));
  }
}

bool Eligible::operator()(ItemId item) const {
  if (reader_ == nullptr || item == kNoItem) return false;
  if (allowed_ != nullptr && !allowed_->contains(index_of(item))) return false;
  if (!reader_->shown(item)) return false;
  if (std::binary_search(excluded_.begin(), excluded_.end(), item)) return false;
  return groups_.empty() || std::find(groups_.begin(), groups_.end(), reader_->group_of(item)) == groups_.end();
}

}  // namespace souk::shelf
