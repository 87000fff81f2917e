#pragma once
#include "actors/quarantine/messages.hpp"

#include <caf/fwd.hpp>
#include <chrono>
#include <functional>

namespace arrakis::quarantine {
/// Tunables of the quarantine actor.
struct options {
  std::string node; ///< Name of this process, to find the crash in a log.
  std::chrono::milliseconds every{1'000};
  std::chrono::milliseconds within{5'000};
  size_t unsaved_max = 1'000; ///< Crashes kept while PostgreSQL is away; further ones hold on this process alone.
};
/// Starts the actor that copies the entries from PostgreSQL to `table`, which outlives it, and stores crashes.
handle start(caf::actor_system&, quarantines::handle, table& table, options);

/// Callbacks directory::options::quarantined and quarantine_of for actors of `kind`: one stores a key, the other finds
/// one. Keys end with a guild's snowflake: "123" or "user:123".
std::function<void(const std::string& key, const std::string& error, const std::string& last_message)> recorder(
  table&, handle to, std::string kind);
std::function<std::optional<std::string>(const std::string& key)> reader(const table&, std::string kind);
} // namespace arrakis::quarantine
