// POST /greetings/{name}: reads a body with a schema, and greets.
#include "tests/extensions/api/morning_greeting/morning_greeting.hpp"
#include "actors/api/api.hpp"
#include "runtime/json.hpp"

#include <boost/json/object.hpp>

namespace arrakis::api::morning_greeting {
namespace {
namespace router = net::router;

constexpr std::string_view asked = R"({"type": "object", "required": ["word"], "additionalProperties": false,
  "properties": {"word": {"type": "string", "minLength": 1}}})";
constexpr std::string_view given = R"({"type": "object", "required": ["greeting"], "additionalProperties": false,
  "properties": {"greeting": {"type": "string"}}})";

void greet(const guest_book& book, const router::call& c) {
  const auto body = json::parse(c.request.body);
  const auto word = body && body->is_object() ? json::text_or(body->get_object(), "word") : std::string_view{};
  if (word.empty())
    return c.respond(router::problem(400, "ERR_INVALID_INPUT", "word: a text of at least one character"));
  book.enter(c.parameters.at(0));
  const boost::json::object out{{"greeting", std::string{word} + ", " + c.parameters.at(0) + "!"}};
  c.respond(net::json_response(200, json::print(out)));
}

std::vector<router::route> routes(const services& with) {
  return {{.method = "POST",
           .path = "/greetings/{name}",
           .summary = "Greets somebody.",
           .limits = {.body_bytes_max = 1'024},
           .body = router::request_body{.schema = asked},
           .answers = {{200, "The greeting.", "application/json", given}},
           .run = [book = with.get<guest_book>()](const router::call& c) { greet(book, c); }}};
}
} // namespace

const resource& definition() {
  static const resource self{.name = "morning_greeting", .on = listener::public_port, .routes = routes};
  return self;
}
} // namespace arrakis::api::morning_greeting
