#include "runtime/url.hpp"

#include "runtime/base64.hpp"
#include "runtime/hex.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace arrakis {
namespace {
constexpr size_t bytes_max = 8192; // Above every address in use; bounds what a faulty file makes us keep.

caf::expected<url> wrong(std::string why) { return failed<url>(ec::invalid, std::move(why)); }

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_one_of(std::string_view word, std::string_view words) {
  return !word.empty() && fmt::format(" {} ", words).find(fmt::format(" {} ", word)) != std::string::npos;
}

uint16_t port_of(std::string_view scheme) { return scheme == "https" || scheme == "wss" ? 443 : 80; }

std::optional<uint16_t> read_port(std::string_view digits) {
  uint16_t number = 0;
  const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = bad == std::errc{} && end == digits.data() + digits.size() && number > 0;
  return whole ? std::optional{number} : std::nullopt;
}

bool is_name(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

bool is_ipv6(std::string_view text) {
  in6_addr ignored{};
  return inet_pton(AF_INET6, std::string{text}.c_str(), &ignored) == 1;
}

/// Percent-decoded; nothing when a percent sign has no two hex digits behind it, or stands for a control character.
std::optional<std::string> decode(std::string_view text) {
  std::string out;
  out.reserve(text.size()); // One block, so that wiping it leaves no copy of a secret.
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto byte = from_hex(text.substr(i + 1, 2));
      if (!byte || byte->empty())
        return std::nullopt;
      c = byte->front();
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 32 || c == 127)
      return std::nullopt;
    out += c;
  }
  return out;
}

/// RFC 3986, 3.2.1. What else stands before an @ other readers may take for the end of a host.
bool is_user_info(std::string_view text) {
  constexpr std::string_view marks = "-._~%!$&'()*+,;=:";
  return std::ranges::all_of(text, [&](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || marks.find(c) != marks.npos;
  });
}

/// "Basic ..." (RFC 7617): a user name has no colon. Nothing when the text is none of user[:password].
std::optional<secret> basic(std::string_view user_info) {
  if (!is_user_info(user_info))
    return std::nullopt;
  const auto colon = std::min(user_info.find(':'), user_info.size());
  auto user = decode(user_info.substr(0, colon)),
       password = decode(user_info.substr(colon == user_info.size() ? colon : colon + 1));
  if (!user || !password || user->find(':') != std::string::npos)
    return std::nullopt;
  const auto both = secret::concat(secret{std::move(*user)}, ":", secret{std::move(*password)});
  return both.lend([](std::string_view text) { return secret::concat("Basic ", secret{base64(text)}); });
}
} // namespace

std::string bracketed(std::string_view host) {
  return host.find(':') == std::string_view::npos ? std::string{host} : fmt::format("[{}]", host);
}

std::string url::authority() const {
  return port_ == port_of(scheme_) ? bracketed(host_) : fmt::format("{}:{}", bracketed(host_), port_);
}

caf::expected<url> url::parse(std::string_view text, std::string_view schemes) {
  if (text.size() > bytes_max)
    return wrong(fmt::format("longer than {} bytes", bytes_max));
  if (std::ranges::any_of(text, [](unsigned char c) { return c <= 32 || c >= 127; }))
    return wrong("a blank, a control character or a letter outside ASCII; write it percent-encoded");
  url out;
  const auto mark = text.find("://");
  out.scheme_ = mark == std::string_view::npos ? "" : lower(text.substr(0, mark));
  if (!is_one_of(out.scheme_, schemes))
    return wrong(fmt::format("it must begin with one of: {}", schemes));
  auto rest = text.substr(mark + 3);
  rest = rest.substr(0, rest.find('#'));
  auto place = rest.substr(0, rest.find_first_of("/?"));
  const auto target = rest.substr(place.size());
  out.target_ = secret::concat(target.starts_with('/') ? "" : "/", target);
  if (const auto at = place.find('@'); at != std::string_view::npos) {
    auto header = place.find('@', at + 1) == std::string_view::npos ? basic(place.substr(0, at)) : std::nullopt;
    if (!header)
      return wrong("user and password must be percent-encoded: @ as %40, : as %3A, / as %2F, % as %25");
    out.authorization_ = std::move(*header);
    place = place.substr(at + 1);
  }
  const bool in_brackets = place.starts_with('[');
  const auto end = in_brackets ? place.find(']') : std::min(place.find(':'), place.size());
  if (end == std::string_view::npos)
    return wrong("an IPv6 address ends with ]");
  out.host_ = lower(in_brackets ? place.substr(1, end - 1) : place.substr(0, end));
  if (in_brackets ? !is_ipv6(out.host_) : !is_name(out.host_))
    return wrong(in_brackets ? "there is no IPv6 address in the brackets" : "the host is missing or is no host name");
  const auto behind = place.substr(in_brackets ? end + 1 : end);
  const auto port = behind.empty()   ? std::optional{port_of(out.scheme_)}
                  : behind[0] == ':' ? read_port(behind.substr(1))
                                     : std::nullopt;
  if (!port)
    return wrong("the port is no number from 1 to 65535");
  out.port_ = *port;
  return out;
}

base_address base_of(std::string_view text) {
  const auto parsed = url::parse(text, "http https");
  if (!parsed)
    return {std::string{text}, ""};
  std::string path;
  parsed->target().lend([&](std::string_view target) { path = target; });
  path.resize(path.find_last_not_of('/') + 1);
  return {parsed->origin(), std::move(path)};
}
} // namespace arrakis
