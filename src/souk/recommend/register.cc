#include "souk/recommend/recommend.h"
#include "souk/recommend/retrievers.h"

namespace souk::recommend {

void register_all(shelf::Registry& registry) {
  register_popular(registry);
  register_new(registry);
  register_co_visit(registry);
  register_item_knn(registry);
  register_also_bought(registry);
  register_basket(registry);
  register_buy_again(registry);
  register_similar_text(registry);
  register_dense(registry);
  register_same_category(registry);
  register_one_per_group(registry);
  register_diversify(registry);
}

}  // namespace souk::recommend
