#pragma once
// RESP codec (https://redis.io/docs/latest/develop/reference/protocol-spec): writes requests, and reads replies of
// versions 2 and 3 with version 3's pushes.
#include "adapters/redis/messages.hpp"
#include "adapters/redis/requests.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::redis {

/// Encodes a whole request.
std::string encode(std::span<const std::string> words);
/// Encodes a command.
std::string encode(const command&);
/// Encodes EVALSHA of a script (lower-case hex sha1), its keys and arguments.
std::string encode_eval(std::string_view sha1, std::span<const std::string_view> keys,
                        std::span<const std::string_view> args);

/// SHA-1 of a script: its `sha1`, or computed once when it has none.
std::string_view sha1_of(const script& code);

/// True for an error of a temporary state of the server: it loads its data, is a replica, is out of memory, cannot
/// save, lacks replicas, or runs a script. The call had no effect and may be repeated. Codes:
/// https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors and src/server.c (shared.*err).
bool is_passing(std::string_view error);

/// Makes an ec::unavailable with detail `server_away`: nothing was sent, or the server did nothing.
caf::error unavailable(const std::string& why);

/// Converts a reply into the caller's result: the reply, or the error of an error reply (messages.hpp).
caf::expected<reply> answer(reply from);

/// Parser that cuts a byte stream into replies. Booleans become integers, doubles and big numbers text, maps and sets
/// arrays; attributes are dropped.
class reader {
public:
  void feed(std::string_view bytes);
  /// Next whole reply; nullopt: more bytes are needed, or the stream is broken.
  std::optional<reply> next();
  /// True: the stream is not RESP, or a reply exceeds 2^20 items, 64 MiB or 32 levels. Final.
  bool broken() const { return broken_; }

private:
  /// An incomplete aggregate.
  struct frame {
    reply value;
    size_t left = 0;
    bool is_attribute = false; ///< An attribute annotates the next reply and is not one itself.
  };
  enum class progress { item, opened, more, nothing };
  progress read(reply& into);
  progress read_bulk(std::string_view line, size_t behind, reply& into);
  progress open(char kind, std::string_view count);
  progress give_up();

  std::string buffer_;
  size_t at_ = 0; ///< Read position in `buffer_`.
  std::vector<frame> open_;
  bool broken_ = false;
  size_t items_ = 0; ///< Items of the incomplete reply.
  size_t bytes_ = 0; ///< Bytes fed since the last whole reply.
};
} // namespace arrakis::redis
