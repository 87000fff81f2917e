#pragma once
// Encoder of requests for redis::batch. A caller with many similar requests encodes their common part once and copies
// it. RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec.
#include <span>
#include <string>
#include <string_view>

namespace arrakis::redis {

/// Appends the header of a request of `count` words.
void put_count(std::string& out, size_t count);
/// Appends one word.
void put_word(std::string& out, std::string_view word);
/// Appends one word, given in two parts.
void put_word(std::string& out, std::string_view first, std::string_view second);

/// Appends EVALSHA of a script (lower-case hex sha1), its keys and arguments.
void put_eval(std::string& out, std::string_view sha1, std::span<const std::string_view> keys,
              std::span<const std::string_view> args);
/// Appends the beginning of an EVALSHA; `keys` and `args` words must follow.
void put_eval(std::string& out, std::string_view sha1, size_t keys, size_t args);
} // namespace arrakis::redis
