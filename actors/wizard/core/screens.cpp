#include "actors/wizard/core/screens.hpp"

#include "actors/guild/core/progress.hpp"
#include "actors/wizard/core/channel_page.hpp"
#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/modals.hpp"
#include "actors/wizard/core/names.hpp"
#include "actors/wizard/core/page.hpp"
#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/core/review.hpp"
#include "actors/wizard/core/rule_page.hpp"
#include "actors/wizard/core/tier_page.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {
namespace js = boost::json;

struct title_of_step {
  std::string_view number, name;
};
title_of_step title_of(step s) {
  switch (s) {
    case step::init: return {"Step 1 of 8", "Getting started"};
    case step::chain_select: return {"Step 2 of 8", "Blockchain"};
    case step::asset_config: return {"Step 3 of 8", "Assets"};
    case step::eligibility_rules: return {"Step 4 of 8", "Tiers"};
    case step::role_mapping: return {"Step 5 of 8", "Roles"};
    case step::channel_structure: return {"Step 6 of 8", "Channels"};
    case step::review: return {"Step 7 of 8", "Review"};
    case step::deploy: return {"Step 8 of 8", "Deploying"};
    case step::complete: return {"Onboarding", "Complete"};
    case step::failed: return {"Onboarding", "Failed"};
    case step::rules: return {"Rules", "Who gets what"};
  }
  return {};
}

std::string chain_names(const draft& d, const context& ctx) {
  std::string out;
  for (auto& id : d.chains) {
    const auto* c = ctx.names.find_chain(id);
    out += (out.empty() ? "" : ", ") + (c ? c->name : id);
  }
  return out;
}

std::string asset_line(const manifest_asset& x, const context& ctx) {
  const auto* c = ctx.names.find_chain(x.chain);
  auto out = fmt::format("{} ({} on {})", bold(x.symbol), type_name(x.type), c ? c->name : x.chain);
  if (x.address)
    out += fmt::format(" `{}…{}`", x.address->substr(0, 6), x.address->substr(x.address->size() - 4));
  if (x.token_id)
    out += fmt::format(" #{}", cut(*x.token_id, 20));
  if (x.min_balance)
    out += fmt::format(", at least {}", *x.min_balance);
  return out;
}

std::string asset_lines(const draft& d, const context& ctx) {
  std::string out;
  for (auto& x : d.assets)
    out += asset_line(x, ctx) + "\n";
  return out;
}

std::string role_lines(const record& r) {
  const auto& d = r.draft;
  const auto is_made = [&](const manifest_role& role) { // By the active version.
    return std::ranges::find(r.base_resources, role.id) != r.base_resources.end();
  };
  std::string out;
  for (size_t i = 0; i < d.tiers.size() && i < d.roles.size(); ++i)
    out += fmt::format("{} → {}\n", for_message(d.tiers[i].name),
                       d.roles[i].existing ? fmt::format("<@&{}>", d.roles[i].existing->text())
                                           : fmt::format("{}role {} `#{:06X}`", is_made(d.roles[i]) ? "" : "new ",
                                                         quoted(d.roles[i].name), d.roles[i].color));
  return out;
}

/// The name travels in the custom id, so that the modal is prefilled without asking anybody; one that has no room is
/// not.
std::string name_button_id(std::string_view action, const record& r) {
  auto name = r.draft.name.empty() ? name_from_guild(r.guild_name) : r.draft.name;
  const bool fits = component_id(action, r).size() + 1 + name.size() <= custom_id_max;
  return component_id(action, r, fits ? name : std::string{});
}

void init_page(page& p, const record& r) {
  p.text = "Welcome. In a few steps this wizard makes roles and channels that follow what members hold on chain.\n"
           "Nothing in your server changes before you press Deploy in the review.";
  if (!r.draft.name.empty())
    p.field("Community name", for_message(r.draft.name));
  js::array parts{button(r.draft.name.empty() ? primary : secondary,
                         r.draft.name.empty() ? "Enter the name" : "Change the name", name_button_id("start", r))};
  if (!r.draft.name.empty())
    parts.push_back(button(primary, r.from_review ? "Done" : "Continue", component_id("continue", r)));
  if (r.from_review)
    parts.push_back(button(secondary, "Back to review", component_id("back", r)));
  parts.push_back(button(danger, "Cancel", component_id("cancel", r)));
  p.row(std::move(parts));
}

