#include "runtime/net/address.hpp"

#include "runtime/net/field.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace arrakis::net {
namespace {
constexpr std::array<uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::optional<ip_address> parse_bare(std::string_view text) {
  const std::string copy{text};
  ip_address out;
  if (copy.find('\0') != copy.npos)
    return std::nullopt;
  if (inet_pton(AF_INET6, copy.c_str(), out.bytes.data()) == 1)
    return out;
  std::copy(v4_prefix.begin(), v4_prefix.end(), out.bytes.begin());
  return inet_pton(AF_INET, copy.c_str(), out.bytes.data() + 12) == 1 ? std::optional{out} : std::nullopt;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5
      && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}
} // namespace

bool ip_address::is_v4() const { return std::equal(v4_prefix.begin(), v4_prefix.end(), bytes.begin()); }

std::string ip_address::text() const {
  char out[INET6_ADDRSTRLEN] = {};
  is_v4() ? inet_ntop(AF_INET, bytes.data() + 12, out, sizeof out) : inet_ntop(AF_INET6, bytes.data(), out, sizeof out);
  return out;
}

std::optional<ip_address> parse_ip(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos || (end + 1 < text.size() && (text[end + 1] != ':' || !is_port(text.substr(end + 2)))))
      return std::nullopt;
    const auto inner = text.substr(1, end - 1);
    return inner.find(':') == inner.npos ? std::nullopt : parse_bare(inner);
  }
  if (const auto colon = text.find(':'); colon != text.npos && text.find(':', colon + 1) == text.npos)
    return is_port(text.substr(colon + 1)) ? parse_bare(text.substr(0, colon)) : std::nullopt;
  return parse_bare(text);
}

std::optional<network> network::parse(std::string_view cidr) {
  const auto slash = cidr.find('/');
  const auto address = parse_bare(cidr.substr(0, slash));
  if (!address)
    return std::nullopt;
  const unsigned offset = address->is_v4() && cidr.find(':') == cidr.npos ? 96 : 0;
  network out;
  out.base_ = *address;
  if (slash != cidr.npos) {
    const auto digits = cidr.substr(slash + 1);
    unsigned length = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (failed != std::errc{} || end != digits.data() + digits.size() || length + offset > 128)
      return std::nullopt;
    out.length_ = length + offset;
  }
  for (unsigned bit = out.length_; bit < 128; ++bit)
    if ((address->bytes[bit / 8] >> (7 - bit % 8)) & 1)
      return std::nullopt;
  return out;
}

bool network::contains(const ip_address& address) const {
  const auto whole = length_ / 8, rest = length_ % 8;
  if (!std::equal(base_.bytes.begin(), base_.bytes.begin() + whole, address.bytes.begin()))
    return false;
  return rest == 0 || (base_.bytes[whole] >> (8 - rest)) == (address.bytes[whole] >> (8 - rest));
}

bool any_contains(const std::vector<network>& all, const ip_address& address) {
  return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.contains(address); });
}

peer_key key_of(const ip_address& address) {
  peer_key out{address.bytes};
  if (!address.is_v4())
    std::fill(out.bytes.begin() + 8, out.bytes.end(), uint8_t{0});
  return out;
}

ip_address forwarded_peer(const ip_address& remote, const headers& all, const std::vector<network>& trusted) {
  auto peer = remote;
  for (auto field = all.rbegin(); field != all.rend(); ++field) {
    if (!equal_without_case(field->first, "X-Forwarded-For"))
      continue;
    std::string_view rest = field->second;
    while (!rest.empty()) {
      const auto comma = rest.rfind(',');
      const auto hop = trimmed(comma == rest.npos ? rest : rest.substr(comma + 1));
      rest = comma == rest.npos ? std::string_view{} : rest.substr(0, comma);
      const auto address = parse_ip(hop);
      if (!address)
        return peer;
      peer = *address;
      if (!any_contains(trusted, peer))
        return peer;
    }
  }
  return peer;
}
} // namespace arrakis::net
