#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/session_state.hpp"
#include "runtime/clock.hpp"

#include <algorithm>

namespace arrakis::wizard::session {

using core::record;

flow<caf::expected<community::deployed>> submit(self_pointer self, record r, click_ptr c) {
  auto& st = self->state;
  const auto until = c->until.sooner(within(self, st.opt->limits.submit_within));
  community::deploy order;
  order.guild = st.guild;
  order.admin = st.user;
  order.wanted = std::make_shared<const manifest>(core::build_manifest(r.draft));
  order.key = r.idempotency_key();
  order.base_version = r.base_version;
  order.application = c->what->application;
  order.interaction_token = c->what->token;
  order.token_life = token_left(*c->what, wall_ms());
  order.trace = c->what->trace;
  order.until = until;
  auto done = co_await ask(self, st.to.communities, until, std::move(order));
  co_return done;
}

flow<caf::expected<community::deployed>> run_again(self_pointer self, int64_t version, click_ptr c) {
  auto& st = self->state;
  const auto until = c->until.sooner(within(self, st.opt->limits.submit_within));
  community::retry order{st.guild, st.user, c->what->application, c->what->token, token_left(*c->what, wall_ms()),
                         until,    version, c->what->trace};
  auto done = co_await ask(self, st.to.communities, until, std::move(order));
  co_return done;
}

} // namespace arrakis::wizard::session
