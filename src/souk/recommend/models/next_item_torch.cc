#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "souk/base/kernels/dot.h"
#include "souk/learn/catalogue_softmax.h"
#include "souk/learn/losses.h"
#include "souk/learn/negatives.h"
#include "souk/learn/trainer.h"
#include "souk/recommend/models/next_item.h"
#include "souk/recommend/models/settings.h"

namespace souk::recommend {
namespace {

using Loss = NextItemConfig::Loss;

struct Sequences : learn::Batch {
  std::shared_ptr<learn::Packed> packed = std::make_shared<learn::Packed>();
  std::vector<std::int64_t> inputs, targets, negatives;  // [tokens], [tokens], all groups' one after the other
};

at::Tensor rows_of(const std::vector<std::int64_t>& rows) {  // borrows
  return at::from_blob(const_cast<std::int64_t*>(rows.data()), {static_cast<std::int64_t>(rows.size())}, at::kLong);
}

at::Tensor loss_of(const NextItemModel& model, const Sequences& batch, Random& random) {
  const NextItemConfig& config = model.config();
  const at::Tensor& table = model.table();
  const at::Tensor states = model.states(rows_of(batch.inputs), batch.packed, &random), targets = rows_of(batch.targets);
  if (config.loss == Loss::full) return learn::catalogue_softmax(states, table, targets);
  const at::Tensor positive = (states * at::embedding(table, targets)).sum(1);
  const at::Tensor drawn = rows_of(batch.negatives), items = at::embedding(table, drawn);
  if (config.loss == Loss::sampled) {
    // Drawn uniformly, each of k negatives stands for (items - 1) / k others; the positive for itself.
    const double stands_for = static_cast<double>(table.size(0) - 1) / static_cast<double>(drawn.size(0));
    const at::Tensor log_q = at::full({1}, -std::log(stands_for));
    return learn::sampled_softmax(positive, learn::without_hits(states.mm(items.t()), targets, drawn), {}, log_q);
  }
  const at::Tensor own = items.view({states.size(0), -1, states.size(1)});  // [tokens, k, dim]
  const at::Tensor negative = own.bmm(states.unsqueeze(2)).squeeze(2);
  return config.loss == Loss::bce ? learn::bce(positive, negative) : learn::gbce(positive, negative, table.size(0), config.calibration);
}

class Training final : public learn::Trainee {
 public:
  Training(NextItemModel& model, const FitInput& input, const learn::NegativeSampler* sampler)
      : model_(model), input_(input), sampler_(sampler) {
    for (std::uint32_t s = 0; s < input.train.shoppers(); ++s) {
      if (input.train.row(s).size() > 1) order_.push_back(s);
    }
  }
  std::size_t begin_epoch(Random& random) override {
    std::ranges::sort(order_);  // from one order, whatever epochs came before: after a kill they are not known
    random.shuffle(std::span(order_));
    return (order_.size() + model_.config().batch - 1) / model_.config().batch;
  }
  std::unique_ptr<learn::Batch> prepare(std::size_t number, Random& random) override {
    auto batch = std::make_unique<Sequences>();
    const std::size_t size = model_.config().batch, end = std::min(order_.size(), (number + 1) * size);
    for (std::size_t i = number * size; i < end; ++i) {
      auto items = input_.train.row(order_[i]).items;
      items = items.last(std::min<std::size_t>(items.size(), std::size_t{model_.config().length} + 1));
      batch->inputs.insert(batch->inputs.end(), items.begin(), items.end() - 1);
      batch->targets.insert(batch->targets.end(), items.begin() + 1, items.end());
      batch->packed->begin.push_back(static_cast<std::uint32_t>(batch->inputs.size()));
    }
    if (sampler_ != nullptr) {
      learn::Negatives drawn;
      sampler_->draw(std::vector<std::uint32_t>(batch->targets.begin(), batch->targets.end()), batch->packed->begin, random, drawn);
      batch->negatives.assign(drawn.items.begin(), drawn.items.end());
    }
    return batch;
  }
  at::Tensor loss(const learn::Batch& batch, Random& random) override {
    return loss_of(model_, static_cast<const Sequences&>(batch), random);
  }
  std::optional<double> validate() override { return input_.validation.of ? std::optional(input_.validation.of(model_)) : std::nullopt; }

