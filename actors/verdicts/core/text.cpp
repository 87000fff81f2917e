#include "actors/verdicts/core/text.hpp"

#include "adapters/chain/catalogue/catalogue.hpp"
#include "runtime/foreign_text.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <set>

namespace arrakis::verdicts {
namespace {
namespace bj = boost::json;

// An embed's description has at most 4096 characters.
// https://discord.com/developers/docs/resources/message#embed-object-embed-limits
// Bytes are counted, of which there are never fewer than characters.
constexpr size_t bytes_max = 4'096, reason_bytes_max = 400;
constexpr std::string_view rest = "… The rest does not fit into one message.\n";

/// Lines up to what fits into one message.
class page {
public:
  void line(std::string_view text, size_t depth = 0) {
    const std::string indent(depth * 2, ' ');
    const auto added = depth == 0 ? fmt::format("{}\n", text) : fmt::format("{}- {}\n", indent, text);
    if (text_.size() <= bytes_max) // More is never shown.
      text_ += added, ends_.push_back(text_.size());
  }
  /// A line that always finds its place.
  void last(std::string_view text) { end_ += fmt::format("{}\n", text); }
  std::string message(std::string_view title, uint32_t color) const {
    auto body = text_;
    if (body.size() + end_.size() > bytes_max) {
      const auto room = bytes_max - std::min(bytes_max, end_.size() + rest.size());
      const auto first_beyond = std::upper_bound(ends_.begin(), ends_.end(), room);
      body.resize(first_beyond == ends_.begin() ? 0 : *(first_beyond - 1));
      body += rest;
    }
    body += end_;
    bj::object embed{{"title", title}, {"description", body}, {"color", color}};
    return json::print(bj::object{{"content", ""},
                                  {"embeds", bj::array{std::move(embed)}},
                                  {"components", bj::array{}},
                                  {"allowed_mentions", bj::object{{"parse", bj::array{}}}}});
  }

private:
  std::string text_, end_;
  std::vector<size_t> ends_; ///< Of each line in the text.
};

constexpr uint32_t green = 0x2E8B57, amber = 0xC68A12, grey = 0x5C6370;

uint32_t color_of(const member_verdict& v) {
  const auto is = [&](role_decision what) {
    return std::any_of(v.roles.begin(), v.roles.end(), [&](const auto& r) { return r.decision == what; });
  };
  const bool open = std::any_of(v.roles.begin(), v.roles.end(), [](const auto& r) {
    return r.reason == role_reason::undecided || r.reason == role_reason::unknown_deep;
  });
  if (open)
    return amber;
  return is(role_decision::given) || is(role_decision::kept) ? green : grey;
}

/// A reason of a chain's reader, escaped, and cut where it is long: it may come from a server.
std::string reason_text(std::string why) {
  if (why.size() <= reason_bytes_max)
    return for_message(why);
  auto end = reason_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(why[end]) & 0xC0) == 0x80) // Within a character.
    --end;
  why.resize(end);
  return for_message(why) + "…";
}

std::string_view sign(truth answer) { return answer == truth::yes ? "✅" : answer == truth::no ? "❌" : "❔"; }

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string role_text(const verdict_role& role) { return fmt::format("<@&{}>", role.role.text()); }

/// "rule “Whales”", "tier “Gold”".
std::string source_text(const member_verdict& v, const std::string& id) {
  for (const auto& rule : v.rules)
    if (rule.id == id)
      return "rule " + quoted(rule.name);
  for (const auto& tier : v.ranking.tiers)
    if (tier.id == id)
      return "tier " + quoted(tier.name);
  return quoted(id);
}

std::string sources_text(const member_verdict& v, const verdict_role& role) {
  std::string out;
  for (const auto& id : role.because)
    out += (out.empty() ? "" : ", ") + source_text(v, id);
  return out.empty() ? "nothing in the plan grants it any more" : out;
}

const verdict_tier* tier_of(const member_verdict& v, const std::string& id) {
  const auto found = std::find_if(v.ranking.tiers.begin(), v.ranking.tiers.end(),
                                  [&](const auto& tier) { return tier.id == id; });
  return found == v.ranking.tiers.end() ? nullptr : &*found;
}

