#include "actors/ingress/declaration.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::ingress;

TEST_CASE("registration: options, menus, permissions and places are registered as they are declared") {
  const declaration owner{
    .name = "x",
    .commands = {
      {.name = "vote",
       .description = "d",
       .needs = permission::everyone(),
       .where = context::anywhere,
       .options = {{.name = "for",
                    .description = "d",
                    .type = option_type::subcommand,
                    .options = {{.name = "who", .description = "d", .type = option_type::user, .required = true},
                                {.name = "weight",
                                 .description = "d",
                                 .type = option_type::integer,
                                 .choices = {{"one", int64_t{1}}},
                                 .min_value = 1,
                                 .max_value = 9},
                                {.name = "part", .description = "d", .type = option_type::number, .min_value = 0.5},
                                {.name = "why",
                                 .description = "d",
                                 .autocomplete = true,
                                 .min_length = 1,
                                 .max_length = 9}}}}},
      {.name = "Report",
       .description = "",
       .needs = permission::all_of(permissions::manage_messages),
       .type = command_type::message}}};
  CHECK(boost::json::parse(registration_json({&owner})) == boost::json::parse(R"([
    {"name": "Report", "type": 3, "default_member_permissions": "8192", "contexts": [0], "integration_types": [0]},
    {"name": "vote", "type": 1, "description": "d", "default_member_permissions": null, "contexts": [0, 1],
     "integration_types": [0], "options": [{"type": 1, "name": "for", "description": "d", "options": [
       {"type": 6, "name": "who", "description": "d", "required": true},
       {"type": 4, "name": "weight", "description": "d", "required": false, "choices": [{"name": "one", "value": 1}],
        "min_value": 1, "max_value": 9},
       {"type": 10, "name": "part", "description": "d", "required": false, "min_value": 0.5},
       {"type": 3, "name": "why", "description": "d", "required": false, "autocomplete": true, "min_length": 1,
        "max_length": 9}]}]}])"));
}