void chain_page(page& p, const record& r, const context& ctx) {
  p.text = "Which blockchains are your tokens on? You may choose several.";
  p.field("Chosen", chain_names(r.draft, ctx));
  if (ctx.names.chains.empty()) { // Discord refuses a menu without options.
    p.text = "This bot has no connection to any blockchain, so this setup cannot go on. Ask the bot's operator to set "
             "`chains.rpc`, then press a button below: the chains appear here.";
    return walk_row(p, r, filled(r, ctx));
  }
  std::vector<option> options;
  for (auto& c : ctx.names.chains)
    options.push_back({c.name, c.id, fmt::format("Native coin {}", c.symbol),
                       std::find(r.draft.chains.begin(), r.draft.chains.end(), c.id) != r.draft.chains.end()});
  p.row({select(component_id("chain", r), "Choose blockchains", options, options.size())});
  walk_row(p, r, filled(r, ctx));
}

void asset_page(page& p, const record& r, const context& ctx) {
  p.text = fmt::format("Which tokens count? One to {}. A contract is looked up on its blockchain before it is added.",
                       assets_max);
  p.field("Assets", asset_lines(r.draft, ctx));
  const auto chain = r.focus.asset_chain.empty() && !r.draft.chains.empty() ? r.draft.chains.front()
                                                                            : r.focus.asset_chain;
  std::vector<option> chains, types;
  for (auto& id : r.draft.chains) {
    const auto* c = ctx.names.find_chain(id);
    chains.push_back({c ? c->name : id, id, "", id == chain});
  }
  if (chains.size() > 1)
    p.row({select(component_id("asset-chain", r), "Blockchain of the next asset", chains)});
  const auto* c = ctx.names.find_chain(chain);
  for (auto& type : asset_types())
    types.push_back({type == "native" && c ? fmt::format("{} (native coin)", c->symbol) : type_label(type), type,
                     c ? "on " + c->name : ""});
  if (!c)
    p.text += "\nThe blockchain of this community is not offered here any more: choose another one first.";
  else if (r.draft.assets.size() < assets_max)
    p.row({select(component_id("asset-type", r, chain), "Add an asset on " + c->name, types)});
  if (r.draft.typed) {
    auto& t = *r.draft.typed;
    p.field("Not accepted yet",
            fmt::format("{} {} on {}{}\n{}", type_name(t.type), code(t.address.empty() ? "—" : cut(t.address, 42)),
                        for_message(chain::display_name(t.chain)),
                        t.min_balance.empty() ? "" : ", at least " + for_message(cut(t.min_balance, 40)), t.why));
    js::array ways{button(secondary, "Try again", component_id("check-again", r)),
                   button(secondary, "Discard it", component_id("discard-asset", r))};
    if (t.asks_decimals)
      ways.insert(ways.begin(), button(secondary, "Enter decimals", component_id("asset-decimals", r)));
    p.row(std::move(ways));
  }
  js::array removals;
  for (size_t i = 0; i < r.draft.assets.size(); ++i)
    removals.push_back(button(secondary, cut("Remove " + for_label(r.draft.assets[i].symbol), 80),
                              component_id("remove-asset", r, std::to_string(i))));
  p.row(std::move(removals));
  walk_row(p, r, filled(r, ctx) && !r.draft.typed);
}

/// Why a role that is there is not in the menu.
std::string withheld_line(const guild::state& facts) {
  constexpr size_t named_max = 5;
  const auto roles = withheld(facts);
  std::string out;
  for (size_t i = 0; i < roles.size() && i < named_max; ++i)
    out += (i == 0 ? "" : ", ") + quoted(roles[i].name);
  if (roles.size() > named_max)
    out += fmt::format(" and {} more", roles.size() - named_max);
  return out.empty() ? ""
                     : "\nNot offered: " + out + ". Their permissions are too strong for something that can be bought.";
}

