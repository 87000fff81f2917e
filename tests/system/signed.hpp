#pragma once
// Interactions that a test posts to the webhook itself, signed as Discord signs them: as many at one moment as it
// wants.
#include "runtime/clock.hpp"
#include "runtime/net/http.hpp"
#include "tests/system/test_stack.hpp"

#include <string>

namespace arrakis::system_test {

/// A POST of the interaction `body` to /webhooks/discord, signed at `at_s` (Unix time, seconds) with the key of the
/// sandbox's application.
net::http_request signed_interaction(test_stack&, std::string body, int64_t at_s = wall_ms() / 1000);

} // namespace arrakis::system_test
