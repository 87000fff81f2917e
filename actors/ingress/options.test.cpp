#include "actors/ingress/options.hpp"

#include "runtime/error.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::ingress;

namespace {
using value = decltype(interaction_option::value);

const command badge{
  .name = "badge",
  .description = "d",
  .needs = permission::everyone(),
  .options = {
    {.name = "who", .description = "d", .type = option_type::user, .required = true},
    {.name = "count", .description = "d", .type = option_type::integer, .min_value = 1, .max_value = 10},
    {.name = "share", .description = "d", .type = option_type::number, .max_value = 0.5},
    {.name = "note", .description = "d", .min_length = 2, .max_length = 5},
    {.name = "kind", .description = "d", .choices = {{"Gold", std::string{"gold"}}, {"Tin", std::string{"tin"}}}},
    {.name = "loud", .description = "d", .type = option_type::boolean},
    {.name = "place", .description = "d", .type = option_type::channel},
    {.name = "role", .description = "d", .type = option_type::role},
    {.name = "any", .description = "d", .type = option_type::mentionable},
    {.name = "city", .description = "d", .autocomplete = true}}};
const command config{
  .name = "config",
  .description = "d",
  .needs = permission::everyone(),
  .options = {{.name = "show", .description = "d", .type = option_type::subcommand},
              {.name = "roles",
               .description = "d",
               .type = option_type::subcommand_group,
               .options = {{.name = "add",
                            .description = "d",
                            .type = option_type::subcommand,
                            .options = {{.name = "role", .description = "d", .type = option_type::role}}}}}}};

interaction called(std::string name, std::vector<interaction_option> options) {
  interaction x;
  x.kind = interaction_kind::command;
  x.command = std::move(name);
  x.options = std::move(options);
  return x;
}
const interaction_option who{"who", option_type::user, snowflake{5}, false};

std::string refusal(interaction_option given) {
  const auto e = validate_options(badge, called("badge", {who, std::move(given)}));
  return e ? text_of(e) : "";
}
} // namespace

TEST_CASE("options: what keeps the declared types and bounds is taken") {
  CHECK_FALSE(validate_options(badge, called("badge", {who})));
  CHECK(refusal({"count", option_type::integer, int64_t{1}, false}).empty());
  CHECK(refusal({"count", option_type::integer, int64_t{10}, false}).empty());
  CHECK(refusal({"share", option_type::number, -3.25, false}).empty());
  CHECK(refusal({"note", option_type::string, std::string{"ab"}, false}).empty());
  CHECK(refusal({"note", option_type::string, std::string{"äöüäö"}, false}).empty()); // Five characters.
  CHECK(refusal({"kind", option_type::string, std::string{"tin"}, false}).empty());
  CHECK(refusal({"loud", option_type::boolean, false, false}).empty());
  CHECK(refusal({"place", option_type::channel, snowflake{7}, false}).empty());
  CHECK(refusal({"role", option_type::role, snowflake{7}, false}).empty());
  CHECK(refusal({"any", option_type::mentionable, snowflake{7}, false}).empty());
}

