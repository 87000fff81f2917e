#include "runtime/net/frames.hpp"

#include "runtime/utf8.hpp"

#include <algorithm>
#include <cstring>
#include <simdjson.h>

namespace arrakis::net::frames {
namespace {
constexpr size_t slack = websocket_message::slack;
constexpr size_t first_capacity = 8 << 10;
constexpr size_t busy_capacity = 128 << 10; // One half fills in the kernel while the other is processed.
constexpr size_t room_least = 2 << 10;
constexpr int sparse_max = 64; // Number of small reads after which a large buffer is freed.
constexpr size_t header_bytes_max = 14;
constexpr size_t control_bytes_max = 125; // RFC 6455 5.5.
constexpr uint8_t last_bit = 0x80, reserved_bits = 0x70, mask_bit = 0x80;

bool is_control(opcode kind) { return static_cast<uint8_t>(kind) >= 8; }

void unmask(char* bytes, size_t size, const void* mask) {
  uint64_t wide = 0;
  std::memcpy(&wide, mask, 4);
  wide |= wide << 32;
  size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + at, 8);
    word ^= wide;
    std::memcpy(bytes + at, &word, 8);
  }
  for (; at < size; ++at)
    bytes[at] = static_cast<char>(bytes[at] ^ static_cast<const char*>(mask)[at % 4]);
}

std::unique_ptr<char[]> block_of(size_t size) { return std::make_unique_for_overwrite<char[]>(size + slack); }

uint64_t big_endian(const char* from, size_t bytes) {
  uint64_t out = 0;
  for (size_t i = 0; i < bytes; ++i)
    out = out << 8 | static_cast<uint8_t>(from[i]);
  return out;
}

/// Codes that may travel: RFC 6455 7.4.1 and the registry behind it, 3000-3999 for libraries, 4000-4999 for programs.
bool may_be_sent(uint16_t code) {
  return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006)
      || (code >= 3000 && code <= 4999);
}
} // namespace

struct reader::header {
  bool whole = false; ///< The header is complete; the payload may be missing.
  bool last = false, masked = false, short_enough = true;
  uint8_t reserved = 0;
  opcode kind = opcode::more;
  uint64_t size = 0;
  size_t bytes = 0; ///< Size of the header.
  const char* mask = nullptr;
};

reader::header reader::head_at(size_t position) const {
  header out;
  const char* at = buffer_.get() + position;
  const size_t there = end_ - position;
  if (there < 2)
    return out;
  const auto first = static_cast<uint8_t>(at[0]), second = static_cast<uint8_t>(at[1]);
  out.last = first & last_bit;
  out.reserved = first & reserved_bits;
  out.kind = static_cast<opcode>(first & 0x0f);
  out.masked = second & mask_bit;
  out.size = second & 0x7f;
  const size_t more = out.size == 126 ? 2 : out.size == 127 ? 8 : 0;
  out.bytes = 2 + more + (out.masked ? 4 : 0);
  if (there < out.bytes)
    return out;
  if (more > 0) {
    out.size = big_endian(at + 2, more);
    out.short_enough = out.size > (more == 2 ? 125u : 0xffffu); // RFC 6455 5.2: the fewest bytes that hold it.
  }
  out.mask = out.masked ? at + out.bytes - 4 : nullptr;
  out.whole = true;
  return out;
}

uint16_t reader::judge(const header& of) const {
  const auto kind = static_cast<uint8_t>(of.kind);
  if (of.reserved || of.masked != masked_ || !of.short_enough || (kind > 2 && kind < 8) || kind > 10)
    return protocol_error;
  if (is_control(of.kind))
    return of.last && of.size <= control_bytes_max ? 0 : protocol_error;
  if ((of.kind == opcode::more) != in_parts_)
    return protocol_error;
  return of.size > message_bytes_max_ - parts_.size() ? too_big : 0;
}

