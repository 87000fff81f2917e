#include "adapters/signer/anchored/anchored.hpp"

#include "adapters/signer/anchored/judge.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>

namespace arrakis::signer::anchored {
namespace {
using signing_keys::key_list;

constexpr int signing_factor = 12; // While it signs, the poll interval is this many times longer.
constexpr int steps_max = 6;       // Create or adopt, finish, read again; the rest allows for concurrent processes.

struct poll {};
using actor = handle::extend<caf::reacts_to<poll>>;

struct state {
  arrakis::flows flows;
  static inline const char* name = "signer";
  keyring::handle keyring;
  signing_keys::handle anchor;
  options opt;
  std::string refusal = "not looked yet"; ///< Last refusal; empty: the signer signs.
};
using self_pointer = actor::stateful_pointer<state>;

/// Condition of the signer.
struct status {
  key_list anchored;
  int signs_with = 0; ///< Key version; 0: the signer refuses, for `why`.
  std::string why;
};

/// Classifies an error of the keyring: a fault that an operator must repair is a refusal, all others are temporary.
bool is_fault(const caf::error& e) {
  const auto code = code_of(e);
  return code == ec::refused || code == ec::corrupt || code == ec::not_found || code == ec::conflict;
}

flow<caf::expected<keyring::held>> make_first(self_pointer self, deadline until) {
  auto& st = self->state;
  if (!st.opt.makes_first_key)
    co_return fail(ec::refused,
                   "there is no key yet: start arrakisd, or `arrakisctl signer rotate` makes the first one");
  auto held = co_await ask(self, st.keyring, until, keyring::prepare{until});
  if (!held)
    co_return held.error();
  signing_keys::anchor order{{{1, held->prepared}}, "first", "system", false, until};
  auto added = co_await ask(self, st.anchor, until, std::move(order));
  if (!added)
    co_return added.error();
  co_return co_await ask(self, st.keyring, until, keyring::adopt{1, until});
}

/// Takes one step towards signing. The next step handles an error that another process may have caused.
flow<caf::error> take_step(self_pointer self, next_step step, deadline until) {
  auto& st = self->state;
  if (step.what == next_step::make_first) {
    auto made = co_await make_first(self, until);
    co_return made ? caf::error{} : std::move(made.error());
  }
  if (step.what == next_step::finish) {
    auto adopted = co_await ask(self, st.keyring, until, keyring::adopt{step.version, until});
    co_return adopted ? caf::error{} : std::move(adopted.error());
  }
  signing_keys::anchor order{std::move(step.keys), "adopted", "system", false, until};
  auto added = co_await ask(self, st.anchor, until, std::move(order));
  if (added)
    log::info("signer.keys_anchored", {{"versions", added->keys.size()}});
  co_return added ? caf::error{} : std::move(added.error());
}

void note(self_pointer self, const status& s) {
  auto& st = self->state;
  metrics::set("arrakis_signer_refuses", "1 while the signer signs nothing because its keys are not the anchored ones.",
               s.signs_with > 0 ? 0 : 1);
  if (s.why == st.refusal)
    return;
  if (!s.why.empty())
    log::error("signer.refuses", {{"error", s.why}});
  else
    log::info("signer.signs", {{"key_version", s.signs_with}});
  st.refusal = s.why;
}

/// Reads keyring and anchor, and creates or anchors keys where allowed. An error means an unavailable store, no
/// refusal.
flow<caf::expected<status>> settle(self_pointer self, deadline until) {
  auto& st = self->state;
  status now;
  for (int n = 0; n < steps_max; ++n) {
    auto anchor = co_await ask(self, st.anchor, until, signing_keys::load{until});
    if (!anchor)
      co_return anchor.error();
    now = {anchor->keys, 0, {}};
    auto held = co_await ask(self, st.keyring, until, keyring::read{until});
    if (!held && !is_fault(held.error()))
      co_return held.error();
    auto step = held ? judge(*held, *anchor) : next_step{next_step::refuse, 0, {}, text_of(held.error())};
    if (step.what == next_step::sign || step.what == next_step::refuse) {
      now.signs_with = step.version;
      now.why = std::move(step.why);
      break;
    }
    const auto failed = co_await take_step(self, std::move(step), until);
    if (failed && !is_fault(failed))
      co_return failed;
    now.why = failed ? text_of(failed) : "its keys change at this moment: ask again";
    if (code_of(failed) == ec::refused || code_of(failed) == ec::corrupt)
      break;
  }
  note(self, now);
  co_return now;
}

caf::error refused(const status& s) { return fail(ec::refused, "the signer refuses: " + s.why); }

flow<caf::expected<signature>> do_sign(self_pointer self, sign m) {
  auto now = co_await settle(self, m.until);
  if (!now)
    co_return now.error();
  if (now->signs_with == 0)
    co_return refused(*now);
  keyring::sign order{now->signs_with, m.bytes, m.until};
  auto made = co_await ask(self, self->state.keyring, m.until, std::move(order));
  if (!made)
    co_return made.error();
  signature out{print_signature(now->signs_with, made->raw), now->signs_with};
  // Verifies the signature under the anchored key, because the keyring may have used another one.
  if (const auto bad = check_signature(m.bytes, out.text, now->anchored))
    co_return fail(ec::refused, "the signer refuses: what its keyring signed is not genuine: " + text_of(bad));
  co_return out;
}

flow<caf::expected<keys>> do_list(self_pointer self, public_keys m) {
  auto now = co_await settle(self, m.until);
  if (!now)
    co_return now.error();
  if (now->anchored.empty())
    co_return refused(*now);
  co_return keys{now->anchored};
}

flow<caf::expected<verdict>> do_verify(self_pointer self, verify m) {
  const auto form = parse_signature(m.signature);
  if (!form)
    co_return verdict{false, 0, text_of(form.error())};
  auto known = co_await do_list(self, {m.until});
  if (!known)
    co_return known.error();
  const auto error = check_signature(m.bytes, m.signature, known->hex_by_version);
  co_return verdict{!error, form->key_version, error ? text_of(error) : std::string{}};
}

flow<caf::expected<condition>> do_inspect(self_pointer self, inspect m) {
  auto now = co_await settle(self, m.until);
  if (!now)
    co_return now.error();
  if (now->signs_with == 0)
    co_return condition{false, "refuses to sign, deployments wait: " + now->why};
  co_return condition{
    true, fmt::format("signs with key version {}; keys anchored: {}", now->signs_with, now->anchored.size())};
}

/// Anchors the key before it gets its version: after a crash in between settle() finishes.
flow<caf::expected<key_version>> do_rotate(self_pointer self, rotate m) {
  auto& st = self->state;
  auto now = co_await settle(self, m.until);
  if (!now)
    co_return now.error();
  auto held = co_await ask(self, st.keyring, m.until, keyring::read{m.until});
  if (!held)
    co_return held.error();
  const bool first = now->anchored.empty() && held->keys.empty();
  if (now->signs_with == 0 && !first)
    co_return refused(*now);
  auto prepared = co_await ask(self, st.keyring, m.until, keyring::prepare{m.until});
  if (!prepared)
    co_return prepared.error();
  const int version = now->signs_with + 1;
  signing_keys::anchor order{{{version, prepared->prepared}}, first ? "first" : "rotated", "operator", true, m.until};
  auto added = co_await ask(self, st.anchor, m.until, std::move(order));
  if (!added)
    co_return added.error();
  auto adopted = co_await ask(self, st.keyring, m.until, keyring::adopt{version, m.until});
  if (!adopted)
    co_return adopted.error();
  log::info("signer.rotated", {{"key_version", version}});
  co_return key_version{version};
}

flow<caf::expected<keys>> do_anchor(self_pointer self, anchor m) {
  auto& st = self->state;
  auto there = co_await ask(self, st.anchor, m.until, signing_keys::load{m.until});
  if (!there)
    co_return there.error();
  auto held = co_await ask(self, st.keyring, m.until, keyring::read{m.until});
  if (!held)
    co_return held.error();
  auto taken = lacking(*held, *there);
  if (!taken)
    co_return taken.error();
  if (taken->empty())
    co_return keys{};
  signing_keys::anchor order{*taken, "restored", "operator", true, m.until};
  auto added = co_await ask(self, st.anchor, m.until, std::move(order));
  if (!added)
    co_return added.error();
  log::warn("signer.keys_taken", {{"versions", taken->size()}, {"newest", taken->back().first}});
  co_return keys{std::move(*taken)};
}

template <class R>
flow<> answer(flow<caf::expected<R>> work, caf::typed_response_promise<R> reply) {
  auto result = co_await std::move(work);
  if (result)
    reply.deliver(std::move(*result));
  else
    reply.deliver(std::move(result.error()));
}

template <class R, class Message>
auto handler(self_pointer self, flow<caf::expected<R>> (*work)(self_pointer, Message)) {
  return [self, work](const Message& m) -> caf::result<R> {
    if (m.until.passed(self->clock().now()))
      return fail(ec::timeout, "the deadline has passed before the signer began");
    auto reply = self->template make_response_promise<R>();
    self->state.flows.start(answer<R>(work(self, m), reply));
    return caf::delegated<R>{};
  };
}

flow<> poll_once(self_pointer self) {
  const auto now = co_await settle(self, within(self, std::chrono::seconds{10}));
  const bool signs = now && now->signs_with > 0;
  self->delayed_send(self, self->state.opt.poll_every * (signs ? signing_factor : 1), poll{});
}

actor::behavior_type behavior(self_pointer self, keyring::handle keyring, signing_keys::handle anchor, options opt) {
  keep_exception_text(self);
  self->state.keyring = std::move(keyring);
  self->state.anchor = std::move(anchor);
  self->state.opt = opt;
  if (opt.poll_every.count() > 0)
    self->send(self, poll{});
  return {handler<signature, sign>(self, do_sign),
          handler<verdict, verify>(self, do_verify),
          handler<key_version, rotate>(self, do_rotate),
          handler<keys, public_keys>(self, do_list),
          handler<condition, inspect>(self, do_inspect),
          handler<keys, signer::anchor>(self, do_anchor),
          [self](poll) { self->state.flows.start(poll_once(self)); }};
}
} // namespace

handle start(caf::actor_system& sys, keyring::handle keyring, signing_keys::handle anchor, options o) {
  return registry::spawn(sys, {"signer"}, behavior, std::move(keyring), std::move(anchor), o);
}

} // namespace arrakis::signer::anchored
