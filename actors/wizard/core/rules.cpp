#include "actors/wizard/core/rules.hpp"

#include "actors/wizard/core/names.hpp"
#include "schemas/uint256.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_address(std::string_view text) {
  return text.size() == 42 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')
      && std::all_of(text.begin() + 2, text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view without_zeros_ahead(std::string_view number) {
  return number.substr(std::min(number.find_first_not_of('0'), number.size() - 1));
}

caf::expected<std::string> check_token_id(std::string_view typed) {
  if (!digits(typed))
    return fail(ec::invalid,
                "Token ID: digits only, such as `1`. It is the number of the token inside the ERC-1155 contract.");
  std::string out{without_zeros_ahead(typed)};
  if (!parse_uint256(out)) // https://eips.ethereum.org/EIPS/eip-1155
    return fail(ec::invalid, "Token ID: this number is larger than any ERC-1155 id can be. Check it for extra digits.");
  return out;
}

std::string same_place(const manifest_asset& x) {
  return x.chain + "/" + x.type + "/" + lower(x.address.value_or("")) + "/" + x.token_id.value_or("");
}

std::string free_asset_id(const draft& d) {
  for (size_t n = 1;; ++n) {
    auto id = fmt::format("asset-{}", n);
    if (std::none_of(d.assets.begin(), d.assets.end(), [&](auto& x) { return x.id == id; }))
      return id;
  }
}

/// A sum of any size, with at most `decimals` places.
caf::expected<std::string> shape_amount(std::string_view typed, int decimals) {
  const auto point = typed.find('.');
  const auto whole = typed.substr(0, point);
  auto fraction = point == std::string_view::npos ? std::string_view{} : typed.substr(point + 1);
  const bool shaped = digits(whole) && (point == std::string_view::npos || digits(fraction)) && typed.size() <= 100;
  if (!shaped)
    return fail(ec::invalid, decimals == 0 ? "Minimum balance: a whole number such as `1`; leave it empty for one."
                                           : "Minimum balance: a number such as `100` or `0.5`, with a point and no "
                                             "separators; leave it empty for any balance.");
  while (!fraction.empty() && fraction.back() == '0')
    fraction.remove_suffix(1);
  if (fraction.size() > static_cast<size_t>(decimals))
    return fail(
      ec::invalid,
      decimals == 0
        ? std::string{"Minimum balance: NFTs are counted in whole numbers, such as `1`."}
        : fmt::format("Minimum balance: this asset has {} decimals; use at most that many after the point.", decimals));
  std::string out{without_zeros_ahead(whole)};
  if (!fraction.empty())
    out += "." + std::string{fraction};
  if (out == "0")
    return fail(ec::invalid, "Minimum balance: it must be above zero; leave it empty for any balance.");
  return out;
}
} // namespace

caf::expected<std::string> check_amount(std::string_view typed, int decimals) {
  auto out = shape_amount(typed, decimals);
  if (!out)
    return out;
  if (!parse_units(*out, decimals)) // shape_amount has refused all else that it refuses.
    return fail(ec::invalid, "Minimum balance: no balance can be as large. Check it for extra digits.");
  return out;
}

caf::expected<int> check_decimals(std::string_view typed) {
  int number = 0;
  const auto [end, bad] = std::from_chars(typed.data(), typed.data() + typed.size(), number);
  if (!digits(typed) || bad != std::errc{} || end != typed.data() + typed.size() || number > decimals_max)
    return fail(ec::invalid, fmt::format("Decimals: a whole number from 0 to {}, such as `18`.", decimals_max));
  return number;
}

bool lacks_decimals(const typed_asset& typed, const contract_facts& facts) {
  return typed.type == "erc20" && facts.known && facts.has_code && facts.matches_type && !facts.decimals;
}

