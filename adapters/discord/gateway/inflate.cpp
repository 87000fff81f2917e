#include "adapters/discord/gateway/inflate.hpp"

#include <new>
#include <zlib.h>

namespace arrakis::discord::gateway {
namespace {
constexpr std::string_view flushed{"\x00\x00\xff\xff", 4}; // RFC 1951: an empty stored block, what Z_SYNC_FLUSH writes.
constexpr size_t step_bytes = 64 << 10;
} // namespace

struct inflater::impl {
  explicit impl(inflate_limits l) : limits(l) {
    if (inflateInit(&zlib) != Z_OK)
      throw std::bad_alloc{};
  }
  ~impl() { inflateEnd(&zlib); }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  const inflate_limits limits;
  z_stream zlib{};
  std::string packed;
  bool lost = false;
};

inflater::inflater(inflate_limits limits) : impl_(std::make_unique<impl>(limits)) {}
inflater::~inflater() = default;

caf::expected<std::optional<std::string>> inflater::feed(std::string_view frame) {
  auto& s = *impl_;
  const auto lose = [&s](std::string why) {
    s.lost = true;
    return fail(ec::corrupt, std::move(why));
  };
  if (s.lost)
    return fail(ec::corrupt, "the zlib context is lost");
  if (s.packed.size() + frame.size() > s.limits.packed_bytes_max)
    return lose("an event of more than " + std::to_string(s.limits.packed_bytes_max) + " packed bytes");
  s.packed.append(frame);
  if (!std::string_view{s.packed}.ends_with(flushed))
    return std::optional<std::string>{};
  std::string out;
  s.zlib.next_in = reinterpret_cast<Bytef*>(s.packed.data());
  s.zlib.avail_in = static_cast<uInt>(s.packed.size());
  do {
    const auto filled = out.size();
    if (filled > s.limits.message_bytes_max)
      return lose("an event of more than " + std::to_string(s.limits.message_bytes_max) + " bytes");
    out.resize(filled + step_bytes);
    s.zlib.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    s.zlib.avail_out = step_bytes;
    const int result = inflate(&s.zlib, Z_SYNC_FLUSH);
    out.resize(filled + step_bytes - s.zlib.avail_out);
    if (result != Z_OK && result != Z_BUF_ERROR)
      return lose("the zlib stream is broken");
  } while (s.zlib.avail_out == 0);
  if (s.zlib.avail_in != 0)
    return lose("the zlib stream ends early");
  s.packed.clear();
  if (out.size() > s.limits.message_bytes_max)
    return lose("an event of more than " + std::to_string(s.limits.message_bytes_max) + " bytes");
  return std::optional{std::move(out)};
}
} // namespace arrakis::discord::gateway
