#include "souk/cli/forward.h"

#include <charconv>
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
  bool arrived() override { return peer_.arrived(); }
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

// The descriptor that an argument names: "-" and "/dev/stdin" standard input, "/dev/fd/63" what a shell's <(...) is; -1: none.
int descriptor_named(std::string_view argument) {
  if (argument == "-" || argument == "/dev/stdin") return STDIN_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    int descriptor = -1;
    if (!argument.starts_with(folder)) continue;
    const std::string_view number = argument.substr(folder.size());
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), descriptor);
    return error == std::errc() && end == number.data() + number.size() ? descriptor : -1;
  }
  return -1;
}

// Where this process reads what the command calls "-", -1 where it calls nothing so. The serving process has other descriptors than this
// one: an argument that names one of them becomes "-".
Result<int> take_input(std::vector<std::string>& arguments) {
  int input = -1;
  for (std::string& argument : arguments) {
    const int named = descriptor_named(argument);
    if (named < 0) continue;
    if (input >= 0 && named != input) {
      return fail(Error{ErrorKind::invalid, "the process that serves the shop takes one input of another command", argument, "one", "two",
                        "Give these files one after the other"});
    }
    input = named;
    argument = "-";
  }
  return input;
}

}  // namespace

std::optional<int> forward(const Console& console, const std::string& shop, const std::vector<std::string>& arguments) {
  std::error_code error;
  serve::ControlCommand command{.directory = fs::current_path(error).string(), .arguments = arguments, .input = {}};
  const auto input = take_input(command.arguments);
  if (!input) return report_usage(console, input.error());
  const serve::ControlClient client{.version = std::string(engine::kVersion),
                                    .input = *input,
                                    .show = [&](serve::ControlStream stream, std::string_view text) { show(console, stream, text); },
                                    .arrived = [&] { return console.caller->arrived(); }};
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
