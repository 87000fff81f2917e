#include "adapters/discord/gateway/inflate.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#define ZLIB_CONST // zlib does not write to its input.
#include <zlib.h>

namespace arrakis::discord::gateway {
namespace {
constexpr std::string_view flushed{"\x00\x00\xff\xff", 4}; // RFC 1951: an empty stored block, what Z_SYNC_FLUSH writes.
constexpr size_t first_room = 16 << 10;
constexpr size_t kept_room_max = 1 << 20; // Memory beyond it is freed after a huge guild.

/// RFC 1950 2.2: deflate, a window of at most 32 KiB, no dictionary, and a check of these two bytes.
bool is_header(std::string_view two) {
  const auto method = static_cast<unsigned char>(two[0]), flags = static_cast<unsigned char>(two[1]);
  return (method & 0x0f) == Z_DEFLATED && method >> 4 <= 7 && !(flags & 0x20) && (method * 256 + flags) % 31 == 0;
}
} // namespace

struct inflater::impl {
  explicit impl(inflate_limits l) : limits(l) {
    // No zlib checksum: it would be compared at the end of the stream, which never comes.
    if (inflateInit2(&zlib, -MAX_WBITS) != Z_OK)
      throw std::bad_alloc{};
  }
  ~impl() { inflateEnd(&zlib); }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  caf::error lose(std::string why) {
    lost = true;
    return fail(ec::corrupt, std::move(why));
  }
  void make_room(size_t bytes, size_t kept) {
    auto next = std::make_unique_for_overwrite<char[]>(bytes + slack);
    if (kept > 0)
      std::memcpy(next.get(), out.get(), kept);
    out = std::move(next);
    room = bytes;
  }
  caf::expected<std::optional<std::string_view>> unpack(std::string_view whole);

  const inflate_limits limits;
  z_stream zlib{};
  std::string packed; ///< Frames of an incomplete event.
  std::unique_ptr<char[]> out;
  size_t room = 0;
  bool begun = false; ///< The stream's header was read.
  bool lost = false;
};

caf::expected<std::optional<std::string_view>> inflater::impl::unpack(std::string_view whole) {
  if (!begun) {
    if (!is_header(whole.substr(0, 2)))
      return lose("the zlib stream has no header");
    whole.remove_prefix(2);
    begun = true;
  }
  if (room > kept_room_max)
    out = nullptr;
  if (!out)
    make_room(first_room, 0);
  zlib.next_in = reinterpret_cast<const Bytef*>(whole.data());
  zlib.avail_in = static_cast<uInt>(whole.size());
  size_t filled = 0;
  for (;;) {
    const auto before = room - filled;
    zlib.next_out = reinterpret_cast<Bytef*>(out.get() + filled);
    zlib.avail_out = static_cast<uInt>(before);
    const int result = inflate(&zlib, Z_SYNC_FLUSH);
    filled += before - zlib.avail_out;
    if (result != Z_OK && result != Z_BUF_ERROR)
      return lose("the zlib stream is broken");
    if (filled > limits.message_bytes_max)
      return lose("an event of more than " + std::to_string(limits.message_bytes_max) + " bytes");
    if (zlib.avail_out != 0)
      break;
    make_room(std::min(room * 2, std::max(limits.message_bytes_max, room) + 1),
              filled); // One byte more detects an oversized event.
  }
  if (zlib.avail_in != 0)
    return lose("the zlib stream ends early");
  return std::optional{std::string_view{out.get(), filled}};
}

inflater::inflater(inflate_limits limits) : impl_(std::make_unique<impl>(limits)) {}
inflater::~inflater() = default;

caf::expected<std::optional<std::string_view>> inflater::feed(std::string_view frame) {
  auto& s = *impl_;
  if (s.lost)
    return fail(ec::corrupt, "the zlib context is lost");
  if (s.packed.size() + frame.size() > s.limits.packed_bytes_max)
    return s.lose("an event of more than " + std::to_string(s.limits.packed_bytes_max) + " packed bytes");
  const bool alone = s.packed.empty();
  if (!alone)
    s.packed.append(frame);
  const std::string_view whole = alone ? frame : std::string_view{s.packed};
  if (!whole.ends_with(flushed)) {
    if (alone)
      s.packed = frame;
    return std::optional<std::string_view>{};
  }
  auto event = s.unpack(whole);
  s.packed.clear();
  return event;
}
} // namespace arrakis::discord::gateway
