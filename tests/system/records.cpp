#include "tests/system/records.hpp"

#include "adapters/embedded/embedded.hpp"
#include "runtime/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>
#include <set>
#include <sstream>

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

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

std::optional<blueprint::fields> actual(const seen& s, const blueprint::key& of, snowflake id) {
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

void compare(std::vector<std::string>& out, const manifest& want, const seen& s, const blueprint::ids& known) {
  const blueprint::place at{s.guild.id, s.guild.bot};
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

seen look(world& w, const place& at) {
  const auto state = w.town().sandbox("GET", "state?guild=" + at.guild);
  const auto& g = state.as_object().at("guilds").as_array().at(0).as_object();
  seen s;
  s.guild.id = *parse_snowflake(at.guild);
  s.guild.bot = *parse_snowflake(w.town().discord().bot);
  s.guild.roles = must(guild::read_roles(json::print(g.at("roles"))), "roles");
  s.guild.channels = must(guild::read_channels(json::print(g.at("channels"))), "channels");
  for (const auto& each : g.at("audit").as_array()) {
    const auto& e = each.as_object();
    const auto what = json::integer_or(e, "action_type");
    if ((what != channel_create && what != role_create) || json::text_or(e, "user_id") != w.town().discord().bot)
      continue;
    s.made.push_back(*parse_snowflake(json::text_or(e, "target_id")));
    s.reasons.emplace_back(json::text_or(e, "reason"));
  }
  return s;
}

const guild::role* role_named(const seen& s, std::string_view name) {
  for (const auto& r : s.guild.roles)
    if (r.name == name)
      return &r;
  return nullptr;
}

const guild::channel* channel_named(const seen& s, std::string_view name) {
  for (const auto& c : s.guild.channels)
    if (c.name == name)
      return &c;
  return nullptr;
}

deployment newest(world& w, const place& at) {
  for (const auto& line : lines_of(w.town().ctl({"community", "show", at.guild}).second)) {
    if (!line.starts_with("newest deployment "))
      continue;
    deployment d;
    d.line = line;
    std::istringstream in{line};
    std::string word, id;
    in >> word >> word >> id >> word >> d.version >> d.state;
    return d;
  }
  return {};
}

bool reaches(world& w, const place& at, int64_t version, const std::string& state, std::chrono::milliseconds patience) {
  return demo::eventually(
    [&] {
      const auto d = newest(w, at);
      return d.version == version && d.state == state;
    },
    patience);
}

std::string community_of(world& w, const place& at) {
  const auto shown = w.town().ctl({"community", "show", at.guild});
  return shown.first == 0 ? shown.second.substr(0, shown.second.find(' ')) : "";
}

manifest stored_manifest(world& w, const place& at, int64_t version) {
  std::vector<std::string> words{"manifest", "show", at.guild};
  if (version > 0)
    words.push_back(std::to_string(version));
  const auto shown = w.town().ctl(words);
  if (shown.first != 0)
    throw std::runtime_error("manifest show: " + shown.second);
  return must(read_manifest(shown.second), "manifest show");
}

blueprint::ids shadow(world& w, const place& at) {
  blueprint::ids out;
  for (const auto& line : lines_of(w.town().ctl({"community", "show", at.guild}).second)) {
    std::istringstream in{line};
    std::string kind, resource, id;
    if (line.starts_with("  ") && in >> kind >> resource >> id)
      if (const auto flake = parse_snowflake(id))
        out[{kind, resource}] = *flake;
  }
  return out;
}

std::vector<std::string> disagreements(world& w, const place& at) {
  std::vector<std::string> out;
  compare(out, stored_manifest(w, at), look(w, at), shadow(w, at));
  const auto verified = w.town().ctl({"manifest", "verify", at.guild});
  if (verified.first != 0)
    out.push_back("manifest verify: " + verified.second);
  if (audit_entries(w, at) < 0)
    out.push_back("the audit chain is not whole");
  return out;
}

int64_t open_rows(world& w, const place& at) {
  pqxx::connection relay{embedded::dsn(w.town().folder() + "/arrakis", "arrakis_relay")};
  pqxx::work tx{relay};
  const auto id = community_of(w, at);
  return tx.exec_params("select count(*) from outbox where closed_at is null and community_id = $1", id)[0][0]
    .as<int64_t>();
}

int64_t open_intents(world& w, const place& at) {
  pqxx::connection app{embedded::dsn(w.town().folder() + "/arrakis", "arrakis_app")};
  pqxx::work tx{app};
  tx.exec_params("select set_config('app.current_tenant', $1, true)", community_of(w, at));
  return tx.exec("select count(*) from deployment_intents")[0][0].as<int64_t>();
}

bool at_rest(world& w, const place& at, std::chrono::milliseconds patience) {
  return demo::eventually(
    [&] {
      const auto jobs = w.town().ctl({"jobs", "list"}).second;
      return open_rows(w, at) == 0 && jobs.starts_with("waiting 0  active 0  delayed 0");
    },
    patience);
}

int64_t audit_entries(world& w, const place& at) {
  const auto verified = w.town().ctl({"audit", "verify", at.guild});
  std::istringstream in{verified.second};
  std::string id, word, whole;
  int64_t entries = -1;
  in >> id >> entries >> word >> whole;
  return verified.first == 0 && whole == "whole" ? entries : -1;
}

refusals refused(world& w) {
  const auto all = w.town().sandbox("GET", "statistics");
  const auto& o = all.as_object();
  refusals r;
  for (const auto& scope : *json::object_in(o, "rate_limited"))
    r.rate_limited += scope.value().to_number<int64_t>();
  r.invalid = json::integer_or(o, "invalid_requests");
  return r;
}

} // namespace arrakis::system_test
