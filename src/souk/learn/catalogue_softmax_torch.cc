#include <algorithm>

#include "souk/learn/catalogue_softmax.h"
#include "souk/learn/softmax_row.h"

namespace souk::learn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kFewestPositions = 64;  // fewer make the products slow

class CatalogueSoftmax : public torch::autograd::Function<CatalogueSoftmax> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& states_in, const at::Tensor& table_in, const at::Tensor& targets,
                            std::int64_t scores_at_once) {
    const at::Tensor states = states_in.contiguous(), table = table_in.contiguous();
    const std::int64_t n = states.size(0), items = table.size(0);
    const std::int64_t group = std::clamp(scores_at_once / items, kFewestPositions, std::max(n, kFewestPositions));
    const at::Tensor scores = at::empty({std::min(group, n), items}, states.options());
    const at::Tensor state_gradient = at::empty_like(states), table_gradient = at::zeros_like(table);
    const auto scale = static_cast<float>(1.0 / static_cast<double>(n));
    const std::int64_t* const target = targets.data_ptr<std::int64_t>();
    std::vector<float> losses(static_cast<std::size_t>(n));
    for (std::int64_t begin = 0; begin < n; begin += group) {
      const std::int64_t count = std::min(group, n - begin);
      const at::Tensor some = states.narrow(0, begin, count);
      at::Tensor part = scores.narrow(0, 0, count), into = state_gradient.narrow(0, begin, count);
      at::mm_out(part, some, table.t());
      float* const rows = part.data_ptr<float>();
      at::parallel_for(0, count, 8, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t i = from; i < to; ++i) {
          losses[static_cast<std::size_t>(begin + i)] =
              softmax_row({rows + i * items, static_cast<std::size_t>(items)}, static_cast<std::size_t>(target[begin + i]), scale);
        }
      });
      at::mm_out(into, part, table);
      at::Tensor(table_gradient).addmm_(part.t(), some);
    }
    context->save_for_backward({state_gradient, table_gradient});
    double sum = 0;
    for (const float loss : losses) sum += loss;
    return at::scalar_tensor(sum * scale, states.options());
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradient) {
    const variable_list saved = context->get_saved_variables();
    return {saved[0] * gradient[0], saved[1] * gradient[0], {}, {}};
  }
};

}  // namespace

at::Tensor catalogue_softmax(const at::Tensor& states, const at::Tensor& table, const at::Tensor& targets,
                             const CatalogueSoftmaxOptions& options) {
  if (!states.is_cpu() || states.scalar_type() != at::kFloat) return catalogue_softmax_plain(states, table, targets);
  return CatalogueSoftmax::apply(states, table, targets.contiguous(), options.scores_at_once);
}

at::Tensor catalogue_softmax_plain(const at::Tensor& states, const at::Tensor& table, const at::Tensor& targets) {
  return at::nll_loss(at::log_softmax(states.mm(table.t()), 1), targets);
}

}  // namespace souk::learn
