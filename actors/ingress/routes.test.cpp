#include "actors/ingress/routes.hpp"

#include "runtime/error.hpp"

#include <caf/typed_actor.hpp>
#include <doctest/doctest.h>
#include <stdexcept>
#include <type_traits>

using namespace arrakis;
using namespace arrakis::ingress;

namespace {
template <class Declared>
concept compiles_without_permission = requires { Declared{.name = "x", .description = "y"}; };
template <class Declared>
concept compiles_with_permission = requires {
  Declared{.name = "x", .description = "y", .needs = permission::everyone()};
};
template <class Declared>
concept component_without_permission = requires { Declared{.prefix = "x"}; };
template <class Declared>
concept component_with_permission = requires { Declared{.prefix = "x", .needs = permission::everyone()}; };

static_assert(!std::is_default_constructible_v<permission> && !std::is_convertible_v<uint64_t, permission>);
static_assert(!compiles_without_permission<command> && compiles_with_permission<command>);
static_assert(!component_without_permission<component> && component_with_permission<component>);

interaction pressed(std::string id, uint64_t permissions = 0) {
  interaction x;
  x.kind = interaction_kind::component;
  x.guild = snowflake{2};
  x.custom_id = std::move(id);
  x.member_permissions = permissions;
  return x;
}
interaction typed(std::string name, command_type type = command_type::chat_input) {
  interaction x;
  x.kind = interaction_kind::command;
  x.command_type = type;
  x.guild = snowflake{2};
  x.command = std::move(name);
  return x;
}
const declaration owner{
  .name = "owner",
  .commands = {{.name = "role",
                .description = "d",
                .needs = permission::all_of(permissions::manage_roles | permissions::manage_channels),
                .options = {{.name = "list", .description = "d", .type = option_type::subcommand}}},
               {.name = "Who is this", .description = "", .needs = permission::everyone(), .type = command_type::user}},
  .components = {{.prefix = "a", .needs = permission::everyone()},
                 {.prefix = "a:b", .needs = permission::administrator()}},
  .modals = {{.prefix = "c", .needs = permission::everyone(), .where = context::direct_message}}};

std::string refused(declaration what) {
  route_table table;
  table.add(owner, {});
  try {
    table.add(what, {});
  } catch (const std::logic_error& e) {
    return e.what();
  }
  return {};
}
} // namespace

TEST_CASE("routes: the longest prefix of a custom id wins, and a prefix ends at a colon") {
  route_table table;
  table.add(owner, {});
  const auto bits_of = [&](const char* id) -> std::optional<uint64_t> {
    const auto* found = table.find(pressed(id));
    return found ? std::optional{found->needs.bits()} : std::nullopt;
  };
  for (const auto* id : {"a", "a:", "a:1", "a:bc", "a::b", "a:1:b"})
    CHECK_MESSAGE(bits_of(id) == 0, id);
  for (const auto* id : {"a:b", "a:b:", "a:b:c:d"})
    CHECK_MESSAGE(bits_of(id) == permissions::administrator, id);
  for (const auto* id : {"", "b", "ab", ":a", "A", "c"}) // c is a modal's.
    CHECK_MESSAGE(!bits_of(id), id);
  CHECK_FALSE(table.find(pressed(std::string(4'000, ':'))));
}

TEST_CASE("routes: a command is found by its type and name, a sub-command by its command") {
  route_table table;
  table.add(owner, {});
  CHECK(table.find(typed("role list")));
  CHECK(table.find(typed("Who is this", command_type::user)));
  CHECK_FALSE(table.find(typed("Who is this")));
  CHECK_FALSE(table.find(typed("Who is this", command_type::message)));
  CHECK_FALSE(table.find(typed("Who", command_type::user)));
  CHECK_FALSE(table.find(typed("")));
}

TEST_CASE("routes: the interaction's member permissions decide at each click, whatever the custom id says") {
  route_table table;
  table.add(owner, {});
  const auto judged = [&](const interaction& x) { return code_of(judge(table.find(x), x, false)); };
  CHECK(judged(pressed("a:b")) == ec::refused);
  CHECK(judged(pressed("a:b:administrator:8")) == ec::refused);
  CHECK(judged(pressed("a:b", permissions::manage_guild)) == ec::refused);
  CHECK(judged(pressed("a:b", permissions::administrator)) == ec::none);
  CHECK(judged(pressed("a")) == ec::none);
  auto x = typed("role list");
  x.member_permissions = permissions::manage_roles;
  CHECK(judged(x) == ec::refused); // All of them.
  CHECK(text_of(judge(table.find(x), x, false)).find("MANAGE_CHANNELS, MANAGE_ROLES") != std::string::npos);
  x.member_permissions |= permissions::manage_channels;
  CHECK(judged(x) == ec::none);
  x.member_permissions = permissions::administrator;
  CHECK(judged(x) == ec::none);
}

TEST_CASE("routes: the place, the quarantine and the options are judged, each with its code") {
  route_table table;
  table.add(owner, {});
  auto form = pressed("c:1");
  form.kind = interaction_kind::modal;
  CHECK(code_of(judge(table.find(form), form, false)) == ec::refused); // In a direct message only.
  form.guild = {};
  CHECK_FALSE(judge(table.find(form), form, false));
  auto direct = pressed("a");
  direct.guild = {};
  CHECK(code_of(judge(table.find(direct), direct, false)) == ec::refused);
  const auto button = pressed("a");
  CHECK(code_of(judge(table.find(button), button, true)) == ec::quarantined);
  CHECK(code_of(judge(nullptr, button, true)) == ec::not_found);
  const auto menu = typed("Who is this", command_type::user);
  CHECK_FALSE(judge(table.find(menu), menu, false));
  auto x = typed("role drop");
  x.member_permissions = permissions::administrator;
  CHECK(code_of(judge(table.find(x), x, false)) == ec::not_found);
}

TEST_CASE("routes: two owners of one name, and what Discord would not take, are refused at the start") {
  CHECK(refused({.name = "other"}).empty());
  CHECK(refused({.name = "other", .components = {{.prefix = "a", .needs = permission::everyone()}}}).find("prefix")
        != std::string::npos);
  CHECK(refused({.name = "other", .components = {{.prefix = "d:", .needs = permission::everyone()}}}).find("colon")
        != std::string::npos);
  CHECK(refused({.name = "other", .modals = {{.prefix = "a", .needs = permission::everyone()}}}).empty());
  for (const auto* name : {"role", "Role", "", "two words", "abcdefghijklmnopqrstuvwxyz1234567"})
    CHECK_MESSAGE(
      !refused({.name = "other", .commands = {{.name = name, .description = "d", .needs = permission::everyone()}}})
         .empty(),
      name);
  CHECK(!refused({.name = "other", .commands = {{.name = "x", .description = "", .needs = permission::everyone()}}})
           .empty());
  const command menu{
    .name = "Who is that", .description = "d", .needs = permission::everyone(), .type = command_type::user};
  CHECK(refused({.name = "other", .commands = {menu}}).find("menu") != std::string::npos);
}
