#pragma once
// Parsers of a proxy for the bytes between arrakisd and its servers: where a request and its answer end, and the name
// of a step. They know the protocols and nothing of arrakisd.
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace arrakis::crash {

/// One connection in one protocol. Answers come in the order of their requests.
class dialect {
public:
  virtual ~dialect() = default;
  /// A request at the beginning of the bytes.
  struct request {
    size_t bytes = 0;     ///< 0: not whole yet; then nothing was taken note of.
    std::string step;     ///< "POST /guilds/x/roles", "COMMIT insert outbox", "EVALSHA moveToActive"; empty: no step.
    bool answered = true; ///< Some requests (PostgreSQL's Terminate) have no answer.
  };
  /// The first request in `bytes`.
  virtual request next_request(std::string_view bytes) = 0;
  /// The length of the first whole answer in `bytes`; 0: not whole yet.
  virtual size_t next_answer(std::string_view bytes) = 0;
};

/// HTTP/1.1. Every request is a step: its method and path, with ids as `x` and the tokens of interactions as `t`.
std::unique_ptr<dialect> http_dialect();

/// PostgreSQL's protocol 3 (docs/15/protocol-message-formats). Steps are COMMITs, called after what the transaction
/// wrote (or read, when it wrote nothing), and statements outside a transaction.
std::unique_ptr<dialect> postgres_dialect();

/// Scripts that a Redis was given, by their SHA-1: shared by its connections. Thread-safe.
class scripts {
public:
  void learn(std::string_view text);
  /// BullMQ's name of it, or the first eight digits.
  std::string name_of(const std::string& sha1) const;
  std::map<std::string, std::string> all() const; ///< Texts by SHA-1.

private:
  mutable std::mutex guard_;
  std::map<std::string, std::string> texts_;
};
/// RESP2. Steps are calls of scripts, with the first key's shape, and commands other than those of a greeting.
std::unique_ptr<dialect> redis_dialect(scripts&);

/// Returns true for steps that are repeated on a timer while work goes on: renewals of its lease and of its job's lock.
bool comes_by_the_clock(std::string_view step);

/// `text` with each run of 15 and more digits, each UUID and each hex run of 24 and more as `x`.
std::string shape_of(std::string_view text);

} // namespace arrakis::crash
