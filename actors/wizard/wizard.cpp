#include "actors/wizard/wizard.hpp"

#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/page.hpp"
#include "actors/wizard/messages.hpp"
#include "actors/wizard/session.hpp"
#include "runtime/directory.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/actor_cast.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::wizard {
namespace {
std::string key_of(const interaction& x) { return x.user.text() + ":" + x.guild.text(); }

ingress::handler::behavior_type passing(ingress::handler::pointer self, caf::actor sessions) {
  keep_exception_text(self);
  self->link_to(sessions); // One lives and dies with the other; whoever supervises starts both anew.
  return {[self, sessions](const ingress::request& q) -> caf::result<ingress::reply> {
    self->delegate(sessions, directory::to(key_of(*q.what), ingress::request{q}));
    return caf::delegated<ingress::reply>{};
  }};
}

caf::actor activate(caf::actor_system& sys, const std::string& key, const ports& to,
                    const std::shared_ptr<const options>& opt) {
  const auto colon = key.find(':');
  const auto user = parse_snowflake(key.substr(0, colon)).value_or(snowflake{});
  const auto guild = parse_snowflake(key.substr(colon + 1)).value_or(snowflake{});
  return caf::actor_cast<caf::actor>(session::start(sys, user, guild, to, opt));
}
} // namespace

ingress::handler start(caf::actor_system& sys, ports to, options opt) {
  directory::options places;
  places.kind = "wizard_session";
  places.idle = opt.limits.idle;
  places.active_max = opt.limits.active_max;
  places.quarantined = opt.quarantined;
  places.quarantine_of = opt.quarantine_of;
  auto shared = std::make_shared<const options>(std::move(opt));
  auto sessions = directory::start(sys, std::move(places), [&sys, to = std::move(to), shared](const std::string& key) {
    return activate(sys, key, to, shared);
  });
  return registry::spawn(sys, {"wizard"}, passing, std::move(sessions));
}

std::string retry_button_id(int64_t version) { return core::retry_button_id(version); }
std::string progress_button_id(int64_t version) { return core::progress_button_id(version); }
boost::json::object check_progress_button(std::string custom_id) {
  return core::check_progress_button(std::move(custom_id));
}

} // namespace arrakis::wizard
