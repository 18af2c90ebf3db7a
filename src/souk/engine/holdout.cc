#include "souk/engine/holdout.h"

namespace souk::engine {

Holdout::Holdout(Answerer answerer, store::Interactions train, Timestamp cut)
    : answerer_(std::move(answerer)), train_(std::move(train)), cut_(cut) {}

Result<ShelfAnswer> Holdout::shelf(ShelfRequest request) const {
  if (!request.now) request.now = cut_;
  return answerer_.shelf(request);
}

Result<SearchAnswer> Holdout::search(SearchRequest request) const {
  if (!request.now) request.now = cut_;
  return answerer_.search(request);
}

Result<std::vector<ItemId>> Holdout::rank(ShelfRequest request) const {
  if (!request.now) request.now = cut_;
  SOUK_TRY(shelf::Candidates ranked, answerer_.candidates(request));
  return std::move(ranked.items);
}

}  // namespace souk::engine
