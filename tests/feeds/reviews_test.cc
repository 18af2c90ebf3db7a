// Reviews in and out of a shop as files, and refused rows that name a person.
#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <set>
#include <unistd.h>

#include "souk/feeds/import.h"
#include "souk/feeds/rejects.h"

#include "tests/support/data.h"

namespace souk::feeds {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kFullReview =
    R"({"id":"r1","item":"kettle","shopper":"ann","rating":4.5,"title":"Good","text":"Boils \"fast\"","language":"en",)"
    R"("time":"2017-01-01T11:53:26Z","helpful":12,"images":["a.jpg","b.jpg"],"verified":true,"attributes":{"size":"L"}})";

std::string problem_of(std::string_view json) {
  std::uint64_t unknown = 0;
  RecordReader reader{ReadOptions{}};
  const auto read = reader.review(json, unknown);
  return read ? "none" : read.error().path + ": expected " + read.error().expected + ", found " + read.error().found;
}

TEST(ReviewJson, IsWrittenAsItWasRead) {
  std::uint64_t unknown = 0;
  RecordReader reader{ReadOptions{}};
  const auto read = reader.review(kFullReview, unknown);
  ASSERT_TRUE(read) << read.error().to_json();
  EXPECT_EQ(read->rating, (Decimal{45, 1}));
  EXPECT_EQ(read->helpful, 12u);
  EXPECT_TRUE(read->verified);
  EXPECT_EQ(to_json(*read), kFullReview);
  EXPECT_EQ(unknown, 0u);
}

TEST(ReviewJson, SaysWhatIsWrong) {
  EXPECT_EQ(problem_of(R"({"rating":5})"), "item: expected the item that the review is of, found nothing");
  EXPECT_EQ(problem_of(R"({"item":"i"})"), "rating: expected a rating, a title or a text, found nothing");
  EXPECT_THAT(problem_of(R"({"item":"i","rating":"good"})"), HasSubstr("rating: expected a decimal number"));
  EXPECT_EQ(problem_of(R"({"item":"i","rating":1,"helpful":-1})"), "helpful: expected a whole number from 0, found -1");
  EXPECT_EQ(problem_of(R"({"item":"i","rating":1,"helpful":"many"})"), "helpful: expected a whole number from 0, found \"many\"");
  EXPECT_THAT(problem_of(R"({"item":"i","rating":1,"verified":"yes"})"), HasSubstr("verified: expected true or false"));
  EXPECT_THAT(problem_of(R"({"item":"i","rating":1,"shopper":"session:x"})"), HasSubstr("shopper: expected a key"));
  EXPECT_EQ(problem_of(R"({"item":"i","text":"short"})"), "none");
}

class ReviewFiles : public ::testing::Test {
 protected:
  ReviewFiles() { store_ = store::Store::create(dir_ / "store").value(); }
  ImportReport imported(const std::string& name, std::string_view text, std::optional<RecordKind> as = {}) {
    std::ofstream(dir_ / name, std::ios::binary) << text;
    ImportOptions options;
    options.as = as;
    options.max_rejects = 1;
    auto report = import_files(*store_, dir_ / "rejects", {dir_ / name}, options, Progress::none());
    EXPECT_TRUE(report) << (report ? "" : report.error().message());
    return report ? *report : ImportReport{};
  }
  std::string exported() {
    EXPECT_TRUE(export_records(*store_, RecordKind::reviews, dir_ / "export.jsonl", Progress::none()));
    return read_file(dir_ / "export.jsonl").value();
  }

