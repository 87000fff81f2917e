#pragma once
// The commands of arrakisctl, each declared in its own file, and their shared helpers.
#include "apps/wiring/ports.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/config.hpp"
#include "runtime/error.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::ctl {
using cli::arguments;
using cli::output;
using result = caf::expected<output>;

/// Ports of a command; each opens at its first use.
using wiring::ports;

/// Returns the `run` of a command that uses the daemon's servers, with --json. If a server does not answer, the error
/// names its address and the searched folders.
std::function<int(const arguments&)> with_ports(result (*)(ports&, const arguments&));
/// Returns the `run` of a command that needs only the daemon's configuration. `node.state_folder` is the folder of the
/// found daemon.
std::function<int(const arguments&)> with_settings(result (*)(const config&, const arguments&));

/// Timeout of one request.
inline constexpr std::chrono::milliseconds patience{10'000};
/// Returns the deadline `patience` from now.
inline deadline soon() { return {std::chrono::steady_clock::now() + patience}; }

/// Sends a request and blocks until its answer; for programs without an actor.
template <class R, class Handle, class Message>
caf::expected<R> ask_now(caf::actor_system& sys, const Handle& to, Message message) {
  caf::scoped_actor self{sys};
  std::optional<caf::expected<R>> answer;
  self->request(to, caf::duration{patience + std::chrono::seconds{1}}, std::move(message))
    .receive([&](R& x) { answer.emplace(std::move(x)); }, [&](caf::error& e) { answer.emplace(std::move(e)); });
  return std::move(*answer);
}

/// The argument ID: a community's id or its guild's snowflake.
cli::word id_word();
/// Returns the community of an id or of a guild. ec::not_found: there is none.
caf::expected<community_id> find_community(ports&, const std::string& id_or_guild);

/// Declares `arrakisctl community`.
cli::command community_commands();
/// Declares `arrakisctl jobs`.
cli::command jobs_commands();
/// Declares `arrakisctl manifest`.
cli::command manifest_commands();
/// Declares `arrakisctl signer`.
cli::command signer_commands();
/// Declares `arrakisctl audit`.
cli::command audit_commands();
/// Declares `arrakisctl quarantine`.
cli::command quarantine_commands();
/// Declares `arrakisctl wallets`.
cli::command wallets_commands();
/// Declares `arrakisctl roles`.
cli::command roles_commands();
/// Declares `arrakisctl invite`.
cli::command invite_command();
/// Declares `arrakisctl health`.
cli::command health_command();
/// Declares `arrakisctl actors`.
cli::command actors_command();
/// Declares `arrakisctl tree`.
cli::command tree_command();

} // namespace arrakis::ctl
