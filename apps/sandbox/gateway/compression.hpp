#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace arrakis::sandbox::gateway {

/// Transport compression of a gateway connection: one context for all of its messages, each flushed at its end, so that
/// a client can read it at once. https://discord.com/developers/docs/events/gateway#transport-compression
class compression {
public:
  virtual ~compression() = default;
  virtual std::string compress(std::string_view message) = 0;
};

/// `zlib-stream`: each message ends with Z_SYNC_FLUSH (00 00 FF FF).
std::unique_ptr<compression> zlib_stream();
/// `zstd-stream`: one frame without an end; each message ends a block.
std::unique_ptr<compression> zstd_stream();
/// The one that the query parameter `compress` names; null: none of them.
std::unique_ptr<compression> compression_named(std::string_view name);

} // namespace arrakis::sandbox::gateway
