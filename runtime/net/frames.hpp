#pragma once
// WebSocket on the wire (RFC 6455) without a socket: one direction of bytes is cut into messages, and frames are
// written. Many small messages are found in one read, and their bytes stay where they were read to.
#include "runtime/net/websocket.hpp"

#include <array>
#include <optional>
#include <span>

namespace arrakis::net::frames {

/// Opcodes of frames (RFC 6455 5.2).
enum class opcode : uint8_t { more = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };
/// Close codes of RFC 6455 7.4.1: for protocol errors of the peer, and 1005 for a close without a code.
constexpr uint16_t protocol_error = 1002, no_code_sent = 1005, invalid_text = 1007, too_big = 1009;

/// A control frame.
struct control {
  opcode kind = opcode::ping;
  std::string payload;
};
/// Result of find().
struct found {
  std::vector<websocket_message> messages;
  std::vector<std::unique_ptr<char[]>> blocks; ///< Storage of the messages.
  size_t bytes = 0;                            ///< Memory cost of all messages; an empty one is not free.
  std::vector<control> controls;               ///< A close is the last one; nothing is read behind it.
  uint16_t fault = 0;                          ///< Close code for a protocol error behind the messages; 0: none. Final.
};

/// Input buffer that finds whole messages.
class reader {
public:
  /// `masked`: the other end is a client, whose frames must be masked; a server's must not be.
  reader(bool masked, size_t message_bytes_max) : masked_(masked), message_bytes_max_(message_bytes_max) {}
  /// Buffer space for the next bytes, never empty. Results of find() stay valid.
  std::span<char> space();
  /// Adds the first `bytes` bytes of space() to the input.
  void took(size_t bytes) { end_ += bytes; }
  found find();

private:
  struct header;
  header head_at(size_t position) const;
  uint16_t judge(const header&) const;
  bool take(const header&, char* payload, found& out);
  void settle(size_t from, size_t upto, found& out);
  void move_to(size_t capacity);

  const bool masked_;
  const size_t message_bytes_max_;
  std::unique_ptr<char[]> buffer_; ///< `capacity_` bytes and the slack.
  size_t capacity_ = 0, begin_ = 0, end_ = 0;
  size_t wanted_ = 0;   ///< Size of the frame that is not whole yet, as far as it is known.
  bool filled_ = false; ///< The last read filled all the room: the next one gets more.
  int sparse_ = 0;      ///< Reads in a row that needed little of it.
  std::string parts_;   ///< Parts of a fragmented message.
  bool in_parts_ = false, parts_binary_ = false;
  bool ended_ = false;
};

/// Appends one frame. `mask`: a client's four random bytes.
void append(std::string& out, opcode, bool last, std::string_view payload,
            const std::optional<std::array<unsigned char, 4>>& mask = {});

/// Content of a close frame.
struct closing {
  uint16_t code = no_code_sent;
  std::string reason;
};
/// Payload of a close frame, at most 125 bytes; the reason is cut to fit.
std::string write_close(const closing&);
/// Reads the payload of a close frame. Nothing: it violates RFC 6455 5.5.1 or 7.4.
std::optional<closing> read_close(std::string_view payload);
} // namespace arrakis::net::frames