 private:
  NextItemModel& model_;
  const FitInput& input_;
  const learn::NegativeSampler* sampler_;
  std::vector<std::uint32_t> order_;  // shoppers
};

// ---- What is told before anything is taken.

Status check_log(const store::Interactions& log) {
  std::size_t shoppers = 0;
  for (std::uint32_t s = 0; s < log.shoppers(); ++s) shoppers += log.row(s).size() > 1 ? 1 : 0;
  if (shoppers >= 2 && log.items() >= 2) return {};
  return fail(Error{.kind = ErrorKind::invalid,
                    .what = "the log is too small to learn what comes next",
                    .where = {},
                    .expected = "two shoppers with two events each, and two items, or more",
                    .found = fmt::format("{} such shoppers, {} items", shoppers, log.items()),
                    .hint = {}});
}

// Of the largest batch there can be: targets, and pairs of them.
struct Size {
  double tokens = 0, pairs = 0;
};
Size largest_batch(const store::Interactions& log, const NextItemConfig& config) {
  std::vector<double> lengths;
  for (std::uint32_t s = 0; s < log.shoppers(); ++s) {
    if (log.row(s).size() > 1) lengths.push_back(static_cast<double>(std::min<std::size_t>(log.row(s).size() - 1, config.length)));
  }
  std::ranges::sort(lengths, std::greater());
  lengths.resize(std::min<std::size_t>(lengths.size(), config.batch));
  Size size;
  for (const double length : lengths) size.tokens += length, size.pairs += length * length;
  return size;
}

// Bytes at the height of training, beside the log.
double bytes_of_training(const NextItemConfig& config, const learn::EncoderCost& encoder, const store::Interactions& log) {
  const auto items = static_cast<double>(log.items());
  const auto dim = static_cast<double>(config.dim), negatives = static_cast<double>(config.negatives);
  const Size batch = largest_batch(log, config);
  // Values, gradients (the table's in three parts: read, scored, summed), Adam's two, the best epoch's and those that take its place.
  double numbers = 9 * (encoder.parameters + items * dim);
  numbers += batch.tokens * encoder.per_token + batch.pairs * encoder.per_pair;
  double drawn = 0;
  switch (config.loss) {
    case Loss::full:
      numbers += std::max(static_cast<double>(learn::CatalogueSoftmaxOptions().scores_at_once), std::min(batch.tokens, 64.0) * items) +
                 batch.tokens * dim;
      break;
    case Loss::sampled:
      drawn = negatives;
      numbers += 6 * batch.tokens * negatives + 2 * negatives * dim;
      break;
    case Loss::bce:
    case Loss::gbce:
      drawn = batch.tokens * negatives;
      numbers += drawn * (2 * dim + 6);
      break;
  }
  // Batches that wait, are made and are trained on; a row as drawn, its log q, and as libtorch has it.
  constexpr double kBatches = 4, kBytesDrawn = 16;
  return 4 * numbers + kBatches * (kBytesDrawn * drawn + 16 * batch.tokens);
}

Status check_memory(const NextItemConfig& config, const learn::EncoderCost& encoder, const FitInput& input) {
  const double gigabytes = bytes_of_training(config, encoder, input.train) / 1e9;
  if (gigabytes <= config.max_memory) return {};
  const bool by_position = config.loss == Loss::bce || config.loss == Loss::gbce;
  return fail(Error{.kind = ErrorKind::limit,
                    .what = "training would take more memory than it may",
                    .where = input.settings.where("max_memory"),
                    .expected = fmt::format("at most {:.3g} GB", config.max_memory),
                    .found = fmt::format("about {:.3g} GB", gigabytes),
                    .hint = fmt::format("set a smaller dim{} or batch, or a larger max_memory", by_position ? ", negatives" : "")});
}

Result<learn::NegativeSampler> sampler_of(const NextItemConfig& config, std::uint32_t items) {
  using Scope = learn::NegativesConfig::Scope;
  const bool shared = config.loss == Loss::sampled;
  return learn::NegativeSampler::make({.scope = shared ? Scope::batch : Scope::position, .uniform = config.negatives, .avoid_own = !shared},
                                      std::vector<std::uint32_t>(items));
}

Status train(NextItemModel& model, const FitInput& input) {
  const NextItemConfig& config = model.config();
  learn::NegativeSampler sampler;
  const bool samples = config.loss != Loss::full;
  if (samples) {
    SOUK_TRY(sampler, sampler_of(config, input.train.items()));
  }
  Training training(model, input, samples ? &sampler : nullptr);
  const Validation& validation = input.validation;
  const learn::TrainerConfig how{.adam = {.beta2 = 0.98F},
                                 .rate = config.rate,
                                 .epochs = config.epochs,
                                 .patience = validation.of ? config.patience : 0,
                                 .seed = input.seed,
                                 .metric = validation.metric,
                                 .task = input.settings.to_json() + input.train.fingerprint(),
                                 .checkpoint = input.files.checkpoint,
                                 .log = input.files.log};
  SOUK_TRY(const learn::Trained trained, learn::train(training, model.parameters(), how, input.progress));
  model.tell(validation.of ? fmt::format("epoch {} of {} trained, the best by {} on validation ({:.4f})", trained.best_epoch,
                                         trained.epochs, validation.metric, trained.best_metric)
                           : fmt::format("{} epochs, as nothing was held out to stop by", trained.epochs),
             trained.epochs);
  return {};
}

}  // namespace

Status read_next_item(const Config& settings, NextItemConfig& config) {
  SOUK_TRY(config.dim, count_setting(settings, "dim", config.dim, 1));
  SOUK_TRY(config.length, count_setting(settings, "length", config.length, 1));
  SOUK_TRY(config.dropout, number_setting(settings, "dropout", config.dropout));
  if (!(config.dropout < 1)) return fail(ErrorKind::invalid, "dropout must be below 1", settings.where("dropout"));
  SOUK_TRY(const std::size_t loss,
           choice_setting(settings, "loss", {"full", "sampled", "bce", "gbce"}, static_cast<std::size_t>(config.loss)));
  config.loss = static_cast<Loss>(loss);
  SOUK_TRY(config.negatives, count_setting(settings, "negatives", config.loss == Loss::bce ? 1 : config.negatives, 1));
  SOUK_TRY(config.calibration, number_setting(settings, "calibration", config.calibration));
  if (config.calibration > 1) return fail(ErrorKind::invalid, "calibration must be from 0 to 1", settings.where("calibration"));
  SOUK_TRY(config.epochs, count_setting(settings, "epochs", config.epochs, 1));
  SOUK_TRY(config.patience, count_setting(settings, "patience", config.patience));
  SOUK_TRY(config.batch, count_setting(settings, "batch", config.batch, 1));
  SOUK_TRY(config.rate, number_setting(settings, "rate", config.rate, Bound::above));
  SOUK_TRY(config.max_memory, memory_setting(settings));
  return {};
}

NextItemModel::NextItemModel(const NextItemConfig& config, std::uint32_t items, Random& random)
    : config_(config), table_(parameters_.normal("items", {items, config.dim}, 1 / std::sqrt(static_cast<double>(config.dim)), random)) {}

MatrixView NextItemModel::table_view() const {
  const auto rows = static_cast<std::size_t>(table_.size(0));
  return {table_.data_ptr<float>(), rows, config_.dim, config_.dim};
}

// Into rows `first` and after it of `out`, which arrive as zeros and stay so where nothing of a history is known.
void NextItemModel::encode(std::span<const eval::History> histories, Matrix& out, std::size_t first) const {
  const at::AutoGradMode no_gradients(false);
  auto packed = std::make_shared<learn::Packed>();
  std::vector<std::int64_t> items, ends;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < histories.size(); ++i) {
    const std::size_t begin = items.size();
    for (const std::uint32_t item : histories[i].items) {
      if (item < table_.size(0)) items.push_back(item);
    }
    if (items.size() == begin) continue;
    const std::size_t known = items.size() - begin, beyond = known - std::min<std::size_t>(known, config_.length);
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(begin), items.begin() + static_cast<std::ptrdiff_t>(begin + beyond));
    packed->begin.push_back(static_cast<std::uint32_t>(items.size()));
    ends.push_back(static_cast<std::int64_t>(items.size()) - 1);
    rows.push_back(first + i);
  }
  if (rows.empty()) return;
  const at::Tensor last = states(rows_of(items), packed, nullptr).index_select(0, rows_of(ends));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(last.data_ptr<float>() + i * config_.dim, config_.dim, out.row(rows[i]).data());
  }
}

