// Every file of this room registers itself through one of these; register_all() calls them. Inside the room only.
#pragma once

#include "souk/shelf/shelf.h"

namespace souk::recommend {

void register_popular(shelf::Registry& registry);  // popular, recent-popular, trending
void register_new(shelf::Registry& registry);
void register_co_visit(shelf::Registry& registry);
void register_item_knn(shelf::Registry& registry);
void register_also_bought(shelf::Registry& registry);
void register_basket(shelf::Registry& registry);
void register_buy_again(shelf::Registry& registry);
void register_similar_text(shelf::Registry& registry);
void register_dense(shelf::Registry& registry);
void register_same_category(shelf::Registry& registry);
void register_one_per_group(shelf::Registry& registry);
void register_diversify(shelf::Registry& registry);

}  // namespace souk::recommend
