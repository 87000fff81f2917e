#include "schemas/rules.hpp"

#include "runtime/json.hpp"
#include "runtime/utf8.hpp"
#include "schemas/json_schema.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <set>

namespace arrakis {

extern const char* const rules_schema_text; // Generated from schemas/rules.schema.json.

namespace {

namespace bj = boost::json;

// A text is a name, an id, an amount or a signature; the longest list is the ids of a leaf.
constexpr json_sizes sizes_max{.string_bytes_max = 4096, .list_entries_max = 1000};

caf::error refuse(std::string_view pointer, std::string_view what) { return refuse_field("rules", pointer, what); }

bj::value write(const rule_node& node) {
  const auto children = [&] {
    bj::array out;
    for (const auto& child : node.children)
      out.push_back(write(child));
    return out;
  };
  switch (node.is) {
    case rule_node::all: return bj::object{{"all", children()}};
    case rule_node::any: return bj::object{{"any", children()}};
    case rule_node::none: return bj::object{{"not", write(node.children.front())}};
    case rule_node::at_least: return bj::object{{"atLeast", node.count}, {"of", children()}};
    case rule_node::leaf: break;
  }
  bj::object out{{"leaf", node.leaf_kind}};
  for (const auto& member : node.parameters)
    out[member.key()] = member.value();
  return out;
}

bj::object write(const rule& r) {
  bj::object grants;
  if (const auto* role = std::get_if<granted_role>(&r.grants))
    grants["role"] = role->id;
  else if (const auto* existing = std::get_if<granted_existing_role>(&r.grants))
    grants["existingRoleId"] = existing->id.text();
  else
    grants["tiers"] = true;
  return {{"id", r.id}, {"name", r.name}, {"grants", std::move(grants)}, {"when", write(r.when)}};
}

constexpr std::string_view forms = R"({"all": [...]}, {"any": [...]}, {"not": {...}}, {"atLeast": n, "of": [...]} or )"
                                   R"({"leaf": kind, ...})";

/// As "id" of the schema.
bool is_id(std::string_view text) {
  const auto inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), inner) && text.front() != '-'
      && text.front() != '_';
}

/// The tree of one rule, within its bounds. They are checked before the schema is, whose validator recurses.
class tree_reader {
public:
  caf::expected<rule_node> read(const bj::value& from, const std::string& at, size_t depth = 1) {
    const auto* object = from.if_object();
    if (object == nullptr)
      return refuse(at, fmt::format("must be an object: {}", forms));
    if (depth > rule_depth_max)
      return refuse(at, fmt::format("is deeper than {} levels: split the rule or join its conditions", rule_depth_max));
    if (object->contains("leaf"))
      return read_leaf(*object, at);
    if (object->contains("atLeast") || object->contains("of"))
      return read_at_least(*object, at, depth);
    if (object->size() != 1 || !(object->contains("all") || object->contains("any") || object->contains("not")))
      return refuse(at, fmt::format("must have exactly one form: {}", forms));
    rule_node node;
    const std::string name{object->begin()->key().data(), object->begin()->key().size()};
    node.is = name == "all" ? rule_node::all : name == "any" ? rule_node::any : rule_node::none;
    if (auto error = node.is == rule_node::none ? read_child(object->at("not"), at + "/not", depth, node)
                                                : read_children(object->at(name), at + "/" + name, depth, node))
      return error;
    return node;
  }

private:
  caf::expected<rule_node> read_leaf(const bj::object& object, const std::string& at) {
    const auto* kind = object.at("leaf").if_string();
    if (kind == nullptr || !is_id({kind->data(), kind->size()}))
      return refuse(at + "/leaf", "must be the name of a kind as text, such as \"erc20\"");
    if (++leaves_ > rule_leaves_max)
      return refuse(
        at, fmt::format("is leaf {} of its rule; at most {} are allowed: split the rule", leaves_, rule_leaves_max));
    rule_node node;
    node.leaf_kind = {kind->data(), kind->size()};
    node.parameters = object;
    node.parameters.stable_erase("leaf"); // Printing it again keeps the order of the members.
    return node;
  }

  caf::expected<rule_node> read_at_least(const bj::object& object, const std::string& at, size_t depth) {
    if (object.size() != 2 || !object.contains("atLeast") || !object.contains("of"))
      return refuse(at, R"(must be {"atLeast": n, "of": [...]} and nothing else)");
    rule_node node;
    node.is = rule_node::at_least;
    if (auto error = read_children(object.at("of"), at + "/of", depth, node))
      return error;
    const auto* count = object.at("atLeast").if_int64();
    if (count == nullptr || *count < 1 || *count > static_cast<int64_t>(node.children.size()))
      return refuse(at + "/atLeast", fmt::format("must be an integer from 1 to {}, the number of conditions in \"of\"",
                                                 node.children.size()));
    node.count = *count;
    return node;
  }

