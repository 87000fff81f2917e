#include "schemas/verdict.hpp"

#include "runtime/json.hpp"
#include "schemas/json_schema.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace arrakis {

extern const char* const verdict_schema_text; // Generated from schemas/verdict.schema.json.

namespace {
namespace bj = boost::json;

constexpr json_sizes sizes_max{.string_bytes_max = 4096, .list_entries_max = 1000};
constexpr std::array truths{"no", "unknown", "yes"};
constexpr std::array decisions{"given", "taken", "kept", "withheld", "left"};
constexpr std::array reasons{"earned", "not_earned", "undecided", "still_deep", "unknown_deep", "not_managed"};
constexpr std::array node_kinds{"all", "any", "not", "atLeast", "leaf"};

template <class Enum, size_t Count>
Enum parse(const bj::object& from, std::string_view key, const std::array<const char*, Count>& names) {
  const auto text = json::text_or(from, key);
  for (size_t i = 0; i < Count; ++i)
    if (text == names[i])
      return static_cast<Enum>(i);
  return static_cast<Enum>(0); // The schema has checked it.
}

truth truth_in(const bj::object& from, std::string_view key) { return parse<truth>(from, key, truths); }
std::optional<truth> maybe_truth(const bj::object& from, std::string_view key) {
  return from.contains(key) ? std::optional{truth_in(from, key)} : std::nullopt;
}
std::optional<int64_t> maybe_integer(const bj::object& from, std::string_view key) {
  return from.contains(key) ? std::optional{json::integer_or(from, key)} : std::nullopt;
}
std::string text_in(const bj::object& from, std::string_view key) { return std::string{json::text_or(from, key)}; }

std::vector<std::string> texts_in(const bj::object& from, std::string_view key) {
  std::vector<std::string> out;
  if (const auto* list = json::array_in(from, key))
    for (const auto& each : *list)
      out.emplace_back(each.as_string().data(), each.as_string().size());
  return out;
}

template <class T, class Read>
std::vector<T> list_in(const bj::object& from, std::string_view key, Read read) {
  std::vector<T> out;
  if (const auto* list = json::array_in(from, key))
    for (const auto& each : *list)
      out.push_back(read(each.as_object()));
  return out;
}

template <class T, class Write>
bj::array array_of(const std::vector<T>& list, Write write) {
  bj::array out;
  for (const auto& each : list)
    out.push_back(write(each));
  return out;
}

bj::array array_of(const std::vector<std::string>& list) {
  return array_of(list, [](const auto& text) { return bj::value(text); });
}

// ---- values

bj::object write(const verdict_value& v) {
  bj::object out{{"question", v.question}};
  if (!v.unknown.empty()) {
    out["unknown"] = v.unknown;
    return out;
  }
  out["value"] = v.value;
  out["endpoints"] = array_of(v.endpoints);
  out["readAt"] = v.read_at_ms;
  return out;
}
verdict_value read_value(const bj::object& from) {
  return {text_in(from, "question"), text_in(from, "value"), text_in(from, "unknown"), texts_in(from, "endpoints"),
          json::integer_or(from, "readAt")};
}

void write(const verdict_values& values, bj::object& into) {
  into["values"] = array_of(values.list, [](const auto& v) { return write(v); });
  if (values.left_out > 0)
    into["valuesLeftOut"] = values.left_out;
}
verdict_values read_values(const bj::object& from) {
  return {list_in<verdict_value>(from, "values", read_value), json::integer_or(from, "valuesLeftOut")};
}

bj::object write(const verdict_block& b) {
  return {{"chain", b.chain}, {"policy", b.is_deep ? "revoke" : "grant"}, {"number", b.number}, {"hash", b.hash}};
}
verdict_block read_block(const bj::object& from) {
  return {text_in(from, "chain"), json::text_or(from, "policy") == "revoke", json::integer_or(from, "number"),
          text_in(from, "hash")};
}

// ---- rules

bj::object write(const verdict_finding& f) {
  bj::object out{{"answer", name_of(f.answer)}, {"found", f.found}};
  write(f.values, out);
  return out;
}
verdict_finding read_finding(const bj::object& from) {
  return {truth_in(from, "answer"), text_in(from, "found"), read_values(from)};
}

bj::object write(const verdict_node& node) {
  bj::object out{{"is", node_kinds[node.is]}, {"answer", name_of(node.answer)}};
  if (node.is != rule_node::leaf) {
    if (node.is == rule_node::at_least)
      out["count"] = node.count;
    if (!node.children.empty()) // A verdict that was too large has only the answer.
      out["of"] = array_of(node.children, [](const auto& child) { return write(child); });
    return out;
  }
  out["kind"] = node.leaf_kind;
  out["chains"] = array_of(node.chains);
  if (node.excludes)
    out["excludes"] = true;
  out["required"] = node.required;
  out["nearTip"] = write(node.near_tip);
  if (node.deep)
    out["deep"] = write(*node.deep);
  return out;
}
verdict_node read_node(const bj::object& from) {
  verdict_node out;
  out.is = parse<rule_node::kind>(from, "is", node_kinds);
  out.answer = truth_in(from, "answer");
  out.count = json::integer_or(from, "count");
  out.children = list_in<verdict_node>(from, "of", read_node);
  out.leaf_kind = text_in(from, "kind");
  out.chains = texts_in(from, "chains");
  out.excludes = json::bool_or(from, "excludes");
  out.required = text_in(from, "required");
  if (const auto* near = json::object_in(from, "nearTip"))
    out.near_tip = read_finding(*near);
  if (const auto* deep = json::object_in(from, "deep"))
    out.deep = read_finding(*deep);
  return out;
}

bj::object write(const verdict_rule& r) {
  bj::object out{{"id", r.id}, {"name", r.name}, {"answer", name_of(r.answer)}};
  if (r.deep)
    out["deep"] = name_of(*r.deep);
  out["when"] = write(r.when);
  return out;
}
verdict_rule read_rule(const bj::object& from) {
  return {text_in(from, "id"), text_in(from, "name"), truth_in(from, "answer"), maybe_truth(from, "deep"),
          read_node(from.at("when").as_object())};
}

// ---- the tier

bj::object write(const verdict_amount& a) {
  bj::object out;
  if (!a.amount.empty())
    out["amount"] = a.amount;
  if (a.rank)
    out["rank"] = *a.rank;
  if (a.of)
    out["of"] = *a.of;
  write(a.values, out);
  return out;
}
verdict_amount read_amount(const bj::object& from) {
  return {text_in(from, "amount"), maybe_integer(from, "rank"), maybe_integer(from, "of"), read_values(from)};
}

bj::object write(const verdict_tier& t) {
  bj::object out{{"id", t.id}, {"name", t.name}};
  if (!t.threshold.empty())
    out["threshold"] = t.threshold;
  else
    out["minRank"] = t.min_rank;
  if (t.max_rank && t.threshold.empty())
    out["maxRank"] = *t.max_rank;
  out["answer"] = name_of(t.answer);
  if (t.deep)
    out["deep"] = name_of(*t.deep);
  return out;
}
verdict_tier read_tier(const bj::object& from) {
  return {text_in(from, "id"),
          text_in(from, "name"),
          text_in(from, "threshold"),
          json::integer_or(from, "minRank", 1),
          maybe_integer(from, "maxRank"),
          truth_in(from, "answer"),
          maybe_truth(from, "deep")};
}

bj::object write(const verdict_ranking& r) {
  bj::object out{{"asset", r.asset},
                 {"chain", r.chain},
                 {"symbol", r.symbol},
                 {"source", r.source},
                 {"admitted", name_of(r.admitted)},
                 {"nearTip", write(r.near_tip)}};
  if (r.deep)
    out["deep"] = write(*r.deep);
  out["tiers"] = array_of(r.tiers, [](const auto& tier) { return write(tier); });
  if (!r.tier.empty())
    out["tier"] = r.tier;
  if (!r.former.empty())
    out["former"] = r.former;
  return out;
}
verdict_ranking read_ranking(const bj::object& from) {
  verdict_ranking out{text_in(from, "asset"), text_in(from, "chain"), text_in(from, "symbol"), text_in(from, "source"),
                      truth_in(from, "admitted")};
  out.near_tip = read_amount(from.at("nearTip").as_object());
  if (const auto* deep = json::object_in(from, "deep"))
    out.deep = read_amount(*deep);
  out.tiers = list_in<verdict_tier>(from, "tiers", read_tier);
  out.tier = text_in(from, "tier");
  out.former = text_in(from, "former");
  return out;
}

// ---- roles

bj::object write(const verdict_role& r) {
  bj::object out{{"role", r.role.text()}};
  if (!r.name.empty())
    out["name"] = r.name;
  out["decision"] = name_of(r.decision);
  out["reason"] = name_of(r.reason);
  out["because"] = array_of(r.because);
  return out;
}
verdict_role read_role(const bj::object& from) {
  return {parse_snowflake(json::text_or(from, "role")).value_or(snowflake{}), text_in(from, "name"),
          parse<role_decision>(from, "decision", decisions), parse<role_reason>(from, "reason", reasons),
          texts_in(from, "because")};
}

} // namespace

