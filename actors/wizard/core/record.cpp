#include "actors/wizard/core/record.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace arrakis::wizard::core {
namespace {
namespace js = boost::json;

constexpr int64_t layout = 1;
constexpr std::array<std::string_view, 11> names{"INIT",         "CHAIN_SELECT",
                                                 "ASSET_CONFIG", "ELIGIBILITY_RULES",
                                                 "ROLE_MAPPING", "CHANNEL_STRUCTURE",
                                                 "REVIEW",       "DEPLOY",
                                                 "COMPLETE",     "FAILED",
                                                 "RULES"};

js::array texts(const std::vector<std::string>& list) { return js::array(list.begin(), list.end()); }
void put(js::object& o, std::string_view key, const std::optional<std::string>& value) {
  if (value)
    o[key] = *value;
}

js::object write(const manifest_asset& x) {
  js::object o{{"id", x.id}, {"type", x.type}, {"chain", x.chain}, {"symbol", x.symbol}, {"decimals", x.decimals}};
  put(o, "address", x.address);
  put(o, "min_balance", x.min_balance);
  put(o, "token_id", x.token_id);
  return o;
}
js::object write(const typed_asset& x) {
  js::object o{{"type", x.type},
               {"chain", x.chain},
               {"address", x.address},
               {"token_id", x.token_id},
               {"min_balance", x.min_balance},
               {"why", x.why}};
  // Absent in most: an earlier build reads those, and wrote them so.
  if (x.asks_decimals)
    o["asks_decimals"] = true;
  if (x.decimals)
    o["decimals"] = *x.decimals;
  return o;
}
js::object write(const manifest_tier& x) {
  js::object o{{"id", x.id}, {"name", x.name}, {"min_rank", x.min_rank}};
  if (x.max_rank)
    o["max_rank"] = *x.max_rank;
  put(o, "threshold", x.threshold);
  return o;
}
js::object write(const manifest_role& x) {
  js::object o{{"id", x.id},
               {"name", x.name},
               {"color", x.color},
               {"hoist", x.hoist},
               {"mentionable", x.mentionable},
               {"permissions", texts(x.permissions)},
               {"tier", x.tier_id}};
  if (x.existing)
    o["existing"] = x.existing->text();
  return o;
}
void put_existing(js::object& o, const std::optional<snowflake>& existing) {
  if (existing)
    o["existing"] = existing->text();
}
js::object write(const manifest_category& x) {
  js::object o{{"id", x.id}, {"name", x.name}, {"access", texts(x.access_tiers)}};
  put_existing(o, x.existing);
  return o;
}
js::object write(const manifest_channel& x) {
  js::object o{
    {"id", x.id}, {"name", x.name}, {"type", x.type}, {"access", texts(x.access_tiers)}, {"read_only", x.read_only}};
  put(o, "category", x.category_id);
  put(o, "topic", x.topic);
  put_existing(o, x.existing);
  return o;
}
template <class T>
js::array write_all(const std::vector<T>& list) {
  js::array out;
  for (auto& x : list)
    out.push_back(write(x));
  return out;
}

// Reading: these are our own bytes, so a wrong kind means corruption; Boost.JSON's exceptions carry that to
// read_record.
std::string str(const js::object& o, std::string_view key) { return std::string{json::text_or(o, key)}; }
int64_t num(const js::object& o, std::string_view key) { return json::integer_or(o, key); }
std::optional<std::string> maybe(const js::object& o, std::string_view key) {
  return o.contains(key) ? std::optional{str(o, key)} : std::nullopt;
}
std::vector<std::string> strings(const js::object& o, std::string_view key) {
  std::vector<std::string> out;
  if (auto* list = json::array_in(o, key))
    for (auto& x : *list)
      if (x.is_string())
        out.emplace_back(x.get_string());
  return out;
}
snowflake id_of(const js::object& o, std::string_view key) {
  return parse_snowflake(json::text_or(o, key)).value_or(snowflake{});
}

void read(const js::object& o, manifest_asset& x) {
  x = {str(o, "id"),
       str(o, "type"),
       str(o, "chain"),
       maybe(o, "address"),
       str(o, "symbol"),
       static_cast<int>(num(o, "decimals")),
       maybe(o, "min_balance"),
       maybe(o, "token_id")};
}
void read(const js::object& o, manifest_tier& x) {
  x = {str(o, "id"), str(o, "name"), num(o, "min_rank"), std::nullopt, maybe(o, "threshold")};
  if (o.contains("max_rank"))
    x.max_rank = num(o, "max_rank");
}
std::optional<snowflake> existing_in(const js::object& o) {
  return o.contains("existing") ? std::optional{id_of(o, "existing")} : std::nullopt;
}
void read(const js::object& o, manifest_role& x) {
  x = {str(o, "id"),
       str(o, "name"),
       static_cast<uint32_t>(num(o, "color")),
       json::bool_or(o, "hoist"),
       json::bool_or(o, "mentionable"),
       strings(o, "permissions"),
       str(o, "tier"),
       existing_in(o)};
}
void read(const js::object& o, manifest_category& x) {
  x = {str(o, "id"), str(o, "name"), strings(o, "access"), existing_in(o)};
}
void read(const js::object& o, manifest_channel& x) {
  x = {str(o, "id"),
       str(o, "name"),
       str(o, "type"),
       maybe(o, "category"),
       maybe(o, "topic"),
       strings(o, "access"),
       json::bool_or(o, "read_only"),
       existing_in(o)};
}
template <class T>
std::vector<T> all(const js::object& o, std::string_view key) {
  std::vector<T> out;
  if (auto* list = json::array_in(o, key))
    for (auto& x : *list)
      if (x.is_object())
        read(x.get_object(), out.emplace_back());
  return out;
}

js::object write(const draft& d) {
  js::object o{{"name", d.name},
               {"chains", texts(d.chains)},
               {"assets", write_all(d.assets)},
               {"tier_template", d.tier_template},
               {"theme", d.theme_id},
               {"tiers", write_all(d.tiers)},
               {"roles", write_all(d.roles)},
               {"channel_template", d.channel_template},
               {"categories", write_all(d.categories)},
               {"channels", write_all(d.channels)}};
  if (d.typed)
    o["typed"] = write(*d.typed);
  // Absent in most: an earlier build reads those, and wrote them so.
  if (!d.ranked_asset.empty())
    o["ranked_asset"] = d.ranked_asset;
  if (!d.rule_roles.empty())
    o["rule_roles"] = write_all(d.rule_roles);
  if (!d.rules.empty())
    o["rules"] = to_json(d.rules).at("rules");
  return o;
}
// A field that an earlier build lacks is left out at its default, so that such a build reads the session, too.
js::object write(const focus& f) {
  js::object o{{"asset_chain", f.asset_chain}, {"tier", f.tier}, {"role_page", f.role_page}};
  if (f.channel_item > 0)
    o["channel_item"] = f.channel_item;
  if (!f.rule.empty())
    o["rule"] = f.rule;
  return o;
}
focus read_focus(const js::object& o) {
  return {str(o, "asset_chain"), str(o, "tier"), static_cast<size_t>(num(o, "role_page")),
          static_cast<size_t>(num(o, "channel_item")), str(o, "rule")};
}
js::object write(const refused_form& f) {
  js::object fields;
  for (const auto& [name, typed] : f.fields)
    fields[name] = typed;
  return {{"form", f.form}, {"argument", f.argument}, {"fields", std::move(fields)}, {"why", f.why}};
}
refused_form read_refused(const js::object& o) {
  refused_form f{str(o, "form"), str(o, "argument"), {}, str(o, "why")};
  if (const auto* fields = json::object_in(o, "fields"))
    for (const auto& member : *fields)
      if (member.value().is_string())
        f.fields.emplace(member.key(), member.value().get_string());
  return f;
}
draft read_draft(const js::object& o) {
  draft d;
  d.name = str(o, "name");
  d.chains = strings(o, "chains");
  d.assets = all<manifest_asset>(o, "assets");
  if (auto* t = json::object_in(o, "typed")) {
    d.typed = typed_asset{str(*t, "type"),
                          str(*t, "chain"),
                          str(*t, "address"),
                          str(*t, "token_id"),
                          str(*t, "min_balance"),
                          str(*t, "why"),
                          json::bool_or(*t, "asks_decimals"),
                          std::nullopt};
    if (t->contains("decimals"))
      d.typed->decimals = static_cast<int>(num(*t, "decimals"));
  }
  d.tier_template = str(o, "tier_template");
  d.theme_id = str(o, "theme");
  d.tiers = all<manifest_tier>(o, "tiers");
  d.roles = all<manifest_role>(o, "roles");
  d.channel_template = str(o, "channel_template");
  d.categories = all<manifest_category>(o, "categories");
  d.channels = all<manifest_channel>(o, "channels");
  d.ranked_asset = str(o, "ranked_asset");
  d.rule_roles = all<manifest_role>(o, "rule_roles");
  if (const auto* list = json::array_in(o, "rules"))
    if (auto rules = read_rules(js::object{{"rules", *list}})) // Others make the record another one: ec::corrupt.
      d.rules = std::move(*rules);
  return d;
}
} // namespace

