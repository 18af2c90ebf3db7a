// Vectors in the forms people keep them in: what each holds, and what is said of a file that is refused.
#include "souk/feeds/vector_file.h"

#include <bit>
#include <cstring>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

#include "tests/support/data.h"
#include "tests/support/vector_files.h"

namespace souk::feeds {
namespace {

using testing::bytes_of;
using testing::fvecs;
using ::testing::HasSubstr;
using testing::npy;
using testing::safetensors;

struct ReadVectors {
  std::vector<std::string> keys;
  std::vector<std::vector<float>> vectors;
  VectorFileSummary summary;
  Error error;
};

ReadVectors read(VectorForm form, std::string_view bytes, const VectorFileOptions& options = {}, const char* keys = nullptr) {
  ReadVectors all;
  const std::string_view lines = keys == nullptr ? "" : keys;
  const auto summary = parse_vectors(form, bytes, "f", keys == nullptr ? nullptr : &lines, options,
                                     [&](std::string_view key, std::span<const float> vector) {
                                       all.keys.emplace_back(key);
                                       all.vectors.emplace_back(vector.begin(), vector.end());
                                       return Status();
                                     });
  if (summary) all.summary = *summary;
  if (!summary) all.error = summary.error();
  EXPECT_EQ(summary.has_value(), all.error.what.empty());
  return all;
}

using Numbers = std::vector<std::vector<float>>;
const Numbers kThree{{1, 2, 0.5F}, {-1, 0, 4}, {0, 0, 8}};
const std::vector<std::string> kNumbered{"0", "1", "2"};

TEST(VectorFile, ReadsTheSameFromEveryForm) {
  const std::string lines =
      "{\"key\": \"0\", \"vector\": [1, 2, 0.5]}\r\n\n{\"embedding\": [-1, 0, 4], \"of\": {\"a\": 1}, \"key\": 1}\n{\"key\": \"2\", "
      "\"vector\": [0, 0, 8e0]}";
  const ReadVectors each[] = {read(VectorForm::npy, npy("<f4", "(3, 3)", bytes_of<float>(kThree))),
                              read(VectorForm::npy, npy("<f8", "(3, 3)", bytes_of<double>(kThree), 2)),
                              read(VectorForm::fvecs, fvecs(kThree)),
                              read(VectorForm::jsonl, lines),
                              read(VectorForm::safetensors, safetensors("F32", 3, 3, bytes_of<float>(kThree))),
                              read(VectorForm::safetensors, safetensors("F64", 3, 3, bytes_of<double>(kThree)))};
  for (const ReadVectors& all : each) {
    EXPECT_EQ(all.error.what, "") << all.error.message();
    EXPECT_EQ(all.keys, kNumbered);
    EXPECT_EQ(all.vectors, kThree);
    EXPECT_EQ(all.summary.rows, 3U);
    EXPECT_EQ(all.summary.dimension, 3U);
  }
}

TEST(VectorFile, ReadsSmallNumbers) {
  // float16: 1, -2, the smallest, the largest, and 0.5; bf16: 1, -2, 0.5.
  const std::string halves = bytes_of<std::uint16_t>({{0x3C00, 0xC000, 0x0001, 0x7BFF, 0x3800}});
  const Numbers expected{{1, -2, 5.9604645e-8F, 65504, 0.5F}};
  EXPECT_EQ(read(VectorForm::npy, npy("<f2", "(1, 5)", halves)).vectors, expected);
  EXPECT_EQ(read(VectorForm::safetensors, safetensors("F16", 1, 5, halves)).vectors, expected);
  const std::string upper = bytes_of<std::uint16_t>({{0x3F80, 0xC000, 0x3F00}});
  EXPECT_EQ(read(VectorForm::safetensors, safetensors("BF16", 1, 3, upper)).vectors, (Numbers{{1, -2, 0.5F}}));
  EXPECT_EQ(read(VectorForm::npy, npy("|i1", "(1, 3)", "\xFF\x7F\x01")).vectors, (Numbers{{-1, 127, 1}}));
  EXPECT_EQ(read(VectorForm::npy, npy("|u1", "(1, 3)", "\xFF\x7F\x01")).vectors, (Numbers{{255, 127, 1}}));
  EXPECT_EQ(read(VectorForm::bvecs, std::string("\x02\0\0\0\xFF\x01", 6)).vectors, (Numbers{{255, 1}}));
  EXPECT_EQ(read(VectorForm::npy, npy("<f2", "(1, 1)", bytes_of<std::uint16_t>({{0x7C00}}))).error.where, "f: vector 0: number 0");
}

TEST(VectorFile, TakesKeysFromAFileOfLines) {
  const VectorFileOptions none;
  EXPECT_EQ(read(VectorForm::fvecs, fvecs(kThree), none, "a\r\nb c\nd").keys, (std::vector<std::string>{"a", "b c", "d"}));
  EXPECT_EQ(read(VectorForm::fvecs, fvecs(kThree), none, "a\nb\n").error.message(),
            "f: keys: there are not as many keys as vectors: expected 3 lines, found 2");
  EXPECT_EQ(read(VectorForm::npy, npy("<f4", "(3, 3)", bytes_of<float>(kThree)), none, "a\nb\nc\nd\n").error.found, "4");
  EXPECT_EQ(read(VectorForm::fvecs, fvecs(kThree), none, "a\n\nb\n").error.where, "f: keys:2");
  EXPECT_EQ(read(VectorForm::fvecs, fvecs(kThree), none, "a\nb\na\n").error.message(),
            "f: vector 2: key: a key stands there twice: expected each key once, found \"a\" again, as of vector 0 (from 0)");
  EXPECT_EQ(read(VectorForm::fvecs, fvecs(kThree), none, "a\nb\n\x01").error.where, "f: vector 2: key");
  EXPECT_FALSE(read(VectorForm::jsonl, "", none, "a").error.what.empty());
}

TEST(VectorFile, OfNoneAndOfOne) {
  EXPECT_EQ(read(VectorForm::npy, npy("<f4", "(0, 4)", "")).summary.dimension, 4U);
  EXPECT_EQ(read(VectorForm::npy, npy("<f4", "(0, 4)", "")).summary.rows, 0U);
  EXPECT_EQ(read(VectorForm::safetensors, safetensors("F32", 0, 4, "")).summary.rows, 0U);
  for (const VectorForm form : {VectorForm::fvecs, VectorForm::bvecs, VectorForm::jsonl}) {
    EXPECT_EQ(read(form, "").summary.rows, 0U);
    EXPECT_EQ(read(form, "").summary.dimension, 0U);
  }
  EXPECT_EQ(read(VectorForm::fvecs, fvecs({{7}})).vectors, (Numbers{{7}}));
  EXPECT_EQ(read(VectorForm::jsonl, R"({"key":"k","vector":[7]})").keys, std::vector<std::string>{"k"});
}

TEST(VectorFile, RefusesVectorsByPlace) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
  EXPECT_EQ(read(VectorForm::fvecs, fvecs({{1, 2}, {1, nan}})).error.where, "f: vector 1: number 1");
  EXPECT_EQ(read(VectorForm::npy, npy("<f4", "(1, 2)", bytes_of<float>({{infinite, 1}}))).error.where, "f: vector 0: number 0");
  EXPECT_EQ(read(VectorForm::npy, npy("<f8", "(1, 2)", bytes_of<double>({{1, 1e30F}}))).error.what,
            "a vector too long for its square to be a float32");
  EXPECT_EQ(read(VectorForm::jsonl, "\n{\"key\":\"a\",\"vector\":[1e300]}").error.where, "f:2: number 0");
  EXPECT_EQ(read(VectorForm::fvecs, fvecs({{1, 2}, {0, 0}})).error.message(),
            "f: vector 1: a vector of zeros has no direction. Leave it out, or compare by dot or l2.");
  EXPECT_EQ(read(VectorForm::fvecs, fvecs({{1, 2}, {0, 0}}), {.metric = index::Metric::l2}).summary.rows, 2U);
  EXPECT_EQ(read(VectorForm::fvecs, fvecs({{1, 2}, {1, 2, 3}})).error.message(),
            "f: vector 1: a vector of another dimension: expected 2 numbers, found 3");
  EXPECT_EQ(read(VectorForm::npy, npy("<f4", "(1, 2)", bytes_of<float>({{1, 2}})), {.dimension = 3}).error.expected, "3 numbers");
  EXPECT_EQ(read(VectorForm::jsonl, "{\"key\":\"a\",\"vector\":[1]}\n{\"key\":\"b\",\"vector\":[1,2]}").error.where, "f:2");
  EXPECT_EQ(read(VectorForm::jsonl, "{\"key\":\"a\",\"vector\":[]}").error.what, "vectors of no sensible dimension");
  EXPECT_EQ(read(VectorForm::jsonl, "{\"key\":\"a\",\"vector\":[1]}\n{\"key\":\"a\",\"vector\":[2]}").error.where, "f:2: key");
}

TEST(VectorFile, RefusesFilesOfNumPyThatItCannotRead) {
  const std::string whole = npy("<f4", "(3, 3)", bytes_of<float>(kThree));
  EXPECT_THAT(read(VectorForm::npy, npy(">f4", "(3, 3)", bytes_of<float>(kThree))).error.message(),
              HasSubstr("f: descr: numbers that are not"));
  EXPECT_THAT(read(VectorForm::npy, npy("|O", "(3, 3)", "")).error.hint, HasSubstr("astype"));
  EXPECT_EQ(read(VectorForm::npy, npy("<f4", "(9,)", bytes_of<float>(kThree))).error.where, "f: shape");
  EXPECT_EQ(read(VectorForm::npy, npy("<f4", "(3, 3, 1)", bytes_of<float>(kThree))).error.where, "f: shape");
  EXPECT_EQ(read(VectorForm::npy, npy("<f4", "(4, 3)", bytes_of<float>(kThree))).error.what, "the file is cut off or too long");
  EXPECT_EQ(read(VectorForm::npy, npy("<f4", "(2, 3)", bytes_of<float>(kThree))).error.what, "the file is cut off or too long");
  EXPECT_EQ(read(VectorForm::npy, npy("<f4", "(3, 99999999999)", "")).error.what, "vectors of no sensible dimension");
  std::string fortran = whole;
  fortran.replace(fortran.find("False"), 5, "True ");
  EXPECT_THAT(read(VectorForm::npy, fortran).error.hint, HasSubstr("ascontiguousarray"));
  std::string version = whole;
  version[6] = 9;
  EXPECT_EQ(read(VectorForm::npy, version).error.found, "9");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read(VectorForm::npy, whole.substr(0, size)).error.what.empty()) << size << " bytes";
  }
}

