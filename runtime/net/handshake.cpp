#include "runtime/net/handshake.hpp"

#include "runtime/base64.hpp"
#include "runtime/clock.hpp"
#include "runtime/net/field.hpp"
#include "runtime/net/head.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <openssl/sha.h>

namespace arrakis::net::handshake {
std::string make_key() {
  std::array<unsigned char, 16> random{};
  random_bytes(random);
  return base64({reinterpret_cast<const char*>(random.data()), random.size()});
}

std::string accept_of(std::string_view key) {
  const auto text = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455 1.3.
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string request_text(const std::string& authority, const std::string& target, const std::string& key) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\n\r\n",
                     target, authority, key);
}

std::string response_text(std::string_view key) {
  return fmt::format("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: {}\r\n\r\n",
                     accept_of(key));
}

size_t head_end(std::string_view bytes) {
  const auto at = bytes.find("\r\n\r\n");
  return at == std::string_view::npos ? at : at + 4;
}

verdict judge(std::string_view head, std::string_view key) {
  response_head answer;
  if (read_head(head, false, answer))
    return {"no HTTP/1.1", false};
  if (answer.message.status != 101)
    return {fmt::format("the server answered {}", answer.message.status), true};
  const auto& found = answer.message.headers;
  if (!equal_without_case(header(found, "Upgrade"), "websocket") || !lists(header(found, "Connection"), "upgrade"))
    return {"the answer does not upgrade to WebSocket", false};
  if (header(found, "Sec-WebSocket-Accept") != accept_of(key))
    return {"the server does not prove its handshake", false};
  // We offered none.
  if (!header(found, "Sec-WebSocket-Extensions").empty() || !header(found, "Sec-WebSocket-Protocol").empty())
    return {"the server chose an extension that was not offered", false};
  return {};
}

bool lists(std::string_view values, std::string_view token) {
  while (!values.empty()) {
    const auto one = values.substr(0, values.find(','));
    if (equal_without_case(trimmed(one), token))
      return true;
    values.remove_prefix(std::min(one.size() + 1, values.size()));
  }
  return false;
}
} // namespace arrakis::net::handshake
