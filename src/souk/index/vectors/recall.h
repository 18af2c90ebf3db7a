// What an index finds of what there is: its recall against the scan of all vectors, and the least effort that reaches a recall.
#pragma once

#include <cstddef>

#include "souk/base/matrix.h"
#include "souk/base/result.h"
#include "souk/index/vectors/vector_segment.h"

namespace souk::index {

// The mean over the queries of the share of the how.k best rows (of those allowed) that the segment finds; of ties at the border any
// counts. 1 where there is nothing to find. Errors: a segment that keeps no vectors (VectorSegment::vectors), a query that is refused.
Result<double> probe_recall(const VectorSegment& segment, MatrixView queries, const VectorQuery& how, unsigned threads);

struct TunedEffort {
  std::size_t effort = 0;  // the breadth of a walk, or the cells looked at; 0: the index has neither
  double recall = 0;       // with it, on the queries it was tuned on
  bool reached = false;    // false: not even with the greatest effort, which is given
};
// By doubling and bisection, as recall hardly falls with effort. target: 0 to 1. Tune on queries, and judge on others.
Result<TunedEffort> tune_effort(const VectorSegment& segment, MatrixView queries, std::size_t k, double target, unsigned threads);

}  // namespace souk::index
