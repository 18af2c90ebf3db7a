#include "souk/index/ranked.h"

#include <bit>
#include <limits>
#include <numeric>

namespace souk::index {
namespace {

// Sums in another order than that of the words differ by rounding alone: candidates are kept down to a little below the threshold.
float with_slack(float threshold) {
  return threshold > 0 ? threshold * (1 - 4e-6F) : threshold;
}

// The score that a document must reach: what is known beforehand, until the heap knows better.
class Threshold {
 public:
  Threshold(float floor, const TopK& best) : floor_(floor), best_(best) { update(); }
  void update() { limit_ = with_slack(std::max(floor_, best_.threshold())); }
  float limit() const { return limit_; }

 private:
  float floor_;
  const TopK& best_;
  float limit_ = 0;
};

// Conjunction: the rarest list leads, block by block; every further one keeps the candidates that it holds too.
class Conjunction {
 public:
  Conjunction(std::span<const TermList> lists, RankedScratch& scratch)
      : lists_(lists), cursors_(scratch.cursors), parts_(scratch.parts), order_(scratch.order), rest_(scratch.rest) {
    if (cursors_.size() < lists.size()) cursors_.resize(lists.size());
    if (parts_.size() < lists.size()) parts_.resize(lists.size());
    order_.resize(lists.size());
    std::iota(order_.begin(), order_.end(), 0U);
    std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
      if (lists[a].optional != lists[b].optional) return lists[b].optional;
      const std::uint32_t fewer = lists[a].frequency(), more = lists[b].frequency();
      return fewer != more ? fewer < more : a < b;
    });
    for (std::size_t w = 0; w < lists.size(); ++w) cursors_[w].open(lists[w]);
    rest_.assign(lists.size() + 1, 0.0F);
    for (std::size_t i = lists.size(); i-- > 0;) rest_[i] = rest_[i + 1] + cursors_[order_[i]].bound();
  }

  // Calls found(document, score) for each document that all lists hold and the filter lets pass.
  template <class Found>
  void run(const DocumentFilter* filter, Found found) {
    each_block(
        filter, [](std::uint32_t) { return true; },
        [&](ListCursor& first) {
          for (std::size_t i = 1; i < order_.size() && candidates_ > 0; ++i) keep_common(i, -std::numeric_limits<float>::infinity());
          score_first(first);
          report(found);
        });
  }

  // The same, but for documents that cannot reach limit().
  template <class Limit, class Found>
  void run(const DocumentFilter* filter, float most_prior, Limit limit, Found found) {
    const auto enough = [&](std::uint32_t block) { return !(cursors_[order_[0]].block_bound(block) + rest_[1] + most_prior < limit()); };
    each_block(filter, enough, [&](ListCursor& first) {
      score_first(first);
      std::copy_n(parts_[order_[0]].begin(), candidates_, partial_.begin());
      for (std::size_t i = 1; i < order_.size() && candidates_ > 0; ++i) keep_common(i, limit() - rest_[i] - most_prior);
      report(found);
    });
  }

 private:
  // Goes through the blocks of the rarest list: its documents that pass the filter are the candidates.
  template <class Wanted, class Visit>
  void each_block(const DocumentFilter* filter, Wanted wanted, Visit visit) {
    if (lists_.empty() || lists_[order_[0]].optional) return;
    ListCursor& first = cursors_[order_[0]];
    for (std::uint32_t block = 0; block < first.blocks(); ++block) {
      if (!wanted(block)) continue;
      const std::span<const std::uint32_t> documents = first.load(block);
      candidates_ = static_cast<std::uint32_t>(documents.size());
      std::copy(documents.begin(), documents.end(), documents_.begin());
      std::iota(first_places_.begin(), first_places_.begin() + candidates_, 0U);
      if (filter != nullptr) {
        candidates_ = static_cast<std::uint32_t>(filter->keep(std::span(documents_).first(candidates_), first_places_.data()));
      }
      if (candidates_ > 0) visit(first);
    }
  }

  // What the first list adds to the candidates: all of a block at once where many are left.
  void score_first(ListCursor& first) {
    std::array<float, kBlockPostings>& added = parts_[order_[0]];
    if (candidates_ > kBlockPostings / 4) {
      const std::span<const float> scores = first.block_scores();
      for (std::uint32_t c = 0; c < candidates_; ++c) added[c] = scores[first_places_[c]];
    } else {
      for (std::uint32_t c = 0; c < candidates_; ++c) added[c] = first.score(first_places_[c]);
    }
  }

  template <class Found>
  void report(Found found) {
    for (std::uint32_t c = 0; c < candidates_; ++c) {
      float score = 0;
      for (std::size_t w = 0; w < lists_.size(); ++w) score += parts_[w][c];
      found(documents_[c], score);
    }
  }

