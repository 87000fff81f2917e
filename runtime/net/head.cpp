#include "runtime/net/head.hpp"

#include "runtime/net/field.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace arrakis::net {
namespace {
constexpr rejection good{};
constexpr rejection malformed(std::string_view why) { return {400, why}; }

/// RFC 9110 5.6.2.
constexpr auto token_bytes = [] {
  std::array<bool, 256> out{};
  for (const char c : std::string_view{"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"})
    out[static_cast<unsigned char>(c)] = true;
  return out;
}();

bool is_token(std::string_view text) { return !text.empty() && token_size(text) == text.size(); }

bool is_target(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 32 && c < 127 && c != '#'; });
}

/// Calls `each` with the members of a comma-separated list; empty ones do not count (RFC 9110 5.6.1).
template <class F>
void for_each_member(std::string_view list, F each) {
  while (!list.empty()) {
    const auto one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(one.size() + 1, list.size()));
    if (const auto member = trimmed(one); !member.empty())
      each(member);
  }
}

/// Parses a Content-Length (RFC 9110 8.6): digits only. Values beyond uint64_t become its maximum.
std::optional<uint64_t> length_of(std::string_view digits) {
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  uint64_t value = 0;
  const auto [_, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return failed == std::errc{} ? value : UINT64_MAX;
}

/// uri-host [ ":" port ] (RFC 3986 3.2.2), or nothing.
bool is_authority(std::string_view text) {
  auto port_at = text.find(':');
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos || end < 3 || text.find_first_not_of("0123456789abcdefABCDEF:.v", 1) < end)
      return false;
    if (end + 1 < text.size() && text[end + 1] != ':')
      return false;
    port_at = end + 1 < text.size() ? end + 1 : text.npos;
  } else {
    const auto name = text.substr(0, port_at);
    const bool known = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z')
          || std::string_view{"-._~%!$&'()*+;="}.find(c) != std::string_view::npos;
    });
    if (!known || (name.empty() && port_at != text.npos))
      return false;
  }
  if (port_at == text.npos)
    return true;
  const auto port = text.substr(port_at + 1);
  return port.size() <= 5 && std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Framing and connection headers of a message, collected line by line.
struct gathered {
  size_t hosts = 0, lengths = 0, codings = 0;
  std::optional<uint64_t> length;
  bool lengths_differ = false;
  bool chunked_last = false, chunked_before = false;
  bool has_transfer_encoding = false;
  bool close = false, keep_alive = false;
  bool expects_continue = false, expects_other = false;
};

void gather(gathered& all, std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4: all.hosts += equal_without_case(name, "Host"); return;
    case 6:
      if (equal_without_case(name, "Expect"))
        (equal_without_case(value, "100-continue") ? all.expects_continue : all.expects_other) = true;
      return;
    case 10:
      if (equal_without_case(name, "Connection"))
        for_each_member(value, [&](std::string_view option) {
          all.close = all.close || equal_without_case(option, "close");
          all.keep_alive = all.keep_alive || equal_without_case(option, "keep-alive");
        });
      return;
    case 14:
      if (equal_without_case(name, "Content-Length")) {
        const auto length = length_of(value);
        all.lengths_differ = all.lengths_differ || !length || (all.lengths > 0 && length != all.length);
        all.length = length;
        ++all.lengths;
      }
      return;
    case 17:
      if (equal_without_case(name, "Transfer-Encoding")) {
        all.has_transfer_encoding = true;
        for_each_member(value, [&](std::string_view coding) {
          all.chunked_before = all.chunked_before || all.chunked_last;
          all.chunked_last = equal_without_case(coding, "chunked");
          ++all.codings;
        });
      }
      return;
    default: return;
  }
}

/// Takes the next line, without its CR LF, off the front.
std::string_view take_line(std::string_view& bytes) {
  const auto end = std::min(bytes.find("\r\n"), bytes.size());
  const auto line = bytes.substr(0, end);
  bytes.remove_prefix(std::min(end + 2, bytes.size()));
  return line;
}

rejection read_fields(std::string_view bytes, bool unfold, headers& into, gathered& all) {
  into.reserve(16);
  while (!bytes.empty()) {
    const auto line = take_line(bytes);
    if (line.empty())
      break;
    if (into.size() == header_lines_max)
      return {431, "too many header lines"};
    if (line.front() == ' ' || line.front() == '\t') {
      if (!unfold || into.empty() || !is_field_value(line))
        return malformed("a header line begins with white space");
      (into.back().second += ' ') += trimmed(line);
      continue;
    }
    if (!is_field_line(line))
      return malformed("a line is no header");
    const auto colon = line.find(':');
    into.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
  for (const auto& [name, value] : into)
    gather(all, name, value);
  return good;
}

rejection frame_request(const gathered& all, bool http_1_0, body_framing& body) {
  if (all.has_transfer_encoding) {
    if (http_1_0)
      return malformed("HTTP/1.0 has no Transfer-Encoding");
    if (all.lengths > 0)
      return malformed("Transfer-Encoding and Content-Length exclude each other");
    if (!all.chunked_last || all.chunked_before)
      return malformed("the last transfer coding must be chunked, once");
    if (all.codings > 1)
      return {501, "the only transfer coding here is chunked"};
    body.is = body_framing::form::chunked;
    return good;
  }
  if (all.lengths == 0)
    return good;
  if (all.lengths > 1 || all.lengths_differ)
    return malformed("Content-Length must be one number");
  body.length = *all.length;
  body.is = body.length == 0 ? body_framing::form::none : body_framing::form::length;
  return good;
}

/// `version`: "HTTP/1.1" and its like.
rejection read_version(std::string_view version, bool& http_1_0) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.' || !digit(version[5])
      || !digit(version[7]))
    return malformed("the request line is not HTTP/1.1");
  if (version[5] != '1')
    return {505, "this server speaks HTTP/1.1"};
  http_1_0 = version[7] == '0';
  return good;
}

