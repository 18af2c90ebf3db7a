#include <cmath>

#include "souk/learn/parameters.h"

namespace souk::learn {
namespace {

template <class Draw>
at::Tensor filled(at::IntArrayRef shape, Draw draw) {
  at::Tensor values = at::empty(shape, at::kFloat);
  float* const data = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i) data[i] = static_cast<float>(draw());
  return values;
}

}  // namespace

at::Tensor Parameters::add(std::string name, at::Tensor values) {
  values.set_requires_grad(true);
  all_.emplace_back(std::move(name), values);
  return values;
}

at::Tensor Parameters::normal(std::string name, at::IntArrayRef shape, double deviation, Random& random) {
  return add(std::move(name), filled(shape, [&] { return deviation * random.normal(); }));
}

at::Tensor Parameters::uniform(std::string name, at::IntArrayRef shape, double limit, Random& random) {
  return add(std::move(name), filled(shape, [&] { return limit * (2 * random.uniform() - 1); }));
}

at::Tensor Parameters::constant(std::string name, at::IntArrayRef shape, double value) {
  return add(std::move(name), at::full(shape, value, at::kFloat));
}

std::int64_t Parameters::count() const {
  std::int64_t result = 0;
  for (const auto& [name, tensor] : all_) result += tensor.numel();
  return result;
}

void Parameters::clear_gradients() {
  for (auto& [name, tensor] : all_) tensor.mutable_grad() = at::Tensor();
}

Linear::Linear(Parameters& parameters, const std::string& name, std::int64_t in, std::int64_t out, Random& random, bool with_bias)
    : weight(parameters.uniform(name + ".weight", {out, in}, std::sqrt(6.0 / static_cast<double>(in + out)), random)) {
  if (with_bias) bias = parameters.constant(name + ".bias", {out}, 0);
}

at::Tensor Linear::operator()(const at::Tensor& x) const {
  return at::linear(x, weight, bias);
}

LayerNorm::LayerNorm(Parameters& parameters, const std::string& name, std::int64_t dim)
    : gain(parameters.constant(name + ".gain", {dim}, 1)), bias(parameters.constant(name + ".bias", {dim}, 0)) {}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {gain.size(0)}, gain, bias, epsilon);
}

at::Tensor dropout_mask(at::IntArrayRef shape, double p, Random& random) {
  constexpr int kBits = 16, kPerDraw = 64 / kBits;  // four values of one number
  const auto limit = static_cast<std::uint64_t>(std::ceil(p * (1 << kBits)));
  const auto kept = static_cast<float>(1 / (1 - static_cast<double>(limit) / (1 << kBits)));
  at::Tensor mask = at::empty(shape, at::kFloat);
  float* const data = mask.data_ptr<float>();
  const std::int64_t size = mask.numel();
  for (std::int64_t i = 0; i < size; i += kPerDraw) {
    std::uint64_t bits = random();
    const std::int64_t end = std::min<std::int64_t>(size, i + kPerDraw);
    for (std::int64_t j = i; j < end; ++j, bits >>= kBits) data[j] = (bits & ((1 << kBits) - 1)) < limit ? 0 : kept;
  }
  return mask;
}

at::Tensor dropout(const at::Tensor& x, double p, Random* random) {
  return random == nullptr || p <= 0 ? x : x * dropout_mask(x.sizes(), p, *random);
}

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return at::relu(x);
    case Activation::gelu:
      return at::gelu(x);
    case Activation::silu:
      return at::silu(x);
    case Activation::tanh:
      break;
  }
  return at::tanh(x);
}

}  // namespace souk::learn
