#include "actors/jobs/guild_work/work.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <fmt/format.h>

namespace arrakis::jobs::guild_work {
namespace {

/// The problem that an error of the reader means for the work.
problem problem_of(pointer self, const caf::error& e, std::string_view about) {
  const auto then = fmt::format("{} Then {}.", text_of(e), self->state.snapshot.again);
  switch (code_of(e)) {
    case ec::not_found: return {trouble::gone, then};
    case ec::refused: return {trouble::permission, then};
    case ec::invalid: return {trouble::invalid_payload, text_of(e)};
    case ec::corrupt: return {trouble::unknown, text_of(e)}; // An answer that cannot be read is no certain answer.
    default: return gate::classify(e, about);
  }
}

template <class Answer>
struct reading {
  problem why;
  Answer value;
};

/// Asks the reader of guilds, again while that may help.
template <class Answer, class Question>
flow<reading<Answer>> fetch(pointer self, Question question, std::string about) {
  question.tenant = self->state.community.value;
  reading<Answer> out;
  for (int n = 1; n <= tries_max; ++n) {
    co_await nap(self, pause_before(n));
    question.until = within(self, call_within);
    const deadline until{question.until.at + store_within};
    auto copy = question;
    auto answer = co_await ask(self, self->state.svc.guilds, until, std::move(copy));
    if (answer) {
      out = {{}, std::move(*answer)};
      break;
    }
    out.why = problem_of(self, answer.error(), about);
    if (!gate::retryable(out.why.what) || out.why.wait > milliseconds{0} || code_of(answer.error()) == ec::corrupt)
      break;
  }
  co_return out;
}
} // namespace

flow<problem> read_guild(pointer self) {
  auto& snap = self->state.snapshot;
  guild::fetch whole{snap.guild.id, {}, {}};
  auto now = co_await fetch<guild::state>(self, std::move(whole), "the server");
  if (now.why.what != trouble::none)
    co_return now.why;
  snap.guild = std::move(now.value);
  if (!snap.open.empty() || may_have_orphans(snap)) {
    snap.audit.clear();
    snap.audit_known = false;
    guild::fetch_creations makers{snap.guild.id, snap.guild.bot, {}, {}};
    auto made = co_await fetch<guild::creations>(self, std::move(makers), "the audit log");
    if (made.why.what != trouble::none)
      co_return made.why;
    snap.audit = std::move(made.value.entries);
    snap.audit_known = made.value.known; // Unknown: candidates stay unproven, which decide() tells the admin.
  }
  self->state.unseen = false;
  co_return problem{};
}

flow<> find_doubled(pointer self) {
  auto& st = self->state;
  auto& snap = st.snapshot;
  guild::fetch_creations makers{snap.guild.id, snap.guild.bot, {}, {}};
  auto made = co_await fetch<guild::creations>(self, std::move(makers), "the audit log");
  if (made.why.what == trouble::none && blueprint::has_repeated_nonce(made.value.entries, snap.guild.bot)) {
    // The second one may have come since the guild was read.
    if (auto why = co_await read_guild(self); why.what != trouble::none)
      made.why = std::move(why);
    else
      st.doubled = blueprint::find_doubled(snap.guild, made.value.entries, named(snap));
  }
  if (made.why.what != trouble::none || !made.value.known)
    log::info("job.doubled_unknown",
              {{"job", st.job.id},
               {"trace", st.trace},
               {"tenant", st.community.value},
               {"error", made.why.sentence.empty() ? "no permission View Audit Log" : made.why.sentence}});
  for (const auto& d : st.doubled) {
    metrics::count("arrakis_jobs_created_twice_total", "Roles and channels that Discord made twice for one request.", 1,
                   {{"kind", d.kind}});
    log::warn("job.created_twice", {{"job", st.job.id},
                                    {"trace", st.trace},
                                    {"tenant", st.community.value},
                                    {"id", d.id.text()},
                                    {"used", d.used.text()}});
  }
}

flow<problem> read_stores(pointer self) {
  auto& st = self->state;
  const auto until = within(self, store_within);
  manifests::load wanted{st.community, st.version, until};
  auto record = co_await ask(self, st.svc.manifests, until, std::move(wanted));
  if (!record)
    co_return code_of(record.error()) == ec::not_found
      ? problem{trouble::invalid_payload, fmt::format("There is no version {} of this community.", st.version)}
      : problem{trouble::unavailable, "The manifest could not be read: " + text_of(record.error())};
  auto keys = co_await ask(self, st.svc.signer, until, signer::public_keys{until});
  const auto form = parse_signature(record->signature);
  const auto newest = keys && !keys->hex_by_version.empty() ? keys->hex_by_version.back().first : 0;
  // Without the key of its version a signature is neither genuine nor forged: unknown is not no.
  st.waits_for_signer = keys ? form && form->key_version > newest : code_of(keys.error()) == ec::refused;
  if (st.waits_for_signer)
    co_return problem{trouble::unavailable,
                      "Waiting for the signer: whether this version is genuine cannot be told until "
                      "the operator of this bot has mended the signing keys. It goes on by itself."};
  if (!keys)
    co_return problem{trouble::unavailable, "The signing keys could not be read: " + text_of(keys.error())};
  if (auto bad = check_signed(*record, keys->hex_by_version)) {
    log::error("manifest.not_genuine",
               {{"tenant", st.community.value}, {"version", st.version}, {"error", text_of(bad)}});
    co_return problem{trouble::invalid_payload,
                      fmt::format("Version {} is not what was signed ({}), so nothing of it is "
                                  "done. Deploy again from `/onboard`.",
                                  st.version, text_of(bad))};
  }
  auto want = read_manifest(record->canonical);
  if (!want)
    co_return problem{trouble::invalid_payload, "The manifest cannot be read: " + text_of(want.error())};
  st.snapshot.want = std::move(*want);
  st.manifest_sha256 = std::move(record->sha256);
  co_return problem{};
}

flow<problem> read_shadow(pointer self) {
  auto& st = self->state;
  const auto until = within(self, store_within);
  manifests::load_shadow wanted{st.community, until};
  auto shadow = co_await ask(self, st.svc.manifests, until, std::move(wanted));
  if (!shadow)
    co_return problem{trouble::unavailable, "The shadow state could not be read: " + text_of(shadow.error())};
  st.snapshot.shadow = std::move(shadow->entries);
  co_return problem{};
}

} // namespace arrakis::jobs::guild_work
