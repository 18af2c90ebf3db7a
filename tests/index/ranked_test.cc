// Ranked retrieval against scoring everything: equal documents, equal bits of scores, over random lists of every shape.
#include "souk/index/ranked.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "souk/base/random.h"

namespace souk::index {
namespace {

struct Posting {
  std::uint32_t document, code;
};

// One segment of a few thousand documents, and the words of one query in it.
class Corpus {
 public:
  Corpus(Random& random, std::size_t fields) : documents_(1 + static_cast<std::uint32_t>(random.below(5000))) {
    for (std::size_t i = 0; i < std::size_t{documents_} * fields; ++i) {
      lengths_.push_back(length_code(static_cast<std::uint32_t>(1 + random.below(random.below(10) == 0 ? 500 : 12))));
    }
    make_patterns(random, fields);
    for (std::size_t f = 0; f < fields; ++f) {
      const auto weight = static_cast<float>(0.5 + 3 * random.uniform()), average = static_cast<float>(2 + 8 * random.uniform());
      norms_.push_back(norms_of(weight, 0.75F, average));
      // Lists may have been written under other averages and weights.
      const float other = random.below(2) == 0 ? 1.0F : static_cast<float>(0.5 + random.uniform());
      reference_.push_back(norms_of(weight * other, 0.75F, average / other));
    }
    scores_ = UnitScores(lengths_, patterns_, norms_, 1.2F);
    if (random.below(4) > 0) scores_.prepare(reference_);
    const UnitScores written(lengths_, patterns_, reference_, 1.2F);
    for (std::size_t w = 1 + random.below(6); w > 0; --w) add_word(random, written);
    required_ = words_.size();
    // Exact forms: some of the documents of a word.
    for (std::size_t w = random.below(3); w > 0 && !words_.empty(); --w) add_exact(random, written, random.below(required_));
    ids_.resize(documents_);
    for (std::uint32_t d = 0; d < documents_; ++d) ids_[d] = 3 * d + 1;
    if (random.below(3) == 0) random.shuffle(std::span(ids_));  // documents may stand in another order than items
    open_lists();
  }

  const UnitScores& scores() const { return scores_; }
  std::span<const TermList> lists() const { return lists_; }
  std::uint32_t documents() const { return documents_; }
  std::span<const std::uint32_t> ids() const { return ids_; }

  // document -> score of those with all words, or with any.
  std::map<std::uint32_t, float> matches(bool all) const {
    std::map<std::uint32_t, std::pair<std::size_t, float>> sums;
    for (std::size_t w = 0; w < words_.size(); ++w) {
      for (const Posting& posting : words_[w]) {
        auto& [count, sum] = sums[posting.document];
        count += lists_[w].optional ? 0 : 1;
        sum += lists_[w].idf * scores_.saturated(scores_.frequency(posting.document, posting.code));
      }
    }
    std::map<std::uint32_t, float> found;
    for (const auto& [document, sum] : sums) {
      if (!all || sum.first == required_) found[document] = sum.second;
    }
    return found;
  }

