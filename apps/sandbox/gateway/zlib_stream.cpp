#include "apps/sandbox/gateway/zlib_stream.hpp"

#include "runtime/assert.hpp"

#include <zlib.h>

namespace arrakis::sandbox::gateway {

struct zlib_stream::impl {
  z_stream z{};
};

zlib_stream::zlib_stream() : impl_(std::make_unique<impl>()) {
  const int rc = deflateInit(&impl_->z, Z_BEST_SPEED);
  ARRAKIS_ASSERT(rc == Z_OK, "zlib gives a context");
}
zlib_stream::~zlib_stream() { deflateEnd(&impl_->z); }

std::string zlib_stream::compress(std::string_view message) {
  std::string out;
  auto& z = impl_->z;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data())); // zlib's field is not const; it only reads
  z.avail_in = static_cast<uInt>(message.size());
  do {
    char part[16384];
    z.next_out = reinterpret_cast<Bytef*>(part);
    z.avail_out = sizeof part;
    deflate(&z, Z_SYNC_FLUSH);
    out.append(part, sizeof part - z.avail_out);
  } while (z.avail_out == 0);
  return out;
}

} // namespace arrakis::sandbox::gateway
