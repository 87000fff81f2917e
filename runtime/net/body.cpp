#include "runtime/net/body.hpp"

#include <algorithm>
#include <charconv>

namespace arrakis::net {
namespace {
/// Limit of digits of a chunk's size; leading zeros count.
constexpr size_t size_digits_max = 16;
constexpr rejection too_large{413, "the body is too large"};
using form = body_framing::form;

void skip_space(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size())); }

bool skip_token(std::string_view& text) {
  const auto size = token_size(text);
  text.remove_prefix(size);
  return size > 0;
}

/// Behind its opening quote (RFC 9110 5.6.4).
bool skip_quoted(std::string_view& text) {
  while (!text.empty() && text.front() != '"')
    text.remove_prefix(text.front() == '\\' && text.size() > 1 ? 2 : 1);
  if (text.empty())
    return false;
  text.remove_prefix(1);
  return true;
}

/// *( BWS ";" BWS name [ BWS "=" BWS value ] ) (RFC 9112 7.1.1); no control characters anywhere.
bool are_extensions(std::string_view text) {
  if (!is_field_value(text))
    return false;
  while (!text.empty()) {
    skip_space(text);
    if (!text.starts_with(';'))
      return false;
    text.remove_prefix(1);
    skip_space(text);
    if (!skip_token(text))
      return false;
    auto rest = text;
    skip_space(rest);
    if (!rest.starts_with('='))
      continue;
    rest.remove_prefix(1);
    skip_space(rest);
    const bool quoted = rest.starts_with('"');
    rest.remove_prefix(quoted ? 1 : 0);
    if (quoted ? !skip_quoted(rest) : !skip_token(rest))
      return false;
    text = rest;
  }
  return true;
}
} // namespace

body_reader::body_reader(body_framing framing, size_t bytes_max, size_t overhead_bytes_max)
  : framing_(framing), bytes_max_(bytes_max), overhead_left_(overhead_bytes_max), left_(framing.length) {
  state_ = framing.is == form::none ? state::done : framing.is == form::chunked ? state::size_line : state::data;
  if (framing.is == form::until_end)
    left_ = UINT64_MAX;
}

size_t body_reader::feed(std::string_view bytes, rejection& wrong) {
  size_t used = 0;
  if (framing_.is == form::length && framing_.length > bytes_max_)
    wrong = too_large;
  while (!wrong && !done() && used < bytes.size()) {
    const auto rest = bytes.substr(used);
    if (state_ != state::data) {
      const auto taken = line(rest, wrong);
      if (taken == 0)
        break;
      used += taken;
      continue;
    }
    const auto piece = rest.substr(0, static_cast<size_t>(std::min<uint64_t>(left_, rest.size())));
    if (piece.size() > bytes_max_ - text_.size()) {
      wrong = too_large;
      break;
    }
    append(piece);
    used += piece.size();
    if (framing_.is == form::until_end)
      continue;
    left_ -= piece.size();
    if (left_ == 0)
      state_ = framing_.is == form::chunked ? state::data_end : state::done;
  }
  return used;
}

/// One line of the chunked coding, with its CR LF; 0: it is not whole.
size_t body_reader::line(std::string_view bytes, rejection& wrong) {
  const auto end = bytes.find_first_of("\r\n");
  const bool torn = end == bytes.npos || (bytes[end] == '\r' && end + 1 == bytes.size());
  const auto size = torn ? bytes.size() : end + 2;
  if (!torn && (bytes[end] == '\n' || bytes[end + 1] != '\n')) {
    wrong = {400, "a line of the body does not end in CR LF"};
    return 0;
  }
  if (state_ == state::data_end && end != 0) {
    wrong = {400, "a chunk is longer than its size"};
    return 0;
  }
  if (size > overhead_left_) {
    wrong = {400, "the lines between the chunks are too long"};
    return 0;
  }
  if (torn)
    return 0;
  // Size line and end of an ordinary chunk do not count: the body bounds their bytes.
  const auto text = bytes.substr(0, end);
  if (state_ == state::size_line) {
    chunk_size(text, wrong);
  } else if (state_ == state::data_end) {
    state_ = state::size_line;
  } else if (text.empty()) {
    state_ = state::done;
  } else {
    overhead_left_ -= size;
    if (++trailers_ > header_lines_max || !is_field_line(text))
      wrong = {400, "a trailer is no header"};
  }
  return wrong ? 0 : size;
}

/// chunk-size [ chunk-ext ] (RFC 9112 7.1).
void body_reader::chunk_size(std::string_view line, rejection& wrong) {
  const auto digits = line.substr(0, std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size()));
  const auto extension = line.substr(digits.size());
  if (digits.empty() || digits.size() > size_digits_max) {
    wrong = {400, "a chunk's size is no hexadecimal number"};
    return;
  }
  if (!extension.empty()) {
    if (!are_extensions(extension)) {
      wrong = {400, "a chunk's size is no hexadecimal number, or has no extension behind it"};
      return;
    }
    overhead_left_ -= extension.size();
  }
  left_ = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
  if (left_ > bytes_max_ - text_.size())
    wrong = too_large;
  state_ = left_ == 0 ? state::trailer : state::data;
}

// Doubles up to the announced length: memory follows the received bytes.
void body_reader::append(std::string_view piece) {
  const auto needed = text_.size() + piece.size();
  if (needed > text_.capacity()) {
    const auto most = framing_.is == form::length ? static_cast<size_t>(framing_.length) : bytes_max_;
    text_.reserve(std::clamp(2 * text_.capacity(), needed, std::max(needed, most)));
  }
  text_ += piece;
}
} // namespace arrakis::net