 private:
  void make_patterns(Random& random, std::size_t fields) {
    begins_ = {0};
    for (int i = 0; i < 30; ++i) {
      for (std::uint32_t f = 0; f < fields; ++f) {
        const bool last = f + 1 == fields && parts_.size() == begins_.back();
        if (last || random.below(2) == 0) parts_.push_back(part_of(f, static_cast<std::uint32_t>(1 + random.below(random.below(5) + 1))));
      }
      begins_.push_back(static_cast<std::uint32_t>(parts_.size()));
    }
    patterns_ = {begins_, parts_};
  }
  void add_exact(Random& random, const UnitScores& written, std::size_t of) {
    std::vector<Posting> postings;
    for (const Posting& posting : words_[of]) {
      if (random.below(2) == 0) postings.push_back(posting);
    }
    add_list(random, written, std::move(postings));
  }
  void add_word(Random& random, const UnitScores& written) {
    std::vector<Posting> postings;
    const double density = std::pow(random.uniform(), 3);
    for (std::uint32_t d = 0; d < documents_; ++d) {
      if (random.uniform() < density) postings.push_back({d, static_cast<std::uint32_t>(random.below(random.below(4) == 0 ? 30 : 2))});
    }
    add_list(random, written, std::move(postings));
  }
  void add_list(Random& random, const UnitScores& written, std::vector<Posting> postings) {
    std::vector<std::uint32_t> documents, codes;
    std::vector<float> impacts;
    for (const Posting& posting : postings) {
      documents.push_back(posting.document);
      codes.push_back(posting.code);
      impacts.push_back(written.frequency(posting.document, posting.code));
    }
    begin_of_.push_back(writer_.size());
    if (postings.size() > 1) writer_.add(documents, codes, impacts);
    words_.push_back(std::move(postings));
    gathered_.push_back(random.below(4) == 0);
    idfs_.push_back(static_cast<float>(0.1 + 6 * random.uniform()));
  }
  void open_lists() {
    bytes_ = writer_.take();
    documents_of_.resize(words_.size());
    units_.resize(words_.size());
    for (std::size_t w = 0; w < words_.size(); ++w) {
      TermList list;
      list.idf = idfs_[w];
      list.optional = w >= required_;
      list.scores = &scores_;
      if (gathered_[w]) {
        for (const Posting& posting : words_[w]) {
          documents_of_[w].push_back(posting.document);
          units_[w].push_back(scores_.saturated(scores_.frequency(posting.document, posting.code)));
        }
        list.documents = documents_of_[w];
        list.units = units_[w];
      } else if (words_[w].size() == 1) {
        list.postings = PostingList(words_[w][0].document, words_[w][0].code);
      } else if (!words_[w].empty()) {
        list.postings = PostingList(bytes_.data() + begin_of_[w], static_cast<std::uint32_t>(words_[w].size()));
      }
      lists_.push_back(list);
    }
  }

  std::uint32_t documents_;
  std::vector<std::uint8_t> lengths_;
  std::vector<std::uint32_t> begins_;
  std::vector<std::uint16_t> parts_;
  Patterns patterns_;
  std::vector<Norms> norms_, reference_;
  UnitScores scores_;
  std::size_t required_ = 0;
  PostingsWriter writer_;
  std::vector<std::byte> bytes_;
  std::vector<std::size_t> begin_of_;
  std::vector<std::vector<Posting>> words_;
  std::vector<bool> gathered_;
  std::vector<float> idfs_;
  std::vector<std::vector<std::uint32_t>> documents_of_;
  std::vector<std::vector<float>> units_;
  std::vector<TermList> lists_;
  std::vector<std::uint32_t> ids_;
};

struct Sides {  // what a query asks of documents besides words
  std::vector<std::uint64_t> allowed;
  std::vector<float> prior;
  DocumentSide side;
};

Sides random_side(Random& random, const Corpus& corpus) {
  Sides sides;
  if (random.below(3) == 0) {
    sides.allowed.resize((corpus.documents() + 63) / 64);
    for (std::uint64_t& word : sides.allowed) word = random() | random();
  }
  if (random.below(3) == 0) {
    for (std::uint32_t i = 0; i < 2 * corpus.documents(); ++i)
      sides.prior.push_back(static_cast<float>(random.below(3) == 0 ? random.uniform() : 0));
    sides.side.most_prior = 1;
  }
  sides.side.items = corpus.ids();
  return sides;
}

// Lets documents pass by their bits.
class ByBits final : public DocumentFilter {
 public:
  explicit ByBits(std::span<const std::uint64_t> bits) : bits_(bits) {}
  std::size_t keep(std::span<std::uint32_t> documents, std::uint32_t* beside) const override {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < documents.size(); ++i) {
      if (!test_bit(bits_, documents[i])) continue;
      beside[kept] = beside[i];
      documents[kept++] = documents[i];
    }
    return kept;
  }

