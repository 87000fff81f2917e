// HTTP/1.1 from a stranger: cut anywhere, a message reads the same; and what is encoded comes back.
#include "runtime/net/http.hpp"
#include "runtime/net/wire.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <optional>

namespace arrakis::fuzz {
namespace {
constexpr size_t header_bytes_max = 8 << 10, body_bytes_max = 16 << 10;

/// The first request of a stream that comes in pieces of `step` bytes.
std::optional<net::http_request> first_request(std::string_view bytes, size_t step) {
  net::request_reader reader{header_bytes_max, body_bytes_max};
  std::string waiting;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    waiting += bytes.substr(0, step);
    if (reader.feed(waiting) || reader.feed(waiting)) // The reader stops once, behind the head.
      return std::nullopt;
    if (reader.done())
      return reader.take();
  }
  return std::nullopt;
}

void answer(std::string_view bytes) {
  net::response_reader reader{header_bytes_max, body_bytes_max, false};
  std::string waiting{bytes};
  if (reader.feed(waiting) || !(reader.done() || reader.end()))
    return;
  ARRAKIS_ASSERT(reader.take().body.size() <= body_bytes_max, "a body keeps its bound");
}
} // namespace

void http(std::string_view bytes) {
  if (const auto request = first_request(bytes, bytes.size())) {
    ARRAKIS_ASSERT(request->body.size() <= body_bytes_max, "a body keeps its bound");
    const auto pieces = first_request(bytes, 1);
    ARRAKIS_ASSERT(pieces && pieces->method == request->method && pieces->target == request->target
                     && pieces->headers == request->headers && pieces->body == request->body,
                   "pieces give the same request");
    (void)net::header(request->headers, "content-type");
  }
  answer(bytes);
  ARRAKIS_ASSERT(net::percent_decode(net::percent_encode(bytes)) == bytes, "what is encoded comes back");
  ARRAKIS_ASSERT(net::percent_decode(bytes).size() <= bytes.size(), "decoding makes nothing longer");
  (void)net::path_of(bytes);
  const auto value = net::percent_encode(bytes.substr(0, 64));
  ARRAKIS_ASSERT(net::query_value("/x?a=1&b=" + value + "&c", "b") == bytes.substr(0, 64), "a value comes back");
  (void)net::query_value(bytes, "a");
}
} // namespace arrakis::fuzz
