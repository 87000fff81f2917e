#pragma once
// Private to runtime/net: HTTP/1.1 messages to and from bytes. Reading is Beast's parser, fed by hand.
#include "runtime/net/http.hpp"

#include <memory>

namespace arrakis::net {
/// False when a line break or control character in it could forge a header or a second message.
bool printable(const http_request&);
bool printable(const http_response&);
/// Host, Content-Length and Connection are ours; the caller's are left out.
std::string write_request(const http_request&, const std::string& host);
/// `without_body`: the answer to a HEAD.
std::string write_response(const http_response&, bool keep_alive, bool without_body);

enum class fault { none, malformed, header_too_large, body_too_large };

/// Reads one message. feed() takes what it can from the front of `bytes` and leaves the rest for the next one.
class request_reader {
public:
  request_reader(size_t header_bytes_max, size_t body_bytes_max);
  ~request_reader();
  fault feed(std::string& bytes);
  bool header_done() const;
  bool done() const;
  bool keep_alive() const;
  bool expects_continue() const;
  http_request take();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

class response_reader {
public:
  response_reader(size_t header_bytes_max, size_t body_bytes_max, bool answers_head);
  ~response_reader();
  fault feed(std::string& bytes);
  /// The connection ended: false when the message is not whole.
  bool end();
  bool done() const;
  bool keep_alive() const;
  http_response take();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};
} // namespace arrakis::net
