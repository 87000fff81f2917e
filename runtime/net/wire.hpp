#pragma once
// Private to runtime/net: HTTP/1.1 messages to and from bytes.
#include "runtime/net/body.hpp"
#include "runtime/net/head.hpp"

#include <optional>

namespace arrakis::net {
/// True unless a line break or control character in a header could forge a header or a second message.
bool printable(const http_request&);
bool printable(const http_response&);
/// Encodes a request. The client sets Host, Content-Length, Transfer-Encoding and Connection; the caller's are dropped.
std::string write_request(const http_request&, const std::string& host);
/// Fields that the server adds to a response.
struct response_frame {
  std::string_view date;                                          ///< The value of Date; empty: none.
  std::string_view connection;                                    ///< The value of Connection; empty: none.
  bool without_body = false;                                      ///< The answer to a HEAD.
  enum class body { whole, chunked, until_end } is = body::whole; ///< Other than whole: the head alone is written.
};
/// Encodes a printable response. Content-Length, Transfer-Encoding and Connection are ours; the caller's are dropped.
std::string write_response(const http_response&, const response_frame&);

/// Finds the end of a head in bytes that arrive in pieces.
class head_scanner {
public:
  explicit head_scanner(size_t bytes_max) : bytes_max_(bytes_max) {}
  /// Size of the head at the front of `bytes`; 0: incomplete, or `wrong` is set: 400, 414 for a first line and 431 for
  /// a head of more than `bytes_max`. Removes empty lines before the head (RFC 9112 2.2).
  size_t find_end(std::string& bytes, rejection& wrong);

private:
  size_t bytes_max_, scanned_ = 0, line_ = 0, skipped_ = 0;
};

/// Parses one request. feed() consumes what it can from the front of `bytes`. It stops once after the head, so that the
/// caller can check it before the body is read; the next call continues.
class request_reader {
public:
  request_reader(size_t header_bytes_max, size_t body_bytes_max)
    : scanner_(header_bytes_max), header_bytes_max_(header_bytes_max), body_bytes_max_(body_bytes_max) {}
  rejection feed(std::string& bytes);
  bool head_done() const { return body_.has_value(); }
  bool done() const { return body_ && body_->done(); }
  /// Head of the request, after head_done().
  request_head& head() { return head_; }
  /// Lowers the limit of the body, after head_done() and before the body.
  void limit_body(size_t bytes_max);
  size_t body_bytes_held() const { return body_ ? body_->bytes_held() : 0; }
  http_request take();

private:
  head_scanner scanner_;
  size_t header_bytes_max_, body_bytes_max_;
  request_head head_;
  std::optional<body_reader> body_;
};

/// Parses one response; interim responses (1xx) before it are skipped.
class response_reader {
public:
  response_reader(size_t header_bytes_max, size_t body_bytes_max, bool answers_head)
    : scanner_(header_bytes_max),
      header_bytes_max_(header_bytes_max),
      body_bytes_max_(body_bytes_max),
      answers_head_(answers_head) {}
  /// Consumes bytes. `status` of the rejection: 400 for malformed HTTP, else a size limit was exceeded.
  rejection feed(std::string& bytes);
  /// Called when the connection ended: false if the message is incomplete.
  bool end();
  bool done() const { return body_ && (body_->done() || ended_); }
  bool keep_alive() const { return head_.keep_alive; }
  http_response take();

private:
  head_scanner scanner_;
  size_t header_bytes_max_, body_bytes_max_;
  bool answers_head_, ended_ = false;
  response_head head_;
  std::optional<body_reader> body_;
};
} // namespace arrakis::net
