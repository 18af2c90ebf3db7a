#include "souk/search/nodes.h"
#include "souk/search/search.h"

namespace souk::search {

void register_all(shelf::Registry& registry) {
  register_lexical(registry);
  register_drop_words(registry);
  register_scorers(registry);
  register_mmr(registry);
}

}  // namespace souk::search
