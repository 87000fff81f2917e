#include "actors/rules/parameters.hpp"

#include "adapters/chain/catalogue/catalogue.hpp"
#include "runtime/json.hpp"
#include "schemas/json_schema.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace arrakis::rules {
namespace {

namespace bj = boost::json;

constexpr std::string_view definitions = R"json({
  "chain": {"type": "string", "minLength": 1, "maxLength": 100, "description": "a chain such as \"base\""},
  "address": {"type": "string", "minLength": 42, "maxLength": 42, "pattern": "^0x[0-9a-fA-F]{40}$",
    "description": "0x and 40 hexadecimal digits"},
  "symbol": {"type": "string", "minLength": 1, "maxLength": 64, "description": "1 to 64 characters"},
  "amount": {"type": "string", "minLength": 1, "maxLength": 120, "pattern": "^(0|[1-9][0-9]*)([.][0-9]+)?$",
    "description": "a decimal number as text, such as \"1000\" or \"6.9\""},
  "decimals": {"type": "integer", "minimum": 0, "maximum": 77, "description": "an integer from 0 to 77"},
  "tokenId": {"type": "string", "minLength": 1, "maxLength": 78, "pattern": "^(0|[1-9][0-9]*)$",
    "description": "an unsigned integer as decimal text"},
  "tokenIds": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"$ref": "#/definitions/tokenId"},
    "description": "1 to 1000 token ids"},
  "idRanges": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/definitions/idRange"},
    "description": "1 to 100 ranges {\"from\", \"to\"}, of which \"to\" is the first that does not count"},
  "idRange": {"type": "object", "additionalProperties": false, "required": ["from", "to"],
    "properties": {"from": {"$ref": "#/definitions/tokenId"}, "to": {"$ref": "#/definitions/tokenId"}}},
  "wallets": {"enum": ["sum", "any"],
    "description": "\"sum\" (of all wallets of a member) or \"any\" (one of them alone)"}
})json";

/// Schema of the members that read_range and read_over read.
constexpr std::string_view amount_parameters = R"json({
  "min": {"$ref": "#/definitions/amount"},
  "max": {"$ref": "#/definitions/amount"},
  "wallets": {"$ref": "#/definitions/wallets"}
})json";

/// The numbers from `from` to before `to`, appended. False: more than `most` in all.
bool append_range(uint256 from, const uint256& to, size_t most, std::vector<uint256>& into) {
  for (; from < to; from = *checked_add(from, uint256{1})) {
    if (into.size() >= most)
      return false;
    into.push_back(from);
  }
  return true;
}

caf::expected<uint256> read_id(const bj::value& from, const std::string& at) {
  const auto& text = from.as_string();
  if (const auto id = parse_uint256({text.data(), text.size()}))
    return *id;
  return refuse_field("rules", at, "is no token id: they go up to 2^256 - 1");
}

caf::error too_many(const std::string& at) {
  return refuse_field("rules", at,
                      fmt::format("more than {} token ids in this leaf: narrow the ranges", token_ids_max));
}

caf::error read_ranges(const bj::array& ranges, const std::string& at, std::vector<uint256>& into) {
  for (size_t i = 0; i < ranges.size(); ++i) {
    const auto where = fmt::format("{}/idRanges/{}", at, i);
    const auto from = read_id(ranges[i].at("from"), where + "/from");
    if (!from)
      return from.error();
    const auto to = read_id(ranges[i].at("to"), where + "/to");
    if (!to)
      return to.error();
    if (!(*from < *to))
      return refuse_field("rules", where + "/to", "must be above \"from\": the range ends before it");
    if (!append_range(*from, *to, token_ids_max, into))
      return too_many(where);
  }
  return {};
}

} // namespace

std::string leaf_schema(const leaf_kind& kind) {
  auto schema = bj::parse({kind.parameters.data(), kind.parameters.size()}).as_object();
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["type"] = "object";
  schema["additionalProperties"] = false;
  const auto amount = bj::parse({amount_parameters.data(), amount_parameters.size()});
  for (const auto& [name, described] : amount.as_object())
    if (kind.compares_amount)
      schema["properties"].as_object()[name] = described;
  schema["definitions"] = bj::parse({definitions.data(), definitions.size()});
  return bj::serialize(schema);
}

caf::error check_chain(const bj::object& parameters, const std::string& at) {
  if (chain::find(json::text_or(parameters, "chain")) != nullptr)
    return {};
  std::string known;
  for (const auto& one : chain::catalogue())
    known += (known.empty() ? "" : ", ") + one.id;
  return refuse_field("rules", at + "/chain", "this build does not know the chain; it knows " + known);
}

caf::expected<chain_contract> read_contract(const bj::object& parameters, const std::string& at) {
  if (auto error = check_chain(parameters, at))
    return error;
  const auto contract = parse_evm_address(json::text_or(parameters, "contract"));
  if (!contract)
    return refuse_field("rules", at + "/contract", text_of(contract.error()));
  std::string chain{json::text_or(parameters, "chain")};
  auto name = chain::display_name(chain);
  return chain_contract{std::move(chain), std::move(name), *contract};
}

caf::expected<token_parameters> read_token(const bj::object& parameters, const std::string& at) {
  auto contract = read_contract(parameters, at);
  if (!contract)
    return std::move(contract.error());
  auto range = read_range(parameters, at, static_cast<int>(json::integer_or(parameters, "decimals")),
                          std::string{json::text_or(parameters, "symbol")});
  if (!range)
    return std::move(range.error());
  return token_parameters{std::move(*contract), std::move(*range), read_over(parameters)};
}

caf::expected<std::vector<uint256>> read_token_ids(const bj::object& parameters, const std::string& at) {
  std::vector<uint256> out;
  if (const auto* ids = json::array_in(parameters, "ids"))
    for (size_t i = 0; i < ids->size(); ++i) {
      const auto id = read_id((*ids)[i], fmt::format("{}/ids/{}", at, i));
      if (!id)
        return id.error();
      out.push_back(*id);
    }
  if (const auto* ranges = json::array_in(parameters, "idRanges"))
    if (auto error = read_ranges(*ranges, at, out))
      return error;
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string describe_ids(const std::vector<uint256>& ids) {
  constexpr size_t shown_max = 5;
  std::string out;
  for (size_t i = 0; i < std::min(ids.size(), shown_max); ++i)
    out += (i == 0 ? "#" : ", #") + to_decimal(ids[i]);
  return ids.size() > shown_max ? fmt::format("{} and {} more", out, ids.size() - shown_max) : out;
}

std::optional<uint256> note(const chain_read& question, const lookup& answers, finding& into) {
  const auto& answer = answers(question);
  into.evidence.push_back({question, answer});
  return answer.match(
    [](const auto& known) {
      const auto* number = std::get_if<uint256>(&known.value);
      return number == nullptr ? std::nullopt : std::optional{*number};
    },
    [](const unknown_reason&) { return std::optional<uint256>{}; });
}

} // namespace arrakis::rules