void role_page(page& p, const record& r, const context& ctx) {
  constexpr size_t roles_a_page = 24; // 25 options in a select, one of them “new role”.
  p.text = "Each tier has a role. A new one is made unless you choose one that is there.";
  p.field("Roles", role_lines(r));
  auto role = std::find_if(r.draft.roles.begin(), r.draft.roles.end(),
                           [&](auto& x) { return x.tier_id == r.focus.tier; });
  if (role == r.draft.roles.end())
    role = r.draft.roles.begin();
  if (role == r.draft.roles.end())
    return walk_row(p, r, false);
  std::vector<option> tiers, choices;
  for (size_t i = 0; i < r.draft.tiers.size() && i < 25; ++i)
    tiers.push_back({r.draft.tiers[i].name, r.draft.tiers[i].id, "", r.draft.tiers[i].id == role->tier_id});
  if (tiers.size() > 1)
    p.row({select(component_id("role-tier", r), "Tier", tiers)});
  const auto roles = ctx.facts ? assignable(*ctx.facts) : std::vector<guild::role>{};
  const auto pages = std::max<size_t>(1, (roles.size() + roles_a_page - 1) / roles_a_page);
  const auto first = (r.focus.role_page % pages) * roles_a_page;
  choices.push_back({"Make a new role", "create_new", "", !role->existing});
  for (size_t i = first; i < roles.size() && i < first + roles_a_page; ++i)
    choices.push_back(
      {roles[i].name, roles[i].id.text(), describe(roles[i], *ctx.facts), role->existing == roles[i].id});
  p.row({select(component_id("role-" + tier_key(r.draft, *role), r), "Role of this tier", choices)});
  if (!ctx.facts)
    p.text += "\nThe server's roles could not be read just now, so only new roles can be chosen.";
  else
    p.text += withheld_line(*ctx.facts);
  js::array extra{button(secondary, "New roles for all", component_id("auto-create", r))};
  if (pages > 1)
    extra.push_back(button(secondary, fmt::format("More roles ({}/{})", r.focus.role_page % pages + 1, pages),
                           component_id("more-roles", r)));
  p.row(std::move(extra));
  walk_row(p, r, filled(r, ctx));
}

std::vector<option> ranked_options(const draft& d) {
  std::vector<option> out;
  for (const auto& asset : d.assets)
    out.push_back({asset.symbol + " ranks", asset.id, "Rank 1 holds the most of it; amounts of tiers are in it",
                   asset.id == ranked_asset(d)});
  return out;
}

void review_page(page& p, const record& r, const context& ctx) {
  auto& d = r.draft;
  p.text = r.base_version > 0
           ? fmt::format("Your community is at version {}. Change what you like; Deploy makes the next version.\n"
                         "Removed items stay in your server; we list them.",
                         r.base_version)
           : "This is the plan. Change any part of it, or deploy it.";
  p.field("Changes", change_lines(r, ctx));
  p.field("Name", for_message(d.name));
  p.field("Blockchain", chain_names(d, ctx));
  p.field("Assets", asset_lines(d, ctx));
  p.field("Tiers", tier_lines(d));
  p.field("Roles", role_lines(r));
  p.field("Rules", rule_lines(d));
  p.field("Channels", channel_lines(d));
  p.field("What members see", member_lines(d));
  std::string against;
  if (!ctx.frozen.empty())
    against += "⚠️ " + ctx.frozen + "\n";
  if (auto outdated = outdated_sentence(r, ctx); !outdated.empty())
    against += "⚠️ " + outdated + "\n";
  for (auto& g : gaps(d, ctx.names))
    against += "⚠️ " + g.sentence + "\n";
  const auto* deployed = deployed_of(r, ctx);
  if (!ctx.facts || !deployed)
    against += "⚠️ The bot's permissions in this server could not be read just now. Check again in a moment.\n";
  else
    for (auto& sentence : objections(r, *ctx.facts, *deployed))
      against += "⚠️ " + sentence + "\n";
  std::string notices;
  if (ctx.facts && deployed)
    for (auto& sentence : gained_dangers(r, *ctx.facts, *deployed))
      notices += "⚠️ " + sentence + "\n";
  p.field("The bot in this server",
          (against.empty() ? "✅ The bot has the permissions it needs.\n" : against) + notices);
  if (!against.empty() || !notices.empty())
    p.color = color_notice;
  p.row({button(secondary, "Name", name_button_id("edit-name", r)),
         button(secondary, "Blockchain", component_id("edit-chain", r)),
         button(secondary, "Assets", component_id("edit-assets", r)),
         button(secondary, "Tiers", component_id("edit-tiers", r)),
         button(secondary, "Roles", component_id("edit-roles", r))});
  if (d.assets.size() > 1)
    p.row({select(component_id("rank-by", r), "Asset that ranks your members", ranked_options(d))});
  p.row({button(secondary, "Channels", component_id("edit-channels", r)),
         button(secondary, "Rules", component_id("edit-rules", r)),
         button(secondary, "Check again", component_id("refresh", r))});
  p.row({button(success, "Deploy", component_id("deploy", r), against.empty()),
         button(secondary, "Back", component_id("back", r)), button(danger, "Cancel", component_id("cancel", r))});
}

