#include "actors/rules/compile.hpp"

#include "actors/rules/parameters.hpp"
#include "schemas/json_schema.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <mutex>

namespace arrakis::rules {
namespace {

/// Kinds live as long as the program. A schema takes milliseconds to prepare, and rules come with requests.
const json_schema& schema_of(const leaf_kind& kind) {
  static std::mutex guard;
  static std::map<const leaf_kind*, std::unique_ptr<const json_schema>> schemas;
  const std::lock_guard hold{guard};
  auto& schema = schemas[&kind];
  if (!schema)
    schema = std::make_unique<const json_schema>(leaf_schema(kind));
  return *schema;
}

/// Compiles one rule.
class compiler {
public:
  compiler(const std::vector<const leaf_kind*>& kinds, const rule_node& when)
    : kinds_{kinds}, signs_{polarities(when)} {}

  caf::error add(const rule_node& node, const std::string& at, compiled_rule& into) {
    switch (node.is) {
      case rule_node::leaf: return add_leaf(node, at, into);
      case rule_node::none: return add(node.children.front(), at + "/not", into);
      case rule_node::all: return add_children(node, at + "/all", into);
      case rule_node::any: return add_children(node, at + "/any", into);
      case rule_node::at_least: return add_children(node, at + "/of", into);
    }
    return {};
  }

private:
  caf::error add_children(const rule_node& node, const std::string& at, compiled_rule& into) {
    for (size_t i = 0; i < node.children.size(); ++i)
      if (auto error = add(node.children[i], at + "/" + std::to_string(i), into))
        return error;
    return {};
  }

  caf::error add_leaf(const rule_node& node, const std::string& at, compiled_rule& into) {
    const auto kind = std::find_if(kinds_.begin(), kinds_.end(),
                                   [&](const auto* one) { return one->name == node.leaf_kind; });
    if (kind == kinds_.end())
      return refuse_field("rules", at + "/leaf", fmt::format("is no kind of leaf; there are {}", names()));
    if (auto error = schema_of(**kind).check(node.parameters, "rules", at))
      return error;
    auto test = (*kind)->read(node.parameters, at);
    if (!test)
      return std::move(test.error());
    const auto sign = signs_[into.leaves.size()];
    if (auto error = (*test)->check_sign(sign, at))
      return error;
    if (auto error = count_questions(**test, at))
      return error;
    into.leaves.push_back({at, sign, std::move(*test)});
    return {};
  }

  /// Any wallet stands for that of a member.
  caf::error count_questions(const leaf& test, const std::string& at) {
    questions_ += test.reads({evm_address{}}).size();
    if (questions_ > rule_questions_max)
      return refuse_field("rules", at,
                          fmt::format("brings this rule to {} questions for a member of one wallet, and {} are the "
                                      "most: name fewer token ids, or remove leaves",
                                      questions_, rule_questions_max));
    return {};
  }

  std::string names() const {
    std::string out;
    for (const auto* kind : kinds_)
      out.append(out.empty() ? "" : ", ").append(kind->name);
    return out;
  }

  const std::vector<const leaf_kind*>& kinds_;
  const std::vector<polarity> signs_; ///< Of each leaf, in the order in which they are written.
  size_t questions_ = 0;              ///< Of the leaves so far.
};

} // namespace

caf::expected<std::vector<compiled_rule>> compile(std::vector<rule> rules, const std::vector<const leaf_kind*>& kinds) {
  std::vector<compiled_rule> out;
  for (auto& each : rules) {
    compiled_rule compiled{std::move(each), {}};
    compiler one_pass{kinds, compiled.source.when};
    if (auto error = one_pass.add(compiled.source.when, fmt::format("/rules/{}/when", out.size()), compiled))
      return error;
    out.push_back(std::move(compiled));
  }
  return out;
}

} // namespace arrakis::rules
