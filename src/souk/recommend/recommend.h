// Recommendation: retrievers over what shoppers did. See recommend/README.md for the list.
#pragma once

#include "souk/shelf/shelf.h"

namespace souk::recommend {

// popular, recent-popular, trending, new, co-visit, also-bought, basket, buy-again, similar-text, same-category, and the arrangers
// one-per-group and diversify.
void register_all(shelf::Registry& registry);

}  // namespace souk::recommend
