#pragma once
// RESP on the wire (https://redis.io/docs/latest/develop/reference/protocol-spec): requests are written here, and
// replies of both versions are read, with the pushes of version 3.
#include "adapters/redis/messages.hpp"
#include "adapters/redis/requests.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::redis {

/// A whole request.
std::string encode(std::span<const std::string> words);
std::string encode(const command&);
/// EVALSHA of a script (lower-case hex sha1), its keys and arguments.
std::string encode_eval(std::string_view sha1, std::span<const std::string_view> keys,
                        std::span<const std::string_view> args);

/// The SHA-1 that Redis knows `code` by: its own, or computed once for a script without one.
std::string_view sha1_of(const script& code);

/// True for an error reply of a server that does nothing of the kind for the moment, whoever asks: it loads its data,
/// is a replica, is out of memory, cannot save, lacks replicas, runs a script. The call had no effect, and may be
/// repeated. The codes: https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors and src/server.c
/// (shared.*err).
bool is_passing(std::string_view error);

/// An ec::unavailable with its `server_away`: nothing was sent, or the server did nothing.
caf::error unavailable(const std::string& why);

/// What an asker gets for a reply: the reply, or the error that an error reply stands for (messages.hpp).
caf::expected<reply> answer(reply from);

/// Cuts a stream of bytes into replies. A boolean is an integer, a double and a big number are text, a map and a set
/// are arrays; attributes are left out.
class reader {
public:
  void feed(std::string_view bytes);
  /// The next whole reply; nullopt: more bytes are needed, or the stream is broken.
  std::optional<reply> next();
  /// The stream is no RESP, or a reply has more than 2^20 items, 64 MiB or 32 levels: nothing that follows can be read.
  bool broken() const { return broken_; }

private:
  /// An aggregate that is not whole.
  struct frame {
    reply value;
    size_t left = 0;
    bool is_attribute = false; ///< It says something of the reply behind it, and is not one.
  };
  enum class progress { item, opened, more, nothing };
  progress read(reply& into);
  progress read_bulk(std::string_view line, size_t behind, reply& into);
  progress open(char kind, std::string_view count);
  progress give_up();

  std::string buffer_;
  size_t at_ = 0; ///< What stands before it was read.
  std::vector<frame> open_;
  bool broken_ = false;
  size_t items_ = 0; ///< Of the aggregates of the reply that is not whole.
  size_t bytes_ = 0; ///< That were fed since the last whole reply.
};
} // namespace arrakis::redis
