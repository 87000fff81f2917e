#include "adapters/signer/anchored/judge.hpp"

#include "runtime/error.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::signer::anchored {
namespace {
using signing_keys::key_list;

const std::string* find(const key_list& keys, int version) {
  const auto found = std::ranges::find(keys, version, &key_list::value_type::first);
  return found == keys.end() ? nullptr : &found->second;
}

int newest(const key_list& keys) { return keys.empty() ? 0 : keys.back().first; }

next_step refuse(std::string why) { return {next_step::refuse, 0, {}, std::move(why)}; }

/// Before anything is anchored: a first start, or the first one of a build that knows the anchor.
next_step judge_unanchored(const keyring::held& held, int newest_used) {
  if (held.keys.empty() && newest_used == 0)
    return {next_step::make_first, 1, {}, {}};
  if (held.keys.empty())
    return refuse(
      fmt::format("{} holds no key, and key version {} has signed manifests of this database: restore v{}.pem"
                  " from its copy",
                  held.location, newest_used, newest_used));
  next_step step{next_step::take, 0, {}, {}};
  for (const auto& key : held.keys) // A key without a signature proves nothing; only an operator may anchor it.
    if (newest_used == 0 || key.first <= newest_used)
      step.keys.push_back(key);
  if (step.keys.empty())
    return refuse(
      fmt::format("{} lacks key version {}, which has signed manifests of this database: restore v{}.pem from"
                  " its copy",
                  held.location, newest_used, newest_used));
  return step;
}

/// Empty: no key at hand contradicts the anchor.
std::string contradiction(const keyring::held& held, const key_list& anchored) {
  for (const auto& [version, hex] : held.keys) {
    const auto* there = find(anchored, version);
    if (there && *there != hex)
      return fmt::format(
        "{} holds another key as version {} than the anchored one ({}...): restore v{}.pem from its copy,"
        " or from the node that made it",
        held.location, version, there->substr(0, 16), version);
    if (!there && version < newest(anchored))
      return fmt::format("{} holds a key version {} that was never anchored: move v{}.pem away", held.location, version,
                         version);
  }
  return {};
}
} // namespace

next_step judge(const keyring::held& held, const signing_keys::anchored& anchor) {
  if (anchor.keys.empty())
    return judge_unanchored(held, anchor.newest_used);
  if (auto why = contradiction(held, anchor.keys); !why.empty())
    return refuse(std::move(why));
  const auto last = newest(anchor.keys);
  if (newest(held.keys) > last)
    return refuse(fmt::format("{} holds key version {}, and the newest anchored one is {}: if the database was restored"
                              " from an older backup, take it with `arrakisctl signer anchor`",
                              held.location, newest(held.keys), last));
  if (find(held.keys, last))
    return {next_step::sign, last, {}, {}};
  if (held.prepared == *find(anchor.keys, last))
    return {next_step::finish, last, {}, {}};
  return refuse(
    fmt::format("{} lacks key version {}, the newest anchored one ({}...): restore v{}.pem from its copy, or"
                " from the node that made it",
                held.location, last, find(anchor.keys, last)->substr(0, 16), last));
}

caf::expected<key_list> lacking(const keyring::held& held, const signing_keys::anchored& anchor) {
  if (auto why = contradiction(held, anchor.keys); !why.empty())
    return failed<key_list>(ec::refused, why);
  key_list list;
  for (const auto& key : held.keys)
    if (key.first > newest(anchor.keys))
      list.push_back(key);
  return list;
}

} // namespace arrakis::signer::anchored
