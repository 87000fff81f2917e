#include "actors/wizard/session_state.hpp"

#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <algorithm>

namespace arrakis::wizard::session {
using core::record;
using core::step;

void count(const char* event) {
  metrics::count("arrakis_wizard_sessions_total", "Wizard sessions by what happened to them.", 1, {{"event", event}});
}

flow<caf::expected<store::loaded>> load(self_pointer self, deadline until) {
  auto& st = self->state;
  until = until.sooner(within(self, st.opt->limits.redis_within));
  auto from_redis = co_await ask(self, st.to.redis, until, store::load(st.user, st.guild, until));
  if (!from_redis)
    co_return from_redis.error();
  co_return store::read_loaded(*from_redis, st.user, st.guild);
}

namespace {
/// PostgreSQL has it as a deployment: what is shown from now on is that.
bool is_deployed(const record& r) {
  return r.at == step::complete || (r.submitted.version > 0 && (r.at == step::deploy || r.at == step::failed));
}

void note_failure(const state& st, const char* what, const caf::error& e) {
  log::warn("wizard.draft_not_written", {{"guild", st.guild.text()}, {"what", what}, {"error", text_of(e)}});
}

flow<> store_draft(self_pointer self, record r, deadline until) {
  auto& st = self->state;
  until = until.sooner(within(self, st.opt->limits.draft_within));
  drafts::store order{st.guild, st.user, {r.id, r.version, core::to_text(r), 0}, until};
  auto stored = co_await ask(self, st.to.drafts, until, std::move(order));
  if (!stored)
    note_failure(st, "stored", stored.error());
  else if (stored->is_newest)
    st.drafted = {r.id, r.version};
}
} // namespace

flow<bool> erase_draft(self_pointer self, record of, deadline until) {
  auto& st = self->state;
  until = until.sooner(within(self, st.opt->limits.draft_within));
  st.drafted.reset();
  drafts::erase order{st.guild, st.user, of.id, of.version, until};
  auto erased = co_await ask(self, st.to.drafts, until, std::move(order));
  if (!erased)
    note_failure(st, "erased", erased.error());
  co_return static_cast<bool>(erased);
}

flow<caf::expected<store::swapped>> save(self_pointer self, int64_t expected, record* next, deadline until,
                                         draft_effect effect) {
  auto& st = self->state;
  const auto by = until.sooner(within(self, st.opt->limits.redis_within));
  next->version = std::max(expected, next->version) + 1; // Redis counts from one again when it was emptied.
  next->updated_ms = wall_ms();
  auto from_redis = co_await ask(self, st.to.redis, by, store::swap(expected, *next, st.opt->limits.session_ttl, by));
  if (!from_redis)
    co_return from_redis.error();
  auto swapped = store::read_swapped(*from_redis, st.user, st.guild);
  if (!swapped || !swapped->done)
    co_return swapped;
  if (effect == draft_effect::erase || is_deployed(*next))
    co_await erase_draft(self, *next, until);
  else
    co_await store_draft(self, *next, until);
  co_return swapped;
}

flow<caf::expected<std::optional<record>>> find_draft(self_pointer self, deadline until) {
  auto& st = self->state;
  until = until.sooner(within(self, st.opt->limits.community_within));
  drafts::find question{st.guild, st.user, until};
  auto found = co_await ask(self, st.to.drafts, until, std::move(question));
  if (!found)
    co_return found.error();
  if (!found->what)
    co_return std::optional<record>{};
  auto r = core::read_record(found->what->content);
  if (r && (r->user != st.user || r->guild != st.guild))
    r = fail(ec::corrupt, "the draft is of another user or server than its key says");
  if (!r) {
    log::warn("wizard.draft_unreadable", {{"guild", st.guild.text()}, {"error", text_of(r.error())}});
    co_return std::optional<record>{};
  }
  r->version = found->what->version;
  co_return std::optional{std::move(*r)};
}

flow<caf::expected<std::optional<record>>> restore(self_pointer self, int64_t expected, deadline until) {
  auto draft = co_await find_draft(self, until);
  if (!draft || !*draft)
    co_return draft;
  auto r = std::move(**draft);
  auto stored = co_await save(self, expected, &r, until);
  if (!stored)
    co_return stored.error();
  if (!stored->done) // Another click was quicker, with the same draft or with a fresh session.
    co_return std::move(stored->current.session);
  log::info("wizard.draft_opened", {{"guild", self->state.guild.text()}, {"session", r.id.substr(0, 8)}});
  count("restored");
  co_return std::optional{std::move(r)};
}

} // namespace arrakis::wizard::session
