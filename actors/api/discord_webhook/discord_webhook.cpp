// POST /webhooks/discord: Discord's signed interactions.
// https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint
#include "actors/api/api.hpp"
#include "actors/ingress/entry.hpp"
#include "runtime/flow/asker.hpp"

#include <memory>

namespace arrakis::api::discord_webhook {
namespace {
namespace router = net::router;

/// The services that the route needs.
struct surroundings {
  asker* questions;
  ingress::handle interactions;
  ingress::admission* admission; ///< Shared with the events of the gateway.
  webhook reader;
};

/// Discord shows the body of a 200 alone, so every answer with a sentence for the user is a 200.
net::http_response response_to(const interaction& what, const caf::expected<interaction_answer>& first) {
  if (const auto answer = ingress::to_deliver(what, first)) {
    ingress::record_delivery(what, ingress::delivery::answered);
    return net::json_response(200, to_json_text(*answer));
  }
  if (code_of(first.error()) == ec::conflict)
    return router::problem(409, "ERR_CONFLICT", "this interaction was taken before");
  return router::problem(403, "ERR_FORBIDDEN", "this interaction is for another application");
}

void answer(const surroundings& with, const std::shared_ptr<const interaction>& what, router::responder respond) {
  auto admitted = with.admission->admit(what);
  if (!admitted)
    return respond(response_to(*what, admitted.error()));
  with.questions->ask(
    with.interactions, with.questions->within(with.reader.answer_within), std::move(*admitted),
    [respond, what](const caf::expected<interaction_answer>& first) { respond(response_to(*what, first)); });
}

void run(const surroundings& with, const router::call& c) {
  auto seen = with.reader.read(c.request);
  if (auto* said = std::get_if<net::http_response>(&seen))
    return c.respond(std::move(*said));
  answer(with, std::make_shared<const interaction>(std::get<interaction>(std::move(seen))), c.respond);
}

void refuse(const router::call& c) {
  c.respond(
    router::problem(404, "ERR_NOT_FOUND", "signed interactions are off; set discord.public_key to open this page"));
}

/// Without a public key nothing can be verified, and the page says so.
std::vector<router::route> routes(const services& with) {
  const auto* reader = with.find<webhook>();
  router::route out{.method = "POST",
                    .path = "/webhooks/discord",
                    .summary = "A signed interaction of Discord.",
                    .authentication = reader ? "discord-signature" : "",
                    .limits = {.body_bytes_max = reader ? reader->body_bytes_max : 0},
                    .body = router::request_body{.schema = R"({"type":"object","required":["type"]})"},
                    .answers = {{200, "The first answer to the interaction.", "application/json",
                                 R"({"type":"object","required":["type"]})"}},
                    .run = refuse};
  if (reader)
    out.run = [bound = surroundings{with.get<asker*>(), with.get<ingress::handle>(), with.get<ingress::admission*>(),
                                    *reader}](const router::call& c) { run(bound, c); };
  return {std::move(out)};
}

std::vector<router::authenticator> authenticators(const services& with) {
  const auto* reader = with.find<webhook>();
  if (!reader)
    return {};
  return {{.name = "discord-signature",
           .scheme = R"({"type":"apiKey","in":"header","name":"X-Signature-Ed25519",
             "description":"Ed25519 over X-Signature-Timestamp and the body, by the application's key."})",
           .judge_head = [judge = reader->judge_head](const net::http_request& head,
                                                      router::identity&) { return judge(head); },
           .judge_body = [verify = reader->verify](const net::http_request& whole,
                                                   router::identity&) { return verify(whole); }}};
}
} // namespace

const resource& definition() {
  static const resource self{
    .name = "discord_webhook", .on = listener::public_port, .routes = routes, .authenticators = authenticators};
  return self;
}
} // namespace arrakis::api::discord_webhook
