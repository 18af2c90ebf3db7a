// What stands in libsouk_learn.so of a model that is trained by gradients (learn/library.h). Its name, help and settings stand in
// learned.cc, so that recipes are listed, shown and checked without opening that library. Inside the room only.
#pragma once

#include <memory>

#include "souk/recommend/rank_model.h"

namespace souk::recommend {

// A model's file (*_model.cc) registers one under the model's name.
struct LearnedModel {
  // Settings are known by name, and the log is reweighed; their values are not checked yet.
  Result<std::unique_ptr<RankModel>> (*fit)(const FitInput& input);
};

}  // namespace souk::recommend