/// True if a tier by rank leaves the role open at the block that takes, although the amount there is known.
bool waits_for_ranks(const member_verdict& v, const verdict_role& role) {
  if (!v.ranking.deep || v.ranking.deep->amount.empty())
    return false;
  return std::any_of(role.because.begin(), role.because.end(), [&](const auto& id) {
    const auto* tier = tier_of(v, id);
    return tier != nullptr && tier->threshold.empty() && tier->deep == truth::unknown;
  });
}

std::string role_line(const member_verdict& v, const verdict_role& role) {
  const auto name = role_text(role);
  const auto by = sources_text(v, role);
  switch (role.reason) {
    case role_reason::earned:
      return role.decision == role_decision::given
             ? fmt::format("✅ {} was asked for: {}. It takes a few seconds.", name, by)
             : fmt::format("✅ {} stays: {}.", name, by);
    case role_reason::not_earned:
      return role.decision == role_decision::taken
             ? fmt::format("❌ The end of {} was asked for: {} says no, near the tip and at the block that takes "
                           "roles. It takes a few seconds.",
                           name, by)
             : fmt::format("❌ {} is not earned: {} says no.", name, by);
    case role_reason::undecided:
      return role.decision == role_decision::kept
             ? fmt::format("❔ {} stays: {} could not be decided, and nothing is taken for what is unknown.", name, by)
             : fmt::format("❔ {} cannot be given yet: {} could not be decided.", name, by);
    case role_reason::still_deep:
      return fmt::format(
        "⏳ {} stays for now: {} says no near the tip, but still yes at the block that takes roles. It "
        "is taken when that block says no as well.",
        name, by);
    case role_reason::unknown_deep:
      if (waits_for_ranks(v, role))
        return fmt::format(
          "⏳ {} stays: {} says no near the tip, but a rank alone takes nothing: the ranks of all members "
          "are confirmed by the sweep, which is not built yet.",
          name, by);
      return fmt::format("❔ {} stays: {} says no near the tip, but the block that takes roles does not decide it yet.",
                         name, by);
    case role_reason::not_managed: break;
  }
  return fmt::format("{} is left as it is: no rule and no tier of this version names it.", name);
}

/// The tiers that the member does not have and could rise to: those above the present one, or all.
std::vector<std::string> tiers_above(const member_verdict& v) {
  const auto* present = tier_of(v, v.ranking.tier);
  std::vector<std::string> out;
  for (const auto& tier : v.ranking.tiers) { // The best is first.
    if (present == &tier)
      break;
    out.push_back(tier.id);
  }
  return out;
}

bool is_of_tiers_alone(const member_verdict& v, const verdict_role& role) {
  return !role.because.empty() && std::all_of(role.because.begin(), role.because.end(), [&](const auto& id) {
    return tier_of(v, id) != nullptr;
  });
}

/// A role that tiers alone grant, and that the member neither has nor gets.
bool is_other_tier(const member_verdict& v, const verdict_role& role) {
  return role.decision == role_decision::withheld && is_of_tiers_alone(v, role);
}

/// A role that something could still earn: a member has one tier, so the roles of lower ones are not missing.
bool is_missing(const member_verdict& v, const verdict_role& role) {
  if (role.reason != role_reason::not_earned)
    return false;
  const auto above = tiers_above(v);
  return !is_of_tiers_alone(v, role)
      || std::find_first_of(above.begin(), above.end(), role.because.begin(), role.because.end()) != above.end();
}

/// One line for the roles of all other tiers with this reason; empty: there are none.
std::string other_tiers_line(const member_verdict& v, role_reason why) {
  std::string roles;
  for (const auto& role : v.roles)
    if (role.reason == why && is_other_tier(v, role) && (why != role_reason::not_earned || is_missing(v, role)))
      roles += (roles.empty() ? "" : ", ") + role_text(role);
  if (roles.empty())
    return {};
  if (why == role_reason::undecided)
    return fmt::format("❔ Not decided yet, so not given: {}.", roles);
  return fmt::format("❌ {}: {}.", v.ranking.tier.empty() ? "No tier's role is earned" : "Higher tiers, not earned",
                     roles);
}

void write_roles(const member_verdict& v, page& to) {
  for (const auto decision :
       {role_decision::given, role_decision::taken, role_decision::kept, role_decision::withheld, role_decision::left})
    for (const auto& role : v.roles)
      if (role.decision == decision && !is_other_tier(v, role))
        to.line(role_line(v, role));
  for (const auto why : {role_reason::not_earned, role_reason::undecided})
    if (const auto text = other_tiers_line(v, why); !text.empty())
      to.line(text);
}