TEST_CASE("options: each refusal names the option and says what it must be") {
  const std::tuple<interaction_option, const char*> table[] = {
    {{"count", option_type::integer, int64_t{0}, false}, "“count” must be 1 to 10"},
    {{"count", option_type::integer, int64_t{11}, false}, "“count” must be 1 to 10"},
    {{"count", option_type::integer, std::string{"3"}, false}, "“count” must be a whole number"},
    {{"count", option_type::number, 3.0, false}, "“count” must be a whole number"},
    {{"share", option_type::number, 0.75, false}, "“share” must be at most 0.5"},
    {{"note", option_type::string, std::string{"a"}, false}, "“note” must be 2 to 5 characters"},
    {{"note", option_type::string, std::string{"abcdef"}, false}, "“note” must be 2 to 5 characters"},
    {{"kind", option_type::string, std::string{"silver"}, false}, "“kind” must be one of the choices"},
    {{"loud", option_type::string, std::string{"true"}, false}, "“loud” must be true or false"},
    {{"place", option_type::role, snowflake{7}, false}, "“place” must be a channel"},
    {{"who", option_type::role, snowflake{7}, false}, "“who” must be a member"},
    {{"gone", option_type::string, std::string{"x"}, false}, "“gone” is not known here"},
    {{"*gone*", option_type::string, std::string{"x"}, false}, "\\*gone\\*"}, // A foreign name is not obeyed.
  };
  for (const auto& [given, expected] : table) {
    const auto text = refusal(given);
    CHECK_MESSAGE(text.find(expected) != std::string::npos, (text + " / " + expected));
  }
  const auto missing = validate_options(badge, called("badge", {}));
  CHECK(text_of(missing).find("“who” is missing") != std::string::npos);
}

TEST_CASE("options: a sub-command is followed to its own options") {
  CHECK_FALSE(validate_options(config, called("config show", {})));
  CHECK_FALSE(validate_options(config, called("config roles add", {{"role", option_type::role, snowflake{7}, false}})));
  for (const auto* name :
       {"config", "config roles", "config drop", "config roles drop", "config show more", "config  show"})
    CHECK_MESSAGE(code_of(validate_options(config, called(name, {}))) == ec::not_found, name);
  const auto elsewhere = validate_options(config,
                                          called("config show", {{"role", option_type::role, snowflake{7}, false}}));
  CHECK(text_of(elsewhere).find("“role” is not known") != std::string::npos);
}

TEST_CASE("options: while somebody types only what has suggestions is asked for them, and nothing is missing yet") {
  const auto typing = [](const char* name, bool focused) {
    auto x = called("badge", {{name, option_type::string, std::string{"ar"}, focused},
                              {"count", option_type::integer, std::string{"no number yet"}, false}});
    x.kind = interaction_kind::autocomplete;
    return code_of(validate_options(badge, x));
  };
  CHECK(typing("city", true) == ec::none);
  CHECK(typing("city", false) == ec::invalid);
  CHECK(typing("note", true) == ec::invalid);
  CHECK(typing("gone", true) == ec::invalid);
}

TEST_CASE("options: what Discord would not register is a fault of the declaration") {
  CHECK(fault_of(badge.options).empty());
  CHECK(fault_of(config.options).empty());
  const option plain{.name = "a", .description = "d"};
  auto needed = plain;
  needed.required = true;
  needed.name = "b";
  CHECK(fault_of({plain, needed}).find("required") != std::string::npos);
  CHECK(fault_of({plain, plain}).find("twice") != std::string::npos);
  const std::vector<std::pair<const char*, option>> table{
    {"1 to 32", {.name = "", .description = "d"}},
    {"1 to 32", {.name = "a", .description = ""}},
    {"exclude", {.name = "a", .description = "d", .autocomplete = true, .choices = {{"x", std::string{"x"}}}}},
    {"only a text or a number", {.name = "a", .description = "d", .type = option_type::user, .autocomplete = true}},
    {"another type", {.name = "a", .description = "d", .choices = {{"x", int64_t{1}}}}},
    {"only a number", {.name = "a", .description = "d", .min_value = 1}},
    {"only a text has", {.name = "a", .description = "d", .type = option_type::integer, .max_length = 1}},
    {"0 to 6000", {.name = "a", .description = "d", .max_length = 6'001}},
    {"own", {.name = "a", .description = "d", .options = {plain}}},
    {"group", {.name = "a", .description = "d", .type = option_type::subcommand_group}},
    {"25",
     {.name = "a", .description = "d", .type = option_type::subcommand, .options = std::vector<option>(26, plain)}},
  };
  for (const auto& [words, wrong] : table)
    CHECK_MESSAGE(fault_of({wrong}).find(words) != std::string::npos, (fault_of({wrong}) + " / " + words));
}
