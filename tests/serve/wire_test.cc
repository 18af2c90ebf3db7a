// The bytes around the parser: ends of headers, what says how long a request is, heads of answers.
#include "souk/serve/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::serve {
namespace {

using ::testing::HasSubstr;

// However the bytes are cut, the same is found.
void expect_scan(const std::string& bytes, std::size_t end, bool fault) {
  HeadScan whole;
  EXPECT_EQ(whole.end(bytes), end) << bytes;
  EXPECT_EQ(!whole.fault().empty(), fault) << bytes << whole.fault();
  HeadScan drip;
  std::size_t found = 0;
  for (std::size_t i = 0; i <= bytes.size() && found == 0; ++i) found = drip.end(std::string_view(bytes).substr(0, i));
  EXPECT_EQ(found, end) << bytes;
  EXPECT_EQ(drip.fault(), whole.fault()) << bytes;
}

TEST(HeadScan, FindsTheEndOfAHeader) {
  expect_scan("GET / HTTP/1.1\r\n\r\n", 18, false);
  expect_scan("GET / HTTP/1.1\r\nHost: x\r\n\r\nbody\nwith\r\n\r\nlines", 27, false);
  expect_scan("GET / HTTP/1.1\r\nX: \t caf\xC3\xA9\r\n\r\n", 30, false);
  expect_scan("GET / HTTP/1.1\r\nHost: x\r\n", 0, false);
  expect_scan("", 0, false);
  expect_scan("\r\n\r\n", 4, false);
}

TEST(HeadScan, RefusesWhatOthersReadDifferently) {
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\n\n"), std::string("GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n"), std::string("A\rB\r\n\r\n"),
        std::string("A\r\r\n\r\n"), std::string("A\r\n B\r\n\r\n"), std::string("A\r\n\tB\r\n\r\n"), std::string(" A\r\n\r\n"),
        std::string("A\0B\r\n\r\n", 7), std::string("A\x0b\r\n\r\n"), std::string("A\x7f\r\n\r\n"), std::string("\n")}) {
    expect_scan(bytes, 0, true);
  }
}

std::string_view fault_of(std::vector<std::pair<std::string_view, std::string_view>> headers, unsigned version = 11) {
  HttpRequest request;
  request.headers = std::move(headers);
  return framing_fault(request, version);
}

TEST(Framing, OneLengthOrChunkedAndNeverBoth) {
  EXPECT_EQ(fault_of({}), "");
  EXPECT_EQ(fault_of({{"Content-Length", "0"}}), "");
  EXPECT_EQ(fault_of({{"content-length", "123456789012345678"}}), "");
  EXPECT_EQ(fault_of({{"Transfer-Encoding", "Chunked"}}), "");
  EXPECT_NE(fault_of({{"Transfer-Encoding", "chunked"}}, 10), "");
  EXPECT_NE(fault_of({{"Content-Length", "1"}, {"CONTENT-LENGTH", "1"}}), "");
  EXPECT_NE(fault_of({{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}}), "");
  EXPECT_NE(fault_of({{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}), "");
  for (const char* length : {"", "+1", "-1", "1 ", "0x1", "1,1", "1234567890123456789", "one"})
    EXPECT_NE(fault_of({{"Content-Length", length}}), "") << length;
  for (const char* coding : {"", "gzip", "gzip, chunked", "chunked, chunked", "identity", "chunked;x"}) {
    EXPECT_NE(fault_of({{"Transfer-Encoding", coding}}), "") << coding;
  }
}

TEST(Framing, ExtensionsOfChunks) {
  EXPECT_EQ(chunk_extension_fault(""), "");
  EXPECT_EQ(chunk_extension_fault(";a=b;c=\"d e\""), "");
  EXPECT_NE(chunk_extension_fault(" "), "");
  EXPECT_NE(chunk_extension_fault(";a=\"\n\""), "");
}

TEST(Framing, LinesThatEndInOtherWays) {
  for (const char* good : {"", "5", "5\r", "5\r\n", "\r\n5;a=b\r\n", "0\r\nX: y\r\n"}) EXPECT_EQ(line_fault(good, 0), "") << good;
  for (const char* bad : {"\n", "5\n", "5\r5", "\r\r\n", "\r\n5\n", "0\r\nX: y\n"}) EXPECT_NE(line_fault(bad, 0), "") << bad;
  const std::string_view line = "0\r\nX: y\n";
  for (std::size_t from = 0; from < line.size(); ++from) EXPECT_NE(line_fault(line, from), "") << from;
  EXPECT_EQ(line_fault("5\r\n", 2), "") << "the CR was looked at before";
  EXPECT_NE(line_fault("5\rx", 2), "") << "and what follows it was not";
}

TEST(Heads, SayWhatFollows) {
  HttpResponse response;
  response.body = "12345";
  response.headers.emplace_back("Allow", "GET");
  const std::string head = render_head(response, true);
  EXPECT_THAT(head, ::testing::StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nAllow: GET\r\n"));
  EXPECT_THAT(head, ::testing::EndsWith("\r\nConnection: keep-alive\r\n\r\n"));
  response.status = 204;
  EXPECT_THAT(render_head(response, false), ::testing::Not(HasSubstr("Content-Length")));
}

}  // namespace
}  // namespace souk::serve
