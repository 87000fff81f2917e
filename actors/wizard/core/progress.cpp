#include "actors/wizard/core/progress.hpp"

#include "actors/guild/core/progress.hpp"

#include <fmt/format.h>
#include <string_view>

namespace arrakis::wizard::core {
namespace {
std::string building_text(const deployment_state& d) {
  if (d.of == 0)
    return fmt::format("🔨 **Building.** {} roles, categories and channels are made or changed so far.", d.done);
  const auto stage = blueprint::stage_name(d.stage);
  const blueprint::progress_count count{d.at, d.of};
  return fmt::format("🔨 **Building: {}** roles, categories and channels.{}\n{}", blueprint::resources_text(count),
                     stage.empty() ? "" : fmt::format(" Now: {}.", stage), blueprint::bar(blueprint::percent(count)));
}

std::string with_full_stop(std::string text) {
  if (!text.empty() && text.back() != '.')
    text += '.';
  return text;
}
} // namespace

phase phase_of(const deployment_state& d) {
  if (d.state == "completed")
    return phase::done;
  if (d.state == "failed" || d.state == "cancelled")
    return phase::failed;
  return d.state == "running" && d.has_worker && d.frozen.empty() ? phase::building : phase::queued;
}

bool is_open(const deployment_state& d) {
  const auto at = phase_of(d);
  return at == phase::queued || at == phase::building;
}

std::string queued_because(const deployment_state& d) {
  if (!d.frozen.empty())
    return d.frozen + " Then it goes on by itself.";
  if (d.is_quarantined)
    return "The bot keeps this community apart after a fault of its own. It goes on when the operator of this bot "
           "releases it.";
  if (d.is_paused)
    return "The operator of this bot has paused all deployments. It goes on by itself when they let them go on.";
  if (d.state == "running")
    return "The process that worked on it has stopped. Another one takes it over in a moment.";
  if (d.code == "COMMUNITY_FROZEN")
    return "The freeze is over. It goes on in a moment.";
  if (d.code == "RATE_LIMIT_TIMEOUT")
    return "Discord allows the bot no more requests just now. " + with_full_stop(d.error) + " It goes on by itself.";
  if (d.state == "waiting" && !d.error.empty())
    return with_full_stop(d.error) + " It is tried again by itself.";
  if (!d.is_sent)
    return "It is recorded, and waits for a place in the queue. Nothing of it gets lost.";
  if (d.waiting > 1)
    return fmt::format("{} deployments wait in the queue, this one among them. It begins in turn.", d.waiting);
  return "It begins in a moment.";
}

std::string stopped_at(const deployment_state& d) {
  const auto stage = blueprint::stage_name(d.stage);
  if (stage.empty() || d.of == 0)
    return {};
  return fmt::format("It stopped at: {}, {}.", stage, blueprint::resources_text({d.at, d.of}));
}

std::string progress_text(const deployment_state& d, const moment& when) {
  auto out = phase_of(d) == phase::building ? building_text(d) : "⏳ **Queued.** " + queued_because(d);
  if (when.now_ms > 0)
    out += fmt::format("\n\nAs of <t:{}:T>.", when.now_ms / 1000);
  if (when.follows_until_ms > 0)
    out += fmt::format(
      " This message follows it until <t:{}:t>, unless a newer one does; after that press “Check progress” "
      "or `/resume`.",
      when.follows_until_ms / 1000);
  return out;
}

} // namespace arrakis::wizard::core
