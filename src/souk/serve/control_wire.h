// Frames and addresses of the control socket (control.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::serve::control {

inline constexpr std::uint32_t kMostPayload = 1U << 20;

struct Frame {
  char kind = 0;
  std::string payload;
};

class Socket {  // owns a descriptor
 public:
  explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();
  int get() const { return descriptor_; }

  // False when the other side is gone, or takes nothing for as long as SO_SNDTIMEO says. Not for two threads at a time.
  bool send(char kind, std::string_view payload) const;
  // Nothing at the end of the connection, on a time-out, and for a frame that is too large.
  std::optional<Frame> receive() const;

 private:
  int descriptor_;
};

std::string pack(const std::vector<std::string>& texts);
std::optional<std::vector<std::string>> unpack(std::string_view payload);

enum class Side { listen, connect };
// A socket that listens, for its owner alone, or is connected; `system_error` is errno where that failed. Paths of any length.
Result<Socket> open_socket(const fs::path& path, Side side, int& system_error);

}  // namespace souk::serve::control
