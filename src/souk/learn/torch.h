// What a file that touches libtorch includes, and all of it that it may: tensors, their operators and autograd. Precompiled
// (cmake/Learn.cmake), so that such a file takes 3 s; <torch/torch.h>, which adds modules and optimisers that are not used here, would
// take 20.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/generated/variable_factories.h>
#include <torch/csrc/autograd/variable.h>
