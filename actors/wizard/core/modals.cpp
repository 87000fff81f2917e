#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/screens.hpp"

#include <boost/json.hpp>

namespace arrakis::wizard::core {
namespace {
namespace js = boost::json;

struct input {
  std::string id, label, placeholder, value;
  int least = 0, most = 100;
  bool required = true;
};

js::object row(const input& x) {
  js::object o{{"type", 4},        {"custom_id", x.id},    {"style", 1},
               {"label", x.label}, {"max_length", x.most}, {"required", x.required}};
  if (x.least > 0)
    o["min_length"] = x.least;
  if (!x.placeholder.empty())
    o["placeholder"] = x.placeholder;
  if (!x.value.empty())
    o["value"] = x.value;
  return {{"type", 1}, {"components", js::array{std::move(o)}}};
}

std::string modal(std::string id, std::string_view title, const std::vector<input>& inputs) {
  js::array rows;
  for (auto& x : inputs)
    rows.push_back(row(x));
  return js::serialize(js::object{{"custom_id", std::move(id)}, {"title", title}, {"components", std::move(rows)}});
}

std::string asset_modal(std::string_view session, const std::string& type, const std::string& chain) {
  std::vector<input> inputs;
  if (type != "native")
    inputs.push_back({"address", "Contract address", "0x…", "", 42, 42});
  if (type == "erc1155")
    inputs.push_back({"token_id", "Token ID", "1", "", 1, 78});
  const bool counted = type == "erc721" || type == "erc1155";
  inputs.push_back({"min_balance", counted ? "How many at least (empty: one)" : "Minimum balance (empty: any)",
                    counted ? "1" : "100", "", 0, 100, false});
  return modal(asset_modal_id(session, type, chain), "Add " + type_name(type), inputs);
}
} // namespace

std::optional<std::string> modal_for(const interaction& x) {
  if (x.kind != interaction_kind::component)
    return std::nullopt;
  auto id = parse_custom_id(x.custom_id);
  if (!id || id->prefix != "wizard")
    return std::nullopt;
  if (id->action == "start" || id->action == "edit-name")
    return modal(name_modal_id(id->session), "Name of your community",
                 {{"name", "Community name", "3 to 100 characters", id->argument, 3, 100}});
  if (id->action == "asset-decimals")
    return modal(decimals_modal_id(id->session), "Decimals of the token",
                 {{"decimals", "How many decimals the token has, 0 to 77", "18", "", 1, 2}});
  if (id->action == "asset-type" && x.values.size() == 1 && id->argument.size() <= 32) {
    for (auto& type : asset_types())
      if (type == x.values[0])
        return asset_modal(id->session, type, id->argument);
  }
  return std::nullopt;
}

} // namespace arrakis::wizard::core
