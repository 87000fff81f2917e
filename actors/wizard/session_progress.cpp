#include "actors/wizard/core/steps.hpp"
#include "actors/wizard/session_state.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"

#include <algorithm>

namespace arrakis::wizard::session {
namespace {

core::deployment_state state_of(const deployments::status_of& s) {
  core::deployment_state d{.version = s.version,
                           .state = s.state,
                           .error = s.error_text.empty() ? s.error_code : s.error_text,
                           .done = s.resources_done,
                           .left_over = s.left_over,
                           .deployment = s.deployment,
                           .code = s.error_code};
  if (s.status == "frozen")
    d.frozen = core::freeze_sentence(s.frozen_because);
  d.is_quarantined = s.is_quarantined;
  d.is_sent = s.is_sent;
  d.has_worker = s.has_worker;
  return d;
}

size_t count_in(const boost::json::object& o, std::string_view key) {
  return static_cast<size_t>(std::clamp<int64_t>(json::integer_or(o, key), 0, 100'000));
}

/// Where the job is and how far its worker has come. A queue that does not answer leaves it unknown.
flow<core::deployment_state> with_queue(self_pointer self, core::deployment_state d, std::string job, deadline until) {
  auto& st = self->state;
  until = until.sooner(within(self, st.opt->limits.queue_within));
  auto counts = co_await ask(self, st.opt->queue, until, queue::get_counts{until});
  if (counts) {
    d.is_paused = counts->is_paused;
    d.waiting = counts->waiting + counts->prioritized + counts->paused;
  }
  queue::get_job question{std::move(job), until};
  auto shown = co_await ask(self, st.opt->queue, until, std::move(question));
  const auto progress = shown ? json::parse(shown->progress) : caf::expected<boost::json::value>{shown.error()};
  if (!progress || !progress->is_object())
    co_return d;
  const auto& o = progress->get_object();
  d.at = count_in(o, "current");
  d.of = count_in(o, "total");
  d.stage = json::text_or(o, "stage");
  co_return d;
}
} // namespace

flow<caf::expected<core::deployment_state>> read_progress(self_pointer self, click_ptr c) {
  auto& st = self->state;
  const auto by = c->until.sooner(within(self, st.opt->limits.community_within));
  community::latest question{st.guild, by};
  auto newest = co_await ask(self, st.to.communities, by, std::move(question));
  c->progress.reset();
  if (!newest)
    co_return newest.error();
  auto d = state_of(*newest);
  if (st.opt->queue && core::phase_of(d) != core::phase::done)
    d = co_await with_queue(self, std::move(d), newest->job, c->until);
  c->progress = d;
  co_return d;
}

flow<bool> follow_progress(self_pointer self, click_ptr c) {
  auto& st = self->state;
  const auto life = token_left(*c->what, wall_ms());
  if (!c->progress || life.count() <= 0)
    co_return true;
  const auto by = c->until.sooner(within(self, st.opt->limits.community_within));
  community::follow order{st.guild, c->progress->deployment, {c->what->application, c->what->token, life}, by};
  auto done = co_await ask(self, st.to.communities, by, std::move(order));
  if (!done)
    log::warn("wizard.conversation_unchanged",
              {{"guild", st.guild.text()}, {"trace", c->what->trace}, {"error", text_of(done.error())}});
  c->follows = done && done->is_open;
  co_return !done || done->is_open;
}

} // namespace arrakis::wizard::session