  caf::error read_children(const bj::value& from, const std::string& at, size_t depth, rule_node& into) {
    const auto* list = from.if_array();
    if (list == nullptr || list->empty() || list->size() > rule_leaves_max)
      return refuse(at, fmt::format("must be a list of 1 to {} conditions", rule_leaves_max));
    for (size_t i = 0; i < list->size(); ++i)
      if (auto error = read_child((*list)[i], at + "/" + std::to_string(i), depth, into))
        return error;
    return {};
  }

  caf::error read_child(const bj::value& from, const std::string& at, size_t depth, rule_node& into) {
    auto child = read(from, at, depth + 1);
    if (!child)
      return std::move(child.error());
    into.children.push_back(std::move(*child));
    return {};
  }

  size_t leaves_ = 0;
};

/// Checks that `grants` has one member: the schema's own error reads badly there.
caf::error check_grants(const bj::value& from, const std::string& at) {
  const auto* grants = from.if_object();
  if (grants == nullptr || grants->size() != 1)
    return refuse(at, R"(must have exactly one form: {"role": id of a role of the manifest}, {"existingRoleId": id of )"
                      R"(a role in Discord} or {"tiers": true})");
  return {};
}

/// Trees first, by their pointers; then everything by the schema.
caf::expected<std::vector<rule_node>> read_trees(const bj::value& document) {
  std::vector<rule_node> trees;
  const auto* object = document.if_object();
  const auto* list = object == nullptr ? nullptr : json::array_in(*object, "rules");
  for (size_t i = 0; list != nullptr && i < list->size() && i < rules_max; ++i) {
    const auto* one = (*list)[i].if_object();
    const auto at = fmt::format("/rules/{}", i);
    if (one == nullptr || !one->contains("when"))
      continue; // The schema says so.
    if (one->contains("grants"))
      if (auto error = check_grants(one->at("grants"), at + "/grants"))
        return error;
    auto tree = tree_reader{}.read(one->at("when"), at + "/when");
    if (!tree)
      return std::move(tree.error());
    trees.push_back(std::move(*tree));
  }
  return trees;
}

rule read_rule(const bj::object& from, rule_node tree) {
  rule out{std::string{json::text_or(from, "id")}, std::string{json::text_or(from, "name")}, admitted_to_tiers{},
           std::move(tree)};
  const auto& grants = from.at("grants").as_object();
  if (grants.contains("role"))
    out.grants = granted_role{std::string{json::text_or(grants, "role")}};
  else if (grants.contains("existingRoleId")) // 0, which is no id, is refused below.
    out.grants = granted_existing_role{parse_snowflake(json::text_or(grants, "existingRoleId")).value_or(snowflake{})};
  return out;
}

} // namespace

bj::value to_json(const std::vector<rule>& rules) {
  bj::array list;
  for (const auto& one : rules)
    list.push_back(write(one));
  return bj::object{{"rules", std::move(list)}};
}

caf::expected<std::vector<rule>> read_rules(const bj::value& document) {
  static const json_schema schema{rules_schema_text};
  if (auto error = check_json_sizes(document, sizes_max, "rules"))
    return error;
  auto trees = read_trees(document);
  if (!trees)
    return std::move(trees.error());
  if (auto error = schema.check(document, "rules"))
    return error;
  const auto& list = document.at("rules").as_array();
  std::vector<rule> out;
  std::set<std::string> ids, names;
  for (size_t i = 0; i < list.size(); ++i) {
    auto one = read_rule(list[i].as_object(), std::move((*trees)[i]));
    const auto at = fmt::format("/rules/{}", i);
    if (!ids.insert(one.id).second)
      return refuse(at + "/id", fmt::format("'{}' is there twice: each id once", one.id));
    if (!names.insert(one.name).second)
      return refuse(at + "/name", fmt::format("'{}' is there twice: people tell rules apart by their names",
                                              utf8_head(one.name, 100)));
    if (const auto* existing = std::get_if<granted_existing_role>(&one.grants); existing && !existing->id)
      return refuse(at + "/grants/existingRoleId", "is not a Discord id");
    out.push_back(std::move(one));
  }
  return out;
}

caf::expected<std::vector<rule>> read_rules(std::string_view json_text) {
  auto document = json::parse(json_text);
  if (!document)
    return std::move(document.error());
  return read_rules(*document);
}

} // namespace arrakis
