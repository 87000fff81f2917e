#pragma once
// A sub-command of arrakisctl: one file each, listed in main.cpp.
#include "adapters/objects/messages.hpp"
#include "adapters/postgres/audit/messages.hpp"
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/queue/messages.hpp"
#include "adapters/signer/messages.hpp"
#include "runtime/config.hpp"
#include "runtime/error.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::ctl {

/// The ports that a command may ask. They are opened lazily by main: a command names what it needs.
struct ports {
  caf::actor_system& sys;
  communities::handle communities;
  manifests::handle manifests;
  deployments::handle deployments;
  audit::handle audit;
  queue::handle queue;
  objects::handle objects;
  signer::handle signer;
};

/// Runs one verb; prints to standard output; the error's text goes to standard error and the exit code is 1.
using verb = caf::expected<caf::unit_t> (*)(ports&, const std::vector<std::string>& args);

/// How long an operator waits for one answer.
inline constexpr std::chrono::milliseconds patience{10'000};
inline deadline soon() { return {std::chrono::steady_clock::now() + patience}; }

/// Asks and waits; for programs without an actor of their own.
template <class R, class Handle, class Message>
caf::expected<R> ask_now(caf::actor_system& sys, const Handle& to, Message message) {
  caf::scoped_actor self{sys};
  std::optional<caf::expected<R>> result;
  self->request(to, caf::duration{patience + std::chrono::seconds{1}}, std::move(message))
    .receive([&](R& x) { result.emplace(std::move(x)); }, [&](caf::error& e) { result.emplace(std::move(e)); });
  return std::move(*result);
}

/// A community by id or by guild snowflake.
caf::expected<community_id> find_community(ports&, const std::string& id_or_guild);

caf::expected<caf::unit_t> jobs(ports&, const std::vector<std::string>& args);
caf::expected<caf::unit_t> manifest(ports&, const std::vector<std::string>& args);
caf::expected<caf::unit_t> signing(ports&, const std::vector<std::string>& args);
caf::expected<caf::unit_t> community(ports&, const std::vector<std::string>& args);
caf::expected<caf::unit_t> audit_log(ports&, const std::vector<std::string>& args);

/// The same for what needs no database, no Redis and no key.
using local_verb = caf::expected<caf::unit_t> (*)(const config&, const std::vector<std::string>& args);

/// Prints the link that invites the bot.
caf::expected<caf::unit_t> invite(const config&, const std::vector<std::string>& args);
/// Whether the daemon of this state folder is ready, and each thing that it needs.
caf::expected<caf::unit_t> health(const config&, const std::vector<std::string>& args);

} // namespace arrakis::ctl
