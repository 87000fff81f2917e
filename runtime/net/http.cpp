#include "runtime/net/http.hpp"

#include "runtime/hex.hpp"
#include "runtime/net/field.hpp"

#include <algorithm>
#include <cstdint>

namespace arrakis::net {
bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view header(const headers& all, std::string_view name) {
  for (const auto& [key, value] : all)
    if (equal_without_case(key, name))
      return value;
  return {};
}

http_response json_response(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

std::string path_of(std::string_view target) { return percent_decode(target.substr(0, target.find_first_of("?#"))); }

std::string query_value(std::string_view target, std::string_view key) {
  const auto mark = target.find('?');
  auto rest = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!rest.empty()) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const auto equals = pair.find('=');
    if (percent_decode(pair.substr(0, equals)) != key)
      continue;
    // In a query, and only there, "+" is a space (application/x-www-form-urlencoded).
    std::string value{equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1)};
    std::replace(value.begin(), value.end(), '+', ' ');
    return percent_decode(value);
  }
  return {};
}

std::string percent_encode(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(3 * text.size()); // A single buffer, because the text may be a secret.
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'
                    || c == '_' || c == '.' || c == '~'; // RFC 3986, unreserved
    if (plain)
      out += c;
    else
      (out += '%', out += digits[byte >> 4]) += digits[byte & 15];
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out{text.substr(0, text.find('%'))}; // Most have none.
  if (out.size() == text.size())
    return out;
  out.reserve(text.size());
  for (size_t i = out.size(); i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(text[i + 2]);
    if (low < 0) {
      out += text[i]; // A stray "%" stays as it is.
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}
} // namespace arrakis::net
