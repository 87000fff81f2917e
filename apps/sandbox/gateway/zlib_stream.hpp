#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace arrakis::sandbox::gateway {
/// Transport compression `zlib-stream`: one deflate context for a connection; each message ends with Z_SYNC_FLUSH
/// (00 00 FF FF). https://discord.com/developers/docs/topics/gateway#transport-compression
class zlib_stream {
public:
  zlib_stream();
  ~zlib_stream();
  std::string compress(std::string_view message);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};
} // namespace arrakis::sandbox::gateway