  void keep(std::size_t lists, std::uint32_t to, std::uint32_t from) {
    documents_[to] = documents_[from];
    first_places_[to] = first_places_[from];
    partial_[to] = partial_[from];
    for (std::size_t j = 0; j < lists; ++j) parts_[order_[j]][to] = parts_[order_[j]][from];
  }

  // Leaves out the candidates that cannot reach `least` with the lists from the i-th rarest on, and those that the i-th does not hold.
  void keep_common(std::size_t i, float least) {
    std::uint32_t kept = 0;
    for (std::uint32_t c = 0; c < candidates_; ++c) {
      if (partial_[c] < least) continue;
      if (kept != c) keep(i, kept, c);
      ++kept;
    }
    candidates_ = kept;
    std::array<float, kBlockPostings>& added = parts_[order_[i]];
    const std::size_t found = cursors_[order_[i]].find({documents_.data(), kept}, places_.data(), scores_.data());
    if (lists_[order_[i]].optional) {
      std::fill_n(added.begin(), kept, 0.0F);
      for (std::uint32_t f = 0; f < found; ++f) {
        added[places_[f]] = scores_[f];
        partial_[places_[f]] += scores_[f];
      }
      return;
    }
    for (std::uint32_t f = 0; f < found; ++f) {
      keep(i, f, places_[f]);
      added[f] = scores_[f];
      partial_[f] += scores_[f];
    }
    candidates_ = static_cast<std::uint32_t>(found);
  }

  std::span<const TermList> lists_;
  std::vector<ListCursor>& cursors_;
  std::vector<std::array<float, kBlockPostings>>& parts_;
  std::vector<std::uint32_t>& order_;  // required ones first, the rarest of them before others
  std::vector<float>& rest_;           // what the lists from the i-th rarest on can add
  std::uint32_t candidates_ = 0;
  std::array<float, kBlockPostings> partial_{};  // beside documents_: what the lists so far add
  // NOLINTBEGIN(cppcoreguidelines-pro-type-member-init): filled as far as they are read
  std::array<std::uint32_t, kBlockPostings> documents_;
  std::array<std::uint32_t, kBlockPostings> first_places_;  // beside them: where each stands in the block of the first list
  std::array<std::uint32_t, kBlockPostings + 1> places_;
  std::array<float, kBlockPostings + 1> scores_;
  // NOLINTEND(cppcoreguidelines-pro-type-member-init)
};

// Disjunction, window by window. A window ends where the first block of an essential list does, so that each such list has one block in it.
class Disjunction {
 public:
  Disjunction(std::span<const TermList> lists, const DocumentSide& side, float floor, RankedScratch& scratch, TopK& best)
      : lists_(lists), side_(side), scratch_(scratch), best_(best), threshold_(floor, best) {
    if (scratch.cursors.size() < lists.size()) scratch.cursors.resize(lists.size());
    if (scratch.probes.size() < lists.size()) scratch.probes.resize(lists.size());
    for (std::uint32_t w = 0; w < lists.size(); ++w) {
      scratch.cursors[w].open(lists[w]);
      scratch.probes[w].open(lists[w]);
      if (lists[w].frequency() > 0) words_.push_back({w, 0, scratch.cursors[w].bound(), 0});
    }
    std::sort(words_.begin(), words_.end(),
              [](const Word& a, const Word& b) { return a.bound != b.bound ? a.bound < b.bound : a.list < b.list; });
    window_.reserve(words_.size());
  }

  void run() {
    for (std::uint32_t begin = 0;;) {
      // Lists whose bounds together stay below the threshold cannot bring up a document by themselves.
      while (essential_ < words_.size() && optional_ + words_[essential_].bound + side_.most_prior < threshold_.limit()) {
        optional_ += words_[essential_++].bound;
      }
      if (essential_ == words_.size()) return;
      const std::uint32_t end = open_window(begin);
      if (end == begin) return;
      visit_window(begin, end);
      begin = end;
    }
  }

 private:
  struct Word {
    std::uint32_t list = 0, block = 0;
    float bound = 0;   // of the list
    float window = 0;  // within the window
  };

  // Sets what each list can add in the window that begins at `begin`. Returns its end; `begin` when all essential lists have ended.
  std::uint32_t open_window(std::uint32_t begin) {
    std::uint32_t end = UINT32_MAX;
    bool some = false;
    for (std::size_t i = essential_; i < words_.size(); ++i) {
      Word& word = words_[i];
      const ListCursor& cursor = scratch_.cursors[word.list];
      if (word.block < cursor.blocks()) word.block = cursor.find_block(word.block, begin);
      word.window = 0;
      if (word.block >= cursor.blocks()) continue;
      some = true;
      word.window = std::min(word.bound, cursor.block_bound(word.block));
      end = std::min(end, cursor.block_last(word.block) + 1);
    }
    if (!some) return begin;
    for (std::size_t i = 0; i < essential_; ++i) words_[i].window = optional_bound(words_[i], begin, end);
    return end;
  }

