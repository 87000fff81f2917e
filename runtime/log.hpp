#pragma once
// Log lines: JSON objects on standard error. Log an error once, where it is handled; `error`: an operator must act.
#include <initializer_list>
#include <string>
#include <string_view>
namespace arrakis::log {
/// Severities, the lowest first.
enum class level { debug, info, warn, error };
/// Field of a log line: a key with its value.
struct field {
  std::string_view key;
  std::string value;
  field(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  field(std::string_view k, std::string_view v) : key(k), value(v) {}
  field(std::string_view k, const char* v) : key(k), value(v) {}
  template <class T>
    requires std::is_arithmetic_v<T>
  field(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
};
/// Writes a line. Well-known keys: request, tenant, job, trace, guild, shard, user (an opaque id), error.
void write(level, std::string_view event, std::initializer_list<field> fields = {});
inline void debug(std::string_view event, std::initializer_list<field> f = {}) { write(level::debug, event, f); }
inline void info(std::string_view event, std::initializer_list<field> f = {}) { write(level::info, event, f); }
inline void warn(std::string_view event, std::initializer_list<field> f = {}) { write(level::warn, event, f); }
inline void error(std::string_view event, std::initializer_list<field> f = {}) { write(level::error, event, f); }

/// Sets the lowest level that is written; info by default. Thread-safe.
void set_level(level lowest);
/// Redirects log lines (tests); an empty function restores standard error.
void set_sink(void (*sink)(std::string_view line));
} // namespace arrakis::log
