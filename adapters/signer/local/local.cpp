#include "adapters/signer/local/local.hpp"

#include "adapters/signer/local/key_folder.hpp"
#include "runtime/exception.hpp"
#include "runtime/log.hpp"
#include "schemas/signature.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <optional>

namespace arrakis::signer::local {
namespace {

struct state {
  static inline const char* name = "signer";
  state() = default;
  std::string folder;
  std::optional<key_folder> opened;

  /// The keys, opened by the first message that needs them.
  caf::error open() {
    if (opened)
      return {};
    auto found = key_folder::open(folder);
    if (!found)
      return found.error();
    opened.emplace(std::move(*found));
    return {};
  }
  public_key_list public_key_versions() const {
    public_key_list list;
    for (int version = 1; version <= opened->newest(); ++version)
      list.emplace_back(version, opened->public_key(version));
    return list;
  }
  verdict judge(const verify& request) {
    const auto parsed = parse_signature(request.signature);
    if (!parsed)
      return {false, 0, text_of(parsed.error())};
    if (parsed->key_version > opened->newest())
      reopen(); // Perhaps another process has rotated.
    const auto error = check_signature(request.bytes, request.signature, public_key_versions());
    return {!error, parsed->key_version, error ? text_of(error) : std::string{}};
  }
  void reopen() {
    if (auto fresh = key_folder::open(folder))
      opened.emplace(std::move(*fresh));
    else
      log::warn("signer.folder_unreadable", {{"error", text_of(fresh.error())}});
  }
};

using self_pointer = handle::stateful_pointer<state>;

caf::error ready(self_pointer self, deadline until) {
  if (until.passed(self->clock().now()))
    return fail(ec::timeout, "the deadline has passed before signing began");
  return self->state.open();
}

handle::behavior_type behavior(self_pointer self, std::string folder) {
  keep_exception_text(self);
  self->state.folder = std::move(folder);
  return {
    [self](const sign& request) -> caf::result<signature> {
      if (auto error = ready(self, request.until))
        return error;
      const auto& keys = *self->state.opened;
      return signature{print_signature(keys.newest(), keys.sign(request.bytes)), keys.newest()};
    },
    [self](const verify& request) -> caf::result<verdict> {
      if (auto error = ready(self, request.until))
        return error;
      return self->state.judge(request);
    },
    [self](const rotate& request) -> caf::result<key_version> {
      if (auto error = ready(self, request.until))
        return error;
      auto error = self->state.opened->rotate();
      if (code_of(error) == ec::conflict)
        self->state.reopen();
      if (error)
        return error;
      log::info("signer.rotated", {{"version", self->state.opened->newest()}});
      return key_version{self->state.opened->newest()};
    },
    [self](const public_keys& request) -> caf::result<keys> {
      if (auto error = ready(self, request.until))
        return error;
      return keys{self->state.public_key_versions()};
    },
  };
}

} // namespace

caf::error check(const options& o) {
  const auto opened = key_folder::open(o.folder);
  return opened ? caf::error{} : opened.error();
}

handle start(caf::actor_system& sys, options o) { return sys.spawn<caf::detached>(behavior, std::move(o.folder)); }

} // namespace arrakis::signer::local
