// A checkpoint is a section file (base/section_file.h), kind TRAI, version 1. Numbers are little-endian.
//
//   head    u64 fingerprint, u32 epochs, u32 best epoch, u64 steps, f64 best metric, f64 last loss
//   names   of the parameters, each ended by a newline
//   taken   i64 [parameters]  the optimiser's steps of each
//   value, best, mean, square   f32: the numbers of all parameters one after the other; now, at the best epoch, and Adam's state
#include <algorithm>
#include <fmt/format.h>
#include <span>

#include "souk/base/section_file.h"
#include "souk/learn/checkpoint.h"

namespace souk::learn {
namespace {

constexpr std::string_view kKind = "TRAI";
constexpr std::uint32_t kVersion = 1;

struct Head {
  std::uint64_t fingerprint;
  std::uint32_t epochs, best_epoch;
  std::uint64_t steps;
  double best_metric, last_loss;
};
static_assert(sizeof(Head) == 40);

std::vector<at::Tensor> tensors_of(const Parameters& parameters) {
  std::vector<at::Tensor> result;
  for (const auto& [name, tensor] : parameters.all()) result.push_back(tensor);
  return result;
}

std::string joined(const std::vector<at::Tensor>& tensors) {
  std::string bytes;
  for (const at::Tensor& tensor : tensors) {
    bytes.append(reinterpret_cast<const char*>(tensor.data_ptr<float>()), static_cast<std::size_t>(tensor.numel()) * sizeof(float));
  }
  return bytes;
}

void spread(std::span<const float> values, const std::vector<at::Tensor>& tensors) {
  for (const at::Tensor& tensor : tensors) {
    const auto size = static_cast<std::size_t>(tensor.numel());
    std::ranges::copy(values.first(size), tensor.data_ptr<float>());
    values = values.subspan(size);
  }
}

std::string names_of(const Parameters& parameters) {
  std::string names;
  for (const auto& [name, tensor] : parameters.all()) names += name + "\n";
  return names;
}

}  // namespace

Status save_checkpoint(const fs::path& path, const TrainingState& state, const Parameters& parameters, const Adam& adam) {
  const Head head{state.fingerprint, state.epochs, state.best_epoch, state.steps, state.best_metric, state.last_loss};
  SectionWriter writer(kKind, kVersion);
  writer.add("head", std::span(&head, 1));
  writer.add_owned("names", names_of(parameters));
  writer.add("taken", adam.state().steps);
  writer.add_owned("value", joined(tensors_of(parameters)));
  writer.add_owned("best", joined(state.best));
  writer.add_owned("mean", joined(adam.state().means));
  writer.add_owned("square", joined(adam.state().squares));
  return writer.write(path);
}

Status load_checkpoint(const fs::path& path, TrainingState& state, Parameters& parameters, Adam& adam) {
  const auto refused = [&](ErrorKind kind, std::string what) {
    return fail(kind, std::move(what), path.string(), "Delete the file to train from the beginning.");
  };
  SOUK_TRY(const SectionFile file, SectionFile::open(path, kKind, kVersion, kVersion));
  SOUK_CHECK(file.verify());
  SOUK_TRY(const auto heads, file.array<Head>("head"));
  SOUK_TRY(const auto names, file.array<char>("names"));
  SOUK_TRY(const auto taken, file.array<std::int64_t>("taken"));
  if (heads.size() != 1) return refused(ErrorKind::corrupt, fmt::format("a checkpoint has one head, this one has {}", heads.size()));
  const Head head = heads.front();
  if (head.fingerprint != state.fingerprint || std::string_view(names.data(), names.size()) != names_of(parameters)) {
    return refused(ErrorKind::invalid, "the checkpoint is that of another model, or of a training with other settings");
  }
  const auto count = static_cast<std::size_t>(parameters.count());
  std::vector<std::span<const float>> parts;
  for (const char* const name : {"value", "best", "mean", "square"}) {
    SOUK_TRY(const auto values, file.array<float>(name));
    if (values.size() != count) {
      return refused(ErrorKind::invalid, fmt::format("the checkpoint has {} numbers in \"{}\", the model {}", values.size(), name, count));
    }
    parts.push_back(values);
  }
  if (taken.size() != parameters.all().size() || std::ranges::any_of(taken, [](std::int64_t steps) { return steps < 0; })) {
    return refused(ErrorKind::corrupt, "the checkpoint's counts of steps are none");
  }
  state.epochs = head.epochs, state.best_epoch = head.best_epoch, state.steps = head.steps;
  state.best_metric = head.best_metric, state.last_loss = head.last_loss;
  state.best.clear();
  for (const at::Tensor& tensor : tensors_of(parameters)) state.best.push_back(at::empty(tensor.sizes(), at::kFloat));
  spread(parts[0], tensors_of(parameters));
  spread(parts[1], state.best);
  spread(parts[2], adam.state().means);
  spread(parts[3], adam.state().squares);
  adam.state().steps.assign(taken.begin(), taken.end());
  return {};
}

}  // namespace souk::learn
