#pragma once
// Messages of a gateway to a bot, as bytes of WebSocket frames that are generated before the measurement: both sides of
// gateway_bench read the same bytes.
#include <cstdint>
#include <string>

namespace arrakis::bench {

/// Kinds of events of a recording.
enum class traffic { messages, members, guilds };

/// Content of a recording.
struct gateway_plan {
  traffic what = traffic::messages;
  bool packed = false; ///< zlib-stream.
  size_t warm_up = 0;  ///< Events before those that are measured.
  size_t count = 0;    ///< Events, or guilds.
};

/// The frames of one connection.
struct gateway_recording {
  std::string hello;     ///< Sent as soon as the socket is open.
  std::string welcome;   ///< READY and what follows it.
  size_t json_bytes = 0; ///< Of all events that are measured.
  uint64_t checksum = 0; ///< Over the fields that a handler needs of them: see checksum_of().
};

/// No two events are the same: texts, people, roles and ids come from a fixed seed.
gateway_recording record(const gateway_plan&);

/// The part of an id that both sides add up: its last six digits, which a JavaScript number holds as well.
constexpr uint64_t tail_of(uint64_t id) { return id % 1'000'000; }
} // namespace arrakis::bench
