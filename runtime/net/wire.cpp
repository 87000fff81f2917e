#include "runtime/net/wire.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>

namespace arrakis::net {
namespace {
bool clean(std::string_view text, unsigned char lowest) {
  return std::all_of(text.begin(), text.end(), [=](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= lowest && byte != 127;
  });
}

bool printable(const headers& all) {
  return std::all_of(all.begin(), all.end(), [](const auto& one) {
    return !one.first.empty() && clean(one.first, 33) && one.first.find(':') == std::string::npos
        && clean(one.second, 32);
  });
}

bool ours(std::string_view name) {
  constexpr std::array<std::string_view, 4> own{"Host", "Content-Length", "Transfer-Encoding", "Connection"};
  return std::any_of(own.begin(), own.end(), [&](auto one) { return equal_without_case(name, one); });
}

void write_headers(std::string& out, const headers& all) {
  for (const auto& [name, value] : all)
    if (!ours(name))
      fmt::format_to(std::back_inserter(out), "{}: {}\r\n", name, value);
}

/// RFC 9110 15, and 429 and 431 of RFC 6585. Any other status has no phrase.
std::string_view reason_of(int status) {
  struct known {
    int status;
    std::string_view reason;
  };
  static constexpr known all[]{
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
  };
  const auto* found = std::find_if(std::begin(all), std::end(all),
                                   [&](const auto& one) { return one.status == status; });
  return found == std::end(all) ? std::string_view{} : found->reason;
}

/// Feeds the body reader from the front of `bytes`. A line that waits is bounded by the reader's limit of overhead.
rejection feed_body(body_reader& body, std::string& bytes) {
  rejection wrong;
  bytes.erase(0, body.feed(bytes, wrong));
  return wrong;
}

constexpr bool starts_line(char c) { return c == '\r' || (c > 32 && c < 127); }
} // namespace

bool printable(const http_request& request) {
  const auto good_target = [](std::string_view target) { return target.starts_with('/') && clean(target, 33); };
  return !request.method.empty() && clean(request.method, 33)
      && (request.private_target.empty() ? good_target(request.target) : request.private_target.lend(good_target))
      && request.authorization.lend([](std::string_view value) { return clean(value, 32); })
      && printable(request.headers);
}
bool printable(const http_response& response) {
  return response.status >= 200 && response.status <= 999 && printable(response.headers);
}

std::string write_request(const http_request& request, const std::string& host) {
  std::string out;
  size_t size = 256 + request.method.size() + request.target.size() + host.size() + request.body.size();
  for (const auto& [name, value] : request.headers)
    size += name.size() + value.size() + 4;
  const auto append = [&](std::string_view text) { out.append(text); };
  const auto count = [&](std::string_view text) { size += text.size(); };
  request.private_target.lend(count);
  request.authorization.lend(count);
  out.reserve(size); // A single buffer, which is wiped: growing would copy secrets.
  out.append(request.method).append(" ");
  request.private_target.empty() ? append(request.target) : request.private_target.lend(append);
  out.append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n");
  if (!request.authorization.empty()) {
    out.append("Authorization: ");
    request.authorization.lend(append);
    out.append("\r\n");
  }
  write_headers(out, request.headers);
  const bool bodiless = request.method == "GET" || request.method == "HEAD" || request.method == "DELETE";
  if (!request.body.empty() || !bodiless)
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", request.body.size());
  return out += "\r\n", out += request.body;
}

std::string write_response(const http_response& response, const response_frame& frame) {
  auto out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
  write_headers(out, response.headers);
  if (!frame.date.empty())
    fmt::format_to(std::back_inserter(out), "Date: {}\r\n", frame.date);
  if (!frame.connection.empty())
    fmt::format_to(std::back_inserter(out), "Connection: {}\r\n", frame.connection);
  if (frame.is == response_frame::body::chunked)
    out += "Transfer-Encoding: chunked\r\n";
  if (frame.is != response_frame::body::whole)
    return out += "\r\n";
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless)
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
  out += "\r\n";
  if (!bodiless && !frame.without_body)
    out += response.body;
  return out;
}

size_t head_scanner::find_end(std::string& bytes, rejection& wrong) {
  const auto limit = [&](size_t size) {
    if (size + skipped_ > bytes_max_)
      wrong = line_ == 0 ? rejection{414, "the request line is too long"} : rejection{431, "the headers are too large"};
    return size + skipped_ > bytes_max_;
  };
  size_t empty_lines = 0; // Bytes of those at the front, taken off at once: there may be thousands.
  while (line_ == 0 && bytes.compare(empty_lines, 2, "\r\n") == 0)
    empty_lines += 2;
  if (empty_lines > 0) {
    bytes.erase(0, empty_lines);
    skipped_ += empty_lines;
    scanned_ = 0;
    if (limit(0))
      return 0;
  }
  // A client that speaks TLS to a plain port gets an HTTP answer at once.
  if (!bytes.empty() && !starts_line(bytes.front())) {
    wrong = {400, "this is not HTTP/1.1"};
    return 0;
  }
  for (auto at = bytes.find('\n', scanned_); at != bytes.npos; at = bytes.find('\n', scanned_)) {
    if (at == 0 || bytes[at - 1] != '\r') {
      wrong = {400, "a line does not end in CR LF"};
      return 0;
    }
    const bool empty = at - 1 == line_;
    if (limit(at + 1))
      return 0;
    scanned_ = line_ = at + 1;
    if (empty)
      return at + 1;
  }
  scanned_ = bytes.size();
  limit(bytes.size());
  return 0;
}

rejection request_reader::feed(std::string& bytes) {
  if (body_)
    return feed_body(*body_, bytes);
  rejection wrong;
  const auto size = scanner_.find_end(bytes, wrong);
  if (wrong || size == 0)
    return wrong;
  wrong = read_head(std::string_view{bytes}.substr(0, size), head_);
  bytes.erase(0, size);
  if (!wrong)
    limit_body(body_bytes_max_);
  return wrong;
}

void request_reader::limit_body(size_t bytes_max) {
  body_.emplace(head_.body, std::min(bytes_max, body_bytes_max_), header_bytes_max_);
}

http_request request_reader::take() {
  head_.message.body = body_->take();
  return std::move(head_.message);
}

rejection response_reader::feed(std::string& bytes) {
  while (!body_) {
    rejection wrong;
    const auto size = scanner_.find_end(bytes, wrong);
    if (wrong || size == 0)
      return wrong;
    head_ = {};
    wrong = read_head(std::string_view{bytes}.substr(0, size), answers_head_, head_);
    bytes.erase(0, size);
    if (wrong)
      return wrong;
    if (head_.message.status == 101)
      return {400, "an upgrade that nobody asked for"};
    if (head_.message.status >= 200)
      body_.emplace(head_.body, body_bytes_max_, header_bytes_max_);
    else
      scanner_ = head_scanner{header_bytes_max_}; // An interim response (100, 103) precedes the final one.
  }
  return feed_body(*body_, bytes);
}

bool response_reader::end() { return body_ && (ended_ = body_->end()); }

http_response response_reader::take() {
  head_.message.body = body_->take();
  return std::move(head_.message);
}
} // namespace arrakis::net
