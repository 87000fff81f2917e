#include "actors/wizard/core/steps.hpp"

#include "actors/guild/core/dangerous_permissions.hpp"
#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/decisions.hpp"
#include "actors/wizard/core/modals.hpp"
#include "actors/wizard/core/names.hpp"
#include "actors/wizard/core/plan.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {

step after(step s) { return static_cast<step>(static_cast<int>(s) + 1); }
step before(step s) { return static_cast<step>(static_cast<int>(s) - 1); }

/// Where a finished step leads: to the next one, or, opened from the review, back there as soon as nothing is missing.
step onward(const record& r, const catalogue& names) {
  if (!r.from_review)
    return after(r.at);
  auto missing = gaps(r.draft, names);
  return missing.empty() ? step::review : missing.front().at;
}

record moved(record r, step to) {
  r.at = to;
  if (to == step::review)
    r.from_review = false;
  r.error.clear();
  r.focus = {};
  r.refused.reset();
  if (to == step::asset_config && !r.draft.chains.empty())
    r.focus.asset_chain = r.draft.chains.front();
  if (to == step::role_mapping && !r.draft.tiers.empty())
    r.focus.tier = r.draft.tiers.front().id;
  return r;
}

decision go_on(const record& r, const context& ctx) {
  if (!is_editable(r.at))
    return wrong_step();
  for (auto& missing : gaps(r.draft, ctx.names))
    if (missing.at == r.at)
      return refuse(missing.sentence);
  if (r.at == step::asset_config && r.draft.typed)
    return refuse("One asset is not checked yet. Try it again or discard it, then continue.");
  return show(moved(r, onward(r, ctx.names)));
}

decision go_back(const record& r) {
  if (r.at == step::failed && r.submitted.attempt > 0)
    return show(moved(r, step::review));
  if (r.at == step::init && !r.from_review)
    return refuse("This is the first step: there is nothing before it.");
  if (r.at > step::review && !is_editable(r.at))
    return refuse(
      "A deployment cannot be taken back from here. Wait for its end; afterwards /onboard changes what it made.");
  return show(moved(r, r.from_review ? step::review : before(r.at)));
}

decision edit(const record& r, step to) {
  if (r.at != step::review)
    return wrong_step();
  auto next = moved(r, to);
  next.from_review = true;
  return show(std::move(next));
}

decision choose_chains(record r, const event& e, const context& ctx) {
  if (e.values.empty())
    return refuse("Blockchain: choose at least one.");
  for (auto& id : e.values)
    if (!ctx.names.find_chain(id))
      return refuse(fmt::format("Blockchain: `{}` is not supported here. Choose one of the menu.", id));
  r.draft.chains = e.values;
  std::string gone;
  std::erase_if(r.draft.assets, [&](auto& asset) {
    const bool lost = std::find(e.values.begin(), e.values.end(), asset.chain) == e.values.end();
    if (lost)
      gone += fmt::format("{}{} on {}", gone.empty() ? "" : ", ", for_message(asset.symbol),
                          chain::display_name(asset.chain));
    return lost;
  });
  if (r.draft.typed && std::find(e.values.begin(), e.values.end(), r.draft.typed->chain) == e.values.end())
    r.draft.typed.reset();
  return show(std::move(r), gone.empty() ? "" : "Removed with their blockchain: " + gone + ".");
}

decision focus_asset_chain(record r, const event& e) {
  if (e.values.size() != 1
      || std::find(r.draft.chains.begin(), r.draft.chains.end(), e.values[0]) == r.draft.chains.end())
    return refuse("Blockchain: choose one of the menu.");
  r.focus.asset_chain = e.values[0];
  return show(std::move(r));
}

decision remove_asset(record r, const event& e) {
  const auto index = static_cast<size_t>(e.argument.size() == 1 ? e.argument[0] - '0' : 9);
  if (index >= r.draft.assets.size())
    return refuse("This asset is gone already.");
  const auto name = r.draft.assets[index].symbol;
  r.draft.assets.erase(r.draft.assets.begin() + static_cast<ptrdiff_t>(index));
  return show(std::move(r), for_message(name) + " removed.");
}

