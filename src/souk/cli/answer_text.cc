#include "souk/cli/answer_text.h"

#include <fmt/format.h>

#include "souk/cli/console.h"

namespace souk::cli {
namespace {

constexpr std::size_t kTitleColumns = 44;
constexpr std::size_t kReasonColumns = 60;

void append_explanation(std::string& out, const index::Explanation& explanation, std::size_t depth) {
  out += fmt::format("{:{}}{:.4f}  {}\n", "", 2 * depth, explanation.value, explanation.what);
  for (const index::Explanation& part : explanation.parts) append_explanation(out, part, depth + 1);
}

}  // namespace

std::string items_text(const engine::ShelfAnswer& answer, std::size_t first) {
  if (answer.items.empty()) return {};
  using enum Table::Align;
  Table table({"#", "title", "price", "key", "score", "why"}, {right, left, right, left, right, left});
  for (std::size_t i = 0; i < answer.items.size(); ++i) {
    const engine::AnswerItem& shown = answer.items[i];
    std::string why;
    for (const engine::Why& reason : shown.why) {
      if (!why.empty()) why += "; ";
      why += reason.detail;
    }
    table.row({std::to_string(first + i), clipped(shown.item.title, kTitleColumns), price_text(shown.item), shown.key,
               fmt::format("{:.3f}", shown.score), clipped(why, kReasonColumns)});
  }
  return table.text();
}

std::string notes_text(const engine::ShelfAnswer& answer) {
  std::string text;
  for (const std::string& note : answer.notes) text += "note: " + note + "\n";
  return text;
}

std::string explanations_text(const engine::ShelfAnswer& answer) {
  std::string text;
  for (std::size_t i = 0; i < answer.explanations.size(); ++i) {
    text += fmt::format("\n{}\n", answer.items[i].item.title);
    append_explanation(text, answer.explanations[i], 1);
  }
  return text;
}

std::string timings_text(const engine::ShelfAnswer& answer) {
  if (!answer.explained || answer.timings.empty()) return {};
  using enum Table::Align;
  Table table({"node", "ms", "candidates"}, {left, right, right});
  for (const shelf::NodeTiming& timing : answer.timings) {
    table.row({timing.node, fmt::format("{:.3f}", timing.milliseconds), std::to_string(timing.candidates)});
  }
  return "\n" + table.text();
}

}  // namespace souk::cli
