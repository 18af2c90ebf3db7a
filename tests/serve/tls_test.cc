// A server that speaks TLS itself.
#include "souk/serve/tls.h"

#include <thread>

#include "tests/serve/running_server.h"
#include "tests/serve/tls_client.h"

namespace souk::serve {
namespace {

using ::testing::HasSubstr;
using testing::make_certificate;
using ::testing::StartsWith;
using testing::TlsClient;

class Tls : public testing::RunningServer {
 protected:
  void SetUp() override {
    RunningServer::SetUp();
    options_.tls = {dir_ / "cert.pem", dir_ / "key.pem"};
    make_certificate(options_.tls.certificate, options_.tls.key, "first.example");
  }
  static std::string request(const std::string& target, const std::string& headers = {}) {
    return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
  }
};

TEST_F(Tls, AnswersAndSaysThatItHasFinished) {
  start();
  EXPECT_THAT(server_->url(), StartsWith("https://"));
  TlsClient client(port());
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.version(), "TLSv1.3");
  ASSERT_TRUE(client.send(request("/healthz") + request("/healthz") + request("/healthz", "Connection: close\r\n")));
  bool whole = false;
  const std::string answers = client.receive_all(whole);
  EXPECT_TRUE(whole);
  std::size_t count = 0;
  for (auto at = answers.find("HTTP/1.1 200 OK"); at != std::string::npos; at = answers.find("HTTP/1.1 200 OK", at + 1)) ++count;
  EXPECT_EQ(count, 3U);
}

TEST_F(Tls, LargeBodiesTravelBothWays) {
  start();
  const std::string title(200'000, 'x');
  std::string body;
  for (int i = 0; i < 20; ++i) body += R"({"key":"k)" + std::to_string(i) + R"(","title":"t","description":")" + title + "\"}\n";
  TlsClient client(port());
  ASSERT_TRUE(client.connected());
  ASSERT_TRUE(client.send("PUT /v1/items HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n"));
  for (std::size_t at = 0; at < body.size(); at += 16'000) ASSERT_TRUE(client.send(std::string_view(body).substr(at, 16'000)));
  EXPECT_THAT(client.receive_some(), HasSubstr("200 OK"));
  TlsClient reader(port());
  ASSERT_TRUE(reader.send(request("/v1/items/k7", "Connection: close\r\n")));
  bool whole = false;
  EXPECT_THAT(reader.receive_all(whole), HasSubstr(title));
  EXPECT_TRUE(whole);
}

TEST_F(Tls, SpeaksNothingOlderThanTls12) {
  start();
  EXPECT_TRUE(TlsClient(port(), TLS1_2_VERSION).connected());
  EXPECT_FALSE(TlsClient(port(), TLS1_1_VERSION).connected());
  EXPECT_FALSE(TlsClient(port(), TLS1_VERSION).connected());
}

TEST_F(Tls, PlainHttpIsNotAnswered) {
  start();
  testing::Client plain(port());
  ASSERT_TRUE(plain.send(request("/healthz")));
  EXPECT_FALSE(plain.receive());
  EXPECT_TRUE(TlsClient(port()).connected());
}

TEST_F(Tls, AHandshakeThatDoesNotComeIsNotWaitedForLong) {
  options_.limits.header = 50;
  start();
  testing::Client silent(port());
  EXPECT_TRUE(silent.closed());
}

TEST_F(Tls, RefusalsArriveWhole) {
  start();
  TlsClient client(port());
  ASSERT_TRUE(
      client.send("POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
  bool whole = false;
  EXPECT_THAT(client.receive_all(whole), StartsWith("HTTP/1.1 400"));
  EXPECT_TRUE(whole);
}

TEST_F(Tls, ItsOwnPagesAreHttps) {
  start();
  const std::string own = "Origin: https://localhost\r\nConnection: close\r\n", plain = "Origin: http://localhost\r\nConnection: close\r\n";
  bool whole = false;
  TlsClient page(port()), other(port());
  ASSERT_TRUE(page.send(request("/v1/search", own)) && other.send(request("/v1/search", plain)));
  EXPECT_THAT(page.receive_all(whole), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(other.receive_all(whole), StartsWith("HTTP/1.1 403"));
}

TEST_F(Tls, ANewCertificateIsUsedFromThenOn) {
  start();
  TlsClient before(port());
  EXPECT_EQ(before.server_name(), "first.example");
  make_certificate(options_.tls.certificate, options_.tls.key, "second.example");
  ASSERT_TRUE(server_->reload());
  EXPECT_EQ(TlsClient(port()).server_name(), "second.example");
  ASSERT_TRUE(before.send(request("/healthz")));
  EXPECT_THAT(before.receive_some(), HasSubstr("200 OK"));
  // One that cannot be used changes nothing.
  write(options_.tls.certificate, "nonsense");
  const auto reloaded = server_->reload();
  ASSERT_FALSE(reloaded);
  EXPECT_THAT(reloaded.error().message(), HasSubstr("cert.pem"));
  EXPECT_EQ(TlsClient(port()).server_name(), "second.example");
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamed) {
  const auto error = [&] { return Server::start(*shop_, options_).error(); };
  const TlsFiles good = options_.tls;
  options_.tls.certificate = dir_ / "nosuch.pem";
  EXPECT_THAT(error().message(), HasSubstr("nosuch.pem"));
  options_.tls = {good.certificate, {}};
  EXPECT_EQ(error().where, "--key");
  options_.tls = {{}, good.key};
  EXPECT_EQ(error().where, "--cert");
  options_.tls = {good.key, good.key};
  EXPECT_EQ(error().kind, ErrorKind::invalid);
  options_.tls = {good.certificate, good.certificate};
  EXPECT_EQ(error().kind, ErrorKind::invalid);
  make_certificate(dir_ / "other.pem", dir_ / "other-key.pem", "other.example");
  options_.tls = {good.certificate, dir_ / "other-key.pem"};
  EXPECT_THAT(error().message(), HasSubstr("other-key.pem"));
}

TEST_F(Tls, StoppingFinishesAndClosesTlsConnections) {
  start();
  TlsClient idle(port());
  ASSERT_TRUE(idle.send(request("/healthz")));
  EXPECT_THAT(idle.receive_some(), HasSubstr("200 OK"));
  server_->stop();
  bool whole = false;
  EXPECT_EQ(idle.receive_all(whole), "");
}

}  // namespace
}  // namespace souk::serve
