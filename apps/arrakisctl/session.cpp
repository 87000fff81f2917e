#include "apps/arrakisctl/commands.hpp"
#include "apps/arrakisctl/daemon.hpp"
#include "apps/wiring/addresses.hpp"
#include "apps/wiring/privileges.hpp"

namespace arrakis::ctl {

std::function<int(const arguments&)> with_settings(result (*action)(const config&, const arguments&)) {
  return cli::printed([action](const arguments& given) -> result {
    const auto found = find_daemon(given.text("--config"));
    if (!found)
      return found.error();
    wiring::become_owner_of(found->settings.text("node.state_folder"));
    return action(found->settings, given);
  });
}

std::function<int(const arguments&)> with_ports(result (*action)(ports&, const arguments&)) {
  return cli::printed([action](const arguments& given) -> result {
    const auto found = find_daemon(given.text("--config"));
    if (!found)
      return found.error();
    wiring::become_owner_of(found->settings.text("node.state_folder"));
    const auto where = wiring::find_addresses(found->settings);
    if (!where)
      return where.error();
    ports open{found->settings, *where, "arrakisctl"};
    auto done = action(open, given);
    if (done)
      return done;
    return with_address(done.error(), *found, *where);
  });
}
} // namespace arrakis::ctl
