#pragma once
// Requests written by who sends many alike: what is the same in all of them is encoded once and copied, and
// redis::batch takes them. RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec.
#include <span>
#include <string>
#include <string_view>

namespace arrakis::redis {

/// Appends the header of a request of `count` words, or one word of it.
void put_count(std::string& out, size_t count);
void put_word(std::string& out, std::string_view word);
/// One word in two parts.
void put_word(std::string& out, std::string_view first, std::string_view second);

/// Appends EVALSHA of a script (lower-case hex sha1), its keys and arguments.
void put_eval(std::string& out, std::string_view sha1, std::span<const std::string_view> keys,
              std::span<const std::string_view> args);
/// Its beginning: `keys` and `args` words follow.
void put_eval(std::string& out, std::string_view sha1, size_t keys, size_t args);
} // namespace arrakis::redis
