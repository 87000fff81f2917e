#pragma once
// Transport compression zlib-stream: one zlib context for the life of a connection, each event ended by Z_SYNC_FLUSH.
// https://discord.com/developers/docs/events/gateway#transport-compression
#include "runtime/error.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis::discord::gateway {
struct inflate_limits {
  size_t packed_bytes_max = 8 << 20; ///< Of one event, over all its frames.
  size_t message_bytes_max =
    32 << 20; ///< Of one event, inflated. A guild of 500 channels and 1000 threads has about 2 MiB.
};

class inflater {
public:
  explicit inflater(inflate_limits = {});
  ~inflater();
  /// Behind an event so many more bytes may be read; their values say nothing.
  static constexpr size_t slack = 64;
  /// A frame that ends an event gives the event, valid until the next call; another one nothing. ec::corrupt: the
  /// context is lost, and so is the connection.
  caf::expected<std::optional<std::string_view>> feed(std::string_view frame);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};
} // namespace arrakis::discord::gateway
