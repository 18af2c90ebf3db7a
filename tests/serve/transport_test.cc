// The transport alone, under a handler that says what it saw.
#include "souk/serve/transport.h"

#include <atomic>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <list>
#include <thread>

#include "tests/serve/client.h"

namespace souk::serve {
namespace {

using testing::Client;
using ::testing::HasSubstr;

class Echo : public HttpHandler {
 public:
  std::optional<HttpResponse> admit(const HttpRequest& head) override {
    if (head.header("x-refuse")) return refuse(403, "refused by its header");
    return std::nullopt;
  }
  bool may_block(const HttpRequest& request) const override { return request.target.starts_with("/block"); }
  HttpResponse handle(const HttpRequest& request) override {
    calls.fetch_add(1);
    if (request.target == "/throw") throw std::runtime_error("on purpose");
    if (may_block(request)) gate.wait(false);
    HttpResponse response;
    response.content_type = "text/plain";
    response.body = std::string(request.method) + " " + std::string(request.target) + " " + std::string(request.body);
    return response;
  }
  HttpResponse refuse(int status, std::string_view detail) override {
    HttpResponse response;
    response.status = status;
    response.body = std::string(detail);
    return response;
  }
  void open_gate() {
    gate = true;
    gate.notify_all();
  }
  std::atomic<int> calls{0};
  std::atomic<bool> gate{true};  // while it is false, blocking requests wait in their handler
};

class TransportTest : public ::testing::Test {
 protected:
  void start(TransportOptions options = {}) {
    options.threads = 2;
    auto started = Transport::start(handler_, options);
    ASSERT_TRUE(started) << started.error().message();
    transport_ = std::move(*started);
  }
  std::uint16_t port() const { return transport_->port(); }

  Echo handler_;
  std::unique_ptr<Transport> transport_;
};

TEST_F(TransportTest, AnswersSeveralRequestsOnOneConnection) {
  start();
  Client client(port());
  EXPECT_EQ(client.ask("GET", "/a?b=c").body, "GET /a?b=c ");
  const auto reply = client.ask("POST", "/d", "body");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "POST /d body");
  EXPECT_EQ(reply.header("content-type"), "text/plain");
  EXPECT_EQ(reply.header("connection"), "keep-alive");
  EXPECT_THAT(reply.header("date"), HasSubstr("GMT"));
}

TEST_F(TransportTest, AnswersPipelinedRequestsInOrder) {
  start();
  Client client(port());
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += client.render(i % 2 == 0 ? "GET" : "POST", "/" + std::to_string(i), i % 2 == 0 ? "" : std::string(3000, 'x'));
  all += client.render("POST", "/block", "last");
  ASSERT_TRUE(client.send(all));
  for (int i = 0; i < 50; ++i) {
    const auto reply = client.receive();
    ASSERT_TRUE(reply);
    EXPECT_THAT(reply->body, HasSubstr("/" + std::to_string(i) + " "));
  }
  EXPECT_EQ(client.receive()->body, "POST /block last");
}

TEST_F(TransportTest, NothingBehindARequestThatIsNoneIsHandled) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send(client.render("GET", "/first") + "broken\r\n\r\n" + client.render("GET", "/second")));
  EXPECT_EQ(client.receive()->status, 200);
  EXPECT_EQ(client.receive()->status, 400);
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(handler_.calls, 1);
}

TEST_F(TransportTest, ARefusalWithoutABodyKeepsTheConnection) {
  start();
  Client client(port());
  EXPECT_EQ(client.ask("GET", "/", "", {{"X-Refuse", "yes"}}).status, 403);
  EXPECT_EQ(client.ask("GET", "/after").status, 200);
}

TEST_F(TransportTest, ReadsChunkedBodies) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n"));
  EXPECT_EQ(client.receive()->body, "POST /c hello world");
  EXPECT_EQ(client.ask("GET", "/after").status, 200);
}

TEST_F(TransportTest, AnswersHeadWithoutABody) {
  start();
  Client client(port());
  const auto reply = client.ask("HEAD", "/h");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-length"), std::to_string(std::string("HEAD /h ").size()));
  EXPECT_EQ(client.ask("GET", "/after").body, "GET /after ");
}

