#include <arpa/inet.h>
#include <chrono>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "souk/engine/shop.h"

#include "tests/cli/run.h"

namespace souk::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kItems =
    R"({"key":"milk","title":"Whole milk, 1 gal","category":["Food > Dairy"],"brand":"Meadow","price":"2.99","currency":"EUR"}
{"key":"skim","title":"Skim milk, 1 gal","category":["Food > Dairy"],"brand":"Meadow","price":"2.79","currency":"EUR"}
{"key":"bread","title":"White bread","category":["Food > Bakery"],"brand":"Acme","price":"1.99","currency":"EUR"}
{"key":"tea","title":"Black tea","category":["Food > Drinks"],"brand":"Leaf","price":"4.20","currency":"EUR"}
)";

// Ten households buy milk with bread, ten buy tea: 30 events.
std::string events_jsonl() {
  std::string text;
  const auto line = [&](int household, const std::string& item) {
    text += fmt::format(R"({{"shopper":"h{0}","item":"{1}","kind":"purchase","time":"2024-01-{2:02}T10:00:00Z","order":"o{0}"}})",
                        household, item, 1 + household);
    text += "\n";
  };
  for (int household = 0; household < 20; ++household) {
    if (household % 2 == 0) {
      line(household, "milk");
      line(household, "bread");
    } else {
      line(household, "tea");
    }
  }
  return text;
}

class Verbs : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(souk({"init", shop, "--name", "Corner shop", "--quiet"}).status, 0);
    ASSERT_TRUE(write_file(dir / "items.jsonl", kItems));
    ASSERT_TRUE(write_file(dir / "events.jsonl", events_jsonl()));
  }
  void fill() {
    const Outcome imported = souk({"import", shop, file("items.jsonl"), file("events.jsonl"), "--quiet"});
    ASSERT_EQ(imported.status, 0) << imported.err;
    const Outcome trained = souk({"train", shop, "--quiet"});
    ASSERT_EQ(trained.status, 0) << trained.err;
  }
  std::string file(const std::string& name) const { return (dir / name).string(); }

  const TempDir dir;
  const std::string shop = (dir / "shop").string();
};

// What --json printed, which must be one object on one line.
json object_of(const Outcome& outcome) {
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1) << outcome.out;
  const json read = json::parse(outcome.out, nullptr, false);
  EXPECT_TRUE(read.is_object()) << outcome.out << outcome.err;
  return read;
}

