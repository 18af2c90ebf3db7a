// What the fuzz targets of control.sock share: what frames bytes hold, and bytes as frames whose sizes fit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

#include "souk/serve/control_wire.h"

namespace souk::testing {

constexpr std::size_t kFrameHead = sizeof(std::uint32_t) + 1;

// The whole frames at the beginning of a stream.
inline std::vector<serve::control::Frame> frames_in(std::string_view stream) {
  std::vector<serve::control::Frame> frames;
  while (stream.size() >= kFrameHead) {
    std::uint32_t size = 0;
    std::memcpy(&size, stream.data(), sizeof size);
    if (size > serve::control::kMostPayload || size > stream.size() - kFrameHead) break;
    frames.push_back({stream[sizeof size], std::string(stream.substr(kFrameHead, size))});
    stream.remove_prefix(kFrameHead + size);
  }
  return frames;
}

// The stream with every size cut to what there is, and with as many texts in a request or a refusal as it has.
inline std::string fitted(std::string_view bytes) {
  constexpr std::size_t kNumber = sizeof(std::uint32_t);
  std::string stream(bytes);
  const auto put = [&](std::size_t at, std::size_t number) {
    const auto value = static_cast<std::uint32_t>(number);
    std::memcpy(stream.data() + at, &value, kNumber);
  };
  const auto fit = [&](std::size_t at, std::size_t head, std::size_t end) {
    std::uint32_t size = 0;
    std::memcpy(&size, stream.data() + at, kNumber);
    put(at, std::min<std::size_t>(size, end - at - head));
    return std::min<std::size_t>(size, end - at - head);
  };
  for (std::size_t at = 0; at + kFrameHead <= stream.size();) {
    const char kind = stream[at + kNumber];
    const std::size_t begin = at + kFrameHead, end = begin + fit(at, kFrameHead, stream.size());
    at = end;
    if ((kind != 'R' && kind != 'X') || end - begin < kNumber) continue;
    std::size_t texts = 0;
    for (std::size_t text = begin + kNumber; text + kNumber <= end; ++texts) {
      std::size_t next = text + kNumber + fit(text, kNumber, end);
      if (end - next < kNumber) {  // the last text takes all that is left
        next = end;
        put(text, end - text - kNumber);
      }
      text = next;
    }
    put(begin, texts);
  }
  return stream;
}

inline void send_and_end(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;  // the other side has heard enough
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  ::shutdown(socket, SHUT_WR);
}

}  // namespace souk::testing