std::span<char> reader::space() {
  if (begin_ == end_)
    begin_ = end_ = 0;
  if (!buffer_)
    move_to(first_capacity);
  else if (filled_ && capacity_ < busy_capacity)
    move_to(busy_capacity);
  else if (capacity_ - end_ < room_least) {
    // A claimed size allocates no memory: the buffer doubles as bytes arrive.
    const bool full = begin_ == 0 || capacity_ - (end_ - begin_) < room_least;
    if (full)
      move_to(std::min(capacity_ * 2, std::max(wanted_, capacity_ + room_least)));
    else {
      std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    }
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

/// Moves unread bytes into a new buffer.
void reader::move_to(size_t capacity) {
  auto next = block_of(capacity);
  if (end_ > begin_)
    std::memcpy(next.get(), buffer_.get() + begin_, end_ - begin_);
  buffer_ = std::move(next);
  capacity_ = capacity;
  end_ -= std::exchange(begin_, 0);
}

found reader::find() {
  found out;
  const size_t from = begin_;
  filled_ = end_ == capacity_;
  size_t at = begin_;
  while (!ended_ && at < end_) {
    const auto head = head_at(at);
    if (!head.whole) {
      wanted_ = header_bytes_max;
      break;
    }
    out.fault = judge(head);
    if (out.fault)
      break;
    if (end_ - at - head.bytes < head.size) {
      wanted_ = head.bytes + head.size;
      break;
    }
    char* payload = buffer_.get() + at + head.bytes;
    if (head.mask)
      unmask(payload, head.size, head.mask);
    at += head.bytes + head.size;
    if (is_control(head.kind)) {
      out.controls.push_back({head.kind, {payload, head.size}});
      ended_ = head.kind == opcode::close;
    } else if (!take(head, payload, out)) {
      out.fault = invalid_text;
      break;
    }
  }
  ended_ = ended_ || out.fault;
  begin_ = at;
  settle(from, at, out);
  return out;
}

/// Takes a data frame. False: its text is not UTF-8.
bool reader::take(const header& of, char* payload, found& out) {
  const bool binary = of.kind == opcode::more ? parts_binary_ : of.kind == opcode::binary;
  std::string_view whole{payload, of.size};
  if (in_parts_ || !of.last) {
    parts_.append(whole);
    parts_binary_ = binary;
    in_parts_ = !of.last;
    if (!of.last)
      return true;
    auto block = block_of(parts_.size());
    std::memcpy(block.get(), parts_.data(), parts_.size());
    whole = {block.get(), parts_.size()};
    out.blocks.push_back(std::move(block));
    parts_.clear();
    parts_.shrink_to_fit();
  }
  if (!binary && !simdjson::validate_utf8(whole))
    return false;
  out.messages.push_back({whole, binary});
  out.bytes += whole.size() + sizeof(websocket_message);
  return true;
}

/// Gives the messages their own block: the buffer itself when it is well filled, or a fitting copy.
void reader::settle(size_t from, size_t upto, found& out) {
  const char* first = buffer_.get();
  const auto here = [&](const websocket_message& m) {
    return m.bytes.data() >= first && m.bytes.data() <= first + capacity_;
  };
  if (std::none_of(out.messages.begin(), out.messages.end(), here))
    return;
  if ((upto - from) * 4 >= capacity_) {
    auto used = std::move(buffer_);
    const auto rest = end_ - begin_;
    const auto next = std::max(std::min(capacity_, busy_capacity), rest + room_least);
    sparse_ = 0;
    buffer_ = block_of(next);
    std::memcpy(buffer_.get(), used.get() + begin_, rest);
    capacity_ = next;
    begin_ = 0;
    end_ = rest;
    out.blocks.push_back(std::move(used));
    return;
  }
  auto copy = block_of(upto - from);
  std::memcpy(copy.get(), first + from, upto - from);
  for (auto& each : out.messages)
    if (here(each))
      each.bytes = {copy.get() + (each.bytes.data() - first - from), each.bytes.size()};
  out.blocks.push_back(std::move(copy));
  if (capacity_ > first_capacity && begin_ == end_ && ++sparse_ > sparse_max) {
    sparse_ = 0;
    move_to(first_capacity);
  }
}

void append(std::string& out, opcode kind, bool last, std::string_view payload,
            const std::optional<std::array<unsigned char, 4>>& mask) {
  out.push_back(static_cast<char>(static_cast<uint8_t>(kind) | (last ? last_bit : 0)));
  const uint8_t masked = mask ? mask_bit : 0;
  const size_t more = payload.size() <= 125 ? 0 : payload.size() <= 0xffff ? 2 : 8;
  out.push_back(static_cast<char>(masked | (more == 0 ? payload.size() : more == 2 ? 126 : 127)));
  for (size_t i = more; i > 0; --i)
    out.push_back(static_cast<char>(payload.size() >> (8 * (i - 1))));
  if (mask)
    out.append(mask->begin(), mask->end());
  const auto at = out.size();
  out.append(payload);
  if (mask)
    unmask(out.data() + at, payload.size(), mask->data());
}

std::string write_close(const closing& what) {
  std::string out;
  if (what.code == no_code_sent)
    return out;
  out.push_back(static_cast<char>(what.code >> 8));
  out.push_back(static_cast<char>(what.code));
  return out.append(utf8_head(what.reason, control_bytes_max - 2));
}

std::optional<closing> read_close(std::string_view payload) {
  if (payload.empty())
    return closing{};
  if (payload.size() < 2)
    return std::nullopt;
  closing out{static_cast<uint16_t>(big_endian(payload.data(), 2)), std::string{payload.substr(2)}};
  if (!may_be_sent(out.code) || !simdjson::validate_utf8(out.reason))
    return std::nullopt;
  return out;
}
} // namespace arrakis::net::frames
