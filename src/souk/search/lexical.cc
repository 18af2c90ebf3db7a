// Full-text search as a retriever. Popularity enters as a prior: an additive signal in [0, weight], so that it decides between items that
// match about equally well and never outweighs a much better match.
#include <bit>
#include <fmt/format.h>
#include <mutex>
#include <numbers>

#include "souk/search/concept_search.h"
#include "souk/search/nodes.h"

namespace souk::search {
namespace {

class Lexical final : public shelf::Retriever {
 public:
  explicit Lexical(float popularity) : popularity_(popularity) {}

  bool filters_itself() const override { return true; }

  Result<shelf::Candidates> retrieve(const shelf::Request& request, std::size_t k, const Roaring*,
                                     const shelf::ShopView& view) const override {
    shelf::Candidates candidates;
    if (view.lexical == nullptr) return candidates;
    const std::shared_ptr<const Prior> prior = prior_of(view);  // held while the query reads it
    index::LexicalQuery query = query_of(request, view, prior.get());
    query.k = k;
    SOUK_TRY(index::LexicalAnswer answer, answer_to(request, query, *view.lexical));
    const std::uint16_t source = candidates.source("lexical");
    for (const index::Hit& hit : answer.hits) candidates.add(hit.item, hit.score, {source, hit.score, kNoItem});
    candidates.lexical = std::move(answer);
    return candidates;
  }

  Result<std::optional<index::Explanation>> explain(const shelf::Request& request, ItemId item,
                                                    const shelf::ShopView& view) const override {
    const std::shared_ptr<const Prior> prior = prior_of(view);
    const index::LexicalQuery query = query_of(request, view, prior.get());
    if (is_plain(request.concepts) && request.enough == 0) return view.lexical->explain(query, item);
    return explain_concepts(*view.lexical, request.concepts, query, item);
  }

 private:
  struct Prior {
    std::shared_ptr<const shelf::JoinedTables> tables;  // what it was made from
    float weight = 0;
    std::vector<float> values;  // weighted
  };

  static index::LexicalQuery query_of(const shelf::Request& request, const shelf::ShopView& view, const Prior* prior) {
    index::LexicalQuery query = request.lexical;
    query.text = request.query;
    query.filter = request.filter;
    query.offset = 0;  // the plan pages
    query.market = request.market;
    query.now = request.now;
    query.stats = view.stats;
    query.exclude = request.exclude;
    query.prior = prior == nullptr ? std::span<const float>() : std::span(prior->values);
    return query;
  }

  // Without a relax node it is the index that leaves words out, and it knows no synonyms.
  static Result<index::LexicalAnswer> answer_to(const shelf::Request& request, const index::LexicalQuery& query,
                                                const index::Reader& reader) {
    if (is_plain(request.concepts) && request.enough == 0) return reader.search(query);
    auto answer = search_concepts(reader, request.concepts, query, request.enough);
    const bool relaxes = query.match == index::Match::automatic;
    return relaxes && answer && answer->total == 0 ? reader.search(query) : std::move(answer);
  }

  // The weighted popularity, made once for each generation of tables and size of the shop. Scores grow with the logarithm of the number of
  // items, so the weight does; that number is rounded up to a power of two, so that an item more does not make the prior anew.
  std::shared_ptr<const Prior> prior_of(const shelf::ShopView& view) const {
    if (view.tables == nullptr || popularity_ == 0) return nullptr;
    const auto doublings = static_cast<float>(std::bit_width(view.lexical->size()));
    const float weight = popularity_ * std::numbers::ln2_v<float> * doublings;
    const std::scoped_lock lock(mutex_);
    if (prior_ != nullptr && prior_->tables == view.tables && prior_->weight == weight) return prior_;
    auto fresh = std::make_shared<Prior>();
    fresh->tables = view.tables;
    fresh->weight = weight;
    for (const float value : view.tables->popularity()) fresh->values.push_back(weight * value);
    return prior_ = std::move(fresh);
  }

  float popularity_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Prior> prior_;
};

Result<std::unique_ptr<shelf::Retriever>> make_lexical(const Config& settings) {
  SOUK_CHECK(settings.only({"popularity"}));
  SOUK_TRY(const double popularity, settings.number("popularity", 0.25));
  if (!(popularity >= 0)) {
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = "wrong weight of popularity",
                      .where = settings.where("popularity"),
                      .expected = "a number from 0",
                      .found = fmt::format("{}", popularity),
                      .hint = {}});
  }
  return std::make_unique<Lexical>(static_cast<float>(popularity));
}

}  // namespace

void register_lexical(shelf::Registry& registry) {
  registry.add_retriever(
      "lexical", "full-text search; settings: popularity, the most it may add, as a share of what a word is worth that one item has",
      make_lexical);
}

}  // namespace souk::search