  testing::TempDir dir_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(ReviewFiles, ComeBackAsTheSameBytes) {
  const std::string lines = std::string(kFullReview) + "\n" + R"({"id":"r2","item":"mug","rating":1})" + "\n";
  EXPECT_EQ(imported("reviews.jsonl", lines).changed, 2u) << "told by their fields";
  EXPECT_EQ(exported(), lines);
  EXPECT_EQ(imported("again.jsonl", lines, RecordKind::reviews).unchanged, 2u);
}

TEST_F(ReviewFiles, AreReadFromTablesToo) {
  const ImportReport report = imported("reviews.csv",
                                       "item,shopper,rating,title,text,helpful,verified,images,attributes.size\n"
                                       "kettle,ann,5,Fine,\"Good, fast\",3,true,a.jpg|b.jpg,L\n"
                                       "kettle,ann,5,Fine,\"Good, fast\",3,true,a.jpg|b.jpg,L\n"
                                       "kettle,bob,many,,,,,,\n");
  EXPECT_EQ(report.changed, 1u);
  EXPECT_EQ(report.duplicates, 1u) << "without ids, equal reviews are one";
  EXPECT_EQ(report.rejected, 1u);
  EXPECT_THAT(exported(), HasSubstr(R"("item":"kettle","shopper":"ann","rating":5,"title":"Fine","text":"Good, fast","helpful":3,)"
                                    R"("images":["a.jpg","b.jpg"],"verified":true,"attributes":{"size":"L"}})"));
}

class Scrubbing : public ::testing::Test {
 protected:
  std::string after(std::string_view content, const std::vector<std::string>& names) {
    fs::create_directories(dir_ / "rejects");
    EXPECT_TRUE(write_file(dir_ / "rejects" / "a.jsonl", content));
    const auto erased = scrub_rejects(dir_ / "rejects", names);
    EXPECT_TRUE(erased) << (erased ? "" : erased.error().message());
    erased_ = erased.value_or(0);
    return fs::exists(dir_ / "rejects" / "a.jsonl") ? read_file(dir_ / "rejects" / "a.jsonl").value() : "gone";
  }
  testing::TempDir dir_;
  std::uint64_t erased_ = 0;
};

TEST_F(Scrubbing, DeletesTheRowsThatMentionAName) {
  EXPECT_EQ(after("{\"row\":\"1,person-17,x\"}\n{\"row\":\"2,other,x\"}\n{\"row\":\"3,xperson-17x,x\"}\n", {"person-17"}),
            "{\"row\":\"2,other,x\"}\n");
  EXPECT_EQ(erased_, 2u);
  EXPECT_EQ(after("{\"row\":\"ann\"}\n{\"row\":\"annual\"}\n{\"row\":\"(ann)\"}\n", {"ann"}), "{\"row\":\"annual\"}\n");
  EXPECT_EQ(after("{\"row\":\"ann\"}", {"ann"}), "gone") << "a file without rows";
  EXPECT_EQ(after("{\"row\":\"x\"}\n", {"ann", ""}), "{\"row\":\"x\"}\n");
}

TEST_F(Scrubbing, SeesThroughEscapes) {
  // A row of JSON stands in the line as a text, escaped once more.
  EXPECT_EQ(after(R"({"row":"{\"shopper\":\"J\\u00fcrgen Mei\\u00dfner\"}"})", {"Jürgen Meißner"}), "gone");
  EXPECT_EQ(after(R"({"row":"{\"shopper\":\"say \\\"hi\\\" to me\"}"})", {"say \"hi\" to me"}), "gone");
  EXPECT_EQ(after(R"({"row":"{\"shopper\":\"smile \\ud83d\\ude00 there\"}"})", {"smile 😀 there"}), "gone");
  EXPECT_EQ(after(R"({"row":"a\\b\/c-person"})", {"a\\b/c-person"}), "gone");
  EXPECT_EQ(after(R"({"row":"\u12"})", {"longer-name"}), R"({"row":"\u12"})");
}

// Whatever processes now have their numbers: whoever holds the shop knows that they hold it no more.
TEST_F(Scrubbing, LeavesNothingOfDeadImports) {
  const fs::path rejects = dir_ / "rejects";
  fs::create_directories(rejects);
  const std::string own = std::to_string(::getpid());
  for (const std::string& name : {std::string(".stdin-1"), ".stdin-" + own, std::string(".nameless-x0Y1z2"), "a.jsonl.tmp-" + own + "-0",
                                  std::string("a.jsonl.tmp-1-0"), std::string("a.jsonl"), std::string("notes.txt")}) {
    EXPECT_TRUE(write_file(rejects / name, "person-17"));
  }
  remove_dead_imports(rejects);
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(rejects)) left.insert(entry.path().filename().string());
  EXPECT_EQ(left, (std::set<std::string>{"a.jsonl", "notes.txt"}));
  remove_dead_imports(dir_ / "none");
  EXPECT_EQ(scrub_rejects(dir_ / "none", std::vector<std::string>{"x"}).value(), 0u);
}

TEST_F(Scrubbing, LosesNoRowOfAnImportUnderWay) {
  const fs::path rejects = dir_ / "rejects";
  RejectsFile file(rejects);
  const auto refuse = [&](const std::string& row) { ASSERT_TRUE(file.add("feed.jsonl", RowProblem{1, "time", "a time", "nothing"}, row)); };
  const std::vector<std::string> wanted = {"person-17"};
  for (int i = 0; i < 300; ++i) {
    refuse(i % 3 == 0 ? "of person-17" : "of another-" + std::to_string(i));
    if (i % 100 == 50) {
      EXPECT_GT(scrub_rejects(rejects, wanted).value(), 0u) << "rows that were only in memory too";
    }
  }
  ASSERT_TRUE(file.close());
  EXPECT_EQ(scrub_rejects(rejects, wanted).value(), 16u) << "refused after the last of the three";
  const std::string kept = read_file(file.path()).value();
  EXPECT_EQ(std::count(kept.begin(), kept.end(), '\n'), 200);
  EXPECT_EQ(kept.find("person-17"), std::string::npos);
}

TEST_F(Scrubbing, LetsAnImportGoOnWhoseRowsAllWent) {
  const fs::path rejects = dir_ / "rejects";
  RejectsFile file(rejects);
  ASSERT_TRUE(file.add("feed.jsonl", RowProblem{1, "time", "a time", "nothing"}, "of person-17"));
  EXPECT_EQ(scrub_rejects(rejects, std::vector<std::string>{"person-17"}).value(), 1u);
  EXPECT_FALSE(fs::exists(file.path()));
  ASSERT_TRUE(file.add("feed.jsonl", RowProblem{2, "time", "a time", "nothing"}, "of another"));
  ASSERT_TRUE(file.close());
  EXPECT_NE(read_file(file.path())->find("another"), std::string::npos);
}

}  // namespace
}  // namespace souk::feeds