TEST(VectorFile, ChoosesATensor) {
  const std::string numbers = bytes_of<float>(kThree);
  const std::string two =
      safetensors(R"({"__metadata__":{"a":"b"},"bias":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},)"
                  R"("a":{"dtype":"F32","shape":[3,3],"data_offsets":[0,36]},"b":{"dtype":"F32","shape":[1,3],"data_offsets":[12,24]}})",
                  numbers);
  EXPECT_EQ(read(VectorForm::safetensors, two).error.found, "\"a\" and \"b\"");
  EXPECT_EQ(read(VectorForm::safetensors, two, {.tensor = "b"}).vectors, (Numbers{{-1, 0, 4}}));
  EXPECT_EQ(read(VectorForm::safetensors, two, {.tensor = "bias"}).error.where, "f: \"bias\": shape");
  EXPECT_EQ(read(VectorForm::safetensors, two, {.tensor = "c"}).error.what, "no such tensor");
  for (const char* header :
       {R"({"a":{"dtype":"F32","shape":[3,3],"data_offsets":[0,40]}})", R"({"a":{"dtype":"F32","shape":[3,3],"data_offsets":[36,0]}})",
        R"({"a":{"dtype":"F32","shape":[3,3],"data_offsets":[0,35]}})", R"({"a":{"dtype":"F32","shape":[3,-3],"data_offsets":[0,36]}})",
        R"({"a":{"shape":[3,3],"data_offsets":[0,36]}})", R"({"a":1})", "[]", "{", ""}) {
    EXPECT_FALSE(read(VectorForm::safetensors, safetensors(header, numbers)).error.what.empty()) << header;
  }
  EXPECT_EQ(read(VectorForm::safetensors, std::string(8, '\xFF')).error.what, "not a safetensors file, or cut off");
  const std::string whole = safetensors("F32", 3, 3, numbers);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read(VectorForm::safetensors, whole.substr(0, size)).error.what.empty()) << size << " bytes";
  }
}