  // What a list that is only looked up can add in a window: few blocks are asked, of many its bound is taken.
  float optional_bound(Word& word, std::uint32_t begin, std::uint32_t end) const {
    constexpr std::uint32_t kAsked = 4;
    const ListCursor& cursor = scratch_.cursors[word.list];
    if (word.block < cursor.blocks()) word.block = cursor.find_block(word.block, begin);
    float most = 0;
    for (std::uint32_t block = word.block, asked = 0; block < cursor.blocks(); ++block) {
      if (++asked > kAsked) return word.bound;
      most = std::max(most, cursor.block_bound(block));
      if (cursor.block_last(block) >= end - 1) break;
    }
    return std::min(word.bound, most);
  }

  void visit_window(std::uint32_t begin, std::uint32_t end) {
    const float limit = threshold_.limit() - side_.most_prior;
    // Those that are optional everywhere first, then the others by what they can add here: further ones may be optional in this window.
    window_.assign(words_.begin(), words_.end());
    std::sort(window_.begin() + static_cast<std::ptrdiff_t>(essential_), window_.end(),
              [](const Word& a, const Word& b) { return a.window != b.window ? a.window < b.window : a.list < b.list; });
    float optional = 0;
    std::size_t first = 0;
    for (; first < essential_; ++first) optional += window_[first].window;
    while (first < window_.size() && optional + window_[first].window < limit) optional += window_[first++].window;
    if (first == window_.size()) return;
    while (first + 1 < window_.size() && window_[first].window == 0) ++first;  // lists that have nothing here
    const std::size_t room = (window_.size() - first) * kBlockPostings + 1;
    if (scratch_.documents.size() < room) {
      scratch_.documents.resize(room);
      scratch_.partial.resize(room);
      scratch_.places.resize(room);
      scratch_.found.resize(room);
    }
    candidates_ = 0;
    if (first + 1 == window_.size()) {
      scan_one(window_[first], begin, end, limit - optional);
    } else {
      scan_many(std::span(window_).subspan(first), begin, end, limit - optional);
    }
    for (std::size_t i = first; i-- > 0;) {
      look_up(window_[i], limit - optional);
      optional -= window_[i].window;
    }
    offer(limit);
  }

  // The part of a list's block that lies in a window.
  struct Part {
    std::span<const std::uint32_t> documents;
    std::span<const float> scores;
  };
  Part in_window(const Word& word, std::uint32_t begin, std::uint32_t end) {
    ListCursor& cursor = scratch_.cursors[word.list];
    const std::span<const std::uint32_t> documents = cursor.load(word.block);
    const std::span<const float> scores = cursor.block_scores();
    const auto first = std::lower_bound(documents.begin(), documents.end(), begin);
    const auto last = documents.back() < end ? documents.end() : std::lower_bound(first, documents.end(), end);
    const auto from = static_cast<std::size_t>(first - documents.begin()), count = static_cast<std::size_t>(last - first);
    return {documents.subspan(from, count), scores.subspan(from, count)};
  }

