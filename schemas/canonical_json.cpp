#include "schemas/canonical_json.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <openssl/evp.h>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace arrakis {
namespace {

namespace bj = boost::json;

// Integers up to here are exact in every reader that keeps numbers as IEEE 754 doubles (RFC 7493, 2.2).
constexpr int64_t exact_integer_max = int64_t{1} << 53;

/// Decodes strict UTF-8 (no surrogates, no overlong forms) to UTF-16; empty when `text` is malformed.
std::optional<std::u16string> utf16(std::string_view text) {
  std::u16string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead >> 5 == 0x6 ? 2 : lead >> 4 == 0xE ? 3 : lead >> 3 == 0x1E ? 4 : 0;
    if (length == 0 || i + length > text.size())
      return std::nullopt;
    uint32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if (next >> 6 != 0x2)
        return std::nullopt;
      point = point << 6 | (next & 0x3Fu);
    }
    constexpr uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < least[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
      return std::nullopt;
    if (point < 0x10000) {
      result += static_cast<char16_t>(point);
    } else {
      result += static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10));
      result += static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF));
    }
    i += length;
  }
  return result;
}

caf::error malformed_text() {
  return fail(ec::invalid, "a string is not UTF-8 or holds a lone surrogate: send valid Unicode");
}

/// ECMA-262 Number::toString for a finite number (RFC 8785, 3.2.2.3), from the shortest digits that std::to_chars
/// gives.
void write_number(std::string& out, double value) {
  if (value == 0) {
    out += '0'; // Also -0.
    return;
  }
  char buffer[40];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(value), std::chars_format::scientific);
  const std::string_view shortest{buffer, static_cast<size_t>(written.ptr - buffer)};
  const auto mark = shortest.find('e');
  std::string digits{shortest.substr(0, 1)};
  if (mark > 2)
    digits += shortest.substr(2, mark - 2);
  int exponent = 0;
  const auto exponent_text = shortest.substr(shortest[mark + 1] == '+' ? mark + 2 : mark + 1);
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);

  const int count = static_cast<int>(digits.size()); // k of the standard
  const int point = exponent + 1;                    // n of the standard: digits before the decimal point
  if (value < 0)
    out += '-';
  if (count <= point && point <= 21) {
    out += digits;
    out.append(static_cast<size_t>(point - count), '0');
  } else if (0 < point && point <= 21) {
    out.append(digits, 0, static_cast<size_t>(point)).append(".").append(digits, static_cast<size_t>(point));
  } else if (-6 < point && point <= 0) {
    out.append("0.").append(static_cast<size_t>(-point), '0').append(digits);
  } else {
    out += digits[0];
    if (count > 1)
      out.append(".").append(digits, 1);
    out.append("e").append(exponent < 0 ? "-" : "+").append(std::to_string(std::abs(exponent)));
  }
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\f': out += "\\f"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          constexpr char hex[] = "0123456789abcdef";
          out.append("\\u00").append(1, hex[c >> 4]).append(1, hex[c & 0xF]);
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

caf::error write(std::string& out, const bj::value& value);

caf::error write_object(std::string& out, const bj::object& object) {
  std::vector<std::pair<std::u16string, const bj::key_value_pair*>> members;
  members.reserve(object.size());
  for (const auto& member : object) {
    auto key = utf16({member.key().data(), member.key().size()});
    if (!key)
      return malformed_text();
    members.emplace_back(std::move(*key), &member);
  }
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  out += '{';
  const char* separator = "";
  for (const auto& [key, member] : members) {
    out += std::exchange(separator, ",");
    write_string(out, {member->key().data(), member->key().size()});
    out += ':';
    if (auto error = write(out, member->value()))
      return error;
  }
  out += '}';
  return {};
}

caf::error write_array(std::string& out, const bj::array& array) {
  out += '[';
  for (size_t i = 0; i < array.size(); ++i) {
    if (i > 0)
      out += ',';
    if (auto error = write(out, array[i]))
      return error;
  }
  out += ']';
  return {};
}

caf::error too_large() {
  return fail(ec::invalid, "an integer beyond 2^53 does not survive other readers: send it as a string");
}

caf::error write(std::string& out, const bj::value& value) {
  switch (value.kind()) {
    case bj::kind::null: out += "null"; return {};
    case bj::kind::bool_: out += value.get_bool() ? "true" : "false"; return {};
    case bj::kind::int64:
      if (value.get_int64() > exact_integer_max || value.get_int64() < -exact_integer_max)
        return too_large();
      out += std::to_string(value.get_int64());
      return {};
    case bj::kind::uint64:
      if (value.get_uint64() > static_cast<uint64_t>(exact_integer_max))
        return too_large();
      out += std::to_string(value.get_uint64());
      return {};
    case bj::kind::double_:
      if (!std::isfinite(value.get_double()))
        return fail(ec::invalid, "a number is not finite: JSON has no NaN and no infinity");
      write_number(out, value.get_double());
      return {};
    case bj::kind::string: {
      const std::string_view text{value.get_string().data(), value.get_string().size()};
      if (!utf16(text))
        return malformed_text();
      write_string(out, text);
      return {};
    }
    case bj::kind::array: return write_array(out, value.get_array());
    case bj::kind::object: return write_object(out, value.get_object());
  }
  return fail(ec::internal, "a JSON kind that does not exist");
}

} // namespace

caf::expected<std::string> canonical_json(const bj::value& value) {
  std::string out;
  if (auto error = write(out, value))
    return error;
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("OpenSSL gave no SHA-256");
  std::string text;
  text.reserve(length * 2);
  for (unsigned int i = 0; i < length; ++i) {
    constexpr char hex[] = "0123456789abcdef";
    text.append(1, hex[digest[i] >> 4]).append(1, hex[digest[i] & 0xF]);
  }
  return text;
}

} // namespace arrakis
