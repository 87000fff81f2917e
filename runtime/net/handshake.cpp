#include "runtime/net/handshake.hpp"

#include "runtime/clock.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

namespace arrakis::net::handshake {
namespace {
std::string base64(const unsigned char* bytes, size_t size) {
  std::string out((size + 2) / 3 * 4 + 1, '\0'); // OpenSSL ends it with a zero.
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(size));
  out.resize(static_cast<size_t>(length));
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool equal(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}
} // namespace

std::string make_key() {
  std::array<unsigned char, 16> random{};
  random_bytes(random);
  return base64(random.data(), random.size());
}

std::string accept_of(std::string_view key) {
  const auto text = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455 1.3.
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return base64(digest.data(), digest.size());
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
  constexpr std::string_view version = "HTTP/1.1 ";
  int status = 0;
  if (!head.starts_with(version) || head.size() < version.size() + 3
      || std::from_chars(head.data() + version.size(), head.data() + version.size() + 3, status).ec != std::errc{})
    return {"no HTTP/1.1", false};
  if (status != 101)
    return {fmt::format("the server answered {}", status), true};
  headers found;
  for (auto rest = head.substr(std::min(head.find("\r\n") + 2, head.size())); !rest.empty();) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(line.size() + 2, rest.size()));
    if (const auto colon = line.find(':'); colon != std::string_view::npos)
      found.emplace_back(std::string{line.substr(0, colon)}, std::string{trimmed(line.substr(colon + 1))});
  }
  if (!equal(header(found, "Upgrade"), "websocket") || !lists(header(found, "Connection"), "upgrade"))
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
    if (equal(trimmed(one), token))
      return true;
    values.remove_prefix(std::min(one.size() + 1, values.size()));
  }
  return false;
}
} // namespace arrakis::net::handshake
