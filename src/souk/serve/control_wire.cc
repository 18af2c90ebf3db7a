#include "souk/serve/control_wire.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace souk::serve::control {
namespace {

constexpr int kWaiting = 32;  // connections that were not accepted yet

bool send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_all(int descriptor, char* to, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::recv(descriptor, to, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

void append_number(std::string& to, std::uint32_t number) {
  to.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

std::optional<std::uint32_t> take_number(std::string_view& from) {
  std::uint32_t number = 0;
  if (from.size() < sizeof(number)) return {};
  std::memcpy(&number, from.data(), sizeof(number));
  from.remove_prefix(sizeof(number));
  return number;
}

}  // namespace

Socket::Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Socket::send(char kind, std::string_view payload) const {
  do {
    const std::string_view piece = payload.substr(0, kMostPayload);
    std::string frame;
    append_number(frame, static_cast<std::uint32_t>(piece.size()));
    frame += kind;
    frame += piece;
    if (!send_all(descriptor_, frame)) return false;
    payload.remove_prefix(piece.size());
  } while (!payload.empty());
  return true;
}

std::optional<Frame> Socket::receive() const {
  std::array<char, sizeof(std::uint32_t) + 1> head{};
  if (!receive_all(descriptor_, head.data(), head.size())) return {};
  std::string_view rest(head.data(), head.size());
  const std::uint32_t size = *take_number(rest);
  if (size > kMostPayload) return {};
  Frame frame{rest.front(), std::string(size, '\0')};
  if (!receive_all(descriptor_, frame.payload.data(), size)) return {};
  return frame;
}

std::string pack(const std::vector<std::string>& texts) {
  std::string payload;
  append_number(payload, static_cast<std::uint32_t>(texts.size()));
  for (const std::string& text : texts) {
    append_number(payload, static_cast<std::uint32_t>(text.size()));
    payload += text;
  }
  return payload;
}

std::optional<std::vector<std::string>> unpack(std::string_view payload) {
  const auto count = take_number(payload);
  std::vector<std::string> texts;
  for (std::uint32_t i = 0; count && i < *count; ++i) {
    const auto size = take_number(payload);
    if (!size || *size > payload.size()) return {};
    texts.emplace_back(payload.substr(0, *size));
    payload.remove_prefix(*size);
  }
  if (!count || !payload.empty()) return {};
  return texts;
}

Result<Socket> open_socket(const fs::path& path, Side side, int& system_error) {
  const auto failed = [&](const char* what) {
    system_error = errno;
    return fail_errno(what, path.string(), errno);
  };
  system_error = 0;
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return failed("cannot make a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string name = path.string();
  Socket folder;
  if (name.size() >= sizeof(address.sun_path)) {  // by way of a short name that the system has for an open folder
    folder = Socket(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0) return failed("cannot open the folder of the socket");
    name = fmt::format("/proc/self/fd/{}/{}", folder.get(), path.filename().string());
  }
  if (name.size() >= sizeof(address.sun_path)) return fail(ErrorKind::limit, "the name of the socket is too long", path.string());
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  if (side == Side::connect) {
    int connected = -1;
    do {
      connected = ::connect(socket.get(), generic, sizeof(address));
    } while (connected != 0 && errno == EINTR);
    if (connected != 0) return failed("cannot reach the process that holds the shop");
    return socket;
  }
  // For the owner alone, from before the first client can come.
  if (::bind(socket.get(), generic, sizeof(address)) != 0) return failed("cannot bind the socket");
  if (::chmod(path.c_str(), 0600) != 0 || ::listen(socket.get(), kWaiting) != 0) return failed("cannot listen on the socket");
  return socket;
}

}  // namespace souk::serve::control
