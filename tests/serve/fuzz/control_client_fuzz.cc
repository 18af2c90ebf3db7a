// What a process that listens at control.sock may answer: any bytes, as they are and with sizes that fit. The command ends as those frames
// say, having shown what they carry, or with the error of a refusal or of a lost connection.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>

#include "souk/serve/control.h"

#include "tests/serve/fuzz/frames.h"
#include "tests/support/fuzz_file.h"

namespace {

using namespace souk;
using namespace souk::serve;
using control::Frame;

// Answers the next client with these bytes, whatever it asks, and hears it out.
void answer_one(const control::Socket& listening, std::string_view stream) {
  const control::Socket client(::accept(listening.get(), nullptr, nullptr));
  testing::send_and_end(client.get(), stream);
  while (client.receive()) {
  }
}

struct Outcome {
  int status = -1;
  ErrorKind error = ErrorKind::io;  // when there is no status
  std::string shown;
};

Outcome expected(const std::vector<Frame>& frames) {
  Outcome outcome;
  const auto refused = [&](const Frame& frame) {
    const auto words = control::unpack(frame.payload);
    if (words && words->size() == 2) outcome.error = ErrorKind::busy;
    return outcome;
  };
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Frame& frame = frames[i];
    if (frame.kind == 'X') return refused(frame);
    if (i == 0 && frame.kind != 'H') return outcome;
    if (i == 0) continue;
    if (frame.kind == 'D' && frame.payload.size() == 1) {
      outcome.status = static_cast<unsigned char>(frame.payload.front());
      return outcome;
    }
    outcome.shown += frame.kind == 'A' ? "A" : frame.kind + frame.payload;
  }
  return outcome;
}

void check(const std::string& stream) {
  static const testing::FuzzFolder folder;
  static const fs::path path = folder.path() / "control.sock";
  static int ignored = 0;
  static const auto listening = control::open_socket(path, control::Side::listen, ignored);
  if (!listening) std::abort();
  Outcome outcome;
  const ControlClient client{
      .version = "1",
      .show = [&](ControlStream kind, std::string_view text) { outcome.shown.append(1, static_cast<char>(kind)).append(text); },
      .arrived =
          [&] {
            outcome.shown += 'A';
            return true;
          }};
  std::thread server([&] { answer_one(*listening, stream); });
  const auto status = send_command(path, {.directory = "/", .arguments = {"train"}, .input = {}}, client);
  server.join();
  if (status) {
    outcome.status = *status;
  } else {
    outcome.error = status.error().kind;
  }
  const Outcome wanted = expected(testing::frames_in(stream));
  if (outcome.status != wanted.status || outcome.shown != wanted.shown) std::abort();
  if (!status && outcome.error != wanted.error) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string stream(reinterpret_cast<const char*>(data), size);
  check(stream);
  check(testing::fitted(stream));
  return 0;
}
