// Every file of this room that holds nodes of plans registers them through one of these; register_all() calls them. Inside the room only.
#pragma once

#include "souk/shelf/shelf.h"

namespace souk::search {

void register_lexical(shelf::Registry& registry);
void register_drop_words(shelf::Registry& registry);
void register_scorers(shelf::Registry& registry);  // popularity, recency, field
void register_mmr(shelf::Registry& registry);

}  // namespace souk::search