TEST(Help, ListsEveryVerbAndItsExamples) {
  const Outcome help = souk({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* verb : {"init", "import", "export", "search", "recommend", "train", "evaluate", "serve", "status", "doctor", "compact",
                           "upgrade", "backup", "restore", "lab"}) {
    EXPECT_THAT(help.out, HasSubstr(verb));
    const Outcome of_verb = souk({verb, "--help"});
    EXPECT_EQ(of_verb.status, 0) << verb;
    EXPECT_THAT(of_verb.out, HasSubstr("Examples:")) << verb;
    EXPECT_THAT(of_verb.out, HasSubstr(std::string("souk ") + verb)) << verb;
  }
  EXPECT_THAT(help.out, Not(HasSubstr("train-child"))) << "not for people";
  EXPECT_THAT(souk({"key", "demo", "add", "--help"}).out, HasSubstr("Usage: souk key SHOP add [OPTIONS]"));
  EXPECT_THAT(souk({"--version"}).out, StartsWith("souk 0."));
}

TEST(Help, IsOneObjectWithJson) {
  const Outcome version = souk({"--json", "--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_EQ(object_of(version), json({{"version", std::string(engine::kVersion)}}));
  for (const auto& words : {std::vector<std::string>{"--json", "search", "--help"}, {"search", "--help", "--json"}}) {
    const Outcome help = souk(words);
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(object_of(help)["help"].get<std::string>(), HasSubstr("souk search demo"));
  }
}

TEST(Usage, NamesTheUnknownVerbAndTheNearest) {
  for (const auto& words : {std::vector<std::string>{"searh", "X"}, {"--quiet", "searh"}}) {
    const Outcome outcome = souk(words);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("unknown verb"), HasSubstr("'searh'"), HasSubstr("Did you mean 'search'?")));
  }
  const Outcome foreign = souk({"frobnicate"});
  EXPECT_EQ(foreign.status, 2);
  EXPECT_THAT(foreign.err, AllOf(HasSubstr("unknown verb"), HasSubstr("'frobnicate'"), HasSubstr("recommend"), Not(HasSubstr("mean"))));
  EXPECT_THAT(souk({"lab", "lst"}).err, AllOf(HasSubstr("'lst'"), HasSubstr("Did you mean 'list'?")));
}

TEST(Usage, IsStatusTwo) {
  const TempDir dir;
  const std::string shop = (dir / "shop").string();
  ASSERT_EQ(souk({"init", shop}).status, 0);
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"frobnicate"},
                                                       {"init"},
                                                       {"search", shop, "milk", "--colour", "red"},
                                                       {"search", shop, "milk", "-k", "many"},
                                                       {"search", shop, "milk", "-k", "-1"},
                                                       {"search", shop, "milk", "-k", "5000"},
                                                       {"search", shop, "milk", "--offset", "-1"},
                                                       {"search", shop, "milk", "--match", "some"},
                                                       {"search", shop, "milk", "--filter", "colur = red"},
                                                       {"search", shop, "milk", "--filter", "brand = "},
                                                       {"search", shop, "milk", "--sort", "colur:asc"},
                                                       {"search", shop, "milk", "--sort", "price:up"},
                                                       {"search", shop, "milk", "--facets", "colur"},
                                                       {"init", shop + "2", "--currency", "eu"},
                                                       {"recommend", shop, "--shelf", "trendy"},
                                                       {"recommend", shop, "--shelf", "trending", "-k", "-1"},
                                                       {"recommend", shop, "--shelf", "trending", "--filter", "brand"},
                                                       {"evaluate", shop, "--split", "foo"},
                                                       {"evaluate", shop, "--split", "time:soon"},
                                                       {"evaluate", shop, "-k", "0"},
                                                       {"evaluate", shop, "-k", "10,0"},
                                                       {"evaluate", shop, "-k", "-1"},
                                                       {"import", shop, "x.jsonl", "--full", "--merge"},
                                                       {"import", shop, "x.jsonl", "--map", "titel=name"},
                                                       {"import", shop, "x.jsonl", "--as", "events", "--map", "title=name"},
                                                       {"lab", "run", "recommend/popularity", "--set", "window"},
                                                       {"search", shop, "milk", "--facet", "brand"},
                                                       {"recommend", shop},
                                                       {"import", shop},
                                                       {"import", shop, "x.jsonl", "--as", "things"},
                                                       {"import", shop, "x.jsonl", "--format", "xml"},
                                                       {"import", shop, "x.jsonl", "--max-rejects", "lots"},
                                                       {"export", shop, "--as", "things"},
                                                       {"train", shop, "sasrec"},
                                                       {"train", shop, "--budget", "soon"},
                                                       {"serve", shop, "--listen", "8080"},
                                                       {"status", shop, "--threads", "0"},
                                                       {"status", shop, "--log-level", "loud"}};
  for (const auto& words : wrong) {
    const Outcome outcome = souk(words);
    EXPECT_EQ(outcome.status, 2) << ::testing::PrintToString(words) << outcome.err;
    EXPECT_THAT(outcome.out, IsEmpty()) << ::testing::PrintToString(words);
    EXPECT_THAT(outcome.err, StartsWith("souk: ")) << ::testing::PrintToString(words);
  }
  const Outcome as_json = souk({"--json", "frobnicate"});
  EXPECT_EQ(as_json.status, 2);
  EXPECT_EQ(object_of(as_json)["error"]["kind"], "invalid");
}

// A device that takes no byte stands for a full disk.
TEST(Arguments, NothingIsNoNameOfAFolderOrFile) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"init", ""},
                                             {"status", ""},
                                             {"serve", "", "--listen", "127.0.0.1:0"},
                                             {"backup", "shop", ""},
                                             {"init", "shop", "--config", ""},
                                             {"evaluate", "shop", "--judgements", ""},
                                             {"lab", "run", "recommend/popularity", "--data", ""}}) {
    const Outcome outcome = souk(words);
    EXPECT_EQ(outcome.status, 2) << words[0];
    EXPECT_THAT(outcome.err, HasSubstr("expected a name, found nothing")) << words[0];
  }
  const Outcome page = souk({"lab", "results", "--results", "no-such-folder"});
  EXPECT_EQ(page.status, 1);
  EXPECT_THAT(page.err, HasSubstr("there are no recorded runs"));
}

