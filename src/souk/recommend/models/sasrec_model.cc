// SASRec: Kang and McAuley, "Self-Attentive Sequential Recommendation", ICDM 2018. A causal Transformer reads a history; the state h_t
// after its t-th item scores what comes next, r_i = h_t . e_i, with the embeddings e_i sqrt(dim) that it read (section III). All positions
// of a sequence are trained at once, by one of these losses:
//   full     softmax over all items, which is what makes it strong (Klenitskiy and Vasilev, RecSys 2023)
//   sampled  the same over `negatives` items shared by a batch, corrected for how they are drawn
//   bce      a logistic loss of the item and of `negatives` others for each position (as published, with 1)
//   gbce     the same, calibrated (gSASRec: Petrov and Macdonald, RecSys 2023)
#include <cmath>

#include "souk/learn/library.h"
#include "souk/learn/transformer.h"
#include "souk/recommend/models/learned.h"
#include "souk/recommend/models/next_item.h"
#include "souk/recommend/models/settings.h"

namespace souk::recommend {
namespace {

class Sasrec final : public NextItemModel {
 public:
  Sasrec(const NextItemConfig& config, const learn::TransformerConfig& encoder, std::uint32_t items, Random& random)
      : NextItemModel(config, items, random),
        scale_(std::sqrt(static_cast<double>(config.dim))),
        transformer_(encoder, parameters(), "transformer", random) {}

  at::Tensor states(const at::Tensor& items, const std::shared_ptr<const learn::Packed>& packed, Random* random) const override {
    return transformer_(at::embedding(table(), items) * scale_, packed, random);
  }

 private:
  double scale_;
  learn::Transformer transformer_;
};

Result<std::unique_ptr<RankModel>> fit(const FitInput& input) {
  NextItemConfig config;
  SOUK_CHECK(read_next_item(input.settings, config));
  SOUK_TRY(const std::uint32_t layers, count_setting(input.settings, "layers", 2, 1));
  SOUK_TRY(const std::uint32_t heads, count_setting(input.settings, "heads", 1, 1));
  if (config.dim % heads != 0) return fail(ErrorKind::invalid, "heads must divide dim", input.settings.where("heads"));
  const learn::TransformerConfig encoder{.dim = config.dim,
                                         .inner = config.dim,
                                         .heads = heads,
                                         .layers = layers,
                                         .length = config.length,
                                         .dropout = config.dropout,
                                         .activation = learn::Activation::relu};
  return fit_next_item(config, learn::cost_of(encoder), input,
                       [&](Random& random) { return std::make_unique<Sasrec>(config, encoder, input.train.items(), random); });
}

constexpr LearnedModel kModel{fit};
const learn::Registered<LearnedModel> kRegistered("sasrec", &kModel);

}  // namespace
}  // namespace souk::recommend