/// The native asset is accepted at once, a contract is inspected first.
decision try_asset(record r, typed_asset typed, const context& ctx) {
  r.draft.typed.reset();
  r.refused.reset();
  auto asset = check_asset(typed, r.draft, ctx.names);
  if (!asset) {
    typed.why = text_of(asset.error());
    auto sentence = typed.why;
    r.draft.typed = std::move(typed);
    return show(std::move(r), "⚠️ " + sentence);
  }
  if (asset->type == "native") {
    r.draft.assets.push_back(*asset);
    return show(std::move(r), fmt::format("{} added (native coin of {}).", for_message(asset->symbol),
                                          chain::display_name(asset->chain)));
  }
  typed.why.clear();
  r.draft.typed = std::move(typed);
  return {decision::inspect, std::move(r), {}};
}

/// Asks for the facts that the contract does not give; it is inspected once more.
decision submit_decimals(const record& r, const event& e, const context& ctx) {
  if (r.at != step::asset_config || !r.draft.typed || !r.draft.typed->asks_decimals)
    return refuse("The wizard asks for no decimals any more, so nothing was changed.");
  auto typed = *r.draft.typed;
  const auto decimals = check_decimals(field(e, "decimals"));
  if (!decimals)
    return refuse_form(r, e, text_of(decimals.error()));
  typed.decimals = *decimals;
  return try_asset(r, std::move(typed), ctx);
}

decision submit_asset(const record& r, const event& e, const context& ctx) {
  if (r.at != step::asset_config)
    return refuse("The wizard is not at the assets any more, so nothing was added. Use “Back” or “Assets” in the "
                  "review and enter it again.");
  const auto colon = e.argument.find(':');
  typed_asset typed;
  typed.type = e.argument.substr(0, colon);
  typed.chain = colon == std::string::npos ? r.focus.asset_chain : e.argument.substr(colon + 1);
  typed.address = field(e, "address");
  typed.token_id = field(e, "token_id");
  typed.min_balance = field(e, "min_balance");
  return try_asset(r, std::move(typed), ctx);
}

decision submit_name(record r, const event& e) {
  if (r.at != step::init && r.at != step::review)
    return refuse("The wizard is not at the name any more. Use “Back”, or “Name” in the review.");
  auto name = check_name(field(e, "name"));
  if (!name)
    return refuse_form(std::move(r), e, text_of(name.error()));
  r.draft.name = *name;
  r.refused.reset();
  return show(std::move(r));
}

decision map_role(record r, const event& e, const context& ctx) {
  const auto key = e.action.substr(std::string_view{"role-"}.size());
  auto role = std::find_if(r.draft.roles.begin(), r.draft.roles.end(),
                           [&](auto& x) { return tier_key(r.draft, x) == key; });
  if (role == r.draft.roles.end() || e.values.size() != 1)
    return refuse("This tier is not part of the plan any more. Choose a tier in the menu.");
  auto& value = e.values[0];
  if (value == "create_new") {
    auto at = std::find_if(r.draft.tiers.begin(), r.draft.tiers.end(), [&](auto& x) { return x.id == role->tier_id; });
    role->existing.reset();
    if (at != r.draft.tiers.end())
      role->name = at->name;
    return show(std::move(r));
  }
  if (!ctx.facts)
    return refuse("The server's roles could not be read just now. Try again in a moment.");
  const auto id = parse_snowflake(value);
  const auto roles = assignable(*ctx.facts);
  for (auto& strong : withheld(*ctx.facts))
    if (id && strong.id == *id)
      return refuse(fmt::format(
        "The role {} cannot stand for a tier: it has {}, and a tier can be bought. Take that from "
        "the role, or choose another one.",
        quoted(strong.name), permissions::dangers_of(permissions::dangers_given(*ctx.facts, strong.permissions))));
  auto at = std::find_if(roles.begin(), roles.end(), [&](auto& x) { return id && x.id == *id; });
  if (at == roles.end())
    return refuse("This role is gone, or not below the bot's own role. Choose another one, or move the bot's role up.");
  for (auto& other : r.draft.roles)
    if (other.tier_id != role->tier_id && other.existing == id)
      return refuse(fmt::format("The role {} stands for another tier already. Each tier needs a role of its own.",
                                quoted(at->name)));
  role->existing = id;
  role->name = at->name;
  return show(std::move(r));
}