/// Splits "http://authority/path"; false: not in absolute form.
bool split_absolute(std::string_view target, std::string_view& authority, std::string_view& rest) {
  const auto colon = target.find("://");
  if (colon == target.npos
      || !(equal_without_case(target.substr(0, colon), "http") || equal_without_case(target.substr(0, colon), "https")))
    return false;
  const auto after = target.substr(colon + 3);
  authority = after.substr(0, after.find_first_of("/?"));
  rest = after.substr(authority.size());
  return true;
}

/// The request line; `authority` is what a target in absolute form names.
rejection read_request_line(std::string_view line, request_head& into, std::optional<std::string>& authority) {
  const auto first = line.find(' '), last = line.rfind(' ');
  if (first == line.npos || first == last)
    return malformed("the request line is not HTTP/1.1");
  const auto method = line.substr(0, first), target = line.substr(first + 1, last - first - 1);
  if (!is_token(method) || target.empty())
    return malformed("the request line is not HTTP/1.1");
  if (const auto wrong = read_version(line.substr(last + 1), into.http_1_0))
    return wrong;
  if (!is_target(target))
    return malformed("the target holds characters that must be percent-encoded");
  into.message.method = method;
  std::string_view named, rest;
  if (method == "CONNECT")
    return {501, "this server is no proxy"};
  if (target.front() == '/' || (target == "*" && method == "OPTIONS")) {
    into.message.target = target;
  } else if (split_absolute(target, named, rest)) {
    if (named.empty() || !is_authority(named))
      return malformed("the target names no host");
    authority = named;
    into.message.target = !rest.empty() && rest.front() == '/' ? std::string{rest}
                        : rest.empty() && method == "OPTIONS"  ? "*"
                                                               : "/" + std::string{rest};
  } else {
    return malformed("the target must begin with / or http://");
  }
  return good;
}

rejection settle_host(const gathered& all, const std::optional<std::string>& authority, request_head& into) {
  if (all.hosts > 1)
    return malformed("Host must be given once");
  if (all.hosts == 0 && !into.http_1_0)
    return malformed("Host is missing");
  for (auto& [name, value] : into.message.headers)
    if (equal_without_case(name, "Host")) {
      if (!is_authority(value))
        return malformed("Host is no host and port");
      if (authority)
        value = *authority;
    }
  return good;
}
} // namespace

size_t token_size(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(),
                                [](char c) { return !token_bytes[static_cast<unsigned char>(c)]; });
  return static_cast<size_t>(end - text.begin());
}

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 32 && byte != 127) || byte == '\t';
  });
}

bool is_field_line(std::string_view line) {
  const auto colon = line.find(':');
  return colon != line.npos && is_token(line.substr(0, colon)) && is_field_value(line.substr(colon + 1));
}

rejection read_head(std::string_view bytes, request_head& into) {
  std::optional<std::string> authority;
  if (const auto wrong = read_request_line(take_line(bytes), into, authority))
    return wrong;
  gathered all;
  if (const auto wrong = read_fields(bytes, false, into.message.headers, all))
    return wrong;
  if (const auto wrong = settle_host(all, authority, into))
    return wrong;
  if (const auto wrong = frame_request(all, into.http_1_0, into.body))
    return wrong;
  if (all.expects_other && !into.http_1_0)
    return {417, "the only expectation here is 100-continue"};
  into.expects_continue = all.expects_continue && !into.http_1_0;
  into.keep_alive = !all.close && (!into.http_1_0 || all.keep_alive);
  return good;
}

rejection read_head(std::string_view bytes, bool answers_head, response_head& into) {
  const auto line = take_line(bytes);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || !digit(line[7]) || line[8] != ' '
      || !std::all_of(line.begin() + 9, line.begin() + 12, digit) || (line.size() > 12 && line[12] != ' ')
      || !is_field_value(line) || line[9] == '0')
    return malformed("the status line is not HTTP/1.1");
  const bool http_1_0 = line[7] == '0';
  const int status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  into.message.status = status;
  gathered all;
  if (const auto wrong = read_fields(bytes, true, into.message.headers, all))
    return wrong;
  into.keep_alive = !all.close && (!http_1_0 || all.keep_alive);
  if (all.lengths_differ)
    return malformed("Content-Length must be one number");
  // Both in one response suggest response splitting: the connection serves no other request (RFC 9112 6.3).
  into.keep_alive = into.keep_alive && !(all.has_transfer_encoding && (all.lengths > 0 || http_1_0));
  if (answers_head || status < 200 || status == 204 || status == 304)
    return good;
  if (all.has_transfer_encoding) {
    if (all.chunked_before || (all.chunked_last && all.codings > 1))
      return malformed("the only transfer coding here is chunked");
    into.body.is = all.chunked_last ? body_framing::form::chunked : body_framing::form::until_end;
  } else if (all.lengths > 0) {
    into.body = {*all.length == 0 ? body_framing::form::none : body_framing::form::length, *all.length};
  } else {
    into.body.is = body_framing::form::until_end;
  }
  into.keep_alive = into.keep_alive && into.body.is != body_framing::form::until_end;
  return good;
}
} // namespace arrakis::net