TEST_F(Verbs, OutputThatCannotBeWrittenIsAFailure) {
  fill();
  const fs::path full = "/dev/full";
  if (!fs::exists(full)) GTEST_SKIP() << "needs " << full;
  for (const auto& words : {std::vector<std::string>{"search", shop, "milk"},
                            {"--json", "status", shop},
                            {"export", shop, "--as", "config"},
                            {"export", shop, "--as", "items"},
                            {"--version"},
                            {"--help"}}) {
    const Outcome outcome = souk(words, full);
    EXPECT_EQ(outcome.status, 1) << ::testing::PrintToString(words);
    EXPECT_THAT(outcome.err, HasSubstr("No space left on device")) << ::testing::PrintToString(words);
  }
  EXPECT_EQ(souk({"--json", "frobnicate"}, full).status, 2) << "what went wrong first is what counts";
  EXPECT_EQ(souk({"status", shop}).status, 0);
}

TEST(Failure, IsStatusOneWithWhatWhereAndWhatToDo) {
  const TempDir dir;
  const std::string folder = (dir / "nothing").string();
  for (const char* verb : {"status", "doctor", "train", "search", "compact"}) {
    const Outcome outcome = souk({verb, folder});
    EXPECT_EQ(outcome.status, 1) << verb;
    EXPECT_THAT(outcome.err, HasSubstr("not a shop")) << verb;
    EXPECT_THAT(outcome.err, HasSubstr("souk init")) << verb;
    const json error = object_of(souk({verb, folder, "--json"}))["error"];
    EXPECT_EQ(error["kind"], "not_found");
    EXPECT_EQ(error["where"], folder);
  }
  ASSERT_TRUE(write_file(dir / "file.txt", "x"));
  const Outcome refused = souk({"init", dir.path().string()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("not empty"));
}

TEST_F(Verbs, ImportReportsAndChangesNothingTheSecondTime) {
  const json first = object_of(souk({"import", shop, file("items.jsonl"), file("events.jsonl"), "--json"}));
  EXPECT_EQ(first["changed"], 4);
  EXPECT_EQ(first["rejected"], 0);
  const json second = object_of(souk({"import", shop, file("items.jsonl"), file("events.jsonl"), "--json"}));
  EXPECT_EQ(second["changed"], 0);
  EXPECT_EQ(souk({"export", shop, "--as", "items", "--quiet"}).status, 0);
  const Outcome table = souk({"import", shop, file("items.jsonl")});
  EXPECT_EQ(table.status, 0);
  EXPECT_THAT(table.out, HasSubstr("unchanged"));
}

TEST_F(Verbs, ImportOfNothingSaysSo) {
  ASSERT_TRUE(write_file(dir / "none.jsonl", ""));
  const Outcome nothing = souk({"import", shop, file("none.jsonl")});
  EXPECT_EQ(nothing.status, 0);
  EXPECT_THAT(nothing.err, HasSubstr("no file holds a row"));
  EXPECT_THAT(souk({"import", shop, file("items.jsonl")}).err, Not(HasSubstr("no file holds a row")));
}

TEST_F(Verbs, ImportAppliesNothingWhenTooManyRowsAreRefused) {
  ASSERT_TRUE(write_file(dir / "bad.jsonl", std::string(kItems) + "{\"key\":7.5,\"title\":\"x\"}\nnot json\n"));
  const Outcome refused = souk({"import", shop, file("bad.jsonl"), "--as", "items"});
  EXPECT_EQ(refused.status, 3);
  EXPECT_THAT(refused.err, HasSubstr("nothing was applied"));
  EXPECT_THAT(refused.err, HasSubstr("rejects"));
  EXPECT_THAT(souk({"import", shop, file("bad.jsonl"), "--as", "items", "--quiet"}).err, HasSubstr("bad.jsonl:5: "));
  EXPECT_EQ(object_of(souk({"status", shop, "--json"}))["items"], 0);
  const Outcome as_json = souk({"import", shop, file("bad.jsonl"), "--as", "items", "--json"});
  EXPECT_EQ(as_json.status, 3);
  EXPECT_EQ(object_of(as_json)["rejected"], 2);
  EXPECT_EQ(souk({"import", shop, file("bad.jsonl"), "--as", "items", "--max-rejects", "50%", "--quiet"}).status, 0);
  EXPECT_EQ(object_of(souk({"status", shop, "--json"}))["items"], 4);
}

TEST_F(Verbs, ImportOfAFileThatIsNotThereIsAFailure) {
  const Outcome outcome = souk({"import", shop, file("missing.jsonl")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("missing.jsonl"));
  EXPECT_EQ(souk({"import", shop, "--data", "no-such-set"}).status, 1);
}

TEST_F(Verbs, AListTakesOneWord) {
  const Outcome first = souk({"import", "--map", "title=title", shop, file("items.jsonl"), "--as", "items", "--quiet"});
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(object_of(souk({"search", "--facets", "brand,category", "--json", shop, "milk"}))["facets"].size(), 2U);
  EXPECT_EQ(object_of(souk({"search", "--facets", "brand", "--facets", "category", "--json", shop, "milk"}))["facets"].size(), 2U);
}

TEST_F(Verbs, TextThatIsNotUtf8IsRefused) {
  fill();
  for (const char* option : {"--shopper", "--session", "--filter", "--language"}) {
    const Outcome refused = souk({"search", shop, "milk", option, "\xff"});
    EXPECT_NE(refused.status, 0) << option;
    EXPECT_THAT(refused.err, HasSubstr("UTF-8")) << option;
  }
}

TEST_F(Verbs, SearchPrintsATableOrOneObject) {
  fill();
  const Outcome table = souk({"search", shop, "milk"});
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("Whole milk, 1 gal"));
  EXPECT_THAT(table.out, HasSubstr("2.99 EUR"));
  EXPECT_THAT(table.out, HasSubstr("2 found"));
  const json answer = object_of(souk({"search", shop, "milk", "--json", "-k", "1", "--facets", "brand"}));
  EXPECT_EQ(answer["total"], 2);
  EXPECT_EQ(answer["items"].size(), 1U);
  EXPECT_EQ(answer["facets"]["brand"]["values"][0]["value"], "Meadow");
  EXPECT_EQ(souk({"search", shop, "milk", "--filter", "price < 2.9", "--json"}).status, 0);
  EXPECT_EQ(souk({"search", shop, "milk", "--filter", "colur = red"}).status, 2);
  const Outcome explained = souk({"search", shop, "--explain", "fresh whole milk"});
  EXPECT_EQ(explained.status, 0) << explained.err;
  EXPECT_THAT(explained.out,
              AllOf(HasSubstr("left out: fresh"), HasSubstr("lexical: score"), HasSubstr("\"whole\""), HasSubstr("drop-words")));
  const Outcome paged = souk({"search", shop, "milk", "-k", "1"});
  EXPECT_THAT(paged.out, HasSubstr("more with --cursor "));
  EXPECT_EQ(souk({"search", shop, "milk", "-k", "1", "--cursor", "x"}).status, 2);
}

TEST_F(Verbs, RecommendSaysWhy) {
  fill();
  const Outcome explained = souk({"recommend", shop, "--shelf", "also-bought", "--item", "milk", "--explain"});
  EXPECT_THAT(explained.out, AllOf(HasSubstr("also-bought, in its own scale"), HasSubstr("candidates")));
  const Outcome table = souk({"recommend", shop, "--shelf", "also-bought", "--item", "milk"});
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("Often bought with Whole milk"));
  const json answer = object_of(souk({"recommend", shop, "--shelf", "for-you", "--shopper", "h3", "--json"}));
  EXPECT_EQ(answer["shelf"], "for-you");
  EXPECT_EQ(answer["cold_start"], false);
  const json stranger = object_of(souk({"recommend", shop, "--shelf", "for-you", "--shopper", "nobody", "--json"}));
  EXPECT_EQ(stranger["cold_start"], true);
  const Outcome unknown = souk({"recommend", shop, "--shelf", "for-yu"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("for-you"));
}

TEST_F(Verbs, ExportIsReadBackByImport) {
  fill();
  ASSERT_EQ(souk({"export", shop, "--as", "items", "--to", file("items.out"), "--quiet"}).status, 0);
  ASSERT_EQ(souk({"export", shop, "--as", "events", "--to", file("events.out"), "--quiet"}).status, 0);
  const std::string copy = (dir / "copy").string();
  ASSERT_EQ(souk({"init", copy, "--quiet"}).status, 0);
  ASSERT_EQ(souk({"import", copy, file("items.out"), "--as", "items", "--quiet"}).status, 0);
  ASSERT_EQ(souk({"import", copy, file("events.out"), "--as", "events", "--quiet"}).status, 0);
  for (const char* kind : {"items", "events", "shoppers"}) {
    const Outcome original = souk({"export", shop, "--as", kind, "--quiet"}), copied = souk({"export", copy, "--as", kind, "--quiet"});
    EXPECT_EQ(original.out, copied.out) << kind;
    EXPECT_EQ(original.status, 0);
  }
  EXPECT_EQ(json::parse(souk({"export", shop, "--as", "config"}).out)["shop"]["name"], "Corner shop");
}

TEST_F(Verbs, StatusDoctorAndCompactDescribeTheShop) {
  fill();
  const json status = object_of(souk({"status", shop, "--json"}));
  EXPECT_EQ(status["shop"], "Corner shop");
  EXPECT_EQ(status["items"], 4);
  EXPECT_EQ(status["events"], 30);
  EXPECT_EQ(status["index"]["in_step"], true);
  EXPECT_EQ(status["tables"]["version"], "tables-1");
  EXPECT_THAT(souk({"status", shop}).out, HasSubstr("Corner shop"));
  const Outcome doctor = souk({"doctor", shop, "--json"});
  EXPECT_EQ(doctor.status, 0) << doctor.out;
  EXPECT_EQ(object_of(doctor)["ok"], true);
  EXPECT_THAT(souk({"doctor", shop}).out, HasSubstr("BLAS"));
  EXPECT_TRUE(object_of(souk({"compact", shop, "--json"})).contains("bytes_after"));
}

TEST_F(Verbs, TrainSaysInWordsWhatItDid) {
  const json nothing = object_of(souk({"train", shop, "--json"}));
  EXPECT_THAT(nothing["words"][0].get<std::string>(), HasSubstr("nothing to learn"));
  fill();
  EXPECT_THAT(souk({"train", shop}).out, HasSubstr("30 events of 20 shoppers with 3 items"));
}

TEST_F(Verbs, EvaluateJudgesTheShelves) {
  fill();
  const Outcome judged = souk({"evaluate", shop, "--shelf", "for-you", "--split", "time:5d", "--json"});
  EXPECT_EQ(judged.status, 0) << judged.err;
  const json report = object_of(judged);
  EXPECT_EQ(report["shelves"].size(), 1U);
  EXPECT_EQ(souk({"evaluate", shop, "--shelf", "no-such-shelf"}).status, 2);
  ASSERT_EQ(souk({"init", file("empty")}).status, 0);
  EXPECT_EQ(souk({"evaluate", file("empty")}).status, 1) << "rightly asked, of a shop without events";
  for (const json& versus : report["shelves"][0]["versus"]) EXPECT_EQ(versus["verdict"], "too few");
  const Outcome table = souk({"evaluate", shop, "--shelf", "for-you", "--split", "time:5d"});
  EXPECT_THAT(table.out, AllOf(HasSubstr("too few cases to tell ("), Not(HasSubstr("beats")), Not(HasSubstr("does not beat"))));
}

TEST_F(Verbs, LabListsAndShowsRecipes) {
  ASSERT_EQ(::setenv("SOUK_RECIPES", SOUK_SOURCE_DIR "/recipes", 1), 0);
  EXPECT_TRUE(object_of(souk({"lab", "list", "--json"})).contains("recipes"));
  EXPECT_EQ(souk({"lab", "show", "no/such-recipe"}).status, 1);
  EXPECT_THAT(souk({"lab", "list", "--results", file("nowhere")}).err, HasSubstr("no folder"));
  ::unsetenv("SOUK_RECIPES");
}

// A port that was free a moment ago.
std::uint16_t free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ::bind(listener, reinterpret_cast<const sockaddr*>(&address), size);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(listener);
  return ntohs(address.sin_port);
}

