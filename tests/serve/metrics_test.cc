// What Prometheus reads.
#include "souk/serve/metrics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace souk::serve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, TellTheTimesOfNodesByShelf) {
  Metrics metrics("1");
  metrics.count_shelf("search", 0.01, false, std::vector<shelf::NodeTiming>{{"lexical", 2.0, 10}, {"drop-words", 0.04, 10}});
  metrics.count_shelf("search", 0.01, false, std::vector<shelf::NodeTiming>{{"lexical", 0.2, 10}});
  const std::string text = metrics.text({});
  EXPECT_THAT(text, HasSubstr(R"(souk_shelf_node_seconds_count{node="lexical",shelf="search"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(souk_shelf_node_seconds_bucket{node="lexical",shelf="search",le="0.00025"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(souk_shelf_node_seconds_bucket{node="lexical",shelf="search",le="0.0025"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(souk_shelf_node_seconds_count{node="drop-words",shelf="search"} 1)"));
}

// A shop may declare a hundred nodes in each of any number of shelves.
TEST(Metrics, HaveABoundedNumberOfNodes) {
  Metrics metrics("1");
  for (std::size_t node = 0; node < Metrics::kMostNodes + 50; ++node) {
    metrics.count_shelf("big", 0.01, false, std::vector<shelf::NodeTiming>{{fmt::format("n{}", node), 1.0, 1}});
  }
  metrics.count_shelf("big", 0.01, false, std::vector<shelf::NodeTiming>{{"n0", 1.0, 1}});
  const std::string text = metrics.text({});
  EXPECT_THAT(text, HasSubstr(R"(souk_shelf_node_seconds_count{node="n0",shelf="big"} 2)"));
  EXPECT_THAT(text, HasSubstr(fmt::format(R"(souk_shelf_node_seconds_count{{node="n{}",shelf="big"}} 1)", Metrics::kMostNodes - 1)));
  EXPECT_THAT(text, Not(HasSubstr(fmt::format(R"(node="n{}")", Metrics::kMostNodes))));
  EXPECT_THAT(text, HasSubstr(R"(souk_shelf_node_seconds_count{node="other",shelf="other"} 50)"));
}

}  // namespace
}  // namespace souk::serve
