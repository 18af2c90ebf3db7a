// Words and figures about runs that several reports share.
#pragma once

#include <string>
#include <vector>

#include "souk/lab/run.h"

namespace souk::lab {

std::string paper_source(const Paper& paper);          // "table 2 (other data)"
std::string settings_source(const RunRecord& record);  // "tuned on validation, 12 trials", "settings by hand", "not tuned"
std::string overrides_of(const RunRecord& record);  // " (settings.window=2)", or nothing; the split but for its seed stands in the protocol
std::string verdict_of(const RunRecord& record);    // of a record with versus: "beats popularity: NDCG@10 +0.0100 [...], p 0.002"

double at_share(std::vector<double> values, double share);  // the value that `share` of them reach at most, by nearest rank; 0 of none

}  // namespace souk::lab
