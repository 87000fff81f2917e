#pragma once
// Transport compression zlib-stream: one zlib context for the life of a connection, each event ended by Z_SYNC_FLUSH.
// https://discord.com/developers/docs/events/gateway#transport-compression
#include "runtime/error.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis::discord::gateway {
/// Size limits of one event.
struct inflate_limits {
  size_t packed_bytes_max = 8 << 20;   ///< Compressed size, over all frames.
  size_t message_bytes_max = 32 << 20; ///< Inflated size. A guild of 500 channels and 1000 threads has about 2 MiB.
};

/// The inflater of one connection.
class inflater {
public:
  explicit inflater(inflate_limits = {});
  ~inflater();
  /// Readable bytes behind an event; their values are undefined.
  static constexpr size_t slack = 64;
  /// Takes a frame. Returns the event that it completes, valid until the next call; else nothing. ec::corrupt: the
  /// context is lost; close the connection.
  caf::expected<std::optional<std::string_view>> feed(std::string_view frame);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};
} // namespace arrakis::discord::gateway
