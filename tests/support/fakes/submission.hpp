#pragma once
// For tests: the submission of a deployment, as Deploy in the wizard makes it.
#include "adapters/postgres/deployments/messages.hpp"
#include "schemas/canonical_json.hpp"

#include <chrono>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace arrakis::test {
/// Submits the next version of the guild's community under `key`, which names the click. The interaction's token is
/// "token", for 15 minutes; the admin is 4711. `canonical`: the manifest's text; empty: its version alone.
inline deployments::submit submission(const deployments::prepared& on, snowflake guild, std::string key, deadline until,
                                      std::string canonical = {}) {
  if (canonical.empty())
    canonical = fmt::format(R"({{"version":{}}})", on.next_version);
  deployments::submit m;
  m.key = std::move(key);
  m.community = on.community;
  m.guild = guild;
  m.community_name = "Sietch Tabr";
  m.theme_id = "basic";
  m.admin = {4711};
  m.manifest.community = on.community;
  m.manifest.version = on.next_version;
  m.manifest.sha256 = sha256_hex(canonical);
  m.manifest.canonical = std::move(canonical);
  m.manifest.previous_sha256 = on.previous_sha256;
  m.manifest.created_at = "2026-11-24T05:38:16.123Z";
  m.manifest.signature = "vault:v1:c2ln";
  m.application = {1574675491988701185};
  m.interaction_token = secret{"token"};
  m.token_life = std::chrono::minutes{15};
  m.until = until;
  return m;
}
} // namespace arrakis::test
