#pragma once
// What may break a rule, and why. An exception that nothing needs any more fails the test, so the table only holds what
// is true.
#include <string_view>

namespace arrakis::tidy {
struct exception {
  std::string_view rule, path, reason; ///< A path that ends in / stands for the whole folder.
};
constexpr exception exceptions[]{
  {"banned", "runtime/base64.cpp", "the one place where bytes become Base64"},
  {"banned", "runtime/clock.cpp", "the one door to wall time and chance"},
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
} // namespace arrakis::tidy
