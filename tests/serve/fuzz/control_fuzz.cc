// What a process may send to the one that holds the shop: any bytes, as they are and with sizes that fit. The server says its version, and
// then what control.h promises for those frames: the end of a command that it took, a refusal, or nothing.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "souk/serve/control.h"

#include "tests/serve/fuzz/frames.h"
#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;
using namespace souk::serve;
using control::Frame;

constexpr const char* kVersion = "1";

int do_command(const ControlCommand& command, ControlPeer& peer) {
  std::string said = command.directory;
  for (const std::string& argument : command.arguments) said += ' ' + argument;
  peer.send(ControlStream::out, said);
  if (!command.input.empty()) peer.send(ControlStream::message, read_file(command.input).value());
  if (command.arguments.size() % 2 == 1) static_cast<void>(peer.arrived());
  return static_cast<int>(command.arguments.size() % 256);
}

const fs::path& socket_of_a_server() {
  static const testing::FuzzFolder folder;
  static const fs::path path = folder.path() / "control.sock";
  static const auto server = ControlServer::start(path, do_command, {.version = kVersion, .at_once = {"backup"}});
  if (!server) std::abort();
  return path;
}

// The last frame that a client of these frames is told; nothing: only the version.
std::optional<char> expected_end(const std::vector<Frame>& frames) {
  if (frames.empty() || frames.front().kind != 'R') return {};
  const auto words = control::unpack(frames.front().payload);
  if (!words || words->size() < 3) return {};
  if (control::pack(*words) != frames.front().payload) std::abort();
  if (words->front() != kVersion) return 'X';
  if ((*words)[2].empty()) return 'D';
  for (std::size_t i = 1; i < frames.size(); ++i) {
    if (frames[i].kind == 'E') return 'D';
    if (frames[i].kind != 'I') return {};
  }
  return {};
}

void check(const std::string& stream) {
  int ignored = 0;
  const auto client = control::open_socket(socket_of_a_server(), control::Side::connect, ignored);
  if (!client) std::abort();
  testing::send_and_end(client->get(), stream);
  const auto hello = client->receive();
  if (!hello || hello->kind != 'H' || hello->payload != kVersion) std::abort();
  std::optional<Frame> last;
  while (auto frame = client->receive()) {
    if (last && (last->kind == 'D' || last->kind == 'X')) std::abort();
    if (frame->kind == 'X' && !control::unpack(frame->payload)) std::abort();
    if (frame->kind == 'D' && frame->payload.size() != 1) std::abort();
    last = std::move(frame);
  }
  const auto end = expected_end(testing::frames_in(stream));
  if (last.has_value() != end.has_value() || (last && last->kind != *end)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string stream(reinterpret_cast<const char*>(data), size);
  check(stream);
  check(testing::fitted(stream));
  return 0;
}
