#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace arrakis::sandbox::gateway {

/// How a gateway connection packs its messages, so that a client can read each at once. In the two transport
/// compressions one context serves all messages. https://discord.com/developers/docs/events/gateway#compression
class compression {
public:
  virtual ~compression() = default;
  /// Returns the packed bytes of one message.
  virtual std::string compress(std::string_view message) = 0;
};

/// Transport compression `zlib-stream`: each message ends with Z_SYNC_FLUSH (00 00 FF FF).
std::unique_ptr<compression> zlib_stream();
/// Transport compression `zstd-stream`: one frame without an end; each message ends a block.
std::unique_ptr<compression> zstd_stream();
/// Payload compression (`compress` of IDENTIFY): each message is a zlib stream of its own.
std::unique_ptr<compression> zlib_payload();
/// The transport compression that the query parameter `compress` names; null: none of them.
std::unique_ptr<compression> compression_named(std::string_view name);

} // namespace arrakis::sandbox::gateway