namespace {
bool is_session_id(std::string_view id) {
  constexpr size_t length_max = 32; // 128 random bits in hex.
  return !id.empty() && id.size() <= length_max && std::ranges::all_of(id, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}
} // namespace

std::string_view to_string(step s) { return names[static_cast<size_t>(s)]; }

std::optional<step> parse_step(std::string_view text) {
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == text)
      return static_cast<step>(i);
  return std::nullopt;
}

bool is_editable(step s) { return s < step::review || s == step::rules; }

int percent(step s) {
  constexpr std::array<int, 11> values{0, 12, 25, 37, 50, 62, 75, 87, 100, 0, 75};
  return values[static_cast<size_t>(s)];
}

std::string to_text(const record& r) {
  js::object o{{"layout", layout},
               {"id", r.id},
               {"user", r.user.text()},
               {"guild", r.guild.text()},
               {"channel", r.channel.text()},
               {"state", to_string(r.at)},
               {"from_review", r.from_review},
               {"draft", write(r.draft)},
               {"focus", write(r.focus)},
               {"base_version", r.base_version},
               {"base_resources", texts(r.base_resources)},
               {"submitted", js::object{{"attempt", r.submitted.attempt},
                                        {"version", r.submitted.version},
                                        {"deployment", r.submitted.deployment},
                                        {"job", r.submitted.job}}},
               {"error", r.error},
               {"guild_name", r.guild_name},
               {"created_ms", r.created_ms},
               {"updated_ms", r.updated_ms}};
  if (r.refused)
    o["refused"] = write(*r.refused);
  return js::serialize(o);
}

