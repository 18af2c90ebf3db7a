// Any text as a recipe: refused with a reason, or one that says what it does on any data.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "souk/lab/recipe.h"

#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;

template <class T>
bool said(const Result<T>& result) {
  if (!result && result.error().message().empty()) std::abort();
  return result.has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static testing::FuzzFile file;
  const fs::path& path = file.write({reinterpret_cast<const char*>(data), size});
  const auto recipe = lab::Recipe::load(path);
  if (!said(recipe)) return 0;
  for (const std::string& set : {recipe->data, std::string("beauty")}) {
    const auto task = recipe->on(set, {});
    if (!said(task)) continue;
    (void)task->judging.protocol().size();
    (void)task->judging.cutoffs().size();
    if (task->grid.size() == 0) continue;
    (void)task->grid.to_json().size();
    (void)said(recipe->on(set, {}, task->grid.combination(task->grid.size() - 1)));
  }
  (void)said(lab::show_recipe(path));
  return 0;
}