std::string_view name_of(truth value) { return truths[static_cast<size_t>(value)]; }
std::string_view name_of(role_decision value) { return decisions[static_cast<size_t>(value)]; }
std::string_view name_of(role_reason value) { return reasons[static_cast<size_t>(value)]; }

bj::value to_json(const member_verdict& v) {
  bj::object out{{"schemaVersion", member_verdict::schema_version},
                 {"manifestVersion", v.manifest_version},
                 {"trigger", v.trigger},
                 {"judgedAt", v.judged_at_s},
                 {"nextCheck", v.next_check_s},
                 {"wallets", v.wallets}};
  if (v.wallets_aside > 0)
    out["walletsAside"] = v.wallets_aside;
  out["blocks"] = array_of(v.blocks, [](const auto& block) { return write(block); });
  out["rules"] = array_of(v.rules, [](const auto& rule) { return write(rule); });
  out["ranking"] = write(v.ranking);
  out["roles"] = array_of(v.roles, [](const auto& role) { return write(role); });
  return out;
}

caf::expected<member_verdict> read_verdict(std::string_view json_text) {
  static const json_schema schema{verdict_schema_text};
  auto document = json::parse(json_text);
  if (!document)
    return std::move(document.error());
  const auto* object = document->if_object();
  if (object != nullptr && object->contains("schemaVersion")
      && json::text_or(*object, "schemaVersion") != member_verdict::schema_version)
    return fail(ec::unsupported, "the verdict is of another version of this program");
  if (auto error = check_json_sizes(*document, sizes_max, "verdict"))
    return error;
  if (auto error = schema.check(*document, "verdict"))
    return error;
  member_verdict out;
  out.manifest_version = json::integer_or(*object, "manifestVersion");
  out.trigger = text_in(*object, "trigger");
  out.judged_at_s = json::integer_or(*object, "judgedAt");
  out.next_check_s = json::integer_or(*object, "nextCheck");
  out.wallets = json::integer_or(*object, "wallets");
  out.wallets_aside = json::integer_or(*object, "walletsAside");
  out.blocks = list_in<verdict_block>(*object, "blocks", read_block);
  out.rules = list_in<verdict_rule>(*object, "rules", read_rule);
  out.ranking = read_ranking(object->at("ranking").as_object());
  out.roles = list_in<verdict_role>(*object, "roles", read_role);
  return out;
}

} // namespace arrakis
