#include "tests/system/test_stack.hpp"

#include "runtime/json.hpp"
#include "tests/support/source_file.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>

namespace arrakis::system_test {
namespace js = boost::json;
namespace {

/// The native coin needs no question to a chain, so without an EVM node an address where nobody listens will do.
demo::local_stack_options options_for(const std::string& folder, bool with_chain, std::vector<std::string> environment,
                                      std::vector<std::string> discord_environment) {
  demo::local_stack_options o;
  o.folder = folder;
  o.programs = programs();
  if (with_chain)
    o.anvil = anvil();
  o.environment = std::move(environment);
  o.discord_environment = std::move(discord_environment);
  if (o.anvil.empty())
    o.environment.emplace_back("ARRAKIS_CHAINS_RPC_SANDBOX=http://127.0.0.1:9");
  return o;
}

void run_to_end(const std::vector<std::string>& argv) {
  process child{{argv, {}, {}, {}, {}}};
  if (!child.wait(std::chrono::seconds{60}) || child.exit_status() != 0)
    throw std::runtime_error(argv[0] + " failed");
}

/// The ids of users in an archive are another machine's; here the state belongs to the user as whom arrakisd will run.
void unpack(const std::string& archive, const std::string& into) {
  run_to_end({"tar", "-C", into, "--no-same-owner", "-xJf", archive});
  if (::geteuid() == 0)
    run_to_end({"chown", "-R", unprivileged_user() + ":", into + "/t/arrakis"});
}
} // namespace

std::string programs() {
  const char* given = std::getenv("ARRAKIS_BUILD_DIR");
  return given && *given ? given : std::filesystem::absolute("build/dev").string();
}

std::string anvil() {
  const std::filesystem::path path{test::source_file("build/evm/anvil")};
  return std::filesystem::exists(path) ? std::filesystem::absolute(path).string() : "";
}

test_stack::test_stack(bool with_chain, std::vector<std::string> environment,
                       const std::function<void(demo::local_stack&)>& before_arrakis,
                       std::vector<std::string> discord_environment, const std::string& state_archive)
  : stack_(options_for(folder_ / "t", with_chain, std::move(environment), std::move(discord_environment))) {
  std::filesystem::permissions(folder_.path(), std::filesystem::perms{0755}); // arrakisd leaves root, and must get in.
  if (!state_archive.empty())
    unpack(state_archive, folder_.path());
  stack_.start_discord();
  stack_.start_chain();
  if (before_arrakis)
    before_arrakis(stack_);
  stack_.start_arrakis();
}

place test_stack::guild_named(const std::string& name) {
  const auto state = stack_.sandbox("GET", "state");
  for (const auto& each : state.as_object().at("guilds").as_array()) {
    const auto& guild = each.as_object();
    if (json::text_or(guild, "name") != name)
      continue;
    place at{std::string{json::text_or(guild, "id")}, std::string{json::text_or(guild, "owner_id")}, {}};
    for (const auto& channel : guild.at("channels").as_array())
      if (json::integer_or(channel.as_object(), "type") == 0 && at.channel.empty())
        at.channel = json::text_or(channel.as_object(), "id");
    return at;
  }
  throw std::runtime_error("no guild is called " + name);
}

place test_stack::create_guild(const std::string& name) {
  const auto made = stack_.sandbox("POST", "guilds", js::object{{"name", name}});
  const auto& o = made.as_object();
  return {std::string{json::text_or(o, "guild_id")}, std::string{json::text_or(o, "owner_id")},
          std::string{json::text_or(o, "channel_id")}};
}

js::value test_stack::rest_call(const std::string& user, const std::string& method, const std::string& path,
                                const js::value& body) {
  auto got = stack_.web().call(stack_.discord().url, method, "/_sandbox/as/" + user + path, body);
  if (!got || got->status / 100 != 2)
    throw std::runtime_error(fmt::format("{} {}: {}", method, path, got ? got->text : text_of(got.error())));
  return got->body;
}

int64_t test_stack::order_fault(js::object order) {
  return json::integer_or(stack_.sandbox("POST", "faults", std::move(order)).as_object(), "id");
}

int64_t test_stack::slow_create(const place& at, const std::string& what, int64_t skip, std::chrono::milliseconds by) {
  return order_fault({{"kind", "delay"},
                      {"method", "POST"},
                      {"path", "/guilds/" + at.guild + "/" + what},
                      {"skip", skip},
                      {"delay_ms", by.count()}});
}

int64_t test_stack::times_faulted(int64_t id) {
  const auto all = stack_.sandbox("GET", "faults");
  for (const auto& each : all.as_array())
    if (json::integer_or(each.as_object(), "id") == id)
      return json::integer_or(each.as_object(), "struck");
  return 0;
}

bool test_stack::wait_for_fault(int64_t id, std::chrono::milliseconds patience) {
  return demo::eventually([&] { return times_faulted(id) > 0; }, patience);
}

demo::person test_stack::at_review(const place& at, const std::string& name, const std::string& tiers,
                                   const std::string& channels) {
  auto who = admin(at);
  demo::onboarding_options o;
  o.name = name;
  o.tiers = tiers;
  o.channels = channels;
  demo::walk_to_review(who, o);
  return who;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::pair<int, std::string> run(const std::string& program, const std::vector<std::string>& words,
                                const std::vector<std::string>& environment) {
  const test::scratch place{"run"};
  std::vector<std::string> argv{fmt::format("{}/apps/{}/{}", programs(), program, program)};
  argv.insert(argv.end(), words.begin(), words.end());
  process child{{argv, environment, {}, {}, place / "output"}};
  if (!child.wait(std::chrono::seconds{60}))
    return {-1, "did not end:\n" + test::content(place / "output")};
  return {child.exit_status().value_or(-1), test::content(place / "output")};
}

} // namespace arrakis::system_test
