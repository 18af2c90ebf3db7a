// Commands handed to another process over SHOP/control.sock; here both sides are threads of one.
#include "souk/serve/control.h"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "souk/base/random.h"
#include "souk/serve/control_wire.h"

#include "tests/support/data.h"

namespace souk::testing {
namespace {

using serve::ControlClient;
using serve::ControlCommand;
using serve::ControlPeer;
using serve::ControlServer;
using serve::ControlStream;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Control : public ::testing::Test {
 protected:
  void start(ControlServer::Handler handler, std::size_t most_clients = 8) {
    auto started =
        ControlServer::start(socket, std::move(handler), {.version = "1.0", .most_clients = most_clients, .at_once = {"backup"}});
    ASSERT_TRUE(started) << started.error().message();
    server = std::move(*started);
  }
  Result<int> send(std::vector<std::string> arguments, std::string* said = nullptr, const std::string& version = "1.0",
                   int input = -1) const {
    std::mutex mutex;
    const ControlClient client{.version = version, .input = input, .show = [&](ControlStream stream, std::string_view text) {
                                 const std::lock_guard lock(mutex);
                                 if (said != nullptr) said->append(1, static_cast<char>(stream)).append(text);
                               }};
    return serve::send_command(socket, {.directory = "/somewhere", .arguments = std::move(arguments), .input = {}}, client);
  }

  const TempDir dir;
  fs::path socket = dir / "control.sock";
  std::unique_ptr<ControlServer> server;
};

// Holds handlers back until it is opened.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_until_somebody_waits() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

TEST_F(Control, DoesACommandAndRelaysWhatItSays) {
  start([](const ControlCommand& command, ControlPeer& peer) {
    EXPECT_EQ(command.directory, "/somewhere");
    EXPECT_THAT(command.arguments, ElementsAre("import", "a b", ""));
    EXPECT_TRUE(command.input.empty());
    peer.send(ControlStream::out, "three rows\n");
    peer.send(ControlStream::progress,
              "\x1e"
              "d3\n");
    peer.send(ControlStream::message, "careful\n");
    return 3;
  });
  std::string said;
  EXPECT_EQ(send({"import", "a b", ""}, &said), 3);
  EXPECT_EQ(said,
            "Othree rows\nP\x1e"
            "d3\nMcareful\n");
}

TEST_F(Control, KnowsWhetherWhatItSaidArrived) {
  start([](const ControlCommand&, ControlPeer& peer) {
    peer.send(ControlStream::out, "a key");
    return peer.arrived() ? 7 : 8;
  });
  for (const bool written : {true, false}) {
    std::string shown;
    const ControlClient client{.version = "1.0",
                               .show = [&](ControlStream, std::string_view text) { shown += text; },
                               .arrived =
                                   [&] {
                                     EXPECT_EQ(shown, "a key") << "asked before it was shown";
                                     return written;
                                   }};
    EXPECT_EQ(serve::send_command(socket, {.directory = "/", .arguments = {"key"}, .input = {}}, client), written ? 7 : 8);
  }
}

TEST_F(Control, DoesNotWaitForAnAnswerOfWhoIsGone) {
  Gate over;
  start([&](const ControlCommand&, ControlPeer& peer) {
    EXPECT_FALSE(peer.arrived());
    over.open();
    return 1;
  });
  {
    int ignored = 0;
    const auto client = serve::control::open_socket(socket, serve::control::Side::connect, ignored).value();
    EXPECT_EQ(client.receive()->kind, 'H');
    EXPECT_TRUE(client.send('R', serve::control::pack({"1.0", "/", "", "key"})));
    EXPECT_EQ(client.receive()->kind, 'A');
  }  // killed
  over.pass();
}

TEST_F(Control, CarriesLargeOutputAndInputWhole) {
  std::string content(3'000'000, '\0');
  Random random(3);
  for (char& c : content) c = static_cast<char>(random.below(256));
  start([&](const ControlCommand& command, ControlPeer& peer) {
    peer.send(ControlStream::out, read_file(command.input).value());
    return 0;
  });
  std::ofstream(dir / "input", std::ios::binary) << content;
  const int input = ::open((dir / "input").c_str(), O_RDONLY | O_CLOEXEC);
  std::string said;
  EXPECT_EQ(send({"import", "-"}, &said, "1.0", input), 0);
  ::close(input);
  std::string joined;
  for (std::size_t at = 0; at < said.size(); at += serve::control::kMostPayload + 1)
    joined += said.substr(at + 1, serve::control::kMostPayload);
  EXPECT_TRUE(joined == content);
}

// A server that is killed leaves none of it.
TEST_F(Control, SpoolsInputIntoAFileWithoutAName) {
  std::string target;
  start([&](const ControlCommand& command, ControlPeer&) {
    target = fs::read_symlink(command.input).string();
    return is_nameless(command.input) && read_file(command.input).value().empty() ? 0 : 1;
  });
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(send({"import", "-"}, nullptr, "1.0", nothing), 0);
  ::close(nothing);
  EXPECT_TRUE(target.ends_with(" (deleted)")) << target;
}

TEST_F(Control, NobodyListensWhereThereIsNoServer) {
  EXPECT_EQ(send({"train"}), serve::kNobody);
  std::ofstream(socket) << "a file";
  EXPECT_EQ(send({"train"}), serve::kNobody);
  EXPECT_TRUE(fs::remove(socket));
  start([](const ControlCommand&, ControlPeer&) { return 0; });
  EXPECT_EQ(send({"train"}), 0);
  server.reset();
  EXPECT_FALSE(fs::exists(socket));
  EXPECT_EQ(send({"train"}), serve::kNobody);
}

TEST_F(Control, ReplacesWhatAKilledServerLeft) {
  int ignored = 0;
  { const auto left = serve::control::open_socket(socket, serve::control::Side::listen, ignored).value(); }
  ASSERT_TRUE(fs::exists(socket));
  EXPECT_EQ(send({"train"}), serve::kNobody);
  start([](const ControlCommand&, ControlPeer&) { return 0; });
  EXPECT_EQ(send({"train"}), 0);
}

TEST_F(Control, IsForTheOwnerAlone) {
  start([](const ControlCommand&, ControlPeer&) { return 0; });
  struct stat about {};
  ASSERT_EQ(::stat(socket.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600U);
}

TEST_F(Control, WorksUnderAPathOfAnyLength) {
  fs::path deep = dir.path();
  while (deep.string().size() < 300) deep /= "a-folder-with-a-long-name";
  fs::create_directories(deep);
  socket = deep / "control.sock";
  start([](const ControlCommand&, ControlPeer&) { return 7; });
  EXPECT_EQ(send({"train"}), 7);
}

TEST_F(Control, RefusesAnotherVersion) {
  start([](const ControlCommand&, ControlPeer&) { return 0; });
  const auto refused = send({"train"}, nullptr, "2.0");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::busy);
  EXPECT_THAT(refused.error().message(), AllOf(HasSubstr("1.0"), HasSubstr("2.0")));
}

TEST_F(Control, DoesOneCommandAtATimeAndSaysWhoWaitsForWhat) {
  Gate gate;
  std::atomic<int> inside{0};
  start([&](const ControlCommand&, ControlPeer&) {
    EXPECT_EQ(++inside, 1);
    gate.pass();
    --inside;
    return 0;
  });
  std::jthread first([&] { EXPECT_EQ(send({"--quiet", "import", "x"}), 0); });
  gate.wait_until_somebody_waits();
  std::string said;
  std::jthread second([&] { EXPECT_EQ(send({"train"}, &said), 0); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  gate.open();
  first.join();
  second.join();
  EXPECT_THAT(said, HasSubstr("waiting for `souk import`"));
}

TEST_F(Control, DoesSomeCommandsAtOnce) {
  Gate gate;
  start([&](const ControlCommand& command, ControlPeer&) {
    if (command.arguments.front() == "import") gate.pass();
    return 0;
  });
  std::jthread slow([&] { EXPECT_EQ(send({"import"}), 0); });
  gate.wait_until_somebody_waits();
  EXPECT_EQ(send({"backup"}), 0);
  gate.open();
}

TEST_F(Control, TellsTheCommandThatItsClientIsGone) {
  Gate cancelled;
  start([&](const ControlCommand&, ControlPeer& peer) {
    peer.on_cancel([&] { cancelled.open(); });
    cancelled.pass();
    return 1;
  });
  {
    int ignored = 0;
    const auto socket_of_client = serve::control::open_socket(socket, serve::control::Side::connect, ignored).value();
    EXPECT_EQ(socket_of_client.receive()->kind, 'H');
    EXPECT_TRUE(socket_of_client.send('R', serve::control::pack({"1.0", "/", "", "import"})));
    cancelled.wait_until_somebody_waits();
  }  // killed
  EXPECT_EQ((server.reset(), 0), 0);
}

TEST_F(Control, StopsTheCommandOnAnInterruptAndWaitsForItsLastWords) {
  Gate cancelled;
  start([&](const ControlCommand&, ControlPeer& peer) {
    peer.on_cancel([&] { cancelled.open(); });
    cancelled.pass();
    peer.send(ControlStream::message, "stopped in good order\n");
    return 1;
  });
  std::string said;
  std::jthread client([&] { EXPECT_EQ(send({"import"}, &said), 1); });
  cancelled.wait_until_somebody_waits();
  ::pthread_kill(client.native_handle(), SIGINT);
  client.join();
  EXPECT_THAT(said, HasSubstr("stopped in good order"));
}

TEST_F(Control, EndsWithItsServerWhateverIsBeingDone) {
  Gate cancelled;
  start([&](const ControlCommand&, ControlPeer& peer) {
    peer.on_cancel([&] { cancelled.open(); });
    cancelled.pass();
    return 1;
  });
  std::vector<std::jthread> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back([&] { static_cast<void>(send({"import"})); });
  cancelled.wait_until_somebody_waits();
  server.reset();
}

TEST_F(Control, RefusesClientsBeyondItsLimit) {
  Gate gate;
  start(
      [&](const ControlCommand&, ControlPeer&) {
        gate.pass();
        return 0;
      },
      4);
  std::atomic<int> done{0}, refused{0};
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 40; ++i) {
      clients.emplace_back([&] {
        const auto status = send({"import"});
        if (!status && status.error().kind == ErrorKind::busy) ++refused;
        if (status && *status == 0) ++done;
      });
    }
    while (refused < 36) std::this_thread::yield();
    gate.open();
  }
  EXPECT_EQ(done, 4);
  EXPECT_EQ(refused, 36);
  EXPECT_EQ(send({"import"}), 0) << "and goes on";
}

TEST_F(Control, SurvivesWhateverBytesItIsSent) {
  start([](const ControlCommand&, ControlPeer&) { return 0; });
  Random random(11);
  for (int round = 0; round < 200; ++round) {
    int ignored = 0;
    const auto client = serve::control::open_socket(socket, serve::control::Side::connect, ignored).value();
    std::string bytes(random.below(64), '\0');
    for (char& c : bytes) c = static_cast<char>(random.below(256));
    if (round % 2 == 0) {
      static_cast<void>(::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
    } else {
      static_cast<void>(client.send("RICE"[random.below(4)], bytes));
    }
  }
  EXPECT_EQ(send({"import"}), 0);
}

TEST_F(Control, HangsUpOnWhomItDoesNotUnderstandAndOnWhoIsDone) {
  start([](const ControlCommand&, ControlPeer&) { return 0; });
  for (const bool good : {false, true}) {
    int ignored = 0;
    const auto client = serve::control::open_socket(socket, serve::control::Side::connect, ignored).value();
    EXPECT_EQ(client.receive()->kind, 'H');
    EXPECT_TRUE(client.send('R', good ? serve::control::pack({"1.0", "/", "", "import"}) : "nonsense"));
    if (good) {
      EXPECT_EQ(client.receive()->kind, 'D');
    }
    EXPECT_FALSE(client.receive()) << "not only when the next client comes";
  }
}

TEST(ControlWire, UnpacksOnlyWhatWasPacked) {
  const std::vector<std::string> texts{"", "a", std::string(1000, 'x'), std::string("\0\n", 2)};
  const std::string packed = serve::control::pack(texts);
  EXPECT_EQ(serve::control::unpack(packed), texts);
  for (std::size_t size = 0; size < packed.size(); ++size) EXPECT_EQ(serve::control::unpack(packed.substr(0, size)), std::nullopt) << size;
  EXPECT_EQ(serve::control::unpack(packed + "x"), std::nullopt);
  EXPECT_EQ(serve::control::unpack("\xff\xff\xff\xff"), std::nullopt);
}

}  // namespace
}  // namespace souk::testing