bool answers(std::uint16_t port) {
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected = ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(client);
  return connected;
}

TEST_F(Verbs, ServeStopsGracefullyOnCtrlC) {
  fill();
  const std::uint16_t port = free_port();
  std::thread interrupter([port] {
    for (int i = 0; i < 1000 && !answers(port); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (answers(port)) ::kill(::getpid(), SIGINT);
  });
  const Outcome served = souk({"serve", shop, "--listen", fmt::format("127.0.0.1:{}", port), "--json"});
  interrupter.join();
  EXPECT_EQ(served.status, 0) << served.err;
  EXPECT_EQ(object_of(served)["url"], fmt::format("http://127.0.0.1:{}", port));
  EXPECT_EQ(souk({"status", shop, "--quiet"}).status, 0) << "the shop is free again";
}

TEST_F(Verbs, AShopHeldElsewhereIsStatusFourForThoseWhoWrite) {
  fill();
  const auto held = engine::Shop::open(shop, {});
  ASSERT_TRUE(held);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"import", shop, file("items.jsonl")}, {"train", shop}, {"compact", shop}, {"serve", shop}}) {
    const Outcome outcome = souk(words);
    EXPECT_EQ(outcome.status, 4) << words[0] << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("held")) << words[0];
  }
  const Outcome beside = souk({"search", shop, "milk", "--json"});
  EXPECT_EQ(beside.status, 0) << beside.err;
  EXPECT_EQ(object_of(beside)["total"], 2);
}

}  // namespace
}  // namespace souk::testing
