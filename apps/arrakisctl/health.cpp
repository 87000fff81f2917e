#include "apps/arrakisctl/commands.hpp"
#include "apps/arrakisctl/daemon.hpp"
#include "apps/arrakisctl/fetch.hpp"
#include "apps/wiring/privileges.hpp"
#include "runtime/file.hpp"
#include "runtime/json.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <poll.h>

namespace arrakis::ctl {
namespace {
constexpr std::chrono::milliseconds health_patience{4'000}; ///< The daemon itself asks its servers for up to 2 s.
constexpr std::chrono::milliseconds health_look_again{500};

/// The admin port of the daemon of this state folder, as it wrote at its start.
caf::expected<std::string> running_at(const std::string& folder) {
  const auto path = folder + "/arrakisd.json";
  const auto text = file::read(path, 4096);
  if (!text)
    return fail(ec::unavailable, "no arrakisd has started with this state folder (" + text_of(text.error())
                                   + "); name another with --config or ARRAKIS_NODE_STATE_FOLDER");
  const auto parsed = json::parse(*text);
  const auto url = parsed && parsed->is_object() ? std::string{json::text_or(parsed->get_object(), "admin_url")} : "";
  if (url.empty())
    return fail(ec::corrupt, path + " names no address; start arrakisd again");
  return url;
}

std::string table_of(const boost::json::object& body) {
  std::vector<std::vector<std::string>> rows;
  if (const auto* all = json::object_in(body, "dependencies"))
    for (const auto& [name, value] : *all)
      if (const auto* one = value.if_object())
        rows.push_back({std::string{name}, json::bool_or(*one, "ready") ? "ready" : "not ready",
                        std::string{json::text_or(*one, "detail")}});
  return cli::table({"NEEDS", "STATE", "DETAIL"}, rows, "");
}

result look_once(const config& settings) {
  const auto url = running_at(settings.text("node.state_folder"));
  if (!url)
    return url.error();
  const auto got = fetch(*url, {"GET", "/health/ready", {}, {}, {}}, health_patience);
  if (!got)
    return fail(ec::unavailable, "arrakisd does not answer at " + *url + ": " + text_of(got.error()));
  const auto parsed = json::parse(got->body);
  if (!parsed || !parsed->is_object())
    return fail(ec::corrupt, "the server at " + *url + " is not arrakisd");
  const auto& body = parsed->get_object();
  output out{*parsed, table_of(body), {}};
  if (got->status == 200)
    out.text += cli::line("arrakisd at {} is ready.", *url);
  else
    out.failure = fail(ec::unavailable,
                       json::bool_or(body, "draining") ? "arrakisd is stopping" : "arrakisd is not ready");
  return out;
}

/// Asks until the daemon is ready or the time is over, and then gives the last answer. As root it becomes the daemon's
/// user only once there is one: until then nobody knows whose folder it will be.
result health(const arguments& given) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{given.number("--wait")};
  const auto found = wait_for_daemon(given.text("--config"), until);
  if (!found)
    return found.error();
  wiring::become_owner_of(found->settings.text("node.state_folder"));
  for (;;) {
    auto seen = look_once(found->settings);
    const bool is_ready = seen && !seen->failure;
    if (is_ready || std::chrono::steady_clock::now() >= until)
      return seen;
    ::poll(nullptr, 0, static_cast<int>(health_look_again.count()));
  }
}
} // namespace

cli::command health_command() {
  return {"health",
          "Says whether the daemon is ready, and each thing that it needs; ends with 0 or 1.",
          {},
          {},
          {{"--wait", "N", "Wait up to N seconds until it is ready.", {}, cli::whole_number}},
          {{"arrakisctl health", "HEALTHCHECK of the container"},
           {"arrakisctl health --wait 60", "after a start, an upgrade or a restore"}},
          cli::printed(health),
          {}};
}
} // namespace arrakis::ctl