void NextItemModel::score(const eval::History& history, std::span<float> scores) const {
  Matrix state(1, config_.dim);
  encode({&history, 1}, state, 0);
  std::vector<float> products(table_view().rows);
  kernels::multiply_transposed(state.view(), table_view(), products.data(), products.size());
  std::ranges::transform(scores, products, scores.begin(), std::plus());
}

// Encoded here, on this thread and in the same groups for any number of threads: libtorch has threads of its own.
eval::RankResult NextItemModel::rank(const eval::Split& split, const eval::RankEvalOptions& options, Progress& progress) const {
  constexpr std::size_t kTogether = 256;
  const std::vector<eval::Case>& cases = split.cases;
  Matrix states(cases.size(), config_.dim);
  std::vector<eval::History> histories;
  for (std::size_t begin = 0; begin < cases.size() && !progress.cancelled(); begin += kTogether) {
    histories.clear();
    for (std::size_t i = begin; i < std::min(cases.size(), begin + kTogether); ++i) {
      histories.push_back(split.log.row(cases[i].shopper).first(cases[i].history_events));
    }
    encode(histories, states, begin);
  }
  const auto copy = [&](std::size_t first, std::span<const eval::Case> asked, Matrix& out, unsigned) {
    for (std::size_t i = 0; i < asked.size(); ++i) std::ranges::copy(states.row(first + i), out.row(i).begin());
  };
  return eval::rank_eval(split, eval::DotModel{table_view(), copy}, options, progress);
}

Result<std::unique_ptr<RankModel>> fit_next_item(const NextItemConfig& config, const learn::EncoderCost& encoder, const FitInput& input,
                                                 const std::function<std::unique_ptr<NextItemModel>(Random&)>& make) {
  SOUK_CHECK(check_log(input.train));
  SOUK_CHECK(check_memory(config, encoder, input));
  at::set_num_threads(static_cast<int>(std::max(1U, input.threads)));
  try {
    Random random(input.seed);
    std::unique_ptr<NextItemModel> model = make(random);
    SOUK_CHECK(train(*model, input));
    return model;
  } catch (const std::exception& problem) {  // libtorch throws where there is no memory
    const std::string told = problem.what();
    return fail(ErrorKind::internal, "libtorch gave up: " + told.substr(0, told.find('\n')));
  }
}

}  // namespace souk::recommend
