#include "adapters/signer/local/local.hpp"

#include "adapters/signer/local/key_folder.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <optional>

namespace arrakis::signer::local {
namespace {
using keyring::held;
using keyring::signed_bytes;

struct state {
  static inline const char* name = "keyring";
  state() = default;
  std::string folder;
  std::optional<key_folder> opened;

  caf::error open() {
    opened.reset();
    auto found = key_folder::open(folder);
    if (!found)
      return found.error();
    opened.emplace(std::move(*found));
    return {};
  }
  caf::result<held> contents() {
    if (auto error = open())
      return error;
    return held{opened->public_keys(), opened->prepared(), "folder " + folder};
  }
};
using self_pointer = keyring::handle::stateful_pointer<state>;

caf::error in_time(self_pointer self, deadline until) {
  return until.passed(self->clock().now()) ? fail(ec::timeout, "the deadline has passed before the keyring began")
                                           : caf::error{};
}

caf::result<held> prepare_next(self_pointer self, deadline until) {
  auto& st = self->state;
  if (auto error = in_time(self, until))
    return error;
  if (auto error = st.open())
    return error;
  if (st.opened->prepared().empty())
    if (auto error = st.opened->prepare())
      return error;
  return st.contents();
}

caf::result<held> adopt_next(self_pointer self, const keyring::adopt& m) {
  auto& st = self->state;
  if (auto error = in_time(self, m.until))
    return error;
  if (auto error = st.open())
    return error;
  if (auto error = st.opened->adopt(m.version))
    return error;
  return st.contents();
}

keyring::handle::behavior_type behavior(self_pointer self, std::string folder) {
  keep_exception_text(self);
  self->state.folder = std::move(folder);
  return {
    [self](const keyring::read& m) -> caf::result<held> {
      if (auto error = in_time(self, m.until))
        return error;
      return self->state.contents();
    },
    [self](const keyring::sign& m) -> caf::result<signed_bytes> {
      if (auto error = in_time(self, m.until))
        return error;
      if (!self->state.opened)
        if (auto error = self->state.open())
          return error;
      auto raw = self->state.opened->sign(m.version, m.bytes);
      if (!raw)
        return raw.error();
      return signed_bytes{std::move(*raw)};
    },
    [self](const keyring::prepare& m) { return prepare_next(self, m.until); },
    [self](const keyring::adopt& m) { return adopt_next(self, m); },
  };
}
} // namespace

caf::error check(const options& o) {
  const auto opened = key_folder::open(o.folder);
  return !opened && code_of(opened.error()) == ec::refused ? opened.error() : caf::error{};
}

caf::error check_keys(const options& o) {
  const auto opened = key_folder::open(o.folder);
  return opened ? caf::error{} : opened.error();
}

keyring::handle start(caf::actor_system& sys, options o) {
  return registry::spawn<caf::detached>(sys, {"keyring"}, behavior, std::move(o.folder));
}

} // namespace arrakis::signer::local
