#include "runtime/net/router/negotiation.hpp"

#include "runtime/net/field.hpp"

#include <algorithm>
#include <optional>

namespace arrakis::net::router {
namespace {
/// Cuts the next element of a list off; what stands in quotation marks holds no separator (RFC 9110 5.6.4).
std::string_view cut_element(std::string_view& list, char separator) {
  bool quoted = false;
  size_t at = 0;
  for (; at < list.size() && (quoted || list[at] != separator); ++at) {
    if (quoted && list[at] == '\\')
      ++at;
    else if (list[at] == '"')
      quoted = !quoted;
  }
  at = std::min(at, list.size());
  const auto element = list.substr(0, at);
  list.remove_prefix(std::min(at + 1, list.size()));
  return trimmed(element);
}

/// Parses a quality: true when it is 0 (RFC 9110 12.4.2); nothing: malformed.
std::optional<bool> is_zero(std::string_view quality) {
  const bool fits = !quality.empty() && quality.size() <= 5 && (quality[0] == '0' || quality[0] == '1')
                 && (quality.size() == 1 || quality[1] == '.');
  if (!fits || !std::ranges::all_of(quality.substr(std::min<size_t>(2, quality.size())), [](char c) {
        return c >= '0' && c <= '9';
      }))
    return std::nullopt;
  return quality.find_first_of("123456789") == quality.npos;
}

/// How closely a range names the type: 3 itself, 2 "type/*", 1 "*/*", 0 not at all.
int closeness(std::string_view range, std::string_view type) {
  if (equal_without_case(range, type))
    return 3;
  if (range == "*/*")
    return 1;
  const auto slash = type.find('/');
  return range.ends_with("/*") && slash != type.npos
          && equal_without_case(range.substr(0, range.size() - 2), type.substr(0, slash))
         ? 2
         : 0;
}

struct verdict {
  int closest = 0;
  bool taken = false, readable = false;
};

void judge(std::string_view value, std::string_view type, verdict& out) {
  while (!value.empty() && !(out.closest == 3 && out.taken)) { // Final: no closer range exists.
    auto element = cut_element(value, ',');
    const auto range = cut_element(element, ';');
    bool refused = false, readable = range.find('/') != range.npos;
    while (!element.empty()) {
      const auto parameter = cut_element(element, ';');
      if (parameter.size() < 2 || lower(parameter[0]) != 'q' || parameter[1] != '=')
        continue;
      const auto zero = is_zero(parameter.substr(2));
      readable &= zero.has_value();
      refused = zero.value_or(false);
    }
    if (!readable)
      continue;
    out.readable = true;
    const auto close = closeness(range, type);
    if (close > out.closest || (close == out.closest && close > 0 && !refused)) {
      out.closest = close;
      out.taken = !refused;
    }
  }
}
} // namespace

std::string_view essence_of(std::string_view media_type) { return trimmed(media_type.substr(0, media_type.find(';'))); }

bool accepts(const headers& all, std::string_view media_type) {
  const auto type = essence_of(media_type);
  verdict out;
  for (const auto& [name, value] : all)
    if (equal_without_case(name, "Accept"))
      judge(value, type, out);
  return !out.readable || out.taken;
}

bool has_body(const headers& all) {
  const auto length = header(all, "Content-Length");
  return (!length.empty() && length != "0") || !header(all, "Transfer-Encoding").empty();
}
} // namespace arrakis::net::router
