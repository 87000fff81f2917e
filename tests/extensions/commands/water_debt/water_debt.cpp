// A command with a user option, the same in the context menu of a user, and a button that every member may press.
#include "tests/extensions/commands/water_debt/water_debt.hpp"
#include "actors/ingress/declaration.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <boost/json.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>

namespace arrakis::commands::water_debt {
namespace {
namespace js = boost::json;
constexpr std::string_view prefix = "water_debt:forgive";

ingress::reply owed(const interaction& x, snowflake debtor, int64_t litres) {
  const auto id = fmt::format("{}:{}", prefix, debtor.text());
  js::object button{{"type", 2}, {"style", 1}, {"label", "Forgive"}, {"custom_id", id}};
  js::object row{{"type", 1}, {"components", js::array{std::move(button)}}};
  return {js::serialize(
    js::object{{"content", fmt::format("<@{}> owes {} l of water to <@{}>.", debtor.text(), litres, x.user.text())},
               {"components", js::array{std::move(row)}},
               {"allowed_mentions", js::object{{"parse", js::array{}}}}})};
}

caf::result<ingress::reply> answer(const ledger& book, const interaction& x) {
  if (x.kind == interaction_kind::command) {
    const bool from_menu = x.command_type == command_type::user;
    const auto debtor = from_menu ? x.target : *x.option<snowflake>("member");
    const auto* litres = x.option<int64_t>("litres");
    const auto amount = litres != nullptr ? *litres : 1;
    book.enter(debtor, amount);
    return owed(x, debtor, amount);
  }
  return ingress::reply{ingress::message_json(fmt::format("Forgiven by <@{}>.", x.user.text()))};
}

ingress::handler start(caf::actor_system& sys, const services& from) {
  const auto body = [book = from.get<ledger>()](ingress::handler::pointer self) -> ingress::handler::behavior_type {
    keep_exception_text(self);
    return {[book](const ingress::request& q) { return answer(book, *q.what); }};
  };
  return registry::spawn(sys, {"command"}, body);
}
} // namespace

const ingress::declaration& definition() {
  using ingress::permission;
  constexpr auto moderator = permission::all_of(permissions::manage_messages);
  static const ingress::declaration it{
    .name = "water_debt",
    .commands =
      {{.name = "water_debt",
        .description = "Note that a member owes you water",
        .needs = moderator,
        .options = {{.name = "member", .description = "Who owes it", .type = option_type::user, .required = true},
                    {.name = "litres",
                     .description = "How much; 1 without it",
                     .type = option_type::integer,
                     .min_value = 1,
                     .max_value = 100}}},
       {.name = "Owes me water", .description = "", .needs = moderator, .type = command_type::user}},
    .components = {{.prefix = prefix, .needs = permission::everyone()}},
    .start = &start};
  return it;
}
} // namespace arrakis::commands::water_debt
