#include "apps/arrakisctl/command.hpp"
#include "apps/arrakisctl/fetch.hpp"
#include "runtime/file.hpp"
#include "runtime/json.hpp"
#include "runtime/terminal.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace arrakis::ctl {
namespace {
constexpr std::chrono::milliseconds health_patience{4'000}; ///< The daemon itself asks its servers for up to 2 s.

/// Where the daemon of this state folder listens, as it wrote at its start.
caf::expected<std::string> running_at(const std::string& folder) {
  const auto path = folder + "/arrakisd.json";
  const auto text = file::read(path, 4096);
  if (!text)
    return fail(ec::unavailable, "no arrakisd has started with this state folder (" + text_of(text.error())
                                   + "); name another with --config or ARRAKIS_NODE_STATE_FOLDER");
  const auto parsed = json::parse(*text);
  const auto url = parsed && parsed->is_object() ? std::string{json::text_or(parsed->get_object(), "url")} : "";
  if (url.empty())
    return fail(ec::corrupt, path + " names no address; start arrakisd again");
  return url;
}

void print_dependencies(const boost::json::object& body) {
  if (const auto* all = json::object_in(body, "dependencies"))
    for (const auto& [name, value] : *all)
      if (const auto* one = value.if_object())
        terminal::print("{:<10} {:<9} {}\n", std::string{name}, json::bool_or(*one, "ready") ? "ready" : "not ready",
                        json::text_or(*one, "detail"));
}
} // namespace

caf::expected<caf::unit_t> health(const config& settings, const std::vector<std::string>& args) {
  if (!args.empty())
    return fail(ec::invalid, "usage: arrakisctl health");
  const auto url = running_at(settings.text("node.state_folder"));
  if (!url)
    return url.error();
  const auto got = fetch(*url, {"GET", "/health/ready", {}, {}, {}}, health_patience);
  if (!got)
    return fail(ec::unavailable, "arrakisd does not answer at " + *url + ": " + text_of(got.error()));
  const auto parsed = json::parse(got->body);
  if (parsed && parsed->is_object())
    print_dependencies(parsed->get_object());
  if (got->status == 200)
    return caf::unit;
  return fail(ec::unavailable, parsed && parsed->is_object() && json::bool_or(parsed->get_object(), "draining")
                                 ? "arrakisd is stopping"
                                 : "arrakisd is not ready");
}
} // namespace arrakis::ctl
