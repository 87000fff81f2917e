#include "tests/system/records.hpp"

#include "adapters/embedded/embedded.hpp"
#include "runtime/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>
#include <set>

namespace arrakis::system_test {
namespace js = boost::json;
namespace {
/// docs/resources/audit-log, "Audit Log Events".
constexpr int channel_create = 10, role_create = 30;

template <class T>
T must(caf::expected<T> x, const std::string& what) {
  if (!x)
    throw std::runtime_error(what + ": " + text_of(x.error()));
  return std::move(*x);
}

/// The output of `arrakisctl --json`; empty after a failure.
js::object printed(test_stack& w, std::vector<std::string> words) {
  words.insert(words.begin(), "--json");
  const auto [code, text] = w.stack().ctl(words);
  const auto parsed = json::parse(text);
  return code == 0 && parsed && parsed->is_object() ? parsed->get_object() : js::object{};
}
js::object community_shown(test_stack& w, const place& at) { return printed(w, {"community", "show", at.guild}); }

std::optional<blueprint::fields> actual(const observed_guild& s, const blueprint::key& of, snowflake id) {
  if (of.kind == "role")
    for (const auto& r : s.guild.roles)
      if (r.id == id)
        return blueprint::actual(r);
  if (of.kind != "role")
    for (const auto& c : s.guild.channels)
      if (c.id == id)
        return blueprint::actual(c);
  return std::nullopt;
}

std::string name_in(const blueprint::fields& f) {
  return std::visit([](const auto& x) { return x.name; }, f);
}

void compare(std::vector<std::string>& out, const manifest& want, const observed_guild& s,
             const blueprint::ids& known) {
  const blueprint::target_guild at{s.guild.id, s.guild.bot};
  std::set<snowflake> used;
  const auto all = blueprint::resources(want);
  for (const auto& r : all) {
    const auto about = r.key.kind + " " + r.key.resource;
    const auto found = known.find(r.key);
    if (found == known.end()) {
      out.push_back(about + ": the shadow state does not name it");
      continue;
    }
    if (!used.insert(found->second).second)
      out.push_back(about + ": its snowflake stands for another resource too");
    const auto now = actual(s, r.key, found->second);
    if (!now) {
      out.push_back(about + ": not in the guild");
      continue;
    }
    if (r.existing)
      continue;
    if (std::count(s.made.begin(), s.made.end(), found->second) != 1)
      out.push_back(about + ": the guild's audit log does not say that the bot made it once");
    const auto fields = blueprint::wanted(want, r.key, known, at);
    if (!fields) {
      out.push_back(about + ": what it should be is not known");
      continue;
    }
    for (const auto& field : blueprint::differences(*fields, blueprint::managed(*now, *fields)))
      out.push_back(fmt::format("{} “{}”: {} differs", about, name_in(*now), field));
  }
  // Besides, the shadow state remembers what an earlier version of ours left over.
  for (const auto& [of, id] : known)
    if (std::count(s.made.begin(), s.made.end(), id) != 1
        && std::none_of(all.begin(), all.end(), [&, key = of](const auto& r) { return r.key == key && r.existing; }))
      out.push_back(of.kind + " " + of.resource + ": the shadow state names it, and the bot did not make it");
}
} // namespace

observed_guild read_guild(test_stack& w, const place& at) {
  const auto state = w.stack().sandbox("GET", "state?guild=" + at.guild);
  const auto& g = state.as_object().at("guilds").as_array().at(0).as_object();
  observed_guild s;
  s.guild.id = *parse_snowflake(at.guild);
  s.guild.bot = *parse_snowflake(w.stack().discord().bot);
  s.guild.roles = must(guild::read_roles(json::print(g.at("roles"))), "roles");
  s.guild.channels = must(guild::read_channels(json::print(g.at("channels"))), "channels");
  for (const auto& each : g.at("audit").as_array()) {
    const auto& e = each.as_object();
    const auto what = json::integer_or(e, "action_type");
    if ((what != channel_create && what != role_create) || json::text_or(e, "user_id") != w.stack().discord().bot)
      continue;
    s.made.push_back(*parse_snowflake(json::text_or(e, "target_id")));
    s.reasons.emplace_back(json::text_or(e, "reason"));
  }
  return s;
}

const guild::role* role_named(const observed_guild& s, std::string_view name) {
  for (const auto& r : s.guild.roles)
    if (r.name == name)
      return &r;
  return nullptr;
}

const guild::channel* channel_named(const observed_guild& s, std::string_view name) {
  for (const auto& c : s.guild.channels)
    if (c.name == name)
      return &c;
  return nullptr;
}

deployment newest_deployment(test_stack& w, const place& at) {
  const auto shown = community_shown(w, at);
  const auto* last = json::object_in(shown, "newest_deployment");
  if (last == nullptr)
    return {};
  deployment d;
  d.id = json::text_or(*last, "id");
  d.version = json::integer_or(*last, "version");
  d.state = json::text_or(*last, "state");
  d.line = fmt::format("{} {} {}", d.state, json::text_or(*last, "error_code"), json::text_or(*last, "error"));
  return d;
}

bool wait_for_state(test_stack& w, const place& at, int64_t version, const std::string& state,
                    std::chrono::milliseconds patience) {
  return demo::eventually(
    [&] {
      const auto d = newest_deployment(w, at);
      return d.version == version && d.state == state;
    },
    patience);
}

std::string community_of(test_stack& w, const place& at) {
  return std::string{json::text_or(community_shown(w, at), "id")};
}

manifest stored_manifest(test_stack& w, const place& at, int64_t version) {
  std::vector<std::string> words{"manifest", "show", at.guild};
  if (version > 0)
    words.push_back(std::to_string(version));
  const auto shown = w.stack().ctl(words);
  if (shown.first != 0)
    throw std::runtime_error("manifest show: " + shown.second);
  return must(read_manifest(shown.second), "manifest show");
}

blueprint::ids shadow_ids(test_stack& w, const place& at) {
  blueprint::ids out;
  const auto shown = community_shown(w, at);
  const auto* all = json::array_in(shown, "resources");
  for (size_t i = 0; all != nullptr && i < all->size(); ++i) {
    const auto& e = all->at(i).as_object();
    if (const auto flake = parse_snowflake(json::text_or(e, "id")))
      out[{std::string{json::text_or(e, "kind")}, std::string{json::text_or(e, "resource")}}] = *flake;
  }
  return out;
}

std::vector<std::string> disagreements(test_stack& w, const place& at) {
  std::vector<std::string> out;
  compare(out, stored_manifest(w, at), read_guild(w, at), shadow_ids(w, at));
  const auto verified = w.stack().ctl({"manifest", "verify", at.guild});
  if (verified.first != 0)
    out.push_back("manifest verify: " + verified.second);
  if (audit_entries(w, at) < 0)
    out.push_back("the audit chain is not whole");
  return out;
}

int64_t open_rows(test_stack& w, const place& at) {
  pqxx::connection relay{embedded::dsn(w.stack().folder() + "/arrakis", "arrakis_relay")};
  pqxx::work tx{relay};
  const auto id = community_of(w, at);
  return tx.exec_params("select count(*) from outbox where closed_at is null and community_id = $1", id)[0][0]
    .as<int64_t>();
}

int64_t open_intents(test_stack& w, const place& at) {
  pqxx::connection app{embedded::dsn(w.stack().folder() + "/arrakis", "arrakis_app")};
  pqxx::work tx{app};
  tx.exec_params("select set_config('app.current_tenant', $1, true)", community_of(w, at));
  return tx.exec("select count(*) from deployment_intents")[0][0].as<int64_t>();
}

bool wait_until_idle(test_stack& w, const place& at, std::chrono::milliseconds patience) {
  return demo::eventually(
    [&] {
      const auto jobs = w.stack().ctl({"jobs", "list"}).second;
      return open_rows(w, at) == 0 && jobs.starts_with("waiting 0  active 0  delayed 0");
    },
    patience);
}

int64_t audit_entries(test_stack& w, const place& at) {
  const auto verified = printed(w, {"audit", "verify", at.guild});
  const auto* trails = json::array_in(verified, "trails");
  return trails != nullptr && trails->size() == 1 ? json::integer_or(trails->at(0).as_object(), "entries") : -1;
}

refusals count_refusals(test_stack& w) {
  const auto all = w.stack().sandbox("GET", "statistics");
  const auto& o = all.as_object();
  refusals r;
  for (const auto& scope : *json::object_in(o, "rate_limited"))
    r.rate_limited += scope.value().to_number<int64_t>();
  r.invalid = json::integer_or(o, "invalid_requests");
  for (const auto& route : *json::object_in(o, "answers"))
    for (const auto& [status, count] : route.value().as_object())
      if (status == "401" || status == "403" || status == "429")
        r.by_route[std::string{status} + ' ' + std::string{route.key()}] = count.to_number<int64_t>();
  return r;
}

refusals operator-(refusals now, const refusals& before) {
  now.rate_limited -= before.rate_limited;
  now.invalid -= before.invalid;
  for (const auto& [route, count] : before.by_route)
    if (const auto found = now.by_route.find(route); found != now.by_route.end() && (found->second -= count) == 0)
      now.by_route.erase(found);
  return now;
}

} // namespace arrakis::system_test