decision focus_tier(record r, const event& e) {
  if (e.values.size() != 1
      || std::none_of(r.draft.tiers.begin(), r.draft.tiers.end(), [&](auto& t) { return t.id == e.values[0]; }))
    return refuse("Tier: choose one of the menu.");
  r.focus.tier = e.values[0];
  r.focus.role_page = 0;
  return show(std::move(r));
}

decision deploy(record r, const context& ctx) {
  if (r.at == step::deploy)
    return refuse("The deployment is under way already. “Check progress” shows how far it is.");
  if (r.at != step::review && r.at != step::failed)
    return wrong_step();
  auto missing = gaps(r.draft, ctx.names);
  if (!missing.empty())
    return refuse("Not ready to deploy. " + missing.front().sentence);
  const auto* deployed = deployed_of(r, ctx);
  if (!ctx.facts || !deployed)
    return refuse("The bot's permissions in this server could not be read just now, so nothing was deployed. Try again "
                  "in a moment.");
  if (!ctx.frozen.empty())
    return refuse("Not deployed. " + ctx.frozen);
  if (auto outdated = outdated_sentence(r, ctx); !outdated.empty())
    return refuse("Not deployed. " + outdated);
  auto against = objections(r, *ctx.facts, *deployed);
  if (!against.empty())
    return refuse("Not deployed: " + against.front());
  r = moved(std::move(r), step::deploy);
  r.submitted = {r.submitted.attempt + 1, 0, {}, {}};
  return {decision::deploy, std::move(r), {}};
}

decision retry(record r, const context& ctx) {
  if (r.at == step::deploy && r.submitted.version == 0)
    return {decision::deploy, std::move(r), {}}; // Not confirmed: the same key again, so it cannot happen twice.
  if (r.at != step::failed)
    return wrong_step();
  if (r.submitted.version == 0)
    return r.submitted.attempt == 0 ? wrong_step() : deploy(std::move(r), ctx);
  if (!ctx.frozen.empty())
    return refuse("Not started again. " + ctx.frozen);
  r = moved(std::move(r), step::deploy);
  return {decision::retry, std::move(r), {}};
}

decision choose_ranked(record r, const event& e) {
  const auto asset = e.values.size() == 1 ? std::ranges::find(r.draft.assets, e.values[0], &manifest_asset::id)
                                          : r.draft.assets.end();
  if (asset == r.draft.assets.end())
    return refuse("Ranked asset: choose one of the menu.");
  r.draft.ranked_asset = asset == r.draft.assets.begin() ? "" : asset->id;
  return show(std::move(r));
}

decision click_in_step(const record& r, const event& e, const context& ctx) {
  auto at = [&](step s) { return r.at == s; };
  if (e.action == "chain" && at(step::chain_select))
    return choose_chains(r, e, ctx);
  if (at(step::asset_config)) {
    if (e.action == "asset-chain")
      return focus_asset_chain(r, e);
    if (e.action == "remove-asset")
      return remove_asset(r, e);
    if (e.action == "check-again" && r.draft.typed)
      return try_asset(r, *r.draft.typed, ctx);
    if (e.action == "discard-asset") {
      auto next = r;
      next.draft.typed.reset();
      next.refused.reset();
      return show(std::move(next));
    }
  }
  if (at(step::eligibility_rules))
    return click_in_tiers(r, e, ctx);
  if (at(step::role_mapping)) {
    auto next = r;
    if (e.action == "role-tier")
      return focus_tier(r, e);
    if (e.action == "auto-create") {
      create_all_roles(next.draft);
      return show(std::move(next), "A new role will be made for every tier.");
    }
    if (e.action == "more-roles") {
      ++next.focus.role_page;
      return show(std::move(next));
    }
    if (e.action.starts_with("role-"))
      return map_role(r, e, ctx);
  }
  if (at(step::channel_structure) && e.action == "skip") {
    auto next = r;
    skip_channels(next.draft);
    return show(moved(next, onward(next, ctx.names)));
  }
  if (at(step::rules))
    return click_in_rules(r, e, ctx);
  if (at(step::review) && e.action == "rank-by")
    return choose_ranked(r, e);
  return at(step::channel_structure) ? click_in_channels(r, e, ctx) : wrong_step();
}

