// A plan as JSON, for configuration pages and for reading what a shorthand was expanded to.
#pragma once

#include <string>

#include "souk/shelf/graph.h"

namespace souk::shelf {

// {"shelf","context","k","truth","repeats","filter","nodes":[{"id","type","name","in","weights","k","filter","weight","ratio","score","settings"}]};
// what a node does not have is left out. The last node is the answer.
std::string plan_json(const ShelfSpec& spec, const std::string& filter, const Graph& graph);

}  // namespace souk::shelf
