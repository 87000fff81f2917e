#pragma once
// Private to runtime/net: the body of an HTTP/1.1 message out of its framing (RFC 9112 6 and 7).
#include "runtime/net/head.hpp"

#include <string>

namespace arrakis::net {
/// Reads the bytes of one body. Trailers are checked and dropped; they never count as headers (RFC 9110 6.5.1).
class body_reader {
public:
  /// `overhead_bytes_max`: limit of chunk lines, their extensions and trailers together.
  body_reader(body_framing framing, size_t bytes_max, size_t overhead_bytes_max);

  /// Reads the body's bytes from the front of `bytes` and returns their number; sets `wrong` to 413 for a body above
  /// `bytes_max`, else 400. Unread bytes are an incomplete line, or the next message.
  size_t feed(std::string_view bytes, rejection& wrong);
  bool done() const { return state_ == state::done; }
  /// Called when the connection has ended. True: the body is complete.
  bool end() const { return done() || framing_.is == body_framing::form::until_end; }
  /// Memory that the body uses.
  size_t bytes_held() const { return text_.capacity(); }
  std::string take() { return std::move(text_); }

private:
  enum class state { size_line, data, data_end, trailer, done };
  size_t line(std::string_view bytes, rejection& wrong);
  void chunk_size(std::string_view line, rejection& wrong);
  void append(std::string_view piece);

  body_framing framing_;
  size_t bytes_max_, overhead_left_, trailers_ = 0;
  uint64_t left_ = 0; ///< Bytes of the body, or of the chunk, that are to come.
  state state_ = state::done;
  std::string text_;
};
} // namespace arrakis::net