decision open_name_form(const record& r) {
  if (r.at != step::init && r.at != step::review)
    return wrong_step();
  return open_form(r, name_form(r, r.draft.name.empty() ? name_from_guild(r.guild_name) : r.draft.name));
}

decision correct(const record& r) {
  auto form = correction(r);
  return form ? open_form(r, std::move(*form)) : refuse("Nothing is left to correct here.");
}

decision click(const record& r, const event& e, const context& ctx) {
  static const std::map<std::string_view, step> edits{
    {"edit-chain", step::chain_select},         {"edit-assets", step::asset_config},
    {"edit-tiers", step::eligibility_rules},    {"edit-roles", step::role_mapping},
    {"edit-channels", step::channel_structure}, {"edit-rules", step::rules}};
  if (auto to = edits.find(e.action); to != edits.end())
    return edit(r, to->second);
  if (e.action == "start" || e.action == "edit-name")
    return open_name_form(r);
  if (e.action == "correct")
    return correct(r);
  if (e.action == "continue")
    return go_on(r, ctx);
  if (e.action == "back")
    return go_back(r);
  if (e.action == "cancel")
    return r.at == step::deploy
           ? refuse("The deployment is under way and cannot be cancelled here. /resume shows its result.")
           : decision{decision::end, r, {}};
  if (e.action == "restart")
    return r.at == step::deploy ? refuse("The deployment is under way. Start over when it has ended.")
                                : decision{decision::restart, r, {}};
  if (e.action == "resume-existing")
    return r.at == step::deploy ? decision{decision::refresh, r, {}} : show(r);
  if (e.action == "deploy")
    return deploy(r, ctx);
  if (e.action == "retry")
    return retry(r, ctx);
  if (e.action == "refresh")
    return r.at == step::deploy ? decision{decision::refresh, r, {}} : show(r);
  return click_in_step(r, e, ctx);
}
} // namespace

const blueprint::ids* deployed_of(const record& r, const context& ctx) {
  static const blueprint::ids nothing;
  return r.base_version == 0 ? &nothing : ctx.deployed;
}

std::string freeze_sentence(std::string_view reason) {
  return fmt::format("This community is frozen{}: nothing is deployed until the operator of this bot thaws it. Your "
                     "plan is kept.",
                     reason.empty() ? "" : fmt::format(" ({})", for_message(reason)));
}

std::string outdated_sentence(const record& r, const context& ctx) {
  if (ctx.active_version <= r.base_version)
    return {};
  return fmt::format("Version {} was deployed after this plan was begun{}. Cancel this setup; `/onboard` then opens "
                     "what the community is now.",
                     ctx.active_version, r.base_version > 0 ? fmt::format(" from version {}", r.base_version) : "");
}

std::optional<event> event_of(const interaction& x) {
  auto id = parse_custom_id(x.custom_id);
  if (!id)
    return std::nullopt;
  event e;
  e.what = x.kind == interaction_kind::modal ? event::submit : event::click;
  if ((e.what == event::click) != (id->prefix == "wizard"))
    return std::nullopt;
  e.session = id->session;
  e.action = e.what == event::click ? id->action : id->prefix;
  e.argument = id->argument;
  e.seen_version = id->version;
  e.values = x.values;
  e.fields = x.fields;
  return e;
}

decision apply(const record& r, const event& e, const context& ctx) {
  if (r.at == step::complete)
    return refuse("This onboarding is complete. /onboard opens it again to change something.");
  if (e.what == event::submit)
    return e.action == "community-name"  ? submit_name(r, e)
         : e.action == "asset-decimals"  ? submit_decimals(r, e, ctx)
         : e.action == "asset-address"   ? submit_asset(r, e, ctx)
         : e.action.starts_with("rule-") ? submit_rule(r, e, ctx)
                                         : submit_tier(r, e);
  if (e.seen_version && *e.seen_version != r.version)
    return {decision::overtaken, r, "Another click was quicker, so this one did nothing. This is the present state."};
  return click(r, e, ctx);
}

