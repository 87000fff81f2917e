#include "adapters/redis/wire.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <openssl/sha.h>

namespace arrakis::redis {
namespace {

void put_number(std::string& out, char kind, size_t number) {
  char head[24];
  head[0] = kind;
  auto* end = std::to_chars(head + 1, head + sizeof head - 2, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(head, end);
}

// Limits of one reply over all levels, because the peer can claim any count. Real replies have some thousand items.
constexpr size_t items_max = 1 << 20;
// Bytes of a reply that is not whole. Our largest are jobs of some kilobytes.
constexpr size_t reply_bytes_max = 64 << 20;
constexpr size_t levels_max = 32;
// A line holds a number, or a status or error in words.
constexpr size_t line_bytes_max = 64 << 10;
// Items reserved at first; further ones are added as their bytes arrive.
constexpr size_t reserved_max = 1024;

std::optional<int64_t> number_in(std::string_view digits) {
  if (digits.starts_with('+'))
    digits.remove_prefix(1);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc{} && end == digits.data() + digits.size() ? std::optional{number} : std::nullopt;
}

} // namespace

void put_count(std::string& out, size_t count) { put_number(out, '*', count); }

void put_word(std::string& out, std::string_view word) {
  put_number(out, '$', word.size());
  out.append(word);
  out.append("\r\n", 2);
}

void put_word(std::string& out, std::string_view first, std::string_view second) {
  put_number(out, '$', first.size() + second.size());
  out.append(first);
  out.append(second);
  out.append("\r\n", 2);
}

std::string encode(std::span<const std::string> words) {
  size_t bytes = 16;
  for (const auto& word : words)
    bytes += word.size() + 16;
  std::string out;
  out.reserve(bytes);
  put_count(out, words.size());
  for (const auto& word : words)
    put_word(out, word);
  return out;
}

std::string encode(const command& what) {
  size_t bytes = 16, count = 0;
  for (const auto* list : {&what.verb, &what.keys, &what.args})
    for (const auto& word : *list) {
      bytes += word.size() + 16;
      ++count;
    }
  std::string out;
  out.reserve(bytes);
  put_count(out, count);
  for (const auto* list : {&what.verb, &what.keys, &what.args})
    for (const auto& word : *list)
      put_word(out, word);
  return out;
}

std::string encode_eval(std::string_view sha1, std::span<const std::string_view> keys,
                        std::span<const std::string_view> args) {
  size_t bytes = 96;
  for (auto list : {keys, args})
    for (auto word : list)
      bytes += word.size() + 16;
  std::string out;
  out.reserve(bytes);
  put_eval(out, sha1, keys, args);
  return out;
}

void put_eval(std::string& out, std::string_view sha1, size_t keys, size_t args) {
  put_count(out, 3 + keys + args);
  put_word(out, "EVALSHA");
  put_word(out, sha1);
  put_word(out, std::to_string(keys));
}

void put_eval(std::string& out, std::string_view sha1, std::span<const std::string_view> keys,
              std::span<const std::string_view> args) {
  put_eval(out, sha1, keys.size(), args.size());
  for (auto list : {keys, args})
    for (auto word : list)
      put_word(out, word);
}

std::string_view sha1_of(const script& code) {
  if (!code.sha1.empty())
    return code.sha1;
  static std::mutex guard;
  static std::map<const char*, std::string> known; // Scripts are static: their text is their identity.
  std::scoped_lock lock{guard};
  auto& hex = known[code.text.data()];
  if (hex.empty()) {
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<const unsigned char*>(code.text.data()), code.text.size(), digest);
    for (auto byte : digest) {
      hex.push_back("0123456789abcdef"[byte >> 4]);
      hex.push_back("0123456789abcdef"[byte & 15]);
    }
  }
  return hex;
}

bool is_passing(std::string_view error) {
  // Before Redis 7 the error of a call inside a script stands behind the place of that call.
  if (error.starts_with("ERR Error running script"))
    if (const auto inner = error.rfind(": -"); inner != std::string_view::npos)
      error.remove_prefix(inner + 3);
  static constexpr std::string_view codes[]{"BUSY",       "LOADING",    "READONLY",    "OOM",      "MISCONF",
                                            "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "UNBLOCKED"};
  return std::ranges::find(codes, error.substr(0, error.find(' '))) != std::end(codes);
}

caf::error unavailable(const std::string& why) {
  return fail(ec::unavailable, "Redis: " + why, server_away{"redis", why});
}

caf::expected<reply> answer(reply from) {
  if (from.type != reply::error)
    return from;
  return is_passing(from.bytes) ? unavailable(from.bytes) : fail(ec::internal, "Redis: " + from.bytes);
}

void reader::feed(std::string_view bytes) {
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  } else if (at_ > buffer_.size() / 2) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  buffer_.append(bytes);
  bytes_ += bytes.size();
}

reader::progress reader::give_up() {
  broken_ = true;
  return progress::nothing;
}

/// `line`: the length, which stands before the bytes; `behind`: where they begin.
reader::progress reader::read_bulk(std::string_view line, size_t behind, reply& into) {
  const auto length = number_in(line);
  if (length == -1) { // RESP2's nil.
    at_ = behind;
    return progress::item;
  }
  if (!length || *length < 0 || static_cast<size_t>(*length) > reply_bytes_max)
    return give_up();
  const auto size = static_cast<size_t>(*length);
  if (buffer_.size() < behind + size + 2)
    return progress::more;
  if (buffer_[behind + size] != '\r' || buffer_[behind + size + 1] != '\n')
    return give_up();
  const char kind = buffer_[at_];
  auto bytes = std::string_view{buffer_}.substr(behind, size);
  if (kind == '=') { // "txt:" or "mkd:" stands before the text.
    if (size < 4 || bytes[3] != ':')
      return give_up();
    bytes.remove_prefix(4);
  }
  into.type = kind == '!' ? reply::error : reply::text;
  into.bytes = bytes;
  at_ = behind + size + 2;
  return progress::item;
}

reader::progress reader::open(char kind, std::string_view text) {
  const auto count = number_in(text);
  if (!count || *count < 0 || static_cast<size_t>(*count) > items_max || open_.size() >= levels_max)
    return give_up();
  const bool pairs = kind == '%' || kind == '|';
  const auto items = static_cast<size_t>(*count) * (pairs ? 2 : 1);
  if (items > items_max - items_ || (kind == '>' && !open_.empty()))
    return give_up();
  items_ += items;
  auto& made = open_.emplace_back();
  made.value.type = kind == '>' ? reply::push : reply::array;
  made.value.items.reserve(std::min(items, reserved_max));
  made.left = items;
  made.is_attribute = kind == '|';
  return progress::opened;
}

reader::progress reader::read(reply& into) {
  if (at_ == buffer_.size())
    return progress::more;
  const auto end = buffer_.find("\r\n", at_ + 1);
  if (end == std::string::npos)
    return buffer_.size() - at_ > line_bytes_max ? give_up() : progress::more;
  if (end - at_ + 1 > line_bytes_max)
    return give_up();
  const char kind = buffer_[at_];
  const auto line = std::string_view{buffer_}.substr(at_ + 1, end - at_ - 1);
  const auto behind = end + 2;
  switch (kind) {
    case '$':
    case '!':
    case '=': return read_bulk(line, behind, into);
    case '+':
    case ',':
    case '(':
    case '-':
      into.type = kind == '-' ? reply::error : reply::text;
      into.bytes = line;
      break;
    case ':': {
      const auto number = number_in(line);
      if (!number)
        return give_up();
      into.type = reply::integer;
      into.number = *number;
      break;
    }
    case '#':
      if (line != "t" && line != "f")
        return give_up();
      into.type = reply::integer;
      into.number = line == "t" ? 1 : 0;
      break;
    case '_':
      if (!line.empty())
        return give_up();
      break;
    case '*':
      if (line == "-1")
        break; // RESP2's nil.
      [[fallthrough]];
    case '~':
    case '>':
    case '%':
    case '|': {
      const auto opened = open(kind, line);
      if (opened == progress::opened)
        at_ = behind;
      return opened;
    }
    default: return give_up();
  }
  at_ = behind;
  return progress::item;
}

std::optional<reply> reader::next() {
  while (!broken_) {
    reply item;
    const auto got = read(item);
    if (got == progress::more && bytes_ > reply_bytes_max)
      broken_ = true;
    if (got == progress::more || got == progress::nothing)
      return std::nullopt;
    bool whole = got == progress::item;
    // An item fills its aggregate, which may fill the one around it.
    while (!open_.empty() && (whole || open_.back().left == 0)) {
      auto& around = open_.back();
      if (whole) {
        around.value.items.push_back(std::move(item));
        --around.left;
      }
      if (around.left > 0)
        break;
      whole = !around.is_attribute;
      item = std::move(around.value);
      open_.pop_back();
      if (!whole)
        break; // The annotated reply follows.
    }
    if (!whole || !open_.empty())
      continue;
    items_ = 0;
    bytes_ = buffer_.size() - at_;
    return item;
  }
  return std::nullopt;
}
} // namespace arrakis::redis
