#include "runtime/net/wire.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>
#include <iterator>
#include <optional>

namespace arrakis::net {
namespace http = boost::beast::http;
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
  for (const auto* own : {"Host", "Content-Length", "Transfer-Encoding", "Connection"})
    if (http::string_to_field(name) == http::string_to_field(own))
      return true;
  return false;
}

void write_headers(std::string& out, const headers& all) {
  for (const auto& [name, value] : all)
    if (!ours(name))
      fmt::format_to(std::back_inserter(out), "{}: {}\r\n", name, value);
}

// "0\r\n\r\n". Fewer bytes never end a chunked body, and Beast 1.81 asserts that it is not asked again with fewer.
constexpr size_t last_chunk_bytes = 5;

template <class Parser>
fault feed_parser(Parser& parser, std::string& bytes, size_t header_bytes_max) {
  boost::system::error_code failed;
  size_t used = 0;
  while (!parser.is_done() && used < bytes.size()) {
    if (parser.is_header_done() && parser.chunked() && bytes.size() - used < last_chunk_bytes)
      break;
    const auto taken = parser.put(boost::asio::buffer(bytes.data() + used, bytes.size() - used), failed);
    used += taken;
    if (failed || taken == 0)
      break;
  }
  bytes.erase(0, used);
  if (failed == http::error::header_limit)
    return fault::header_too_large;
  if (failed == http::error::body_limit)
    return fault::body_too_large;
  if (failed && failed != http::error::need_more)
    return fault::malformed;
  // Body bytes are consumed at once; what waits is a header or the line before a chunk, and neither may be endless.
  if (!parser.is_done() && bytes.size() > header_bytes_max)
    return parser.is_header_done() ? fault::malformed : fault::header_too_large;
  return fault::none;
}

template <class Fields>
headers copy_headers(const Fields& fields) {
  headers out;
  for (const auto& field : fields)
    out.emplace_back(std::string{field.name_string()}, std::string{field.value()});
  return out;
}

template <class Parser>
void set_up(Parser& parser, size_t header_bytes_max, size_t body_bytes_max) {
  parser.eager(true);
  parser.header_limit(static_cast<uint32_t>(header_bytes_max));
  parser.body_limit(body_bytes_max);
}
} // namespace

bool printable(const http_request& request) {
  return !request.method.empty() && clean(request.method, 33) && request.target.starts_with('/')
      && clean(request.target, 33) && printable(request.headers);
}
bool printable(const http_response& response) {
  return response.status >= 200 && response.status <= 999 && printable(response.headers);
}

std::string write_request(const http_request& request, const std::string& host) {
  auto out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, host);
  write_headers(out, request.headers);
  const bool bodiless = request.method == "GET" || request.method == "HEAD" || request.method == "DELETE";
  if (!request.body.empty() || !bodiless)
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", request.body.size());
  return out += "\r\n", out += request.body;
}

std::string write_response(const http_response& response, bool keep_alive, bool without_body) {
  const auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  auto out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, std::string_view{reason.data(), reason.size()});
  write_headers(out, response.headers);
  if (!keep_alive)
    out += "Connection: close\r\n";
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless)
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
  out += "\r\n";
  if (!bodiless && !without_body)
    out += response.body;
  return out;
}

struct request_reader::impl {
  http::request_parser<http::string_body> parser;
  size_t header_bytes_max = 0;
};
request_reader::request_reader(size_t header_bytes_max, size_t body_bytes_max) : impl_(std::make_unique<impl>()) {
  impl_->header_bytes_max = header_bytes_max;
  set_up(impl_->parser, header_bytes_max, body_bytes_max);
}
request_reader::~request_reader() = default;
fault request_reader::feed(std::string& bytes) { return feed_parser(impl_->parser, bytes, impl_->header_bytes_max); }
bool request_reader::header_done() const { return impl_->parser.is_header_done(); }
bool request_reader::done() const { return impl_->parser.is_done(); }
bool request_reader::keep_alive() const { return impl_->parser.keep_alive(); }
bool request_reader::expects_continue() const {
  const auto expects = impl_->parser.get()[http::field::expect];
  return boost::beast::iequals(expects, "100-continue");
}
http_request request_reader::take() {
  auto message = impl_->parser.release();
  return {std::string{message.method_string()},
          std::string{message.target()},
          copy_headers(message),
          std::move(message.body()),
          {}};
}

struct response_reader::impl {
  std::optional<http::response_parser<http::string_body>> parser;
  size_t header_bytes_max, body_bytes_max;
  bool answers_head;
  void restart() {
    parser.emplace();
    set_up(*parser, header_bytes_max, body_bytes_max);
    parser->skip(answers_head);
  }
};
response_reader::response_reader(size_t header_bytes_max, size_t body_bytes_max, bool answers_head)
  : impl_(new impl{std::nullopt, header_bytes_max, body_bytes_max, answers_head}) {
  impl_->restart();
}
response_reader::~response_reader() = default;
fault response_reader::feed(std::string& bytes) {
  for (;;) {
    if (const auto wrong = feed_parser(*impl_->parser, bytes, impl_->header_bytes_max); wrong != fault::none)
      return wrong;
    if (!impl_->parser->is_done() || impl_->parser->get().result_int() >= 200)
      return fault::none;
    impl_->restart(); // An interim answer (100, 103) comes before the real one.
  }
}
bool response_reader::end() {
  boost::system::error_code failed;
  if (!impl_->parser->is_header_done())
    return false;
  impl_->parser->put_eof(failed);
  return !failed && impl_->parser->is_done();
}
bool response_reader::done() const { return impl_->parser->is_done(); }
bool response_reader::keep_alive() const { return impl_->parser->keep_alive(); }
http_response response_reader::take() {
  auto message = impl_->parser->release();
  return {static_cast<int>(message.result_int()), copy_headers(message), std::move(message.body())};
}
} // namespace arrakis::net