std::string amount_text(const verdict_ranking& ranking, const verdict_amount& at) {
  return at.amount.empty() ? std::string{"an amount that could not be read in full"}
                           : fmt::format("{} {}", at.amount, for_message(ranking.symbol));
}

std::string rank_text(const verdict_amount& at) {
  return at.rank && at.of ? fmt::format(", rank {} of {} among this community's own members", *at.rank, *at.of)
                          : std::string{};
}

std::string tier_line(const member_verdict& v) {
  const auto& r = v.ranking;
  const auto held = r.near_tip.amount.empty()
                    ? std::string{"How much you hold could not be read in full."}
                    : fmt::format("You hold {}{}.", amount_text(r, r.near_tip), rank_text(r.near_tip));
  const auto* tier = tier_of(v, r.tier);
  if (tier != nullptr && tier->answer == truth::yes)
    return fmt::format("Tier {}. {}", bold(tier->name), held);
  if (tier != nullptr)
    return fmt::format("Tier {}, as before. {}", bold(tier->name), held);
  if (v.wallets == 0 && v.wallets_aside == 0)
    return "No tier: no wallet is linked to you.";
  if (r.admitted == truth::no)
    return fmt::format("No tier: the rules that admit to the tiers say no. {}", held);
  return fmt::format("No tier. {}", held);
}

bool has(const member_verdict& v, role_reason why) {
  return std::any_of(v.roles.begin(), v.roles.end(), [&](const auto& role) { return role.reason == why; });
}

/// The first reason for which something is unknown; empty: none.
std::string first_unknown(const verdict_values& values) {
  for (const auto& each : values.list)
    if (!each.unknown.empty())
      return each.unknown;
  return {};
}
std::string first_unknown(const verdict_node& node) {
  auto out = first_unknown(node.near_tip.values);
  if (out.empty() && node.deep)
    out = first_unknown(node.deep->values);
  for (const auto& child : node.children)
    if (out.empty())
      out = first_unknown(child);
  return out;
}
std::string first_unknown(const member_verdict& v) {
  auto out = first_unknown(v.ranking.near_tip.values);
  if (out.empty() && v.ranking.deep)
    out = first_unknown(v.ranking.deep->values);
  for (const auto& rule : v.rules)
    if (out.empty())
      out = first_unknown(rule.when);
  return out;
}

/// Advice for the member.
std::string advice(const member_verdict& v) {
  if (v.wallets == 0 && v.wallets_aside == 0)
    return "There was nothing to read. Ask an admin of this server to have a wallet of "
           "yours linked, then type `/check`. (The operator of this bot links wallets.)";
  if (const auto why = first_unknown(v); !why.empty())
    return fmt::format("Something could not be read: {}. Nothing is taken for that. Type `/check` again in a few "
                       "minutes.",
                       reason_text(why));
  if (has(v, role_reason::still_deep))
    return "Nothing to do: a purchase before the next check keeps the role.";
  if (std::any_of(v.roles.begin(), v.roles.end(), [&](const auto& role) { return is_missing(v, role); }))
    return "To earn more, hold what is asked for (`/why` names it), then type `/check`.";
  return "Nothing to do.";
}

std::string next_line(const member_verdict& v) {
  return fmt::format("Checked <t:{}:R>. `/check` reads again at any time; from <t:{}:t> on this is out of date.",
                     v.judged_at_s, v.next_check_s);
}

void aside(const member_verdict& v, page& to) {
  if (v.wallets_aside > 0)
    to.line(fmt::format(
      "Wallets that are contracts of one chain are not read yet, so what their chain decides is unknown: {}.",
      v.wallets_aside));
}

void about(const reader& who, page& to) {
  if (!who.is_member)
    to.line(fmt::format("About <@{}>, in the words that the member reads:", who.member.text()));
}

// ---- the tree

std::string block_text(const member_verdict& v, const std::vector<std::string>& chains, bool is_deep) {
  std::string out;
  for (const auto& block : v.blocks)
    if (block.is_deep == is_deep && std::find(chains.begin(), chains.end(), block.chain) != chains.end())
      out += fmt::format("{}block {} of {}", out.empty() ? "" : ", ", block.number,
                         for_message(chain::display_name(block.chain)));
  return out;
}

