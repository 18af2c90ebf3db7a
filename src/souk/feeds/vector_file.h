// Vectors that were made elsewhere, in the forms in which people keep them. Told by the ending of the file's name:
//
//   .npy          NumPy, versions 1 to 3: [rows, dimension], float16, 32 or 64, int8 or uint8, little-endian, row by row
//   .fvecs        a vector after the other: i32 dimension, then as many float32 (TEXMEX); .bvecs the same with bytes
//   .safetensors  one tensor [rows, dimension] of F64, F32, F16, BF16, I8 or U8; of several tensors the one that is named
//   .jsonl        a line for each: {"key": "kettle-1", "vector": [0.25, -1]}; "embedding" is read as "vector" is
//
// The first three have no keys. Those are taken from a file of lines, as many as rows; without one the rows are called by their numbers
// from 0. A file is read as a whole or refused: errors name the file, the line or the vector, what was expected and what stands there.
//
//   a number that is NaN or infinite, also one too large for a float32       refused (index/vectors/metric.h)
//   a vector of zeros                                                        refused by cosine, which has no direction for it
//   another dimension than the space's, or than the first vector's           refused
//   a key twice                                                              refused, with the place of both
//   no vectors                                                               read: there are none; one is as good as many
//   compressed files, pickled objects, big-endian numbers, Fortran's order   refused, saying what to do
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "souk/base/file.h"
#include "souk/base/result.h"
#include "souk/index/vectors/metric.h"

namespace souk::feeds {

enum class VectorForm : std::uint8_t { npy, fvecs, bvecs, safetensors, jsonl };

struct VectorFileOptions {
  std::size_t dimension = 0;  // expected of each; 0: whatever the first has
  index::Metric metric = index::Metric::cosine;
  std::string tensor = {};  // of a safetensors file; empty: the only one of two dimensions
  fs::path keys = {};       // a file of a key a line; empty: none
};

struct VectorFileSummary {
  std::uint64_t rows = 0;
  std::size_t dimension = 0;  // 0 where no vector tells
};

// Called for each vector, in the file's order; both arguments live as long as the call. An error ends the reading and is passed on.
using VectorSink = std::function<Status(std::string_view key, std::span<const float> vector)>;

Result<VectorForm> vector_form_of(const fs::path& path);
// The file is mapped, and vectors are handed on one by one: memory is that of the keys, which must differ.
Result<VectorFileSummary> read_vectors(const fs::path& path, const VectorFileOptions& options, const VectorSink& sink);
// The same from bytes, with the text of a file of keys instead of its path (nullptr: none); `name` is for messages.
Result<VectorFileSummary> parse_vectors(VectorForm form, std::string_view bytes, const std::string& name, const std::string_view* keys,
                                        const VectorFileOptions& options, const VectorSink& sink);

}  // namespace souk::feeds