TEST(VectorFile, RefusesLinesByField) {
  for (const auto& [line, where] :
       std::initializer_list<std::pair<const char*, const char*>>{{"[1]", "f:1"},
                                                                  {"{\"key\":\"a\"", "f:1"},
                                                                  {"{\"key\":\"a\"}", "f:1"},
                                                                  {"{\"vector\":[1]}", "f:1"},
                                                                  {"{\"key\":1.5,\"vector\":[1]}", "f:1: key"},
                                                                  {"{\"key\":\"\",\"vector\":[1]}", "f:1: key"},
                                                                  {"{\"key\":\"a\",\"vector\":1}", "f:1: vector"},
                                                                  {"{\"key\":\"a\",\"vector\":[1,null]}", "f:1: vector: number 1"},
                                                                  {"{\"key\":\"a\",\"vector\":[1],\"embedding\":[1]}", "f:1: vector"},
                                                                  {"{\"key\":\"a\",\"key\":\"b\",\"vector\":[1]}", "f:1: key"}}) {
    EXPECT_EQ(read(VectorForm::jsonl, line).error.where, where) << line;
  }
}

TEST(VectorFile, RefusesVectorsThatAreCutOff) {
  const std::string whole = fvecs(kThree);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(read(VectorForm::fvecs, whole.substr(0, size)).error.what.empty(), size % 16 == 0) << size << " bytes";
  }
  EXPECT_FALSE(read(VectorForm::fvecs, std::string("\xFF\xFF\xFF\xFF", 4)).error.what.empty());
}

TEST(VectorFile, IsToldByItsName) {
  const testing::TempDir dir;
  std::ofstream(dir / "v.fvecs", std::ios::binary) << fvecs(kThree);
  std::ofstream(dir / "v.keys") << "a\nb\nc\n";
  std::vector<std::string> keys;
  const auto take = [&](std::string_view key, std::span<const float>) {
    keys.emplace_back(key);
    return Status();
  };
  const auto summary = read_vectors(dir / "v.fvecs", {.keys = dir / "v.keys"}, take);
  ASSERT_TRUE(summary) << summary.error().message();
  EXPECT_EQ(keys, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(read_vectors(dir / "v.npy.gz", {}, take).error().hint, "Unpack the file.");
  EXPECT_EQ(read_vectors(dir / "none.npy", {}, take).error().kind, ErrorKind::not_found);
  const auto stopped = read_vectors(
      dir / "v.fvecs", {}, [](std::string_view, std::span<const float>) -> Status { return fail(ErrorKind::cancelled, "enough"); });
  EXPECT_EQ(stopped.error().what, "enough");
}

}  // namespace
}  // namespace souk::feeds
