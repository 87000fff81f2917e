#pragma once
// Exceptions from the rules, with their reasons. An exception that nothing needs any more fails the test.
#include "tests/tidy/rules.hpp"

#include <string_view>

namespace arrakis::tidy {
/// Allows one rule to be broken in a file or folder.
struct exception {
  std::string_view rule, path, reason; ///< A path that ends in / stands for the whole folder.
};
/// Exceptions from every rule but those of words.
constexpr exception exceptions[]{
  {"banned", "runtime/base64.cpp", "the one place where bytes become Base64"},
  {"banned", "runtime/clock.cpp", "the one source of wall time and chance"},
  {"banned", "runtime/ed25519.cpp", "the one place where bytes become a public key"},
  {"banned", "runtime/exception.cpp", "the one place where whatever ends an actor becomes its reason"},
  {"banned", "runtime/flow/group.hpp", "its sleep_until is a flow, on the actor's clock"},
  {"banned", "runtime/process.cpp", "execve takes char*"},
  {"banned", "apps/wiring/privileges.cpp", "HOME belongs to the user that a process is, and is no configuration"},
  {"banned", "adapters/embedded/child.cpp", "looks for a program in PATH, which is no configuration of ours"},
  {"banned", "apps/demo/main.cpp", "takes ONCE and FRESH from make"},
  {"banned", "apps/sandbox/gateway/compression.cpp", "zlib's next_in is not const"},
  {"banned", "tests/simulation/chance.cpp", "puts a seed in the place of OpenSSL's source of chance"},
  {"direction", "apps/demo/evm/evm.cpp", "the demo's chain answers in the chain adapter's own encoding, no port"},
  {"tested", "apps/", "programs are tested whole: tests/system, tests/interop"},
};

/// Allows the rules "word", "comment" and "docstring" to be broken in lines that hold `line`.
struct word_exception {
  std::string_view path;   ///< A path that ends in / stands for the whole folder.
  std::string_view line;   ///< A part of the line; empty: every line of the file.
  std::string_view reason; ///< The standard term, or the peer whose word it is.
};
/// Exceptions from the rules of words.
constexpr word_exception word_exceptions[]{
  {"tests/tidy/words.cpp", "", "the list of the banned words"},
  {"tests/tidy/exceptions.hpp", "{\"", "names the words that it allows"},
  {"tests/tidy/words.test.cpp", "", "breaks each rule of words to see it found"},
  {"adapters/queue/scripts.hpp", "extern const redis::script",
   "one declaration for each script of BullMQ, named as it"},
  {"runtime/log.hpp", "inline void ", "shorthands of write(), named by their level"},
  {"adapters/chain/abi_vectors.test.hpp", "inline constexpr", "test vectors, named by their call"},
  {"schemas/migrations/0001_tenants.sql", "Rules of the",
   "an applied migration is never edited: its SHA-256 is stored"},
  {"config/themes/", "\"tenure\"", "a rule's name in a stored manifest: how long a member has been here"},
  {"config/themes/", "\"the-door\"", "the name of a channel in a guild"},
};

/// Returns true if `e` allows `f`, which stands on `line`.
constexpr bool allows(const word_exception& e, const finding& f, std::string_view line) {
  const std::string_view path{f.path};
  return (e.path.ends_with('/') ? path.starts_with(e.path) : path == e.path) && line.find(e.line) != line.npos;
}
} // namespace arrakis::tidy