TEST_F(TransportTest, ClosesWhenAskedToAndAfterHttp10) {
  start();
  Client client(port());
  EXPECT_EQ(client.ask("GET", "/x", "", {{"Connection", "close"}}).header("connection"), "close");
  EXPECT_TRUE(client.closed());
  Client old(port());
  ASSERT_TRUE(old.send("GET /x HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(old.receive()->status, 200);
  EXPECT_TRUE(old.closed());
}

TEST_F(TransportTest, RefusesABodyThatSaysItIsTooLargeWithoutReadingIt) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send("POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n"));
  const auto reply = client.receive();  // before a byte of the body is sent
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
  EXPECT_EQ(reply->header("connection"), "close");
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(TransportTest, TheRefusalReachesAClientThatSendsItsHundredMegabytesFirst) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send("POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n"));
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 100 && client.send(megabyte); ++i) {
  }
  EXPECT_EQ(client.receive()->status, 413);
}

TEST_F(TransportTest, RefusesAChunkedBodyWhenItGrowsTooLarge) {
  TransportOptions options;
  options.limits.body_bytes = 1000;
  start(options);
  Client client(port());
  ASSERT_TRUE(client.send("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n" + std::string(0x800, 'x') + "\r\n"));
  EXPECT_EQ(client.receive()->status, 413);
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(TransportTest, RefusesBodiesAboveWhatMayBeHeldAtOnce) {
  TransportOptions options;
  options.limits.all_bodies_bytes = 1000;
  start(options);
  EXPECT_EQ(testing::ask(port(), "POST", "/a", std::string(1000, 'x')).status, 200);
  EXPECT_EQ(testing::ask(port(), "POST", "/a", std::string(1001, 'x')).status, 503);
}

TEST_F(TransportTest, IsNotKeptFullByBodiesThatAreOnlyAnnounced) {
  TransportOptions options;
  options.limits.all_bodies_bytes = 1000;
  start(options);
  std::list<Client> idle;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(idle.emplace_back(port()).send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nx"));
    ASSERT_TRUE(idle.emplace_back(port()).send("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"));
  }
  EXPECT_EQ(testing::ask(port(), "POST", "/a", std::string(900, 'x')).status, 200);
}

TEST_F(TransportTest, SendsContinueWhenTheClientWaitsForIt) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send("POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.receive()->status, 100);
  ASSERT_TRUE(client.send("late"));
  EXPECT_EQ(client.receive()->body, "POST /e late");
  EXPECT_EQ(testing::ask(port(), "POST", "/e", "x", {{"Expect", "miracles"}}).status, 417);
}

TEST_F(TransportTest, RefusesHeadersThatAreTooLarge) {
  start();
  EXPECT_EQ(testing::ask(port(), "GET", "/", "", {{"X-Long", std::string(20'000, 'x')}}).status, 431);
  EXPECT_EQ(testing::ask(port(), "GET", "/" + std::string(20'000, 'x')).status, 431);
  EXPECT_EQ(testing::ask(port(), "GET", "/").status, 200);
}

TEST_F(TransportTest, RefusesWhatIsNotHttp) {
  start();
  for (const std::string bytes :
       {"\x16\x03\x01\x02\x01\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nbroken header\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    Client client(port());
    ASSERT_TRUE(client.send(bytes));
    const auto reply = client.receive();
    ASSERT_TRUE(reply) << bytes;
    EXPECT_EQ(reply->status, 400) << bytes;
    EXPECT_TRUE(client.closed());
  }
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(TransportTest, ARequestCutOffInTheMiddleIsNeverHandled) {
  start();
  const std::string request = "POST /t HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789";
  for (std::size_t cut = 0; cut < request.size(); ++cut) {
    Client client(port());
    ASSERT_TRUE(client.send(request.substr(0, cut)));
    client.finish_sending();
    const auto reply = client.receive();
    EXPECT_TRUE(!reply || reply->status == 400) << cut;
  }
  EXPECT_EQ(handler_.calls, 0);
  EXPECT_EQ(testing::ask(port(), "GET", "/").status, 200);
}

TEST_F(TransportTest, RefusesByTheHeaderBeforeTheBodyComes) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send("POST /r HTTP/1.1\r\nHost: x\r\nX-Refuse: yes\r\nContent-Length: 1000\r\n\r\n"));
  EXPECT_EQ(client.receive()->status, 403);
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(TransportTest, ClosesConnectionsThatSendTooSlowly) {
  TransportOptions options;
  options.limits.idle = options.limits.header = options.limits.body = 50;
  start(options);
  Client idle(port()), header(port()), body(port());
  ASSERT_TRUE(header.send("GET / HT"));
  ASSERT_TRUE(body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n012"));
  EXPECT_TRUE(idle.closed());
  EXPECT_TRUE(header.closed());
  EXPECT_TRUE(body.closed());
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(TransportTest, AHeaderThatDripsDoesNotOutliveItsTime) {
  TransportOptions options;
  options.limits.header = 100;
  start(options);
  Client client(port());
  const auto begun = Clock::now();
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\n"));
  while (client.send("X: y\r\n") && Clock::now() - begun < std::chrono::seconds(5))
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(5));
}

TEST_F(TransportTest, ABodyThatDripsDoesNotOutliveItsTime) {
  TransportOptions options;
  options.limits.body = 100;
  start(options);
  Client client(port());
  const auto begun = Clock::now();
  ASSERT_TRUE(client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"));
  while (client.send("x") && Clock::now() - begun < std::chrono::seconds(5)) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(5));
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(TransportTest, TellsConnectionsAboveTheLimitToComeBack) {
  TransportOptions options;
  options.limits.connections = 2;
  options.limits.patience = kHour;
  start(options);
  Client first(port()), second(port());
  EXPECT_EQ(first.ask("GET", "/").status, 200);
  EXPECT_EQ(second.ask("GET", "/").status, 200);
  Client third(port());
  EXPECT_EQ(third.receive()->status, 503);
  EXPECT_TRUE(third.closed());
  EXPECT_EQ(first.ask("GET", "/").status, 200);
}

TEST_F(TransportTest, WhatOnlyWaitsMakesWay) {
  TransportOptions options;
  options.limits.connections = 8;
  options.limits.patience = 20;
  start(options);
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 8; ++i) {
    slow.push_back(std::make_unique<Client>(port()));
    const char* const begun = i % 4 == 0 ? "" : i % 4 == 1 ? "G" : i % 4 == 2 ? "GET / HTTP/1.1\r\nHost: x\r\nX: " : nullptr;
    if (begun == nullptr) {
      EXPECT_EQ(slow.back()->ask("GET", "/").status, 200);  // and asks nothing more
    } else if (*begun != '\0') {
      ASSERT_TRUE(slow.back()->send(begun));
    }
  }
  while (transport_->connections() < 8) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(Client(port()).ask("GET", "/").status, 200) << i;
  EXPECT_LE(transport_->connections(), 8U + 8U);
}

TEST_F(TransportTest, ARequestInWorkMakesNoWay) {
  TransportOptions options;
  options.limits.connections = 1;
  options.limits.patience = 0;
  handler_.gate = false;
  start(options);
  Client first(port());
  ASSERT_TRUE(first.send(first.render("POST", "/block", "x")));
  while (handler_.calls < 1) std::this_thread::yield();
  EXPECT_EQ(Client(port()).receive()->status, 503);
  handler_.open_gate();
  EXPECT_EQ(first.receive()->status, 200);
}

TEST_F(TransportTest, OneClientHasNotEveryConnection) {
  TransportOptions options;
  options.limits.client_connections = 2;
  start(options);
  {
    Client first(port()), second(port());
    EXPECT_EQ(first.ask("GET", "/").status, 200);
    EXPECT_EQ(second.ask("GET", "/").status, 200);
    EXPECT_EQ(Client(port()).receive()->status, 503);
  }
  while (transport_->connections() > 0) std::this_thread::yield();
  EXPECT_EQ(Client(port()).ask("GET", "/").status, 200);
}

TEST_F(TransportTest, RefusesBlockingWorkAboveWhatMayWait) {
  TransportOptions options;
  options.blocking_threads = 1;
  options.limits.waiting = 2;  // the one that runs included
  handler_.gate = false;
  start(options);
  std::atomic<int> done{0}, refused{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 5; ++i) {
    clients.emplace_back([&] {
      const int status = testing::ask(port(), "POST", "/block", "x").status;
      (status == 200 ? done : refused).fetch_add(1);
    });
  }
  while (refused < 3) std::this_thread::yield();
  handler_.open_gate();
  for (auto& client : clients) client.join();
  EXPECT_EQ(done, 2);
  EXPECT_EQ(refused, 3);
}

TEST_F(TransportTest, WorkThatWaitedBeyondItsDeadlineIsRefused) {
  TransportOptions options;
  options.blocking_threads = 1;
  options.limits.request = 10;
  handler_.gate = false;
  start(options);
  Client first(port()), second(port());
  // The first may itself be late on a busy machine; then nothing holds the second up and there is nothing to see.
  ASSERT_TRUE(first.send(first.render("POST", "/block1", "x")));
  ASSERT_TRUE(second.send(second.render("POST", "/block2", "x")));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  handler_.open_gate();
  const auto one = first.receive(), two = second.receive();
  ASSERT_TRUE(one && two);
  EXPECT_TRUE(one->status == 503 || two->status == 503);
  EXPECT_LE(handler_.calls, 1);
}

TEST_F(TransportTest, BlockingWorkDoesNotHoldUpReaders) {
  handler_.gate = false;
  TransportOptions options;
  options.blocking_threads = 4;
  start(options);
  std::vector<std::unique_ptr<Client>> writers;
  for (int i = 0; i < 4; ++i) {
    writers.push_back(std::make_unique<Client>(port()));
    ASSERT_TRUE(writers.back()->send(writers.back()->render("POST", "/block", "x")));
  }
  while (handler_.calls < 4) std::this_thread::yield();
  EXPECT_EQ(testing::ask(port(), "GET", "/").status, 200);
  handler_.open_gate();
  for (auto& writer : writers) EXPECT_EQ(writer->receive()->status, 200);
}

TEST_F(TransportTest, AnExceptionIsAnsweredWith500) {
  start();
  Client client(port());
  EXPECT_EQ(client.ask("GET", "/throw").status, 500);
  EXPECT_EQ(client.ask("GET", "/").status, 200);
}

TEST_F(TransportTest, StoppingFinishesWhatWasBegunAndClosesTheRest) {
  handler_.gate = false;
  start();
  Client idle(port()), busy(port());
  EXPECT_EQ(idle.ask("GET", "/").status, 200);
  ASSERT_TRUE(busy.send(busy.render("POST", "/block", "x")));
  while (handler_.calls < 2) std::this_thread::yield();
  const std::uint16_t was = port();
  std::thread stopper([this] { transport_->stop(); });
  EXPECT_TRUE(idle.closed());  // while the other is still being worked on
  handler_.open_gate();
  const auto reply = busy.receive();
  stopper.join();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->header("connection"), "close");
  EXPECT_FALSE(Client(was).connected());
}

TEST_F(TransportTest, StoppingGivesUpOnClientsThatNeverFinish) {
  TransportOptions options;
  options.limits.drain = 100;
  start(options);
  Client client(port());
  ASSERT_TRUE(client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n012"));
  while (transport_->connections() == 0) std::this_thread::yield();
  const auto begun = Clock::now();
  transport_->stop();
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(5));
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(TransportTest, StoppingUnderLoadAnswersWholeOrNotAtAll) {
  start();
  std::atomic<bool> over{false};
  std::atomic<int> whole{0}, broken{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      while (!over) {
        Client client(port());
        if (!client.connected()) return;
        while (client.send(client.render("POST", i % 2 == 0 ? "/x" : "/block", std::string(5000, 'x')))) {
          const auto reply = client.receive();
          if (!reply) break;
          (reply->status == 200 && reply->body.size() > 5000 ? whole : broken).fetch_add(1);
          if (reply->header("connection") == "close") break;
        }
      }
    });
  }
  while (whole < 100) std::this_thread::yield();
  transport_->stop();
  over = true;
  for (auto& client : clients) client.join();
  EXPECT_EQ(broken, 0);
  EXPECT_EQ(transport_->connections(), 0U);
}

TEST_F(TransportTest, APortInUseIsAClearError) {
  start();
  TransportOptions options;
  options.port = port();
  const auto second = Transport::start(handler_, options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::io);
  EXPECT_EQ(second.error().where, "127.0.0.1:" + std::to_string(port()));
  EXPECT_THAT(second.error().hint, HasSubstr("--listen 127.0.0.1:" + std::to_string(port() + 1)));
  options.address = "nowhere";
  EXPECT_EQ(Transport::start(handler_, options).error().kind, ErrorKind::invalid);
}

TEST_F(TransportTest, WaitReturnsAfterStop) {
  start();
  std::thread stopper([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    transport_->stop();
  });
  transport_->wait();
  EXPECT_TRUE(transport_->stopping());
  stopper.join();
}

}  // namespace
}  // namespace souk::serve