caf::expected<manifest_asset> check_asset(const typed_asset& typed, const draft& d, const catalogue& names) {
  manifest_asset out;
  const auto* chain = names.find_chain(typed.chain);
  if (!chain || std::find(d.chains.begin(), d.chains.end(), typed.chain) == d.chains.end())
    return fail(ec::invalid,
                "Chain: this chain is not among those of your community. Choose it at the step “Blockchain” first.");
  if (std::find(asset_types().begin(), asset_types().end(), typed.type) == asset_types().end())
    return fail(ec::invalid, "Asset type: choose native coin, ERC-20, ERC-721 or ERC-1155 in the menu.");
  if (d.assets.size() >= assets_max)
    return fail(ec::invalid,
                fmt::format("A community has at most {} assets. Remove one before you add another.", assets_max));
  out.type = typed.type;
  out.chain = typed.chain;
  out.decimals = typed.type == "native" ? chain->decimals : typed.type == "erc20" ? decimals_max : 0;
  if (typed.type == "native")
    out.symbol = chain->symbol;
  else if (!is_address(typed.address))
    return fail(ec::invalid, "Contract address: `0x` and 40 hexadecimal digits, as a block explorer shows it.");
  else
    out.address = "0x" + typed.address.substr(2);
  if (typed.type == "erc1155") {
    auto token = check_token_id(typed.token_id);
    if (!token)
      return token.error();
    out.token_id = *token;
  }
  if (!typed.min_balance.empty()) {
    // An ERC-20's own decimals are known only when its contract was read; complete_asset looks again.
    auto amount = typed.type == "erc20" ? shape_amount(typed.min_balance, decimals_max)
                                        : check_amount(typed.min_balance, out.decimals);
    if (!amount)
      return amount.error();
    out.min_balance = *amount;
  }
  for (auto& other : d.assets)
    if (same_place(other) == same_place(out))
      return fail(ec::invalid,
                  fmt::format("{} is in the list already. Remove it first if you want to change it.", other.symbol));
  out.id = free_asset_id(d);
  return out;
}

caf::expected<manifest_asset> complete_asset(manifest_asset asset, const contract_facts& facts,
                                             std::optional<int> typed) {
  if (facts.refused)
    return fail(ec::invalid, "Contract address: " + facts.why);
  if (facts.unconnected)
    return fail(ec::refused, fmt::format("This bot has no connection to {}. Ask its operator to set `chains.rpc.{}`.",
                                         chain::display_name(asset.chain), asset.chain));
  if (!facts.known)
    return fail(ec::unknown, facts.why);
  if (!facts.has_code)
    return fail(
      ec::invalid,
      fmt::format(
        "Contract address: there is no contract at `{}` on {}. Is it the address of a wallet, or of another chain?",
        *asset.address, chain::display_name(asset.chain)));
  if (!facts.matches_type)
    return fail(ec::invalid,
                fmt::format("Contract address: the contract at `{}` is not {} {}. Choose the right type above.",
                            *asset.address, asset.type == "erc20" || asset.type == "erc1155" ? "an" : "a",
                            type_label(asset.type)));
  asset.address = facts.address;
  asset.symbol = clean_symbol(facts.symbol ? *facts.symbol : facts.name.value_or(""));
  if (asset.type == "erc20") {
    const auto decimals = facts.decimals ? facts.decimals : typed;
    if (!decimals)
      return fail(ec::invalid,
                  fmt::format("This token's contract does not say how many decimals it has, so you have to: "
                              "press “Enter decimals” and give the number, 0 to {}. Its makers' "
                              "documentation has it.",
                              decimals_max));
    asset.decimals = *decimals;
    if (asset.decimals < 0 || asset.decimals > decimals_max)
      return fail(ec::invalid,
                  fmt::format("This token has {} decimals; 0 to {} are supported.", asset.decimals, decimals_max));
    if (asset.min_balance) {
      auto amount = check_amount(*asset.min_balance, asset.decimals);
      if (!amount)
        return amount.error();
    }
  }
  return asset;
}

std::string type_name(std::string_view type) {
  if (type == "native")
    return "native coin";
  if (type == "erc20")
    return "ERC-20 token";
  return type == "erc721" ? "NFT collection" : "ERC-1155 token";
}

std::string type_label(std::string_view type) {
  return type == "erc721" ? "NFT collection (ERC-721)" : type_name(type);
}

const std::vector<std::string>& asset_types() {
  static const std::vector<std::string> list{"native", "erc20", "erc721", "erc1155"};
  return list;
}

} // namespace arrakis::wizard::core
