#include "tests/support/fakes/store.hpp"

#include "adapters/signer/signature.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/support/fakes/snowflakes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>

namespace arrakis::test {
namespace {
/// RFC 8032, 7.1, test 1: its secret key.
constexpr unsigned char seed[32] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                                    0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                                    0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
constexpr const char* public_hex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

constexpr snowflake application{200'000'000'000'000'001};
constexpr const char* claimed_token = "tok"; ///< Of the click that began the work.

std::string sign(const std::string& bytes) {
  auto* key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed, sizeof seed);
  auto* ctx = EVP_MD_CTX_new();
  std::string out(64, '\0');
  size_t size = out.size();
  EVP_DigestSignInit(ctx, nullptr, nullptr, nullptr, key);
  EVP_DigestSign(ctx, reinterpret_cast<unsigned char*>(out.data()), &size,
                 reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  EVP_MD_CTX_free(ctx);
  EVP_PKEY_free(key);
  return print_signature(1, out);
}

/// Runs one verb under its fate. `body` gives the answer or an error.
template <class R, class Self, class F>
caf::result<R> served(Self* self, fake_store& store, const char* verb, F body) {
  const auto fate = store.decide ? store.decide(verb) : fake_store::fate::normal;
  if (fate == fake_store::fate::refused)
    return fail(ec::unavailable, "the store is away");
  if (fate == fake_store::fate::silent) {
    self->make_response_promise();
    return caf::delegated<R>{};
  }
  caf::expected<R> result = body();
  if (fate == fake_store::fate::silent_after) {
    self->make_response_promise();
    return caf::delegated<R>{};
  }
  if (fate == fake_store::fate::lost_after)
    return fail(ec::unknown, "the answer was lost");
  if (!result)
    return result.error();
  return std::move(*result);
}

/// The conversation of the newest click, which a row gives to its worker.
deployments::conversation newest_conversation(const fake_store& s) {
  return {application, secret{s.clicked_token.empty() ? claimed_token : s.clicked_token}, s.token_life};
}

caf::expected<deployments::conversation> complete(fake_store& s, const deployments::complete& x) {
  auto* d = s.by_id(x.of.id);
  if (d && d->state == "completed" && d->run == x.of.run)
    return deployments::conversation{};
  if (auto e = s.check(x.of))
    return e;
  d->state = "completed";
  d->holder.clear();
  d->left_over = x.left_over;
  s.doubled = x.doubled;
  ++d->completed_count;
  s.shadow = {s.community.id, d->version, "applied", x.shadow};
  s.intents.clear();
  for (auto& [n, r] : s.versions)
    r.active = n == d->version;
  s.community.active_version = d->version;
  return newest_conversation(s);
}

caf::expected<deployments::conversation> abandon(fake_store& s, const deployments::abandon& x) {
  if (auto e = s.check(x.of))
    return e;
  auto* d = s.by_id(x.of.id);
  d->state = x.final_state ? "failed" : "waiting";
  d->holder.clear();
  d->error_code = x.error_code;
  d->error_text = x.error_text;
  return newest_conversation(s);
}

caf::expected<deployments::intent> keep_intent(fake_store& s, const deployments::record_intent& x) {
  if (auto e = s.check(x.of))
    return e;
  if (s.community.status != "active" || (x.fence && *x.fence != s.community.fence))
    return fail(ec::frozen, "the community is frozen, or was since");
  const auto newest = s.stamps_by_clock ? snowflake_at(s.now_ms()) : x.newest_seen;
  auto& kept =
    s.intents.try_emplace({x.kind, x.resource}, deployments::intent{x.kind, x.resource, x.nonce, newest}).first->second;
  kept.fields_json = x.fields_json;
  return kept;
}

caf::expected<deployments::done> keep_checkpoint(fake_store& s, const deployments::checkpoint& x) {
  if (auto e = s.check(x.of))
    return e;
  s.by_id(x.of.id)->done[{x.what.kind, x.what.resource}] = x.what;
  s.intents.erase({x.what.kind, x.what.resource});
  return deployments::done{};
}

caf::expected<deployments::conversation> renew(fake_store& s, const deployments::renew& x) {
  if (auto e = s.check(x.of))
    return e;
  s.by_id(x.of.id)->lease_until = s.sim.now() + x.lease;
  return newest_conversation(s);
}

/// The end of a reconciliation, of whatever kind.
caf::expected<reconciliations::done> end(fake_store& s, const deployments::key& of, const char* state) {
  auto* r = s.repair_by_id(of.id);
  if (r && r->state == state && r->run == of.run)
    return reconciliations::done{};
  if (auto e = s.check(of))
    return e;
  r->state = state;
  r->holder.clear();
  return reconciliations::done{};
}

caf::expected<reconciliations::done> outdate(fake_store& s, const reconciliations::outdate& x) {
  auto ended = end(s, x.of, "cancelled");
  if (ended)
    s.repair_by_id(x.of.id)->error_text = "The server changed after the plan was shown, so nothing was applied.";
  return ended;
}

caf::expected<deployments::conversation> complete(fake_store& s, const reconciliations::complete& x) {
  auto ended = end(s, x.of, "completed");
  if (!ended)
    return ended.error();
  ++s.by_id(x.of.id)->completed_count;
  s.doubled = x.doubled;
  s.shadow = {s.community.id, s.shadow.version, "applied", x.shadow};
  for (const auto& e : x.shadow)
    s.intents.erase({e.kind, e.resource});
  return newest_conversation(s);
}

caf::expected<reconciliations::done> begin(fake_store& s, const reconciliations::begin& x) {
  if (auto e = s.check(x.of))
    return e;
  s.repair_by_id(x.of.id)->began = true;
  return reconciliations::done{};
}

reconciliations::handle::behavior_type reconciliations_behavior(reconciliations::handle::pointer self, fake_store* s) {
  using namespace reconciliations;
  return {
    [self, s](const struct request& x) {
      return served<requested>(self, *s, "request", [&] { return s->request(x); });
    },
    [self, s](const struct claim& x) { return served<claimed>(self, *s, "claim", [&] { return s->claim(x); }); },
    [self, s](const struct begin& x) { return served<done>(self, *s, "begin", [&] { return test::begin(*s, x); }); },
    [self, s](const struct outdate& x) {
      return served<done>(self, *s, "outdate", [&] { return test::outdate(*s, x); });
    },
    [self, s](const struct complete& x) {
      return served<deployments::conversation>(self, *s, "complete", [&] { return test::complete(*s, x); });
    },
    [s](const status&) -> caf::result<status_of> {
      if (s->repairs.empty())
        return fail(ec::not_found, "nothing was reconciled yet");
      const auto& r = s->repairs.back();
      return status_of{r.id,      r.version,           r.state, r.error_code, r.error_text, r.done.size(),
                       r.is_idle, "reconcile-" + r.id, true};
    },
  };
}

deployments::handle::behavior_type deployments_behavior(deployments::handle::pointer self, fake_store* s) {
  using namespace deployments;
  const auto no = [](const char* what) {
    return fail(ec::unsupported, std::string{"the store in memory has no "} + what);
  };
  return {
    [no](const prepare&) -> caf::result<prepared> { return no("prepare"); },
    [no](const submit&) -> caf::result<submitted> { return no("submit"); },
    [self, s](const struct claim& x) { return served<claimed>(self, *s, "claim", [&] { return s->claim(x); }); },
    [self, s](const struct renew& x) {
      return served<conversation>(self, *s, "renew", [&] { return test::renew(*s, x); });
    },
    [self, s](const record_intent& x) {
      return served<intent>(self, *s, "intent", [&] { return keep_intent(*s, x); });
    },
    [self, s](const checkpoint& x) {
      return served<done>(self, *s, "checkpoint", [&] { return keep_checkpoint(*s, x); });
    },
    [self, s](const struct complete& x) {
      return served<conversation>(self, *s, "complete", [&] { return test::complete(*s, x); });
    },
    [self, s](const struct abandon& x) {
      return served<conversation>(self, *s, "abandon", [&] { return test::abandon(*s, x); });
    },
    [no](const retry&) -> caf::result<submitted> { return no("retry"); },
    [no](const struct follow&) -> caf::result<followed> { return no("follow"); },
    [s](const status&) -> caf::result<status_of> {
      if (!s->newest)
        return fail(ec::not_found, "no deployment");
      return *s->newest;
    },
  };
}

manifests::handle::behavior_type manifests_behavior(manifests::handle::pointer self, fake_store* s) {
  return {
    [self, s](const manifests::load& x) {
      return served<manifests::record>(self, *s, "load", [&]() -> caf::expected<manifests::record> {
        const auto found = s->versions.find(x.version == 0 ? s->community.active_version : x.version);
        return found == s->versions.end() ? failed<manifests::record>(ec::not_found, "no such version") : found->second;
      });
    },
    [](const manifests::list&) -> caf::result<manifests::listed> { return manifests::listed{}; },
    [self, s](const manifests::load_shadow&) {
      return served<manifests::shadow>(self, *s, "load_shadow",
                                       [&]() -> caf::expected<manifests::shadow> { return s->shadow; });
    },
  };
}

communities::handle::behavior_type communities_behavior(communities::handle::pointer, fake_store* s) {
  using namespace communities;
  return {
    [s](const find_by_guild& x) -> caf::result<found> {
      return x.guild == s->community.guild ? found{s->community.id} : found{};
    },
    [s](const load&) -> caf::result<record> { return s->community; },
    [s](const list&) -> caf::result<listed> { return listed{{s->community}}; },
    [s](const struct set_status& x) -> caf::result<record> {
      s->set_status(x.status);
      return s->community;
    },
  };
}

fence_log::handle::behavior_type fence_log_behavior(fence_log::handle::pointer self, fake_store* s) {
  using namespace fence_log;
  return {[self, s](const read& x) {
    return served<changes>(self, *s, "fences", [&]() -> caf::expected<changes> {
      const auto head = static_cast<int64_t>(s->fences.size());
      changes news{.now = {s->fences_id, head}};
      news.is_whole = x.since.log != s->fences_id || x.since.number > head;
      news.entries.assign(s->fences.begin() + (news.is_whole ? 0 : x.since.number), s->fences.end());
      return news;
    });
  }};
}

signer::handle::behavior_type signer_behavior(signer::handle::pointer, fake_store* s) {
  return {
    [s](const signer::sign& x) -> caf::result<signer::signature> {
      if (!s->signer_refusal.empty())
        return fail(ec::refused, s->signer_refusal);
      return signer::signature{sign(x.bytes), 1};
    },
    [](const signer::verify& x) -> caf::result<signer::verdict> {
      return signer::verdict{!check_signature(x.bytes, x.signature, {{1, public_hex}}), 1, ""};
    },
    [](const signer::rotate&) -> caf::result<signer::key_version> { return signer::key_version{1}; },
    [s](const signer::public_keys&) -> caf::result<signer::keys> {
      if (!s->signer_refusal.empty())
        return fail(ec::refused, s->signer_refusal);
      return signer::keys{{{1, public_hex}}};
    },
    [s](const signer::inspect&) -> caf::result<signer::condition> {
      return signer::condition{s->signer_refusal.empty(), s->signer_refusal};
    },
    [](const signer::anchor&) -> caf::result<signer::keys> { return signer::keys{}; },
  };
}
} // namespace

fake_store::fake_store(sim_system& s, snowflake guild) : sim(s) {
  community = {{"11111111-2222-4333-8444-555555555555"}, "Tabr", "basic", guild, "active", 1, 0};
}

fake_store::deployment* fake_store::by_id(const std::string& id) {
  for (auto& [version, d] : work)
    if (d.id == id)
      return &d;
  return repair_by_id(id);
}

int64_t fake_store::submit(const manifest& m) { return submit(*canonical_json(to_json(m))); }

int64_t fake_store::submit(std::string canonical) {
  const auto version = static_cast<int64_t>(versions.size()) + 1;
  manifests::record r;
  r.community = community.id;
  r.version = version;
  r.canonical = std::move(canonical);
  r.sha256 = sha256_hex(r.canonical);
  r.previous_sha256 = version == 1 ? "" : versions.at(version - 1).sha256;
  r.created_at = "2026-11-24T00:00:00.000Z";
  r.signature = sign(signing_bytes({r.community, r.version, r.sha256, r.previous_sha256, r.created_at}));
  versions[version] = r;
  work[version] = {.id = fmt::format("deployment-{}", version), .version = version, .submitted = sim.now()};
  return version;
}

void fake_store::set_status(const std::string& status) {
  if (std::exchange(community.status, status) == status)
    return;
  ++community.fence;
  fences.push_back({fence_log::scope::community, community.id.value, status, community.fence,
                    static_cast<int64_t>(fences.size()) + 1});
}

void fake_store::set_fence(fence_log::scope scope, const std::string& subject, const std::string& status) {
  const auto number = static_cast<int64_t>(fences.size()) + 1;
  fences.push_back({scope, subject, status, number, number});
}

caf::error fake_store::check(const deployments::key& of) {
  const auto* d = by_id(of.id);
  if (!d)
    return fail(ec::not_found, "no such deployment");
  if (d->run != of.run || d->holder.empty())
    return fail(ec::stale, "the run is over");
  return {};
}

caf::expected<deployments::claimed> fake_store::take(deployment& d, const std::string& worker,
                                                     std::chrono::milliseconds lease) {
  deployments::claimed out;
  out.deployment = d.id;
  out.state = d.state;
  out.guild = community.guild;
  out.fence = community.fence;
  out.fences_as_of = static_cast<int64_t>(fences.size());
  out.error = d.error_text;
  if (d.state == "cancelled") {
    out.application = application;
    out.interaction_token = secret{claimed_token};
  }
  if (d.state == "completed" || d.state == "failed" || d.state == "cancelled")
    return out;
  if (community.status != "active")
    return fail(ec::frozen, "the community is " + community.status);
  if (!d.holder.empty() && d.holder != worker && sim.now() < d.lease_until)
    return fail(ec::busy, "another worker has the lease");
  const auto other_holds = [&](const deployment& o) {
    return one_writer && o.id != d.id && !o.holder.empty() && sim.now() < o.lease_until;
  };
  for (const auto& [version, o] : work)
    if (other_holds(o))
      return fail(ec::busy, fmt::format("version {} is being deployed", version));
  if (std::any_of(repairs.begin(), repairs.end(), other_holds))
    return fail(ec::busy, "a reconciliation is under way");
  out.run = ++d.run;
  out.owed_for = std::chrono::floor<std::chrono::milliseconds>(sim.now() - d.submitted);
  d.state = out.state = "running";
  d.holder = worker;
  d.lease_until = sim.now() + lease;
  for (const auto& [key, value] : d.done)
    out.done.push_back(value);
  for (const auto& [key, value] : intents)
    out.open.push_back(value);
  out.error.clear();
  out.application = application;
  out.interaction_token = secret{claimed_token};
  out.token_life = token_life;
  return out;
}

caf::expected<deployments::claimed> fake_store::claim(const deployments::claim& x) {
  const auto found = work.find(x.version);
  if (found == work.end())
    return fail(ec::not_found, "no such deployment");
  return take(found->second, x.worker, x.lease);
}

caf::expected<reconciliations::claimed> fake_store::claim(const reconciliations::claim& x) {
  auto* r = repair_by_id(x.reconciliation);
  if (!r)
    return fail(ec::not_found, "no such reconciliation");
  if (r->version != community.active_version && r->state != "cancelled") {
    r->state = "cancelled";
    r->error_text = fmt::format("Version {} was deployed before this Apply began, so nothing of its plan was applied.",
                                community.active_version);
  }
  auto taken = take(*r, x.worker, x.lease);
  if (!taken)
    return taken.error();
  return reconciliations::claimed{std::move(*taken), r->version, r->plan_json, r->plan_sha256, r->began};
}

caf::expected<reconciliations::requested> fake_store::request(const reconciliations::request& x) {
  const auto open = [](const deployment& d) {
    return d.state == "pending" || d.state == "running" || d.state == "waiting";
  };
  for (const auto& r : repairs)
    if (r.key == x.key)
      return reconciliations::requested{r.id, "reconcile-" + r.id, true};
  if (std::any_of(work.begin(), work.end(), [&](const auto& w) { return open(w.second); }))
    return fail(ec::conflict, "A deployment is running, so nothing was applied.");
  for (auto& r : repairs)
    if (r.is_idle && x.ends_idle && !x.plan_json.empty()) {
      r.is_idle = false;
      r.state = "failed";
    }
  if (x.plan_json.empty() || std::any_of(repairs.begin(), repairs.end(), open))
    return fail(ec::conflict, "An earlier Apply is still running, so nothing was applied.");
  if (x.version != community.active_version)
    return fail(ec::conflict, "Another version was deployed since this plan was made.");
  reconciliation r;
  r.id = fmt::format("{:08x}-0000-4000-8000-000000000000", repairs.size() + 1);
  r.version = x.version;
  r.submitted = sim.now();
  r.key = x.key;
  r.plan_json = x.plan_json;
  r.plan_sha256 = x.plan_sha256;
  repairs.push_back(r);
  return reconciliations::requested{r.id, "reconcile-" + r.id, false};
}

fake_store::reconciliation* fake_store::repair_by_id(const std::string& id) {
  const auto found = std::find_if(repairs.begin(), repairs.end(), [&](const auto& r) { return r.id == id; });
  return found == repairs.end() ? nullptr : &*found;
}

reconciliations::handle fake_store::reconciliations_port() { return sim.sys().spawn(reconciliations_behavior, this); }
deployments::handle fake_store::deployments_port() { return sim.sys().spawn(deployments_behavior, this); }
manifests::handle fake_store::manifests_port() { return sim.sys().spawn(manifests_behavior, this); }
communities::handle fake_store::communities_port() { return sim.sys().spawn(communities_behavior, this); }
fence_log::handle fake_store::fence_log_port() { return sim.sys().spawn(fence_log_behavior, this); }
signer::handle fake_store::signer_port() { return sim.sys().spawn(signer_behavior, this); }
} // namespace arrakis::test
