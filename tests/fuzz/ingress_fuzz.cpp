// An interaction on its way to its owner: whatever it says, it reaches nobody without the declared permission, place
// and options, and a refusal says why.
#include "actors/ingress/routes.hpp"
#include "runtime/json.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/json/value.hpp>
#include <caf/typed_actor.hpp>

namespace arrakis::fuzz {
namespace {
using arrakis::ingress::permission;

const arrakis::ingress::declaration& owner() {
  static const arrakis::ingress::declaration it{
    .name = "fuzz",
    .commands =
      {{.name = "onboard",
        .description = "d",
        .needs = permission::everyone(),
        .where = arrakis::ingress::context::anywhere,
        .options = {{.name = "s", .description = "d", .required = true, .min_length = 1, .max_length = 9},
                    {.name = "i", .description = "d", .type = option_type::integer, .max_value = 9},
                    {.name = "n", .description = "d", .type = option_type::number, .min_value = 0},
                    {.name = "b", .description = "d", .type = option_type::boolean},
                    {.name = "u", .description = "d", .type = option_type::user},
                    {.name = "city", .description = "d", .autocomplete = true}}},
       {.name = "Who is this", .description = "", .needs = permission::administrator(), .type = command_type::user}},
    .components = {{.prefix = "wizard", .needs = permission::administrator()},
                   {.prefix = "wizard:vote", .needs = permission::everyone()}},
    .modals = {{.prefix = "community-name", .needs = permission::administrator()}}};
  return it;
}
} // namespace

void ingress(std::string_view bytes) {
  static const arrakis::ingress::route_table table = [] {
    arrakis::ingress::route_table out;
    out.add(owner(), {});
    return out;
  }();
  const auto tree = arrakis::json::parse(bytes);
  if (!tree || !tree->is_object())
    return;
  const auto x = read_interaction(tree->get_object());
  if (!x || x->kind == interaction_kind::ping)
    return;
  const auto* to = table.find(*x);
  const auto rejection = arrakis::ingress::judge(to, *x, false);
  if (rejection) {
    ARRAKIS_ASSERT(!text_of(rejection).empty(), "a refusal says why");
    return;
  }
  ARRAKIS_ASSERT(to != nullptr && to->needs.is_held_by(x->member_permissions), "who is let in may");
  ARRAKIS_ASSERT(x->guild || to->where != arrakis::ingress::context::guild, "what is for a server is used in one");
  if (x->kind != interaction_kind::command || x->command_type != command_type::chat_input)
    return;
  const auto* text = x->option<std::string>("s");
  ARRAKIS_ASSERT(text != nullptr && !text->empty() && text->size() <= 36, "what is required is there, in its bounds");
  const auto* whole = x->option<int64_t>("i");
  ARRAKIS_ASSERT(whole == nullptr || *whole <= 9, "a number keeps its bounds");
}
} // namespace arrakis::fuzz
