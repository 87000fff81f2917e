#include "actors/jobs/synthesize_community/job.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "runtime/log.hpp"
#include "schemas/signature.hpp"

#include <fmt/format.h>

namespace arrakis::jobs::synthesize_community {
namespace {

struct fetched {
  problem why;
  std::string body;
};

/// One read, tried again while that may help.
flow<fetched> fetch(pointer self, discord::call call, std::string about) {
  call.tenant = self->state.community.value;
  fetched out;
  for (int n = 1; n <= tries_max; ++n) {
    co_await nap(self, pause_before(n));
    call.until = within(self, call_within);
    auto copy = call;
    auto answer = co_await ask(self, self->state.svc.rest, call.until, std::move(copy));
    out.why = answer ? gate::classify(*answer, about) : gate::classify(answer.error(), about);
    if (answer)
      out.body = std::move(answer->body);
    if (!gate::retryable(out.why.what) || out.why.wait > milliseconds{0})
      break;
  }
  // Reads need nothing more than being in the guild.
  if (out.why.what == trouble::not_found)
    out.why = {trouble::gone, "The bot is not in this server any more. Invite it again, then press Retry."};
  co_return out;
}

/// The value of an answer, or a problem: an answer that cannot be read is no certain answer.
template <class T>
problem take(fetched& from, caf::expected<T> (*read)(std::string_view), T& to) {
  if (from.why.what != trouble::none)
    return from.why;
  auto value = read(from.body);
  if (!value)
    return {trouble::unknown, text_of(value.error())};
  to = std::move(*value);
  return {};
}

flow<problem> read_audit(pointer self) {
  auto& w = self->state.world;
  w.audit.clear();
  w.audit_known = false;
  for (const auto action : {discord::audit_action::role_create, discord::audit_action::channel_create})
    // By anybody: what somebody else made is known by its entry, as what we made is by ours. Where that is more than
    // one page our own entries are asked for apart, so that they are not beyond its end.
    for (const auto by : {snowflake{}, w.guild.bot}) {
      auto got = co_await fetch(self, discord::get_audit_log(w.guild.id, action, by), "the audit log");
      if (got.why.what == trouble::permission)
        co_return problem{}; // Without it candidates stay unproven, which decide() tells the admin.
      std::vector<guild::audit_entry> entries;
      if (auto why = take(got, guild::read_audit_log, entries); why.what != trouble::none)
        co_return why;
      w.audit.insert(w.audit.end(), entries.begin(), entries.end());
      if (entries.size() < discord::audit_entries_max)
        break;
    }
  w.audit_known = true;
  co_return problem{};
}
} // namespace

flow<problem> read_guild(pointer self) {
  auto& w = self->state.world;
  const auto id = w.guild.id, bot = w.guild.bot;
  guild::state now;
  auto got = co_await fetch(self, discord::get_guild(id), "the server");
  if (auto why = take(got, guild::read_guild, now); why.what != trouble::none)
    co_return why;
  got = co_await fetch(self, discord::get_roles(id), "the roles");
  if (auto why = take(got, guild::read_roles, now.roles); why.what != trouble::none)
    co_return why;
  got = co_await fetch(self, discord::get_channels(id), "the channels");
  if (auto why = take(got, guild::read_channels, now.channels); why.what != trouble::none)
    co_return why;
  got = co_await fetch(self, discord::get_member(id, bot), "the bot's own membership");
  if (auto why = take(got, guild::read_member_roles, now.bot_roles); why.what != trouble::none)
    co_return why;
  now.id = id;
  now.bot = bot;
  w.guild = std::move(now);
  if (!w.open.empty() || may_have_orphans(w))
    if (auto why = co_await read_audit(self); why.what != trouble::none)
      co_return why;
  self->state.unseen = false;
  co_return problem{};
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
  st.world.want = std::move(*want);
  co_return problem{};
}

flow<problem> read_shadow(pointer self) {
  auto& st = self->state;
  const auto until = within(self, store_within);
  manifests::load_shadow wanted{st.community, until};
  auto shadow = co_await ask(self, st.svc.manifests, until, std::move(wanted));
  if (!shadow)
    co_return problem{trouble::unavailable, "The shadow state could not be read: " + text_of(shadow.error())};
  st.world.shadow = std::move(shadow->entries);
  co_return problem{};
}

} // namespace arrakis::jobs::synthesize_community
