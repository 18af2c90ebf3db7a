// Every model file registers itself through one of these; rank_models() lists them. Inside the room only.
#pragma once

#include "souk/recommend/rank_model.h"

namespace souk::recommend {

RankModelEntry popularity_entry();
RankModelEntry inverse_popularity_entry();
RankModelEntry co_visitation_entry();
RankModelEntry buy_again_entry();
RankModelEntry item_knn_entry();
RankModelEntry session_knn_entry();
RankModelEntry ease_entry();

}  // namespace souk::recommend
