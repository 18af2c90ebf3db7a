#include "souk/index/reorder.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace souk::index {
namespace {

constexpr std::size_t kSmallest = 32;  // documents that are not halved any further
constexpr int kIterations = 12;        // of exchanges at one level; most levels settle before

class Bisection {
 public:
  explicit Bisection(const ForwardRows& rows) : rows_(rows), order_(rows.documents()), gains_(rows.documents()), degrees_(rows.term_count) {
    std::iota(order_.begin(), order_.end(), 0U);
    logs_.resize(std::size_t{rows.documents()} + 3);
    for (std::size_t i = 1; i < logs_.size(); ++i) logs_[i] = std::log2(static_cast<float>(i));
  }

  std::vector<std::uint32_t> run() {
    halve(order_);
    return std::move(order_);
  }

 private:
  struct Degree {  // of a term: documents in the left and in the right half
    std::uint32_t left = 0, right = 0;
    float gain = 0;  // what a document with the term gains by standing on the right
  };

  void halve(std::span<std::uint32_t> documents) {
    if (documents.size() <= kSmallest) {
      std::sort(documents.begin(), documents.end());
      return;
    }
    const std::size_t half = documents.size() / 2;
    count(documents, half);
    for (int i = 0; i < kIterations && exchange(documents, half); ++i) {
    }
    forget(documents);
    halve(documents.first(half));
    halve(documents.subspan(half));
  }

  std::span<const std::uint32_t> terms_of(std::uint32_t document) const {
    return rows_.terms.subspan(rows_.begins[document], rows_.begins[document + 1] - rows_.begins[document]);
  }

  void count(std::span<const std::uint32_t> documents, std::size_t half) {
    touched_.clear();
    for (std::size_t i = 0; i < documents.size(); ++i) {
      for (const std::uint32_t term : terms_of(documents[i])) {
        Degree& degree = degrees_[term];
        if (degree.left + degree.right == 0) touched_.push_back(term);
        ++(i < half ? degree.left : degree.right);
      }
    }
    // A term of one document has no gap here, wherever it stands.
    std::erase_if(touched_, [&](std::uint32_t term) { return degrees_[term].left + degrees_[term].right < 2; });
  }

  void forget(std::span<const std::uint32_t> documents) {
    for (const std::uint32_t document : documents) {
      for (const std::uint32_t term : terms_of(document)) degrees_[term] = {};
    }
  }

  // Bits of `degree` documents among `size`: each gap about size / (degree + 1).
  float bits(std::uint32_t degree, std::size_t size) const { return static_cast<float>(degree) * (logs_[size] - logs_[degree + 1]); }

  // The half of the documents that gain most by it goes to the right. False when hardly any changed sides.
  bool exchange(std::span<std::uint32_t> documents, std::size_t half) {
    const std::size_t left = half, right = documents.size() - half;
    for (const std::uint32_t term : touched_) {
      Degree& degree = degrees_[term];
      const std::uint32_t l = degree.left, r = degree.right;
      const float now = bits(l, left) + bits(r, right);
      // The mean of what a document of the left gains by going and one of the right loses.
      float gain = 0;
      if (l > 0) gain += now - bits(l - 1, left) - bits(r + 1, right);
      if (r > 0) gain -= now - bits(l + 1, left) - bits(r - 1, right);
      degree.gain = l > 0 && r > 0 ? gain / 2 : gain;
    }
    for (const std::uint32_t document : documents) {
      float gain = 0;
      for (const std::uint32_t term : terms_of(document)) gain += degrees_[term].gain;
      gains_[document] = gain;
    }
    was_left_.assign(documents.begin(), documents.begin() + static_cast<std::ptrdiff_t>(half));
    std::sort(was_left_.begin(), was_left_.end());
    std::nth_element(documents.begin(), documents.begin() + static_cast<std::ptrdiff_t>(half), documents.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return gains_[a] != gains_[b] ? gains_[a] < gains_[b] : a < b; });
    std::size_t moved = 0;
    for (std::size_t i = 0; i < documents.size(); ++i) {
      const bool before = std::binary_search(was_left_.begin(), was_left_.end(), documents[i]), now = i < half;
      if (before == now) continue;
      ++moved;
      for (const std::uint32_t term : terms_of(documents[i])) {
        degrees_[term].left += now ? 1U : UINT32_MAX;
        degrees_[term].right += now ? UINT32_MAX : 1U;
      }
    }
    return moved * 100 > documents.size();
  }

  const ForwardRows& rows_;
  std::vector<std::uint32_t> order_;
  std::vector<float> gains_;     // by document
  std::vector<Degree> degrees_;  // by term, zero outside the set being halved
  std::vector<float> logs_;
  std::vector<std::uint32_t> touched_, was_left_;
};

}  // namespace

std::vector<std::uint32_t> bisect(const ForwardRows& rows) {
  return Bisection(rows).run();
}

double gap_bits(const ForwardRows& rows, std::span<const std::uint32_t> order) {
  std::vector<std::int64_t> last(rows.term_count, -1);
  double bits = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::uint32_t at = rows.begins[order[i]]; at < rows.begins[order[i] + 1]; ++at) {
      std::int64_t& before = last[rows.terms[at]];
      bits += 1 + std::log2(static_cast<double>(static_cast<std::int64_t>(i) - before));
      before = static_cast<std::int64_t>(i);
    }
  }
  return bits;
}

}  // namespace souk::index