void deploy_page(page& p, const record& r, const context& ctx) {
  if (r.submitted.version == 0) {
    p.color = color_notice;
    p.text = r.error.empty() ? "The plan is being submitted." : r.error;
    p.row({button(primary, "Try again", component_id("retry", r))});
    return;
  }
  deployment_state d;
  if (ctx.progress && ctx.progress->version == r.submitted.version)
    d = *ctx.progress;
  else // The deployment was accepted; nothing else is known.
    d = {.version = r.submitted.version,
         .state = r.error.empty() ? "pending" : "waiting",
         .error = r.error,
         .done = 0,
         .left_over = {}};
  if (!ctx.progress) // A reading says so itself; the community may be an old one.
    d.frozen = ctx.frozen;
  if (phase_of(d) == phase::queued)
    p.color = color_notice;
  p.text = fmt::format("Version {} is on its way into your server. You may close this.\n\n{}", r.submitted.version,
                       progress_text(d, {ctx.now_ms, ctx.follows_until_ms}));
  p.field("Deployment", "`" + r.submitted.deployment + "`");
  p.row({check_progress_button(component_id("refresh", r, about_deployment))});
}

void complete_page(page& p, const record& r) {
  p.color = color_success;
  p.text = fmt::format("Version {} is deployed. /onboard opens it again to change something; /reconcile shows whether "
                       "the server still matches it.",
                       r.submitted.version);
  if (!r.error.empty())
    p.text += "\n" + r.error;
}

void failed_page(page& p, const record& r, const context& ctx) {
  p.color = color_failure;
  p.text = cut(r.error.empty() ? std::string{"The deployment failed."} : r.error, 2000)
         + "\nWhat was made already stays and is used again by Retry.";
  if (!ctx.frozen.empty())
    p.text += "\n⚠️ " + ctx.frozen;
  p.row({button(primary, "Retry", component_id("retry", r, r.submitted.version > 0 ? about_deployment : ""),
                r.submitted.attempt > 0 && ctx.frozen.empty()),
         button(secondary, "Change the plan", component_id("back", r), r.submitted.attempt > 0),
         button(secondary, "Start over", component_id("restart", r)),
         button(danger, "Cancel", component_id("cancel", r))});
}

/// First among the last row's buttons, which are four at most.
void offer_correction(page& p, const record& r) {
  if (!correction(r) || p.rows.empty())
    return;
  auto& last = p.rows.back().at("components").as_array();
  last.insert(last.begin(), button(primary, "Correct it", component_id("correct", r)));
}

js::object message(std::string_view content, js::object embed, js::array rows) {
  return {{"content", content},
          {"embeds", js::array{std::move(embed)}},
          {"components", std::move(rows)},
          {"allowed_mentions", js::object{{"parse", js::array{}}}}};
}
} // namespace

