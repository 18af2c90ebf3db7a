// The k best (row, score) pairs: a bounded heap whose order is total, so that every user of it breaks ties alike:
// higher score first, then the lower row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace souk {

struct Scored {
  std::uint32_t row = 0;
  float score = 0;
  friend bool operator==(const Scored&, const Scored&) = default;
};

inline bool better(const Scored& a, const Scored& b) {
  return a.score != b.score ? a.score > b.score : a.row < b.row;
}

// The same as a type, so that sorting compares in line and not through a pointer.
struct Better {
  bool operator()(const Scored& a, const Scored& b) const { return better(a, b); }
};

// Adds up the scores of equal rows, which stand together; one of each row stays, at the place of its first.
inline void add_up_equal_rows(std::vector<Scored>& scores) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (kept > 0 && scores[kept - 1].row == scores[i].row) {
      scores[kept - 1].score += scores[i].score;
    } else {
      scores[kept++] = scores[i];
    }
  }
  scores.resize(kept);
}

class TopK {  // not thread-safe; reusable through reset(), allocates nothing after the first use at the same k
 public:
  explicit TopK(std::size_t k) { reset(k); }
  void reset(std::size_t k) {
    k_ = k;
    heap_.clear();
    heap_.reserve(k);
  }
  // Scores at or below this cannot enter unless they tie with a lower row; -inf until k were offered.
  float threshold() const { return heap_.size() < k_ ? -std::numeric_limits<float>::infinity() : heap_.front().score; }
  void offer(std::uint32_t row, float score) {
    const Scored candidate{row, score};
    if (heap_.size() < k_) {
      heap_.push_back(candidate);
      std::push_heap(heap_.begin(), heap_.end(), Better());
    } else if (k_ > 0 && better(candidate, heap_.front())) {
      std::pop_heap(heap_.begin(), heap_.end(), Better());
      heap_.back() = candidate;
      std::push_heap(heap_.begin(), heap_.end(), Better());
    }
  }
  std::size_t size() const { return heap_.size(); }
  // Best first. Leaves the heap empty.
  std::vector<Scored> take() {
    std::sort_heap(heap_.begin(), heap_.end(), Better());
    std::vector<Scored> result;
    result.swap(heap_);
    return result;
  }

 private:
  std::size_t k_ = 0;
  std::vector<Scored> heap_;  // the worst kept pair in front
};

}  // namespace souk
