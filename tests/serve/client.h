// A small blocking HTTP client over a raw socket, for tests that must say exactly which bytes are sent and when.
#pragma once

#include <arpa/inet.h>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace souk::testing {

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
};

class Client {
 public:
  explicit Client(std::uint16_t port) : port_(port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};  // a server that never answers fails the test instead of hanging it
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  int descriptor() const { return socket_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void finish_sending() { ::shutdown(socket_, SHUT_WR); }

  // The next answer; nothing when the server closed the connection before a whole one.
  std::optional<Reply> receive(bool head_only = false) {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) return std::nullopt;
    }
    Reply reply;
    parse_head(buffer_.substr(0, end), reply);
    buffer_.erase(0, end + 4);
    const std::string length = reply.header("content-length");
    const std::size_t size = head_only || length.empty() ? 0 : std::strtoull(length.c_str(), nullptr, 10);
    while (buffer_.size() < size) {
      if (!fill()) return std::nullopt;
    }
    reply.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return reply;
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  std::string render(const std::string& method, const std::string& target, const std::string& body = "",
                     const Headers& headers = {}) const {
    std::string out = method + " " + target + " HTTP/1.1\r\n";
    bool host = false;
    for (const auto& [name, value] : headers) {
      host = host || name == "Host";
      out += name + ": " + value + "\r\n";
    }
    if (!host) out += "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n";
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    return out + "\r\n" + body;
  }
  Reply ask(const std::string& method, const std::string& target, const std::string& body = "", const Headers& headers = {}) {
    if (!send(render(method, target, body, headers))) return {};
    return receive(method == "HEAD").value_or(Reply{});
  }
  // True when the server ends the connection without another byte.
  bool closed() { return buffer_.empty() && !fill(); }

 private:
  bool fill() {
    char bytes[16384];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  static void parse_head(const std::string& head, Reply& reply) {
    reply.status = head.size() > 12 ? std::atoi(head.c_str() + 9) : 0;
    for (std::size_t at = head.find("\r\n"); at != std::string::npos;) {
      const std::size_t begin = at + 2;
      at = head.find("\r\n", begin);
      const std::string line = head.substr(begin, at == std::string::npos ? std::string::npos : at - begin);
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos) continue;
      std::string name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      reply.headers[name] = line.substr(line.find_first_not_of(' ', colon + 1));
    }
  }

  int socket_ = -1;
  std::uint16_t port_;
  bool connected_ = false;
  std::string buffer_;
};

// One request on a connection of its own.
inline Reply ask(std::uint16_t port, const std::string& method, const std::string& target, const std::string& body = "",
                 const Client::Headers& headers = {}) {
  return Client(port).ask(method, target, body, headers);
}

}  // namespace souk::testing
