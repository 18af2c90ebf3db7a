// What a person did in this shop, as shelves read it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "souk/shelf/shelf.h"
#include "souk/store/store.h"

namespace souk::engine {

inline constexpr std::size_t kPastEvents = 500;

// Kinds that say "yes" to an item: purchase, cart, wishlist, rating, click, view.
bool is_positive(store::EventKind kind);

// The newest kPastEvents positive ones of events that somebody else gathered; both oldest first.
std::vector<shelf::Past> newest_positive(std::span<const shelf::Past> events);

// The newest kPastEvents positive events of these shoppers together, oldest first; with `before`, only those earlier than it.
Result<std::vector<shelf::Past>> past_of(const store::Store& store, std::span<const ShopperId> shoppers, std::optional<Timestamp> before);

}  // namespace souk::engine
