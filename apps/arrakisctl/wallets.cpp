#include "apps/arrakisctl/commands.hpp"
#include "apps/arrakisctl/wallet_list.hpp"
#include "runtime/clock.hpp"
#include "runtime/file.hpp"
#include "runtime/unicode.hpp"

#include <boost/json.hpp>
#include <cstdio>

namespace arrakis::ctl {
namespace {
namespace bj = boost::json;

caf::expected<std::string> standard_input() {
  std::string text;
  std::array<char, 65536> piece{};
  while (text.size() <= wallet_list_bytes_max) {
    const auto got = std::fread(piece.data(), 1, piece.size(), stdin);
    text.append(piece.data(), got);
    if (got < piece.size())
      break;
  }
  return text;
}

caf::expected<std::vector<listed_wallet>> list_at(const std::string& path) {
  const auto text = path == "-" ? standard_input() : file::read_given(path, wallet_list_bytes_max, patience);
  if (text)
    return read_wallet_list(*text);
  // As root this process has become the user of the daemon, who may not read what root may.
  return fail(code_of(text.error()),
              fmt::format("FILE: {}; standard input is read where FILE is -", text_of(text.error())));
}

caf::expected<std::string> reason_of(const arguments& given) {
  auto reason = given.joined("REASON");
  if (unicode::length(reason) > wallets::reason_characters_max)
    return fail(ec::invalid, fmt::format("REASON: it has {} characters; at most {} are kept in the audit trail",
                                         unicode::length(reason), wallets::reason_characters_max));
  return reason;
}

output report(const wallets::imported& done, const std::vector<listed_wallet>& list) {
  output out;
  bj::array refused;
  out.text = cli::line("{} wallets added, {} there before, {} refused", done.added, done.existing, done.refused.size());
  for (const auto& r : done.refused) {
    const auto& from = list[r.index];
    refused.push_back(bj::object{
      {"line", from.line}, {"user", from.row.user.text()}, {"address", from.row.address.text()}, {"why", r.why}});
    out.text += cli::line("line {}  {}  {}  {}", from.line, from.row.user.text(), from.row.address.text(), r.why);
  }
  out.json = bj::object{{"added", done.added}, {"existing", done.existing}, {"refused", std::move(refused)}};
  if (!done.refused.empty())
    out.failure = fail(ec::refused, "Not every wallet was imported; the lines above say why.");
  return out;
}

result import(ports& to, const arguments& given) {
  const auto reason = reason_of(given);
  if (!reason)
    return reason.error();
  const auto list = list_at(given.text("FILE"));
  if (!list)
    return list.error();
  const auto editor = to.wallet_editor();
  if (!editor)
    return editor.error();
  wallets::import_rows order{{}, "operator", *reason, soon()};
  for (const auto& each : *list)
    order.rows.push_back(each.row);
  auto done = ask_now<wallets::imported>(to.system(), *editor, std::move(order));
  if (!done)
    return done.error();
  return report(*done, *list);
}

result show(ports& to, const arguments& given) {
  const auto user = parse_snowflake(given.text("USER")).value_or(snowflake{});
  const auto held = ask_now<wallets::held>(to.system(), to.wallets(), wallets::of{user, soon()});
  if (!held)
    return held.error();
  bj::array all;
  std::vector<std::vector<std::string>> rows;
  for (const auto& w : held->wallets) {
    all.push_back(bj::object{{"address", w.address.text()},
                             {"chain", w.chain ? bj::value(*w.chain) : bj::value{}},
                             {"name", w.name},
                             {"source", w.source},
                             {"linked_at", iso8601(w.linked_at_ms)}});
    rows.push_back({w.address.text(), w.chain.value_or("every"), w.name, w.source, iso8601(w.linked_at_ms)});
  }
  return output{bj::object{{"wallets", std::move(all)}},
                cli::table({"ADDRESS", "CHAIN", "NAME", "SOURCE", "LINKED"}, rows, "This person has no wallet."),
                {}};
}

result unlink(ports& to, const arguments& given) {
  const auto reason = reason_of(given);
  if (!reason)
    return reason.error();
  const auto address = parse_evm_address(given.text("ADDRESS"));
  if (!address)
    return fail(ec::invalid, "ADDRESS: " + text_of(address.error()));
  const auto editor = to.wallet_editor();
  if (!editor)
    return editor.error();
  wallets::unlink order{
    parse_snowflake(given.text("USER")).value_or(snowflake{}), *address, {}, "operator", *reason, soon()};
  if (given.has("--chain"))
    order.chain = given.text("--chain");
  if (auto done = ask_now<wallets::unlinked>(to.system(), *editor, std::move(order)); !done)
    return done.error();
  return output{bj::object{{"unlinked", address->text()}}, cli::line("{} is unlinked", address->text()), {}};
}
} // namespace

cli::command wallets_commands() {
  const cli::word user{"USER", "The person's id in Discord.", true, false, {}, [](const std::string& text) {
                         return parse_snowflake(text) ? std::string{} : std::string{"must be an id of Discord"};
                       }};
  const cli::word reason{"REASON", "Why, for the audit trail; at most 500 characters.", false, true, {}, {}};
  cli::command c;
  c.name = "wallets";
  c.help = "Shows the wallets of a person, and links and unlinks them.";
  c.details = "A person has the same wallets in every community. Until members can prove a wallet by a signature, an "
              "operator imports them. `arrakisctl audit log platform` shows who imported, and why.";
  c.examples = {{"arrakisctl wallets show 1400000000000000002", "whose roles are in question"}};
  c.commands = {
    {"import",
     "Links each wallet of a list to a person.",
     "Each line is user,address[,chain[,name]], or {\"user\", \"address\", \"chain\", \"name\"} in JSON. An address in "
     "mixed "
     "case has to match its checksum (EIP-55). Name a chain for a contract wallet: it counts there alone. A wrong line "
     "refuses the whole list; a wallet of another person is refused alone. The same list may be imported again.",
     {{"FILE", "The list; - reads standard input.", true, false, {}, {}}, reason},
     {},
     {{"arrakisctl wallets import wallets.csv the survey of May", "with the reason"},
      {"echo 1400000000000000002,0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed | arrakisctl wallets import -",
       "one wallet"}},
     with_ports(import),
     {}},
    {"show", "Lists the wallets of one person.", {}, {user}, {}, c.examples, with_ports(show), {}},
    {"unlink",
     "Takes a wallet from a person. The next check takes what it had earned.",
     {},
     {user, {"ADDRESS", "The wallet: 0x and 40 hexadecimal digits.", true, false, {}, {}}, reason},
     {{"--chain",
       "CHAIN",
       "The chain that `arrakisctl wallets show` names; without it, a key that counts on every chain.",
       {},
       {}}},
     {{"arrakisctl wallets unlink 1400000000000000002 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed it was stolen",
       "with the reason"}},
     with_ports(unlink),
     {}}};
  return c;
}
} // namespace arrakis::ctl
