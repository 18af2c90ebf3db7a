// Puts documents with like words next to each other, so that the gaps of posting lists are small and their blocks' bounds tight: recursive
// graph bisection (Dhulipala et al. 2016), which halves a set of documents so that an estimate of the bits their gaps take falls, then does
// the same with each half. Documents change sides by quickselect of their gains, without pairing them (Mackenzie et al. 2021).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace souk::index {

struct ForwardRows {                      // a view: the terms of each document
  std::span<const std::uint32_t> begins;  // [documents + 1]
  std::span<const std::uint32_t> terms;   // below `term_count`, each once a document
  std::uint32_t term_count = 0;
  std::uint32_t documents() const { return begins.empty() ? 0 : static_cast<std::uint32_t>(begins.size() - 1); }
};

// The documents in their new order. Deterministic. Takes about documents * log(documents) * terms of a document steps.
std::vector<std::uint32_t> bisect(const ForwardRows& rows);

// Estimated bits of the gaps of all terms under an order: log2 of each, and one more. For tests and reports.
double gap_bits(const ForwardRows& rows, std::span<const std::uint32_t> order);

}  // namespace souk::index
