// A test per trick: requests made to be read in two ways, to be executed, to be too much, or to say something about another.
#include <nlohmann/json.hpp>
#include <set>
#include <zlib.h>

#include "tests/serve/running_server.h"

namespace souk::serve {
namespace {

using nlohmann::json;
using testing::Client;
using ::testing::HasSubstr;
using ::testing::Not;

class Hostile : public testing::RunningServer {
 protected:
  void SetUp() override {
    RunningServer::SetUp();
    start_with_items();
  }
  // Bytes that end in a request to delete an item: they are answered by one refusal, the connection is closed, the item stays.
  void expect_refused(const std::string& bytes, int status = 400) {
    Client client(port());
    ASSERT_TRUE(client.send(bytes + "DELETE /v1/items/pb HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    const auto reply = client.receive();
    ASSERT_TRUE(reply) << bytes;
    EXPECT_EQ(reply->status, status) << bytes;
    EXPECT_EQ(reply->header("connection"), "close") << bytes;
    EXPECT_TRUE(client.closed()) << bytes;
    EXPECT_TRUE(shop_->store().find_item("pb").value()) << bytes;
  }
  static std::string post_head(const std::string& headers) { return "POST /v1/search HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n"; }
};

// --- requests with two readings (smuggling) ---

TEST_F(Hostile, LengthsThatDisagreeOrComeTwice) {
  for (const char* headers :
       {"Content-Length: 2\r\nContent-Length: 40\r\n", "Content-Length: 2\r\nContent-Length: 2\r\n", "Content-Length: 2, 2\r\n",
        "Content-Length: 2\r\ncontent-length: 0\r\n", "Content-Length: +2\r\n", "Content-Length: -2\r\n", "Content-Length: 0x2\r\n",
        "Content-Length: 2.0\r\n", "Content-Length: 2 2\r\n", "Content-Length: \"2\"\r\n", "Content-Length:\r\n", "Content-Length: two\r\n",
        "Content-Length: 18446744073709551618\r\n", "Content-Length: 99999999999999999999999999\r\n", "Content-Length : 2\r\n",
        "Content-Length\t: 2\r\n"}) {
    expect_refused(post_head(headers) + "{}");
  }
}

TEST_F(Hostile, ALengthBesideATransferCoding) {
  for (const char* headers :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "transfer-encoding: chunked\r\nCONTENT-LENGTH: 0\r\n"}) {
    expect_refused(post_head(headers) + "0\r\n\r\n");
  }
}

TEST_F(Hostile, TransferCodingsThatSomeWouldIgnore) {
  for (const char* headers :
       {"Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "Transfer-Encoding: \"chunked\"\r\n", "Transfer-Encoding:\r\n",
        "Transfer-Encoding: chunked;q=1\r\n", "Transfer-Encoding: chunked,\r\n", "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: \x0b"
        "chunked\r\n",
        " Transfer-Encoding: chunked\r\n"}) {
    expect_refused(post_head(headers) + "0\r\n\r\n");
  }
  expect_refused("POST /v1/search HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST_F(Hostile, ChunksOfNoSize) {
  for (const char* body : {"zz\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "+2\r\n{}\r\n0\r\n\r\n", "0x2\r\n{}\r\n0\r\n\r\n",
                           " 2\r\n{}\r\n0\r\n\r\n", "2 \r\n{}\r\n0\r\n\r\n", "\r\n{}\r\n0\r\n\r\n", "2\n{}\n0\n\n", "2\r\n{}0\r\n\r\n",
                           "2\r\n{}\n0\r\n\r\n", "1\r\n{}\r\n0\r\n\r\n", "2;a\nb\r\n{}\r\n0\r\n\r\n", "2;a=\"\n\"\r\n{}\r\n0\r\n\r\n",
                           "2;a=\"\r\"\r\n{}\r\n0\r\n\r\n", "2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n",
                           "2\r\n{}\r\n0\r\n folded: 1\r\n\r\n", "2\r\n{}\r\n0\r\nbroken\r\n\r\n", "2\r\n{}\r\n00x\r\n\r\n"}) {
    expect_refused(post_head("Transfer-Encoding: chunked\r\n") + body);
  }
  for (const char* size : {"FFFFFFFFFFFFFFFF", "10000000000000002", "7FFFFFFFFFFFFFFF"}) {
    Client client(port());
    ASSERT_TRUE(client.send(post_head("Transfer-Encoding: chunked\r\n") + size + "\r\n{}"));
    const int status = client.receive()->status;
    EXPECT_TRUE(status == 400 || status == 413) << size;
    EXPECT_TRUE(client.closed());
  }
}

TEST_F(Hostile, ALineOfAChunkThatEndsInLfIsAnsweredAtOnce) {
  for (const char* begun : {"2\n", "2\n{}", "2\n{}\n0\n\n", "2;a\n", "2\r\n{}\n", "2\r\n{}\r\n0\n", "2\r\n{}\r\n0\r\nX: y\n", "2\r2"}) {
    Client client(port());
    ASSERT_TRUE(client.send(post_head("Transfer-Encoding: chunked\r\n") + begun)) << begun;  // and no more, with the connection open
    const auto answer = client.receive();
    ASSERT_TRUE(answer) << begun << ": closed when its time was over";
    EXPECT_EQ(answer->status, 400) << begun;
  }
}

TEST_F(Hostile, ATrailerIsNoHeader) {
  Client client(port());
  ASSERT_TRUE(client.send(post_head("Transfer-Encoding: chunked\r\nTrailer: Host\r\n") +
                          "2\r\n{}\r\n0\r\nHost: evil.example\r\nOrigin: x\r\n\r\n"));
  EXPECT_EQ(client.receive()->status, 200);
  EXPECT_EQ(client.ask("GET", "/healthz").status, 200);
}

TEST_F(Hostile, LinesThatEndInOtherWays) {
  for (const std::string& bytes :
       {std::string("GET /healthz HTTP/1.1\nHost: localhost\n\n"), std::string("GET /healthz HTTP/1.1\r\nHost: localhost\n\r\n"),
        std::string("GET /healthz HTTP/1.1\r\nHost: localhost\r\r\n\r\n"), std::string("GET /healthz HTTP/1.1\rHost: localhost\r\r"),
        std::string("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\nContent-Length: 40\r\n\r\n"),
        std::string("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n"),
        std::string("\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")}) {
    expect_refused(bytes);
  }
}

TEST_F(Hostile, FoldedAndBrokenHeaders) {
  for (const std::string& line :
       {std::string("X: a\r\n b\r\n"), std::string("X: a\r\n\tb\r\n"), std::string(" X: a\r\n"), std::string("X a\r\n"),
        std::string(": a\r\n"), std::string("X\0: a\r\n", 7), std::string("X: a\0b\r\n", 8), std::string("X: \x01\r\n"),
        std::string("X: \x7F\r\n"), std::string("X Y: a\r\n"), std::string("Transfer-Encoding\r\n : chunked\r\n")}) {
    expect_refused("GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + line + "\r\n");
  }
}

TEST_F(Hostile, RequestLinesThatAreNone) {
  for (const std::string& line :
       {std::string("GET /healthz"), std::string("GET  /healthz HTTP/1.1"), std::string("GET /healthz HTTP/1.1 x"),
        std::string("GET /hea lthz HTTP/1.1"), std::string("GET /healthz HTTP/2.0"), std::string("GET /healthz HTTP/1.2"),
        std::string("GET /healthz http/1.1"), std::string("G\tET /healthz HTTP/1.1"), std::string("GET\t/healthz HTTP/1.1"),
        std::string("GET /\0 HTTP/1.1", 16), std::string("PRI * HTTP/2.0"), std::string("GET healthz HTTP/1.1"),
        std::string("GET ftp://localhost/healthz HTTP/1.1")}) {
    expect_refused(line + "\r\nHost: localhost\r\n\r\n");
  }
}

TEST_F(Hostile, ABodyOnAGetIsABodyAndNoRequest) {
  Client client(port());
  const std::string inner = "DELETE /v1/items/pb HTTP/1.1\r\nHost: localhost\r\n\r\n";
  ASSERT_TRUE(
      client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(inner.size()) + "\r\n\r\n" + inner));
  EXPECT_EQ(client.receive()->status, 200);
  EXPECT_EQ(client.ask("GET", "/v1/items/pb").status, 200);
}

TEST_F(Hostile, ChunksThatNeverEnd) {
  Client client(port());
  ASSERT_TRUE(client.send(post_head("Transfer-Encoding: chunked\r\n") + "2;"));
  const std::string more(64 * 1024, 'a');
  for (int i = 0; i < 64 && client.send(more); ++i) {
  }
  EXPECT_EQ(client.receive()->status, 400);
  Client trailer(port());
  ASSERT_TRUE(trailer.send(post_head("Transfer-Encoding: chunked\r\n") + "2\r\n{}\r\n0\r\n"));
  for (int i = 0; i < 64 && trailer.send("X: " + more + "\r\n"); ++i) {
  }
  EXPECT_EQ(trailer.receive()->status, 400);
}

// --- too much ---

TEST_F(Hostile, CompressedBodiesAreRefusedUnopened) {
  std::string zeros(8 << 20, '0'), packed(64 << 10, '\0');
  uLongf size = packed.size();
  ASSERT_EQ(::compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(zeros.data()), zeros.size(), 9),
            Z_OK);
  packed.resize(size);
  for (const char* coding : {"gzip", "deflate", "br", "zstd", "gzip, gzip", "x-gzip", "unknown"}) {
    for (const char* target : {"/v1/search", "/v1/events"}) {
      EXPECT_EQ(post(target, packed, {{"Content-Type", "application/json"}, {"Content-Encoding", coding}}).status, 415) << coding;
    }
    EXPECT_EQ(put("/v1/items", packed, {{"Content-Type", "application/json"}, {"Content-Encoding", coding}}).status, 415) << coding;
  }
}

TEST_F(Hostile, JsonAHundredThousandDeep) {
  constexpr std::size_t kDeep = 100'000;
  std::string objects;
  for (std::size_t i = 0; i < kDeep; ++i) objects += "{\"a\":";
  for (const std::string& body : {std::string(kDeep, '['), std::string(kDeep, '[') + std::string(kDeep, ']'), objects,
                                  "{\"key\":\"x\",\"attributes\":{\"a\":" + std::string(kDeep, '[') + std::string(kDeep, ']') + "}}"}) {
    for (const char* target : {"/v1/search", "/v1/shelves/new"}) EXPECT_EQ(post(target, body).status, 400) << target;
    for (const char* target : {"/v1/items", "/v1/shoppers"}) {
      const int status = put(target, body).status;
      EXPECT_TRUE(status == 400 || status == 422) << target << status;
    }
    const int patched = patch("/v1/items", body).status, told = post("/v1/events", body).status;
    EXPECT_TRUE(patched == 400 || patched == 422) << patched;
    EXPECT_TRUE(told == 400 || told == 422) << told;
  }
  EXPECT_EQ(post("/v1/search", "{\"filter\":\"" + std::string(16'000, '(') + "\"}").status, 400);
  std::string nots;
  while (nots.size() < 16'000) nots += "NOT ";
  EXPECT_EQ(post("/v1/search", "{\"filter\":\"" + nots + "brand EXISTS\"}").status, 400);
}

TEST_F(Hostile, OneRequestForTooMuch) {
  json searches = json::array();
  for (int i = 0; i < 50; ++i) searches.push_back({{"query", "butter"}, {"k", 1000}});
  const auto reply = post("/v1/search", json{{"searches", searches}}.dump());
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("at most 5000 items together"));
  for (auto& search : searches) search["k"] = 100;
  EXPECT_EQ(post("/v1/search", json{{"searches", searches}}.dump()).status, 200);
  searches.push_back({{"query", "x"}});
  EXPECT_EQ(post("/v1/search", json{{"searches", searches}}.dump()).status, 400);
  for (const char* body : {R"({"k":1001})", R"({"k":-1})", R"({"k":1e9})", R"({"offset":10001})", R"({"facet_values":100000})"}) {
    EXPECT_EQ(post("/v1/search", body).status, 400) << body;
  }
  EXPECT_EQ(post("/v1/search", json{{"query", std::string(5000, 'x')}}.dump()).status, 400);
  EXPECT_EQ(post("/v1/search", json{{"facets", std::vector<std::string>(1001, "brand")}}.dump()).status, 400);
}

TEST_F(Hostile, TooManyHeadersTooLongTargetsTooLargeBodies) {
  std::string many = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; i < 3000; ++i) many += "X" + std::to_string(i) + ": y\r\n";
  expect_refused(many + "\r\n", 431);
  expect_refused("GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 414);
  expect_refused("PUT /v1/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10485761\r\n\r\n", 413);
}

// --- bytes that are no text, texts with two readings ---

TEST_F(Hostile, TextThatIsNotUtf8OrHoldsNul) {
  for (const std::string& text :
       {std::string("\xFF\xFE"), std::string("\xC0\xAF"), std::string("\xED\xA0\x80"), std::string("\xF4\x90\x80\x80"),
        std::string("a\0b", 3), std::string("\\u0000"), std::string("\\ud800")}) {
    const auto body = [&](const std::string& field) { return "{\"" + field + "\":\"" + text + "\"}"; };
    EXPECT_EQ(post("/v1/search", body("query")).status, 400) << text;
    EXPECT_EQ(post("/v1/search", body("filter")).status, 400) << text;
    const int item = put("/v1/items", body("key")).status, shopper = put("/v1/shoppers", body("key")).status;
    EXPECT_TRUE(item == 400 || item == 422) << text << item;
    EXPECT_TRUE(shopper == 400 || shopper == 422) << text << shopper;
    const int event = post("/v1/events", "{\"kind\":\"view\",\"session\":\"s\",\"item\":\"" + text + "\"}").status;
    EXPECT_TRUE(event == 400 || event == 422) << text << event;
  }
  for (const char* path : {"/v1/items/%00", "/v1/items/%FF", "/v1/items/%c0%af", "/v1/items/%ed%a0%80", "/v1/items/%", "/v1/items/%4",
                           "/v1/search?q=%00", "/v1/search?q=%FF", "/v1/search?%00=1", "/v1/search?q=%zz"}) {
    EXPECT_EQ(get(path).status, 400) << path;
  }
}

TEST_F(Hostile, TheSameKeyTwice) {
  EXPECT_EQ(post("/v1/search", R"({"k":1,"k":1000})").status, 400);
  EXPECT_EQ(post("/v1/search", R"({"query":"a","query":"b"})").status, 400);
  EXPECT_EQ(get("/v1/search?k=1&k=2").status, 400);
  EXPECT_EQ(put("/v1/items", R"({"key":"two","key":"pb","title":"x"})").status, 422);
  EXPECT_EQ(put("/v1/shoppers", R"({"key":"ann","key":"bob"})").status, 422);
  EXPECT_EQ(post("/v1/events", R"({"kind":"view","session":"s","item":"pb","item":"jelly"})").status, 422);
  EXPECT_FALSE(shop_->store().find_item("two").value());
}

// --- texts meant to be executed ---

TEST_F(Hostile, ValuesOfFiltersAreValues) {
  const auto total = [&](const json& body) { return json::parse(post("/v1/search", body.dump()).body).value("total", -1); };
  EXPECT_EQ(total({{"facet_filters", {{"brand", {"Nutty"}}}}}), 1);
  for (const char* value :
       {"Nutty\" OR price > 0 OR brand = \"", "x\" OR brand EXISTS", "\\\" OR 1 TO 9", "*", "Nutty`", "%", "Nutty'--"}) {
    EXPECT_EQ(total({{"facet_filters", {{"brand", {value}}}}}), 0) << value;
  }
  for (const char* filter :
       {"brand = \"x\" OR", "brand = \"x\"; DROP items", "__proto__ EXISTS", "price > 0 --", "exec(\"ls\")", "$where = \"1\""}) {
    const auto reply = post("/v1/search", json{{"filter", filter}}.dump());
    EXPECT_EQ(reply.status, 400) << filter;
  }
  EXPECT_EQ(shop_->store().counts().items, 4U);
}

TEST_F(Hostile, NothingThatWasSentBreaksOutOfAnAnswer) {
  // In headers: what comes back there is checked first.
  for (const char* id : {"a\tb", "a b", "<script>", "a\"b", "a;b", "x\xC3\xBC", ""}) {
    const std::string answered = get("/healthz", {{"X-Request-Id", id}}).header("souk-request");
    EXPECT_EQ(answered.size(), 32U) << id;
    EXPECT_THAT(answered, Not(HasSubstr("<"))) << id;
  }
  EXPECT_EQ(get("/healthz", {{"X-Request-Id", std::string(65, 'a')}}).header("souk-request").size(), 32U);
  const auto split = get("/v1/items/%0d%0aSet-Cookie:%20x=1");
  EXPECT_EQ(split.header("set-cookie"), "");
  EXPECT_TRUE(split.status == 404 || split.status == 400);
  EXPECT_EQ(get("/%0d%0aSet-Cookie:%20x=1").header("set-cookie"), "");
  EXPECT_EQ(testing::ask(port(), "GET", "/healthz", "", {{"Origin", "http://evil.example%0d%0aX: y"}}).status, 403);
  // In bodies: as JSON, whatever it was.
  for (const std::string& text : {std::string("\",\"admin\":true,\"x\":\""), std::string("</script><script>"), std::string("\x1f\\\"")}) {
    const auto reply = post("/v1/search", json{{"sort", {text}}}.dump());
    EXPECT_EQ(reply.status, 400) << text;
    EXPECT_TRUE(json::accept(reply.body)) << reply.body;
    EXPECT_FALSE(json::parse(reply.body).contains("admin"));
    EXPECT_EQ(reply.header("content-type"), "application/problem+json");
    EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
  }
}

TEST_F(Hostile, PathsThatLeaveTheirFolder) {
  for (const char* path :
       {"/../outside.txt", "/%2e%2e/outside.txt", "/%2e%2e%2foutside.txt", "/..%5coutside.txt", "/assets/%2e%2e/%2e%2e/outside.txt",
        "//etc/passwd", "/%2fetc%2fpasswd", "/./.secret", "/.secret", "/assets/..%c0%af..%c0%afoutside.txt",
        "/v1/lab/runs/..%2f..%2fshop%2fshop.toml", "/v1/lab/runs/../../shop/shop.toml", "/v1/lab/runs/%2fetc%2fpasswd"}) {
    const auto reply = get(path);
    EXPECT_TRUE(reply.status == 404 || reply.status == 400) << path << reply.status;
    EXPECT_THAT(reply.body, Not(HasSubstr("kept private"))) << path;
  }
}

TEST_F(Hostile, AnswersNameNoPlaceOfTheMachine) {
  for (const char* path : {"/v1/items/nosuch", "/nosuch", "/v1/shelves/nosuch", "/v1/search?filter=%22", "/v1/config/shelves/nosuch"}) {
    EXPECT_THAT(get(path).body, Not(HasSubstr(dir_.path().string()))) << path;
  }
}

}  // namespace
}  // namespace souk::serve