std::string hosts_text(const verdict_values& values) {
  std::set<std::string> hosts;
  bool alone = false;
  for (const auto& each : values.list) {
    hosts.insert(each.endpoints.begin(), each.endpoints.end());
    alone = alone || each.endpoints.size() == 1;
  }
  std::string out;
  for (const auto& host : hosts)
    out += (out.empty() ? "by " : ", ") + code(host);
  return out.empty() || !alone ? out : out + ", without a second opinion";
}

/// "You hold 12.5 SPICE on Base (block 1200 of Base, by `a.example`)."
std::string found_text(const member_verdict& v, const verdict_node& leaf, const verdict_finding& at, bool is_deep) {
  auto out = at.found.empty() ? std::string{"What was read did not fit into the verdict"} : capital(at.found);
  const auto block = block_text(v, leaf.chains, is_deep), hosts = hosts_text(at.values);
  if (!block.empty() && !hosts.empty())
    out += fmt::format(" ({}, {})", block, hosts);
  out += ".";
  if (const auto why = first_unknown(at.values); !why.empty())
    out += fmt::format(" Could not be read: {}.", reason_text(why));
  return out;
}

void write(const member_verdict& v, const verdict_node& node, size_t depth, page& to) {
  if ((node.is == rule_node::all || node.is == rule_node::any) && node.children.size() == 1)
    return write(v, node.children[0], depth, to); // "any of:" one says nothing.
  switch (node.is) {
    case rule_node::all: to.line(fmt::format("{} all of:", sign(node.answer)), depth); break;
    case rule_node::any: to.line(fmt::format("{} any of:", sign(node.answer)), depth); break;
    case rule_node::none: to.line(fmt::format("{} not:", sign(node.answer)), depth); break;
    case rule_node::at_least: to.line(fmt::format("{} at least {} of:", sign(node.answer), node.count), depth); break;
    case rule_node::leaf: {
      auto text = fmt::format("{} {}", sign(node.answer), found_text(v, node, node.near_tip, false));
      if (!node.required.empty())
        text += fmt::format(" {} {}.", node.excludes ? "Excluded:" : "Asked for:", node.required);
      if (node.deep)
        text += " At the block that takes roles: " + found_text(v, node, *node.deep, true);
      to.line(text, depth);
      break;
    }
  }
  for (const auto& child : node.children)
    write(v, child, depth + 1, to);
}

std::string condition_of(const verdict_tier& tier, const verdict_ranking& ranking) {
  if (!tier.threshold.empty())
    return fmt::format("at least {} {}", tier.threshold, for_message(ranking.symbol));
  return tier.max_rank ? fmt::format("rank {} to {}", tier.min_rank, *tier.max_rank)
                       : fmt::format("rank {} or below", tier.min_rank);
}

void write_ranking(const member_verdict& v, page& to) {
  const auto& r = v.ranking;
  to.line(tier_line(v));
  const std::vector<std::string> chain{r.chain};
  const auto block = block_text(v, chain, false), hosts = hosts_text(r.near_tip.values);
  if (!block.empty() && !hosts.empty())
    to.line(fmt::format("Read at {}, {}.", block, hosts), 1);
  if (r.deep)
    to.line(fmt::format("At the block that takes roles ({}): {}{}.", block_text(v, chain, true),
                        amount_text(r, *r.deep), rank_text(*r.deep)),
            1);
  for (const auto& tier : r.tiers)
    to.line(fmt::format("{} {}: {}.", sign(tier.answer), for_message(tier.name), condition_of(tier, r)), 1);
}

} // namespace

std::string check_message(const member_verdict& v, const reader& who) {
  page out;
  about(who, out);
  out.line(tier_line(v));
  write_roles(v, out);
  aside(v, out);
  out.last(advice(v));
  out.last(next_line(v) + " `/why` shows every number.");
  return out.message("Checked", color_of(v));
}

std::string why_message(const member_verdict& v, const reader& who) {
  page out;
  about(who, out);
  write_roles(v, out);
  for (const auto& rule : v.rules) {
    out.line(fmt::format("{} Rule {}", sign(rule.answer), bold(rule.name)));
    write(v, rule.when, 1, out);
  }
  write_ranking(v, out);
  aside(v, out);
  out.last(advice(v));
  out.last(next_line(v));
  return out.message("Why", color_of(v));
}

} // namespace arrakis::verdicts
