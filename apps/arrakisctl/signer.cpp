#include "apps/arrakisctl/commands.hpp"

#include <boost/json.hpp>

namespace arrakis::ctl {
namespace {
namespace bj = boost::json;
/// An order writes into the audit trail of every community that has a manifest.
constexpr std::chrono::minutes order_patience{10};

template <class R, class Message>
caf::expected<R> order(ports& to) {
  const deadline until{std::chrono::steady_clock::now() + order_patience};
  caf::scoped_actor self{to.system()};
  std::optional<caf::expected<R>> answer;
  self->request(to.signer(), caf::duration{order_patience + std::chrono::seconds{1}}, Message{until})
    .receive([&](R& x) { answer.emplace(std::move(x)); }, [&](caf::error& e) { answer.emplace(std::move(e)); });
  return std::move(*answer);
}

result status(ports& to, const arguments&) {
  auto now = ask_now<signer::condition>(to.system(), to.signer(), signer::inspect{soon()});
  if (!now)
    return now.error();
  if (!now->signs)
    return fail(ec::refused, "The signer " + now->detail);
  return output{bj::object{{"signs", true}, {"detail", now->detail}}, cli::line("The signer {}.", now->detail), {}};
}

result rotate(ports& to, const arguments& given) {
  if (auto agreed = cli::confirm(given, "A new key signs from now on, and no node signs without it.\n"
                                        "This cannot be taken back. Make it?");
      !agreed)
    return agreed.error();
  auto made = order<signer::key_version, signer::rotate>(to);
  if (!made)
    return made.error();
  return output{bj::object{{"key_version", made->number}},
                cli::line("key version {} is anchored and signs from now on; give v{}.pem to every node, and to the "
                          "backup",
                          made->number, made->number),
                {}};
}

result anchor(ports& to, const arguments& given) {
  if (auto agreed = cli::confirm(given, "Keys of the key folder that are newer than the newest anchored one are written"
                                        " into the audit trail for ever. Do it?");
      !agreed)
    return agreed.error();
  auto taken = order<signer::keys, signer::anchor>(to);
  if (!taken)
    return taken.error();
  output out;
  bj::object anchored;
  for (const auto& [version, hex] : taken->hex_by_version) {
    anchored[std::to_string(version)] = hex;
    out.text += cli::line("key version {} is anchored: {}", version, hex);
  }
  if (taken->hex_by_version.empty())
    out.text = cli::line("nothing to anchor: the key folder holds no key above the newest anchored one");
  out.json = bj::object{{"anchored", std::move(anchored)}};
  return out;
}
} // namespace

cli::command signer_commands() {
  cli::command c;
  c.name = "signer";
  c.help = "Shows and changes the keys that sign manifests.";
  c.examples = {{"arrakisctl signer status", "whether it signs, and if not, which key to restore"}};
  c.commands = {{"status",
                 "Says whether the signer signs, and if not, which key to restore.",
                 {},
                 {},
                 {},
                 c.examples,
                 with_ports(status),
                 {}},
                {"rotate",
                 "Creates a new key, which signs from then on.",
                 "Give the new v{n}.pem to every node and to the backup: until a node has it, its signer refuses.",
                 {},
                 {cli::yes_option()},
                 {{"arrakisctl signer rotate --yes", "without a question"}},
                 with_ports(rotate),
                 {}},
                {"anchor",
                 "Anchors a key again that an older backup of PostgreSQL lacks, and records it in every audit trail.",
                 {},
                 {},
                 {cli::yes_option()},
                 {{"arrakisctl signer anchor", "after a restore"}},
                 with_ports(anchor),
                 {}}};
  return c;
}
} // namespace arrakis::ctl
