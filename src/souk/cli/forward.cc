#include "souk/cli/forward.h"

#include <algorithm>
#include <unistd.h>

#include "souk/cli/command_line.h"

namespace souk::cli {
namespace {

constexpr std::string_view kSocket = "control.sock";

// Somebody at another terminal, who sees what the verb prints and shows its progress there.
class Remote final : public Caller {
 public:
  Remote(std::shared_ptr<engine::Shop> shop, const serve::ControlCommand& command, serve::ControlPeer& peer)
      : shop_(std::move(shop)),
        command_(command),
        peer_(peer),
        progress_(Progress::Style::records, [&peer](std::string_view records) { peer.send(serve::ControlStream::progress, records); }) {
    peer_.on_cancel([this] { progress_.cancel(); });
  }
  ~Remote() override { peer_.on_cancel({}); }
  Remote(const Remote&) = delete;
  Remote& operator=(const Remote&) = delete;

  void out(std::string_view text) override { peer_.send(serve::ControlStream::out, text); }
  void err(std::string_view text) override { peer_.send(serve::ControlStream::message, text); }
  Progress& progress(bool) override { return progress_; }
  fs::path file(const std::string& name) override {
    if (name == "-") return command_.input.empty() ? fs::path("/dev/null") : command_.input;
    return fs::path(command_.directory) / name;
  }
  Result<std::shared_ptr<engine::Shop>> open(const std::string& directory, Access, const engine::OpenOptions&) override {
    std::error_code ignored;
    if (fs::equivalent(file(directory), shop_->directory(), ignored)) return shop_;
    return fail(Error{
        ErrorKind::invalid, "this process serves another shop", directory, shop_->directory().string(), file(directory).string(), {}});
  }

 private:
  const std::shared_ptr<engine::Shop> shop_;
  const serve::ControlCommand& command_;
  serve::ControlPeer& peer_;
  Progress progress_;
};

void show(const Console& console, serve::ControlStream stream, std::string_view text) {
  switch (stream) {
    case serve::ControlStream::out:
      return console.caller->out(text);
    case serve::ControlStream::message:
      return console.caller->err(text);
    case serve::ControlStream::progress:
      for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
        console.progress().take(text.substr(0, end));
      }
      return;
  }
}

}  // namespace

std::optional<int> forward(const Console& console, const std::string& shop, const std::vector<std::string>& arguments) {
  std::error_code error;
  serve::ControlCommand command{.directory = fs::current_path(error).string(), .arguments = arguments, .input = {}};
  const bool reads_input = std::find(arguments.begin(), arguments.end(), "-") != arguments.end();
  const serve::ControlClient client{.version = std::string(engine::kVersion),
                                    .input = reads_input ? STDIN_FILENO : -1,
                                    .show = [&](serve::ControlStream stream, std::string_view text) { show(console, stream, text); }};
  const auto status = serve::send_command(fs::path(shop) / kSocket, command, client);
  if (!status) return report(console, status.error());
  if (*status == serve::kNobody) return {};
  return *status;
}

Result<std::unique_ptr<serve::ControlServer>> serve_commands(const std::shared_ptr<engine::Shop>& shop) {
  const auto handler = [shop](const serve::ControlCommand& command, serve::ControlPeer& peer) {
    Remote caller(shop, command, peer);
    return run_forwarded(caller, command.arguments);
  };
  return serve::ControlServer::start(shop->directory() / kSocket, handler,
                                     {.version = std::string(engine::kVersion), .at_once = {"backup", "key", "forget"}});
}

}  // namespace souk::cli
