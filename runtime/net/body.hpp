#pragma once
// Private to runtime/net: the body of an HTTP/1.1 message out of its framing (RFC 9112 6 and 7).
#include "runtime/net/head.hpp"

#include <string>

namespace arrakis::net {
/// Takes the bytes of one body. Trailers are judged and dropped: they never count as headers (RFC 9110 6.5.1).
class body_reader {
public:
  /// `overhead_bytes_max`: what the lines between the chunks, their extensions and the trailers may have together.
  body_reader(body_framing framing, size_t bytes_max, size_t overhead_bytes_max);

  /// Takes what belongs to the body from the front of `bytes` and returns how much that was; sets `wrong`, 413 for a
  /// body above `bytes_max`, else 400. What it leaves is the beginning of a line, or of the next message.
  size_t feed(std::string_view bytes, rejection& wrong);
  bool done() const { return state_ == state::done; }
  /// The connection has ended: whether the body is whole.
  bool end() const { return done() || framing_.is == body_framing::form::until_end; }
  /// Memory that the body takes.
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
