#pragma once
// RESP2 on the wire (https://redis.io/docs/latest/develop/reference/protocol-spec): requests are written here, replies
// are parsed by hiredis' reader straight into our `reply`.
#include "adapters/redis/messages.hpp"
#include "adapters/redis/requests.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct redisReader;

namespace arrakis::redis {

/// A whole request.
std::string encode(std::span<const std::string> words);
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

/// Cuts a stream of bytes into replies.
class reader {
public:
  reader();
  ~reader();
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;
  void feed(std::string_view bytes);
  /// The next whole reply; nullopt: more bytes are needed, or the stream is broken.
  std::optional<reply> next();
  /// The stream is no RESP, or a reply has more than 2^20 items or 64 MiB: nothing that follows can be read.
  bool broken() const { return broken_; }

private:
  struct closer {
    void operator()(redisReader*) const;
  };
  std::unique_ptr<redisReader, closer> parser_;
  bool broken_ = false;
  size_t items_ = 0; ///< Of the arrays of the reply that is not whole.
  size_t bytes_ = 0; ///< That were fed since the last whole reply.
};
} // namespace arrakis::redis
