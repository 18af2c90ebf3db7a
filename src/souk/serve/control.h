// SHOP/control.sock: how another process on this machine hands a command to the one that holds the shop, and watches it being done.
//
// A UNIX stream socket of mode 0600 that talks to the owner of the process, and root, alone (SO_PEERCRED). Messages are frames: u32 size of
// the payload (this machine's order), a letter, the payload. A list of texts is u32 count, then u32 size and bytes of each.
//   server  H  its version;  X  what, hint: it will not serve this client, and why
//   client  R  version, folder, "input" or "", arguments...
//   client  I  a piece of its standard input, which the server spools;  E  the end of it (only after "input")
//   server  O  text for stdout   M  text for stderr   P  a record of progress (base/progress.h)
//   server  A  has all of that stdout arrived?;  client  Y  yes;  N  no
//   client  C  stop; so does the end of the connection
//   server  D  exit status (u8): done
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::serve {

enum class ControlStream : char { out = 'O', message = 'M', progress = 'P' };

struct ControlCommand {
  std::string directory;               // the working folder of who gives it
  std::vector<std::string> arguments;  // without the program's name
  // For the server: a file with what the client's standard input held; empty: the client sent none. Deleted with the command.
  fs::path input;
};

class ControlPeer {  // who gave a command; thread-safe
 public:
  virtual ~ControlPeer() = default;
  virtual void send(ControlStream stream, std::string_view text) = 0;  // into the void when the peer is gone
  // Asks it whether all that was sent for stdout could be written there. No when it is gone, or wants to stop before it says.
  virtual bool arrived() = 0;
  // `cancel` is called, in any thread, when the peer asks to stop, is gone, or the server ends; at once when that was so before. An empty
  // one takes it back: it is not running any more when this returns.
  virtual void on_cancel(std::function<void()> cancel) = 0;
};

struct ControlOptions {
  std::string version;                 // of this program: clients of another are refused
  std::size_t most_clients = 32;       // more are refused, not queued
  std::vector<std::string> at_once{};  // verbs that wait for no other command
};

class ControlServer {  // does one command at a time, in the order of arrival, and those of `at_once` beside it; who must wait is told
 public:
  using Handler = std::function<int(const ControlCommand&, ControlPeer&)>;  // returns the exit status; must not throw

  // Replaces what a killed process left at `socket`: only whoever holds the shop may call this.
  static Result<std::unique_ptr<ControlServer>> start(const fs::path& socket, Handler handler, const ControlOptions& options);
  ~ControlServer();  // removes the socket, cancels what is being done, waits for its end, refuses what waits

 private:
  struct Impl;
  explicit ControlServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct ControlClient {
  std::string version;
  int input = -1;  // descriptor of the standard input to send along; -1: none
  std::function<void(ControlStream, std::string_view)> show;
  std::function<bool()> arrived = [] { return true; };  // whether all that was shown for stdout could be written
};
// Has the command done, and returns its exit status; kNobody when nobody listens there. SIGINT and SIGTERM ask the server to stop the
// command; a second one leaves at once (cancelled). Errors: busy where the server refuses; io where the connection is lost.
inline constexpr int kNobody = -1;
Result<int> send_command(const fs::path& socket, const ControlCommand& command, const ControlClient& client);

}  // namespace souk::serve
