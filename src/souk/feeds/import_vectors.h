// Vectors that were made elsewhere (vector_file.h), put under the items whose keys they come with. Only the vectors of one space change.
//
// Files are read twice, as by import.h: first all is checked, then items are changed, some hundred in a commit. The same import again
// changes nothing, and after a crash it ends in the same shop. A vector of a key that no item has is a refused row; anything else that is
// wrong with a file refuses it as a whole.
#pragma once

#include <string>
#include <vector>

#include "souk/feeds/import.h"
#include "souk/feeds/vector_file.h"

namespace souk::feeds {

struct VectorImportOptions {
  std::string space;
  VectorFileOptions read = {};  // of the space; without a dimension that of the first vector is that of all
  double max_rejects = 0.01;    // share of refused rows above which nothing is applied
};

Result<ImportReport> import_vectors(store::Store& store, const fs::path& rejects_dir, const std::vector<fs::path>& files,
                                    const VectorImportOptions& options, Progress& progress);

}  // namespace souk::feeds