 private:
  std::span<const std::uint64_t> bits_;
};

void expect_matches(const Matches& matches, const std::map<std::uint32_t, float>& expected) {
  ASSERT_EQ(matches.documents.size(), expected.size());
  std::size_t i = 0;
  for (const auto& [document, score] : expected) {
    ASSERT_EQ(matches.documents[i], document);
    ASSERT_EQ(matches.scores[i++], score);
  }
}

// Everything that matches, whole and filtered.
void compare_matches(Random& random, const Corpus& corpus, RankedScratch& scratch) {
  Bits allowed = bits_for(corpus.documents());
  const double density = std::pow(random.uniform(), 2);
  for (std::uint32_t d = 0; d < corpus.documents(); ++d) {
    if (random.uniform() < density) set_bit(allowed, d);
  }
  const auto passing = [&](std::map<std::uint32_t, float> found) {
    std::erase_if(found, [&](const auto& pair) { return !test_bit(allowed, pair.first); });
    return found;
  };
  const ByBits filter(allowed);
  const auto all = corpus.matches(true), any = corpus.matches(false);
  Matches matches;
  conjunction(corpus.lists(), nullptr, scratch, matches);
  expect_matches(matches, all);
  matches = {};
  conjunction(corpus.lists(), &filter, scratch, matches);
  expect_matches(matches, passing(all));
  matches = {};
  disjunction(corpus.lists(), corpus.documents(), {}, scratch, matches);
  expect_matches(matches, any);
  matches = {};
  disjunction(corpus.lists(), corpus.documents(), allowed, scratch, matches);
  expect_matches(matches, passing(any));
  Bits united = bits_for(corpus.documents());
  unite(corpus.lists(), corpus.documents(), scratch, united);
  matches = {};
  append_bits(united, matches.documents);
  score_documents(corpus.lists(), matches.documents, scratch, matches.scores);
  expect_matches(matches, any);
}

std::vector<Scored> best_by_force(const Corpus& corpus, const DocumentSide& side, bool all, std::size_t k) {
  std::vector<Scored> scored;
  for (const auto& [document, score] : corpus.matches(all)) {
    if (side.allows(document)) scored.push_back({side.items[document], score + side.prior_of(document)});
  }
  std::sort(scored.begin(), scored.end(), better);
  scored.resize(std::min(scored.size(), k));
  return scored;
}

TEST(Ranked, FindsWhatScoringEverythingFinds) {
  RankedScratch scratch;
  std::size_t found = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Random random(seed);
    const Corpus corpus(random, 1 + random.below(3));
    Sides sides = random_side(random, corpus);
    sides.side.allowed = sides.allowed;
    sides.side.prior = sides.prior;
    scratch.reserve(corpus.documents());
    for (const bool all : {false, true}) {
      const std::size_t k = 1 + random.below(random.below(4) == 0 ? 300 : 20);
      const std::vector<Scored> expected = best_by_force(corpus, sides.side, all, k);
      // Any floor up to the k-th best score changes nothing.
      const float floor = expected.size() == k && random.below(2) == 0 ? expected.back().score : 0;
      TopK best(k);
      // Conjunctions ask a filter instead, where there is one.
      const ByBits filter(sides.allowed);
      DocumentSide side = sides.side;
      if (all && !sides.allowed.empty() && random.below(2) == 0) {
        side.allowed = {};
        side.filter = &filter;
      }
      (all ? best_of_all : best_of_any)(corpus.lists(), side, floor, scratch, best);
      ASSERT_EQ(best.take(), expected) << (all ? "all" : "any") << " words, k " << k;
      ASSERT_TRUE(std::ranges::all_of(scratch.sums, [](float sum) { return sum == 0; }));
      found += expected.size();
    }
    compare_matches(random, corpus, scratch);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(found, 4000U);
}

TEST(Ranked, AnswersNothingToNothing) {
  RankedScratch scratch;
  TopK best(5);
  best_of_any({}, {}, 0, scratch, best);
  best_of_all({}, {}, 0, scratch, best);
  Matches matches;
  conjunction({}, nullptr, scratch, matches);
  EXPECT_EQ(best.size(), 0U);
  EXPECT_TRUE(matches.documents.empty());
}

TEST(Lengths, AreExactWhereTextsAreShortAndNeverLonger) {
  std::uint32_t before = 0;
  for (std::uint32_t length = 0; length < 40'000; ++length) {
    const std::uint32_t stored = length_of_code(length_code(length));
    if (length < 128) {
      EXPECT_EQ(stored, length);
    }
    EXPECT_LE(stored, length);
    EXPECT_GE(stored, before);
    if (length <= 31'744) {
      EXPECT_LE(length - stored, length / 16);
    }
    before = stored;
  }
  EXPECT_EQ(length_code(65'535), 255);
}

}  // namespace
}  // namespace souk::index
