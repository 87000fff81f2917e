#include "runtime/clock.hpp"
#include "schemas/permissions.hpp"
#include "tests/simulation/simulated_cluster.hpp"
#include "tests/support/plain.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

namespace arrakis::simulation {
namespace {
using namespace std::chrono_literals;
constexpr int turns_max = 90; ///< Of one person: whoever got nowhere by then leaves.

/// Puts an interaction before a process: by the gateway, whose shard delivers again what its dead predecessor had not
/// settled, or at the webhook.
void deliver(simulated_cluster& cluster, simulated_guild& t, std::shared_ptr<const interaction> what, int tries) {
  auto* to = cluster.any_node();
  if (!to) {
    if (tries < 6)
      cluster.after(500ms, [&cluster, &t, what, tries] { deliver(cluster, t, what, tries + 1); });
    return;
  }
  if (cluster.below(3) > 0) {
    cluster.as_actor([&cluster, &t, what, tries, to, sink = to->sink](caf::event_based_actor* self) {
      auto again = [&cluster, &t, what, tries, to](caf::error&) {
        if (!to->up() && tries < 3)
          deliver(cluster, t, what, tries + 1);
      };
      self->request(sink, 5s, discord::interaction_created{what}).then([] {}, again);
    });
    return;
  }
  cluster.as_actor([&t, what, to, interactions = to->interactions](caf::event_based_actor* self) {
    auto admitted = to->admission.admit(what);
    if (!admitted)
      return;
    self->request(interactions, 2'900ms, std::move(*admitted))
      .then(
        [&t, what, to](const interaction_answer& a) {
          if (!to->up())
            return;
          net::http_request r;
          r.method = "POST";
          r.target = "/api/v10/interactions/" + what->id.text() + "/" + test::plain(what->token) + "/callback";
          r.body = to_json_text(a);
          t.converse(r);
        },
        [](caf::error&) {});
  });
}
} // namespace

person::person(simulated_cluster& cluster, simulated_guild& t, snowflake user, int goals)
  : cluster_(cluster), guild_(t), user_(user), goals_left_(goals) {}

void person::begin() {
  cluster_.after(cluster_.between(0, 4'000), [this] { turn(); });
}

void person::sees(int type, const std::string& text) {
  if (type == interaction_answer::deferred_message || type == interaction_answer::deferred_update)
    return; // The answer is coming.
  waits_ = false;
  if (type == interaction_answer::modal) {
    const auto at = text.find(R"("custom_id":")");
    if (at != std::string::npos)
      modal_ = text.substr(at + 13, text.find('"', at + 13) - at - 13);
    return;
  }
  if (text.find(R"("custom_id":"wizard:)") != std::string::npos || text.find("Onboarding ·") != std::string::npos)
    screen_ = text;
}

std::string person::control(const std::string& action) const {
  const auto key = R"("custom_id":"wizard:)" + action + ":";
  const auto at = screen_.find(key);
  if (at == std::string::npos)
    return {};
  const auto from = at + 13;
  const auto end = screen_.find('"', from);
  if (screen_.compare(end, 12, R"(","disabled")") == 0)
    return {};
  return screen_.substr(from, end - from);
}

std::shared_ptr<interaction> person::made(interaction_kind kind) {
  auto x = std::make_shared<interaction>();
  x->id = guild_.discord.next_id();
  x->kind = kind;
  x->application = test::fake_discord::bot;
  x->token = secret{"token-" + x->id.text()};
  x->guild = guild_.id;
  x->channel = {7};
  x->user = user_;
  x->member_permissions = x->app_permissions = permissions::administrator;
  x->received_ms = wall_ms();
  return x;
}

void person::send(std::shared_ptr<interaction> x, bool twice) {
  waits_ = true;
  asked_at_ = cluster_.now();
  guild_.clicks[test::plain(x->token)] = {click{x, cluster_.now()}, this};
  deliver(cluster_, guild_, x, 0);
  if (cluster_.chance(0.02)) // The same event by both ways.
    deliver(cluster_, guild_, x, 0);
  if (twice) {
    auto again = std::make_shared<interaction>(*x);
    again->id = guild_.discord.next_id();
    again->token = secret{"token-" + again->id.text()};
    guild_.clicks[test::plain(again->token)] = {click{again, cluster_.now()}, this};
    cluster_.after(cluster_.between(0, 120), [this, again] { deliver(cluster_, guild_, again, 0); });
  }
}

void person::command(const std::string& name) {
  auto x = made(interaction_kind::command);
  x->command = name;
  send(std::move(x));
}

void person::press(const std::string& action, std::vector<std::string> values) {
  auto x = made(interaction_kind::component);
  x->custom_id = control(action);
  x->values = std::move(values);
  if (x->custom_id.empty())
    return command("resume");
  send(std::move(x), action == "deploy" ? cluster_.chance(0.3) : cluster_.chance(0.02));
}

void person::submit(const std::string& modal) {
  auto x = made(interaction_kind::modal);
  x->custom_id = modal;
  x->message = {8};
  if (modal.starts_with("community-name"))
    x->fields = {{"name", "Tabr " + guild_.id.text().substr(14)}};
  else if (modal.find(":native:") != std::string::npos)
    x->fields = {{"min_balance", "10"}};
  else
    x->fields = {{"address", "0x00000000000000000000000000000000000000Aa"}, {"min_balance", "10"}};
  send(std::move(x));
}

void person::next_goal() {
  --goals_left_;
  screen_.clear();
  refreshes_ = edits_ = 0;
}

void person::turn() {
  if (done())
    return;
  if (cluster_.calm || ++turns_ > turns_max) {
    goals_left_ = 0;
    return;
  }
  const bool patient = waits_ && cluster_.now() < asked_at_ + 6s;
  if (!patient)
    decide();
  cluster_.after(cluster_.between(80, 700), [this] { turn(); });
}

void person::decide() {
  if (!modal_.empty())
    return submit(std::exchange(modal_, {}));
  if (waits_ || screen_.empty()) // Nothing came, or nothing was begun.
    return command(waits_ && cluster_.below(2) ? "resume" : "onboard");
  if (at("Your last setup"))
    return press(cluster_.chance(0.9) ? "resume-existing" : "restart");
  if (at("Onboarding · Complete"))
    return next_goal();
  if (at("Step 8 of 8") || at("Onboarding · Failed")) {
    if (++refreshes_ > 6)
      return next_goal();
    if (!control("retry").empty())
      return press("retry");
    return at("Step 8") ? press("refresh") : next_goal();
  }
  if (at("Step 7 of 8"))
    return review();
  if (!control("continue").empty() && cluster_.chance(0.97))
    return press("continue");
  if (at("Step 1 of 8"))
    return press("start");
  if (at("Step 2 of 8"))
    return press("chain", {"berachain"});
  if (at("Step 3 of 8"))
    return !control("check-again").empty() ? press(cluster_.below(2) ? "check-again" : "discard-asset")
                                           : press("asset-type", {cluster_.below(3) ? "native" : "erc20"});
  if (at("Step 4 of 8"))
    return press("tier-template", {cluster_.below(4) ? "simple" : "standard"});
  if (at("Step 6 of 8"))
    return press("channel-template", {cluster_.below(3) ? "minimal" : "none"});
  press("continue");
}

void person::review() {
  if (cluster_.chance(0.35) && ++edits_ < 3)
    return press(cluster_.below(2) ? "edit-channels" : "edit-tiers");
  if (!control("deploy").empty())
    return press("deploy");
  if (++refreshes_ > 8)
    return next_goal();
  press("refresh");
}

} // namespace arrakis::simulation
