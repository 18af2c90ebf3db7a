#include "souk/engine/holdout.h"

namespace souk::engine {

Holdout::Holdout(Answerer answerer, Timestamp now) : answerer_(std::move(answerer)), now_(now) {}

Result<ShelfAnswer> Holdout::shelf(ShelfRequest request) const {
  if (!request.now) request.now = now_;
  return answerer_.shelf(request);
}

Result<SearchAnswer> Holdout::search(SearchRequest request) const {
  if (!request.now) request.now = now_;
  return answerer_.search(request);
}

Result<std::vector<ItemId>> Holdout::rank(ShelfRequest request) const {
  if (!request.now) request.now = now_;
  SOUK_TRY(shelf::Candidates ranked, answerer_.candidates(request));
  return std::move(ranked.items);
}

}  // namespace souk::engine
