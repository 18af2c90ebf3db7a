// A shop's own shelves, judged on its own held-out events: what `souk evaluate` prints.
#pragma once

#include "souk/base/progress.h"
#include "souk/base/result.h"
#include "souk/engine/shop.h"
#include "souk/lab/shelves.h"

namespace souk::lab {

// Holds out a part of the shop's events, has the shop learn from the rest, asks every shelf (or those named) and prints the floors beside
// it. What is known of a shopper is what the case knows, whatever the store has. Shelves that answer queries are judged by judgements, not
// by behaviour: they are left out, and named in a note when asked for. Leaves the shop as it is.
Result<ShopReport> evaluate_shop(const engine::Shop& shop, const EvaluateOptions& options, Progress& progress);

}  // namespace souk::lab