  void scan_one(const Word& word, std::uint32_t begin, std::uint32_t end, float least) {
    const Part part = in_window(word, begin, end);
    std::uint32_t* documents = scratch_.documents.data();
    float* partial = scratch_.partial.data();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < part.documents.size(); ++i) {
      documents[kept] = part.documents[i];
      partial[kept] = part.scores[i];
      kept += part.scores[i] >= least ? 1 : 0;
    }
    candidates_ = kept;
    keep_allowed();
  }

  void scan_many(std::span<const Word> words, std::uint32_t begin, std::uint32_t end, float least) {
    float* sums = scratch_.sums.data();
    std::uint32_t* touched = scratch_.documents.data();
    std::size_t n = 0;
    for (const Word& word : words) {
      if (word.window == 0) continue;
      const Part part = in_window(word, begin, end);
      for (std::size_t i = 0; i < part.documents.size(); ++i) {
        float& sum = sums[part.documents[i]];
        touched[n] = part.documents[i];
        n += sum == 0 ? 1 : 0;
        sum += part.scores[i];
      }
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t document = touched[i];
      touched[kept] = document;
      const bool enough = sums[document] >= least;
      sums[document] = enough ? sums[document] : 0;
      kept += enough ? 1 : 0;
    }
    put_in_order(kept, begin, end);
    for (std::size_t i = 0; i < candidates_; ++i) {
      scratch_.partial[i] = sums[touched[i]];
      sums[touched[i]] = 0;
    }
    keep_allowed();
  }

  // The first `n` documents in ascending order, each once (one that added 0 first was new twice): through bits where the window is narrow.
  void put_in_order(std::size_t n, std::uint32_t begin, std::uint32_t end) {
    std::uint32_t* documents = scratch_.documents.data();
    const std::size_t first = begin / 64, last = std::min<std::size_t>(end, side_.items.size() + 1) / 64 + 1;
    if (last - first > 4 * n) {
      std::sort(documents, documents + n);
      candidates_ = static_cast<std::size_t>(std::unique(documents, documents + n) - documents);
      return;
    }
    for (std::size_t i = 0; i < n; ++i) set_bit(scratch_.bits, documents[i]);
    candidates_ = 0;
    for (std::size_t w = first; w < std::min(last, scratch_.bits.size()); ++w) {
      for (std::uint64_t word = scratch_.bits[w]; word != 0; word &= word - 1) {
        documents[candidates_++] = static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(word)));
      }
      scratch_.bits[w] = 0;
    }
  }

  void keep_allowed() {
    if (side_.allowed.empty()) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < candidates_; ++i) {
      if (!side_.allows(scratch_.documents[i])) continue;
      scratch_.documents[kept] = scratch_.documents[i];
      scratch_.partial[kept++] = scratch_.partial[i];
    }
    candidates_ = kept;
  }

  // Leaves out the candidates that cannot reach the threshold, and adds what a list has for the others.
  void look_up(const Word& word, float least) {
    keep_at_least(least);
    if (word.window == 0 || candidates_ == 0) return;
    const std::size_t found = find(word.list);
    for (std::size_t f = 0; f < found; ++f) scratch_.partial[scratch_.places[f]] += scratch_.found[f];
  }

  void keep_at_least(float least) {
    std::uint32_t* documents = scratch_.documents.data();
    float* partial = scratch_.partial.data();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < candidates_; ++i) {
      const float sum = partial[i];
      documents[kept] = documents[i];
      partial[kept] = sum;
      kept += sum >= least ? 1 : 0;
    }
    candidates_ = kept;
  }

  std::size_t find(std::uint32_t list) {
    return scratch_.probes[list].find({scratch_.documents.data(), candidates_}, scratch_.places.data(), scratch_.found.data());
  }

  void offer(float limit) {
    keep_at_least(limit);
    const std::span<float> scores = std::span(scratch_.partial).first(candidates_);
    if (candidates_ > 0 && lists_.size() > 2) {  // two floats add up alike in either order; more are added again in the order of the words
      std::fill(scores.begin(), scores.end(), 0.0F);
      for (std::uint32_t list = 0; list < lists_.size(); ++list) {
        if (scratch_.probes[list].blocks() == 0) continue;
        const std::size_t found = find(list);
        for (std::size_t f = 0; f < found; ++f) scores[scratch_.places[f]] += scratch_.found[f];
      }
    }
    for (std::size_t i = 0; i < scores.size(); ++i) {
      best_.offer(side_.items[scratch_.documents[i]], scores[i] + side_.prior_of(scratch_.documents[i]));
    }
    threshold_.update();
  }

  std::span<const TermList> lists_;
  const DocumentSide& side_;
  RankedScratch& scratch_;
  TopK& best_;
  Threshold threshold_;
  std::vector<Word> words_, window_;  // by bound; of the window
  std::size_t essential_ = 0;         // the first essential one of words_
  float optional_ = 0;                // what those before it can add together
  std::size_t candidates_ = 0;        // of the window: the first so many of scratch_.documents and partial
};

}  // namespace

void conjunction(std::span<const TermList> lists, const DocumentFilter* filter, RankedScratch& scratch, Matches& out) {
  if (nothing_in_all(lists)) return;
  Conjunction(lists, scratch).run(filter, [&](std::uint32_t document, float score) {
    constexpr std::size_t kFew = 64;
    if (out.documents.empty()) {
      out.documents.reserve(kFew);
      out.scores.reserve(kFew);
    }
    out.documents.push_back(document);
    out.scores.push_back(score);
  });
}

void best_of_all(std::span<const TermList> lists, const DocumentSide& side, float floor, RankedScratch& scratch, TopK& best) {
  if (nothing_in_all(lists)) return;
  Threshold threshold(floor, best);
  Conjunction(lists, scratch)
      .run(
          side.filter, side.most_prior, [&] { return threshold.limit(); },
          [&](std::uint32_t document, float score) {
            if (!side.allows(document)) return;
            best.offer(side.items[document], score + side.prior_of(document));
            threshold.update();
          });
}

void best_of_any(std::span<const TermList> lists, const DocumentSide& side, float floor, RankedScratch& scratch, TopK& best) {
  Disjunction(lists, side, floor, scratch, best).run();
}

}  // namespace souk::index
