#pragma once
// For tests: the server's half of zlib-stream.
#include <string>
#include <zlib.h>

namespace arrakis::discord::gateway::test {
/// Compressor of one connection.
class packer {
public:
  packer() { deflateInit(&zlib_, Z_DEFAULT_COMPRESSION); }
  ~packer() { deflateEnd(&zlib_); }
  packer(const packer&) = delete;
  packer& operator=(const packer&) = delete;
  std::string pack(std::string text) {
    std::string out(text.size() + 1024, '\0');
    zlib_.next_in = reinterpret_cast<Bytef*>(text.data());
    zlib_.avail_in = static_cast<uInt>(text.size());
    zlib_.next_out = reinterpret_cast<Bytef*>(out.data());
    zlib_.avail_out = static_cast<uInt>(out.size());
    deflate(&zlib_, Z_SYNC_FLUSH);
    out.resize(out.size() - zlib_.avail_out);
    return out;
  }

private:
  z_stream zlib_{};
};
} // namespace arrakis::discord::gateway::test
