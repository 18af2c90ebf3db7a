// What must hold of any bytes as a file of vectors: refused with a place, or vectors that pass the check of a space, under keys that
// differ, and that come back the same when they are written as .fvecs and read again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "souk/feeds/vector_file.h"

#include "tests/support/vector_files.h"

namespace souk::feeds {

inline void check_vector_bytes(VectorForm form, const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const index::Metric metric : {index::Metric::l2, index::Metric::cosine}) {
    std::set<std::string> keys;
    std::vector<std::vector<float>> vectors;
    const auto take = [&](std::string_view key, std::span<const float> vector) {
      if (!keys.emplace(key).second || !index::check_vector(vector, vector.size(), metric, "fuzz")) std::abort();
      vectors.emplace_back(vector.begin(), vector.end());
      return Status();
    };
    const auto read = parse_vectors(form, bytes, "f", nullptr, {.metric = metric}, take);
    if (!read) {
      if (read.error().where.empty() || read.error().what.empty()) std::abort();
      continue;
    }
    if (read->rows != vectors.size()) std::abort();
    std::vector<std::vector<float>> again;
    const auto copied = parse_vectors(VectorForm::fvecs, testing::fvecs(vectors), "f", nullptr, {.metric = metric},
                                      [&](std::string_view, std::span<const float> vector) {
                                        again.emplace_back(vector.begin(), vector.end());
                                        return Status();
                                      });
    if (!copied || again != vectors) std::abort();
  }
}

}  // namespace souk::feeds