caf::expected<record> read_record(std::string_view text) {
  auto parsed = json::parse(text);
  if (!parsed || !parsed->is_object())
    return fail(ec::corrupt, "the stored wizard session does not read");
  const auto& o = parsed->get_object();
  if (num(o, "layout") != layout)
    return fail(ec::unsupported, "the stored wizard session is of another layout");
  const auto at = parse_step(json::text_or(o, "state"));
  auto* drafted = json::object_in(o, "draft");
  if (!at || !drafted)
    return fail(ec::corrupt, "the stored wizard session has no state");
  record r;
  r.id = str(o, "id");
  if (!is_session_id(r.id)) // The id goes into custom ids and into the key of a deployment.
    return fail(ec::corrupt, "the stored wizard session has an id that is none of ours");
  r.user = id_of(o, "user");
  r.guild = id_of(o, "guild");
  r.channel = id_of(o, "channel");
  r.at = *at;
  r.from_review = json::bool_or(o, "from_review");
  r.draft = read_draft(*drafted);
  if (auto* f = json::object_in(o, "focus"))
    r.focus = read_focus(*f);
  if (auto* f = json::object_in(o, "refused"))
    r.refused = read_refused(*f);
  r.base_version = num(o, "base_version");
  r.base_resources = strings(o, "base_resources");
  if (auto* s = json::object_in(o, "submitted"))
    r.submitted = {static_cast<uint32_t>(num(*s, "attempt")), num(*s, "version"), str(*s, "deployment"),
                   str(*s, "job")};
  r.error = str(o, "error");
  r.guild_name = str(o, "guild_name");
  r.created_ms = num(o, "created_ms");
  r.updated_ms = num(o, "updated_ms");
  const auto is_role_of = [](const manifest_role& role, const manifest_tier& tier) { return role.tier_id == tier.id; };
  if (!std::ranges::equal(r.draft.roles, r.draft.tiers, is_role_of))
    return fail(ec::corrupt, "the stored wizard session has not one role for each tier");
  // The readers skip what is of another kind; a record that lost something so would not be written as it was.
  if (to_text(r) != text)
    return fail(ec::corrupt, "the stored wizard session has fields that this layout has not");
  return r;
}

} // namespace arrakis::wizard::core