std::string screen(const record& r, const context& ctx, std::string_view notice) {
  page p;
  switch (r.at) {
    case step::init: init_page(p, r); break;
    case step::chain_select: chain_page(p, r, ctx); break;
    case step::asset_config: asset_page(p, r, ctx); break;
    case step::eligibility_rules: tier_page(p, r, ctx); break;
    case step::role_mapping: role_page(p, r, ctx); break;
    case step::channel_structure: channel_page(p, r, ctx); break;
    case step::review: review_page(p, r, ctx); break;
    case step::deploy: deploy_page(p, r, ctx); break;
    case step::complete: complete_page(p, r); break;
    case step::failed: failed_page(p, r, ctx); break;
    case step::rules: rule_page(p, r, ctx); break;
  }
  offer_correction(p, r);
  const auto title = title_of(r.at);
  if (r.at != step::failed && r.at != step::deploy) // A deployment has a bar of its own.
    p.text = blueprint::bar(percent(r.at)) + "\n\n" + p.text;
  // Only a description shows a timestamp as the reader's own time, a footer does not.
  if (ctx.session_ttl_ms > 0 && r.at != step::deploy && r.at != step::complete)
    p.text += fmt::format(
      "\n\nCloses <t:{}:t> if unused{}.", (r.updated_ms + ctx.session_ttl_ms) / 1000,
      ctx.is_drafted && !r.draft.name.empty() ? "; your draft is kept for 7 days, `/resume` opens it" : "");
  p.fit(title.number.size() + title.name.size() + p.text.size());
  js::object embed{{"title", fmt::format("{} · {}", title.number, title.name)},
                   {"description", p.text},
                   {"color", p.color},
                   {"fields", std::move(p.fields)},
                   {"footer", js::object{{"text", fmt::format("Session {}", r.id.substr(0, 8))}}}};
  // The refusal is shown as long as the input can be corrected.
  const auto content = notice.empty() && r.refused ? "⚠️ " + r.refused->why : std::string{notice};
  return js::serialize(message(cut(content, 2000), std::move(embed), std::move(p.rows)));
}

std::string offer_screen(const record& r) {
  const auto where = r.at == step::failed
                     ? std::string{"Your last setup did not finish."}
                     : fmt::format("Your last setup is open at the step {}.", quoted(title_of(r.at).name));
  js::object embed{{"title", "Your last setup"},
                   {"color", color_notice},
                   {"description", where
                                     + " Continue it or start over? Starting over forgets what you entered; nothing "
                                       "in your server changes."}};
  js::array row{button(primary, "Continue it", component_id("resume-existing", r)),
                button(danger, "Start over", component_id("restart", r))};
  return js::serialize(
    message("", std::move(embed), js::array{js::object{{"type", 1}, {"components", std::move(row)}}}));
}

std::string note_screen(std::string_view title, std::string_view text, uint32_t color) {
  js::object embed{{"title", title}, {"description", cut(std::string{text}, 4096)}, {"color", color}};
  return js::serialize(message("", std::move(embed), {}));
}

std::string deployment_screen(const deployment_state& d, const moment& when) {
  const auto at = phase_of(d);
  const auto made = fmt::format("{} roles, categories and channels are set up", d.done);
  auto text = at == phase::done   ? fmt::format("Version {} is deployed; {}.", d.version, made)
            : d.state == "failed" ? fmt::format("Version {} could not be built; {}, and stay.", d.version, made)
            : at == phase::failed ? fmt::format("Version {} was given up; {}, and stay.", d.version, made)
                                  : fmt::format("Version {}\n{}", d.version, progress_text(d, when));
  if (at == phase::failed)
    for (const auto& sentence : {d.error, stopped_at(d), d.frozen})
      text += sentence.empty() ? "" : "\n" + sentence;
  if (!d.left_over.empty()) {
    text += "\nRemoved from the plan, and still in your server. Delete what nobody needs:";
    for (auto& x : d.left_over)
      text += "\n• " + x;
  }
  js::object embed{{"title", "The latest deployment"},
                   {"description", cut(std::move(text), 4096)},
                   {"color", at == phase::done     ? color_success
                             : at == phase::failed ? color_failure
                             : at == phase::queued ? color_notice
                                                   : color_wizard}};
  js::array parts;
  if (d.state == "failed")
    parts.push_back(button(primary, "Retry", retry_button_id(d.version), d.frozen.empty()));
  else if (is_open(d))
    parts.push_back(check_progress_button(progress_button_id(d.version)));
  js::array rows;
  if (!parts.empty())
    rows.push_back(js::object{{"type", 1}, {"components", std::move(parts)}});
  return js::serialize(message("", std::move(embed), std::move(rows)));
}

std::string sentence_screen(std::string_view sentence) {
  return js::serialize(js::object{{"content", cut(std::string{sentence}, 2000)},
                                  {"allowed_mentions", js::object{{"parse", js::array{}}}}});
}

} // namespace arrakis::wizard::core
