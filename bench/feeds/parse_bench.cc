// Rows into records: what both passes of an import spend, for each event. Rates are per row on one thread.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "souk/feeds/chunk_parser.h"

namespace souk::feeds {
namespace {

constexpr std::size_t kRows = 10'000;

FilePlan plan_of(Format format, std::vector<std::string> columns, const FieldMap& map) {
  FileForm form;
  form.format = format;
  form.columns = std::move(columns);
  return FilePlan{std::move(form), RowPlan::compile(RecordKind::events, map, false, "USD").value(), false, {}, {}};
}

void parse(benchmark::State& state, const FilePlan& plan, const std::string& text) {
  ChunkParser parser(plan);
  const auto pass = static_cast<Pass>(state.range(0));
  for (auto round : state) {
    const ParsedChunk chunk = parser.parse(Chunk{text, text.size(), false, 1}, pass);
    if (!chunk.refused.empty()) return state.SkipWithError("a row was refused");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.SetLabel(pass == Pass::check ? "check" : "apply");
}

void basket_lines_csv(benchmark::State& state) {
  FieldMap map;
  map.fields = {{"shopper", {"household", ""}}, {"item", {"product", ""}},      {"order", {"basket", ""}},          {"time", {"time", ""}},
                {"value", {"value", ""}},       {"quantity", {"quantity", ""}}, {"attributes.store", {"store", ""}}};
  map.constants = {{"kind", "purchase"}};
  map.templates = {{"id", {"{basket}:{product}", ""}}};
  map.drop_others = true;
  const FilePlan plan =
      plan_of(Format::csv, {"household", "store", "basket", "product", "quantity", "value", "discount", "week", "time"}, map);
  std::string text;
  for (std::size_t i = 0; i < kRows; ++i) {
    text += fmt::format("{},330,{},{},1,{}.{:02},0.1,1,2017-01-01 11:{:02}:{:02}\n", 1 + i % 2469, 31198570044 + i / 9, 1000000 + i % 9000,
                        i % 40, i % 100, i / 60 % 60, i % 60);
  }
  parse(state, plan, text);
}
BENCHMARK(basket_lines_csv)->Arg(0)->Arg(1);

void events_jsonl(benchmark::State& state) {
  const FilePlan plan = plan_of(Format::jsonl, {}, FieldMap{});
  std::string text;
  for (std::size_t i = 0; i < kRows; ++i) {
    text += fmt::format(
        "{{\"id\":\"{0}\",\"shopper\":\"s{1}\",\"item\":\"i{2}\",\"kind\":\"purchase\",\"time\":\"2017-01-01T11:53:26Z\","
        "\"value\":{1}.50,\"quantity\":1,\"order\":\"o{3}\",\"attributes\":{{\"store\":330}}}}\n",
        i, i % 2469, i % 9000, i / 9);
  }
  parse(state, plan, text);
}
BENCHMARK(events_jsonl)->Arg(0)->Arg(1);

}  // namespace
}  // namespace souk::feeds
