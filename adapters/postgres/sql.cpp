#include "adapters/postgres/sql.hpp"

#include "adapters/postgres/pool.hpp"

#include <pqxx/pqxx>

namespace arrakis::postgres {
namespace {
/// The length of the well-formed UTF-8 sequence at `at` (RFC 3629: no overlong forms, no surrogates), or 0.
size_t sequence_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
  const auto tail = [&](size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(0);
  if (first < 0x80)
    return first == 0 ? 0 : 1;
  if (first >= 0xC2 && first < 0xE0)
    return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first < 0xF0) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first < 0xF5) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) >= 0x90;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}
} // namespace

void refuse(ec code, std::string text) { throw refusal{fail(code, std::move(text))}; }

void check_text(std::string_view text, const char* field) {
  for (size_t at = 0; at < text.size();) {
    // libpq's text parameters end at the first NUL: without this check a name would be cut silently.
    const auto length = sequence_at(text, at);
    if (length == 0)
      refuse(ec::invalid, std::string{"field '"} + field + "': text in UTF-8 without NUL is needed");
    at += length;
  }
}

const std::string& plain(const std::string& text, const char* field) {
  check_text(text, field);
  return text;
}

std::string excerpt(std::string_view text, size_t bytes_max) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const auto length = sequence_at(text, at);
    if (result.size() + std::max<size_t>(length, 1) > bytes_max)
      break;
    result += length == 0 ? std::string_view{"?"} : text.substr(at, length);
    at += std::max<size_t>(length, 1);
  }
  return result;
}

void act_as(pqxx::transaction_base& tx, const community_id& community) {
  tx.exec_params("select set_config('app.current_tenant', $1, true)", community.value);
}
} // namespace arrakis::postgres
