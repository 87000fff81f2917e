#pragma once
// Judges whether a shard reacted to a disturbance as Discord documents it, from the sandbox's record. Pure.
// The table is Discord's: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway and
// https://discord.com/developers/docs/events/gateway#resuming.
#include <boost/json/array.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace arrakis::shards_test {
using std::chrono::milliseconds;

/// A line of the sandbox's record (GET /_sandbox/gateway/record).
struct entry {
  enum kind { opened, in, out, closed } what = opened; ///< in: from the shard.
  int64_t connection = 0;
  int64_t op = -1;
  int64_t sequence = -1; ///< `d` of op 1 and `seq` of op 6; -1: none.
  std::string session;   ///< Of op 6.
  std::string type;      ///< Of op 0.
  int64_t code = 0;      ///< Of a close.
  bool by_shard = false; ///< The shard closed.
  std::string target;    ///< Of an open connection.
};

/// The record after the disturbance, and how long the shard waited before each connection of its own.
struct trace {
  std::vector<entry> entries;
  std::vector<milliseconds> waits;
};
/// Parses the sandbox's record.
trace read(const boost::json::array& record);

/// Reactions of a shard to a disturbance.
enum class reaction {
  goes_on,      ///< Nothing but heartbeats.
  beats,        ///< One heartbeat with the last sequence, on the same connection.
  resumes,      ///< A new connection, and op 6 with session and sequence.
  resumes_here, ///< Op 6 on the same connection.
  begins_here,  ///< Op 2 on the same connection.
  begins_anew,  ///< A new connection, and op 2.
  stops         ///< Nothing any more.
};
/// The right reaction, with its details.
struct expectation {
  reaction what = reaction::goes_on;
  std::string session;   ///< The session that a resume must name.
  int64_t sequence = 0;  ///< The sequence that a resume or a heartbeat must carry.
  int64_t our_close = 0; ///< The code that the shard must close with; 0: it must not close at all.
  std::string target;    ///< Where a new connection must begin; empty: anywhere.
  milliseconds wait_least{0}, wait_most{1'000'000};
  size_t connections = 1;    ///< New ones until the reaction is complete.
  size_t resumes_before = 0; ///< Resumes that fail before it begins anew.
};

/// Returns what is wrong with the reaction; empty: it is the expected one.
std::string judge(const trace&, const expectation&);

/// A wrong reaction, made out of a right one.
struct variant {
  std::string name;
  trace what;
};
/// Changes each detail of a right reaction, for negative controls of judge().
std::vector<variant> wrong_variants(const trace& right, const expectation&);
} // namespace arrakis::shards_test
