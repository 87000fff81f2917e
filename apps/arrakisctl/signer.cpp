#include "apps/arrakisctl/command.hpp"

#include "runtime/terminal.hpp"

#include <fmt/format.h>

namespace arrakis::ctl {
namespace {
/// An order writes into the audit trail of every community that has a manifest.
constexpr std::chrono::minutes order_patience{10};

template <class R, class Message>
caf::expected<R> order(ports& to) {
  const deadline until{std::chrono::steady_clock::now() + order_patience};
  caf::scoped_actor self{to.sys};
  std::optional<caf::expected<R>> result;
  self->request(to.signer, caf::duration{order_patience + std::chrono::seconds{1}}, Message{until})
    .receive([&](R& x) { result.emplace(std::move(x)); }, [&](caf::error& e) { result.emplace(std::move(e)); });
  return std::move(*result);
}

caf::expected<caf::unit_t> status(ports& to) {
  auto now = ask_now<signer::condition>(to.sys, to.signer, signer::inspect{soon()});
  if (!now)
    return now.error();
  if (!now->signs)
    return fail(ec::refused, "the signer " + now->detail);
  terminal::print("{}\n", now->detail);
  return caf::unit;
}

caf::expected<caf::unit_t> rotate(ports& to) {
  auto made = order<signer::key_version, signer::rotate>(to);
  if (!made)
    return made.error();
  terminal::print("key version {} is anchored and signs from now on; give v{}.pem to every node, and to the backup\n",
                  made->number, made->number);
  return caf::unit;
}

caf::expected<caf::unit_t> anchor(ports& to) {
  auto taken = order<signer::keys, signer::anchor>(to);
  if (!taken)
    return taken.error();
  for (const auto& [version, hex] : taken->hex_by_version)
    terminal::print("key version {} is anchored: {}\n", version, hex);
  if (taken->hex_by_version.empty())
    terminal::print("nothing to anchor: the key folder holds no key above the newest anchored one\n");
  return caf::unit;
}
} // namespace

caf::expected<caf::unit_t> signing(ports& to, const std::vector<std::string>& args) {
  const std::string what = args.size() == 1 ? args[0] : "";
  if (what == "status")
    return status(to);
  if (what == "rotate")
    return rotate(to);
  if (what == "anchor")
    return anchor(to);
  return fail(ec::invalid, "usage: arrakisctl signer status | rotate | anchor");
}
} // namespace arrakis::ctl
