#include "actors/ingress/declaration.hpp"

#include "schemas/permissions.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace arrakis::ingress {
namespace {
namespace js = boost::json;

js::array describe(const std::vector<option>&);

js::object describe(const choice& c) {
  js::object out{{"name", c.name}};
  std::visit([&](const auto& value) { out["value"] = value; }, c.value);
  return out;
}

js::value number(const option& o, double value) {
  if (o.type == option_type::integer)
    return static_cast<int64_t>(value);
  return value;
}

js::object describe(const option& o) {
  js::object out{{"type", static_cast<int>(o.type)}, {"name", o.name}, {"description", o.description}};
  if (o.type == option_type::subcommand || o.type == option_type::subcommand_group) {
    out["options"] = describe(o.options);
    return out;
  }
  out["required"] = o.required;
  if (o.autocomplete)
    out["autocomplete"] = true;
  js::array choices;
  for (const auto& c : o.choices)
    choices.push_back(describe(c));
  if (!choices.empty())
    out["choices"] = std::move(choices);
  if (o.min_value)
    out["min_value"] = number(o, *o.min_value);
  if (o.max_value)
    out["max_value"] = number(o, *o.max_value);
  if (o.min_length)
    out["min_length"] = *o.min_length;
  if (o.max_length)
    out["max_length"] = *o.max_length;
  return out;
}

js::array describe(const std::vector<option>& list) {
  js::array out;
  for (const auto& o : list)
    out.push_back(describe(o));
  return out;
}

js::object describe(const command& c) {
  js::object out{{"name", c.name}, {"type", static_cast<int>(c.type)}};
  if (c.type == command_type::chat_input) { // An entry of a context menu has neither.
    out["description"] = c.description;
    out["options"] = describe(c.options);
  }
  out["default_member_permissions"] = nullptr; // Everyone.
  if (c.needs.bits() != 0)
    out["default_member_permissions"] = permissions::text(c.needs.bits());
  // Contexts: 0 guild, 1 direct message with the bot. Integration type 0: installed to a guild.
  js::array contexts;
  if (c.where != context::direct_message)
    contexts.push_back(0);
  if (c.where != context::guild)
    contexts.push_back(1);
  out["contexts"] = std::move(contexts);
  out["integration_types"] = js::array{0};
  return out;
}
} // namespace

std::string registration_json(const std::vector<const declaration*>& owners) {
  std::vector<const command*> list;
  for (const auto* owner : owners)
    for (const auto& c : owner->commands)
      list.push_back(&c);
  std::ranges::sort(list, {}, [](const auto* c) { return std::pair{c->name, c->type}; });
  js::array out;
  for (const auto* c : list)
    out.push_back(describe(*c));
  return js::serialize(out);
}
} // namespace arrakis::ingress