decision inspected(const record& r, const contract_facts& facts) {
  if (r.at != step::asset_config || !r.draft.typed)
    return {decision::overtaken, r, "Another click was quicker, so the asset was not added."};
  auto next = r;
  auto typed = *next.draft.typed;
  next.draft.typed.reset();
  auto checked = check_asset(typed, next.draft, everything());
  auto asset = checked ? complete_asset(*checked, facts, typed.decimals) : std::move(checked);
  if (asset) {
    next.draft.assets.push_back(*asset);
    return show(std::move(next), fmt::format("{} added (contract found on {}).", for_message(asset->symbol),
                                             chain::display_name(asset->chain)));
  }
  const auto code = code_of(asset.error());
  typed.why = code == ec::unknown
              ? "The contract could not be checked just now: " + text_of(asset.error()) + ". What you typed is kept."
              : text_of(asset.error()) + (code == ec::refused ? " What you typed is kept." : "");
  if (facts.known)
    typed.asks_decimals = lacks_decimals(typed, facts);
  auto notice = "⚠️ " + typed.why;
  next.draft.typed = std::move(typed);
  return show(std::move(next), std::move(notice));
}

record submission_accepted(record r, const submitted_as& s) {
  r.at = step::deploy;
  r.error.clear();
  r.submitted.version = s.version;
  r.submitted.deployment = s.deployment;
  r.submitted.job = s.job;
  return r;
}

record submission_failed(record r, bool certain, std::string why) {
  if (certain)
    r.at = step::failed;
  r.error = certain
            ? std::move(why)
            : "It is not certain yet that the plan was accepted: " + why + "\nTry again: it cannot happen twice.";
  return r;
}

record submission_waits(record r) {
  r.error = "Waiting for the signer: no new version can be signed just now, until the operator of this bot has mended "
            "that. Your plan is kept and nothing was changed. Try again later.";
  return r;
}

record submission_lost(record r) {
  if (r.submitted.version == 0)
    return r;
  r.error = fmt::format(
    "The database of this bot was restored from an older backup and does not know version {} any more,"
    " so nothing more of it will happen. What it has made in your server is still there, unknown to"
    " the bot: look at it before you press Retry, which deploys the plan anew.",
    r.submitted.version);
  r.at = step::failed;
  r.submitted = {r.submitted.attempt, 0, {}, {}};
  return r;
}

record settled(record r, const deployment_state& d) {
  if (r.submitted.version == 0)
    return r;
  // The reading is younger than our confirmation: an older version, or our number with another id, took our place.
  const bool other = !d.deployment.empty() && !r.submitted.deployment.empty() && d.deployment != r.submitted.deployment;
  if (d.version < r.submitted.version || (d.version == r.submitted.version && other))
    return submission_lost(std::move(r));
  const bool ours = d.version == r.submitted.version;
  if (!ours || d.state == "completed") {
    r.at = step::complete;
    r.error = ours ? "" : fmt::format("Version {} came after it and is the newest one now.", d.version);
  } else if (d.state == "failed" || d.state == "cancelled") {
    r.at = step::failed;
    r.error = d.error.empty() ? "The deployment ended without its goal." : d.error;
    if (const auto where = stopped_at(d); !where.empty())
      r.error += "\n" + where;
  } else {
    r.error = d.state == "waiting" ? d.error : ""; // The reason of the wait, where the deployment had begun.
  }
  return r;
}

record fresh(std::string session, snowflake user, snowflake guild, snowflake channel, int64_t now_ms) {
  record r;
  r.id = std::move(session);
  r.user = user;
  r.guild = guild;
  r.channel = channel;
  r.created_ms = now_ms;
  r.updated_ms = now_ms;
  return r;
}

bool is_walked(const record& r) { return r.from_review || r.at >= step::review; }

record at_rules(record r) {
  if (r.at == step::rules)
    return r;
  r = moved(std::move(r), step::rules);
  r.from_review = true;
  return r;
}

record editing(record r, const manifest& active, int64_t active_version) {
  r.draft = draft_of(active);
  r.base_version = active_version;
  r.base_resources = resource_ids(active);
  return moved(std::move(r), step::review);
}

} // namespace arrakis::wizard::core
