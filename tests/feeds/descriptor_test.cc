#include "souk/feeds/descriptor.h"

#include <fstream>
#include <gtest/gtest.h>

#include "tests/support/data.h"

namespace souk::feeds {
namespace {

class Descriptors : public ::testing::Test {
 protected:
  fs::path write(const std::string& name, std::string_view text) {
    std::ofstream(dir_ / name, std::ios::binary) << text;
    return dir_ / name;
  }
  std::string import(const std::string& name, RecordKind kind) {
    const auto descriptor = Descriptor::load(souk::testing::data_recipe(name));
    EXPECT_TRUE(descriptor) << (descriptor ? "" : descriptor.error().message());
    auto store = store::Store::create(dir_ / "store").value();
    const auto report = import_descriptor(*store, dir_ / "rejects", *descriptor, dir_.path(), 2, Progress::none());
    EXPECT_TRUE(report) << (report ? "" : report.error().message());
    EXPECT_TRUE(report->applied) << report->to_json();
    EXPECT_TRUE(export_records(*store, kind, dir_ / "export", Progress::none()));
    return read_file(dir_ / "export").value();
  }
  testing::TempDir dir_;
};

TEST_F(Descriptors, CompleteJourneyMakesTitlesGroupsAndPaths) {
  write("products.csv",
        "product_id,manufacturer_id,department,brand,product_category,product_type,package_size,price\n"
        "1039612,69,GROCERY,Private,PNT BTR/JELLY/JAMS,APPLE BUTTER,17 OZ,1.99\n"
        "26081,2,MISCELLANEOUS,National,,,,\n"
        "26636,69,DRUG GM,National,VITAMINS,VITAMIN - MINERALS,,\n");
  write("transactions.csv",
        "household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,coupon_match_disc,week,transaction_"
        "timestamp\n"
        "900,330,31198570044,1039612,1,0.5,0,0,0,1,2017-01-01 11:53:26\n");
  const std::string items = import("complete-journey", RecordKind::items);
  EXPECT_TRUE(
      items.starts_with("{\"key\":\"1039612\",\"title\":\"Apple butter, 17 oz (Private label)\",\"brand\":\"Private\","
                        "\"category\":[\"Grocery > Pnt btr/jelly/jams > Apple butter\"],"
                        "\"attributes\":{\"manufacturer\":\"69\",\"size\":\"17 oz\"},\"group\":\""))
      << items;
  EXPECT_NE(items.find("{\"amount\":\"1.99\",\"currency\":\"USD\",\"availability\":\"in_stock\"}"), std::string::npos);
  EXPECT_NE(
      items.find("{\"key\":\"26081\",\"brand\":\"National\",\"category\":[\"Miscellaneous\"],\"attributes\":{\"manufacturer\":\"2\"}}\n"),
      std::string::npos)
      << items;
  EXPECT_NE(items.find("\"title\":\"Vitamin - minerals (National brand)\""), std::string::npos);
}

TEST_F(Descriptors, CompleteJourneyMakesEventsOfBasketLines) {
  write("products.csv", "product_id,manufacturer_id,department,brand,product_category,product_type,package_size,price\n");
  write("transactions.csv",
        "household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,coupon_match_disc,week,transaction_"
        "timestamp\n"
        "900,330,31198570044,1095275,1,0.5,0,0,0,1,2017-01-01 11:53:26\n");
  EXPECT_EQ(
      import("complete-journey", RecordKind::events),
      "{\"id\":\"31198570044:1095275\",\"shopper\":\"900\",\"item\":\"1095275\",\"kind\":\"purchase\",\"time\":\"2017-01-01T11:53:26Z\","
      "\"value\":0.5,\"quantity\":1,\"currency\":\"USD\",\"order\":\"31198570044\",\"attributes\":{\"store\":330}}\n");
}

TEST_F(Descriptors, MovieLensMakesRatings) {
  write("movies.csv", "item_id,title,year,genres\n1,Toy Story,1995,Animation|Comedy\n");
  write("ratings.csv", "user_id,item_id,rating,timestamp\n196,1,3,881250949\n");
  EXPECT_EQ(import("movielens-100k", RecordKind::events),
            "{\"id\":\"196:1\",\"shopper\":\"196\",\"item\":\"1\",\"kind\":\"rating\",\"time\":\"1997-12-04T15:55:49Z\",\"value\":3}\n");
}

TEST_F(Descriptors, MovieLensMakesFilms) {
  write("movies.csv", "item_id,title,year,genres\n1,Toy Story,1995,Animation|Comedy\n");
  write("ratings.csv", "user_id,item_id,rating,timestamp\n");
  EXPECT_EQ(import("movielens-100k", RecordKind::items),
            "{\"key\":\"1\",\"title\":\"Toy Story (1995)\",\"category\":[\"Animation\",\"Comedy\"],\"attributes\":{\"year\":1995}}\n");
}

TEST_F(Descriptors, MistakesNameTheirPlace) {
  const auto load = [&](std::string_view text) { return Descriptor::load(write("set.toml", text)).error(); };
  EXPECT_EQ(load("name = \"x\"\n").expected, "at least one [[files]] table");
  EXPECT_EQ(load("[[files]]\nas = \"items\"\n").expected, "a path for each file");
  EXPECT_NE(load("[[files]]\npath = \"a\"\nas = \"items\"\ncolour = 1\n").where.find("set.toml:4"), std::string::npos);
  EXPECT_EQ(load("[[files]]\npath = \"a\"\nas = \"things\"\n").what, "unknown kind of records");
}

TEST_F(Descriptors, FilesAreHeldToTheirSha256) {
  write("d.csv", "key,title\na,A\n");
  write("set.toml", "[[files]]\npath = \"d.csv\"\nas = \"items\"\nsha256 = \"00\"\n");
  auto store = store::Store::create(dir_ / "store").value();
  const auto descriptor = Descriptor::load(dir_ / "set.toml").value();
  const auto report = import_descriptor(*store, dir_ / "rejects", descriptor, dir_.path(), 1, Progress::none());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().expected, "SHA-256 00");
}

}  // namespace
}  // namespace souk::feeds
