// POST /webhooks/discord: Discord's signed interactions.
// https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint
#include "actors/api/api.hpp"

namespace arrakis::api::discord_webhook {
namespace {
namespace router = net::router;

/// Discord gives 3 s from its sending; half a second is for the way.
constexpr std::chrono::milliseconds answer_within{2'500};

/// Discord shows nothing of what an answer other than 200 says.
net::http_response error_to_asker(const interaction& what, const caf::error& e) {
  return net::json_response(200, to_json_text(ingress::error_answer(what, e)));
}

net::http_response unanswered(const interaction& what, const caf::error& e) {
  ingress::record_unanswered(what, e);
  if (code_of(e) == ec::conflict) // Taken before: whoever took it answers.
    return router::problem(409, "ERR_CONFLICT", "this interaction was taken before");
  if (code_of(e) == ec::refused)
    return router::problem(403, "ERR_FORBIDDEN", "this interaction is for another application");
  return error_to_asker(what, fail(ec::busy, text_of(e)));
}

void answer(const services& with, std::shared_ptr<const interaction> what, router::responder respond) {
  auto admitted = with.admission->admit(what);
  if (!admitted)
    return respond(error_to_asker(*what, admitted.error()));
  with.questions->ask(with.interactions, with.questions->within(answer_within), std::move(*admitted),
                      [respond, what](const caf::expected<interaction_answer>& first) {
                        if (!first)
                          return respond(unanswered(*what, first.error()));
                        respond(net::json_response(200, to_json_text(*first)));
                        ingress::record_delivery(*what, ingress::delivery::answered);
                      });
}

void run(const std::shared_ptr<const services>& with, const router::call& c) {
  auto seen = with->webhook->read(c.request);
  if (auto* said = std::get_if<net::http_response>(&seen))
    return c.respond(std::move(*said));
  answer(*with, std::make_shared<const interaction>(std::get<interaction>(std::move(seen))), c.respond);
}

std::vector<router::route> routes(std::shared_ptr<const services> with) {
  const bool is_open = with->webhook.has_value();
  router::route out{.method = "POST",
                    .path = "/webhooks/discord",
                    .summary = "A signed interaction of Discord.",
                    .authentication = is_open ? "discord-signature" : "",
                    .limits = {.body_bytes_max = is_open ? with->webhook->body_bytes_max : 0},
                    .body = router::request_body{.schema = R"({"type":"object","required":["type"]})"},
                    .answers = {{200, "The first answer to the interaction.", "application/json",
                                 R"({"type":"object","required":["type"]})"}}};
  if (is_open)
    out.run = [with](const router::call& c) { run(with, c); };
  else
    out.run = [](const router::call& c) {
      c.respond(
        router::problem(404, "ERR_NOT_FOUND", "signed interactions are off; set discord.public_key to open this page"));
    };
  return {std::move(out)};
}

std::vector<router::authenticator> authenticators(std::shared_ptr<const services> with) {
  if (!with->webhook)
    return {};
  return {
    {.name = "discord-signature",
     .scheme = R"({"type":"apiKey","in":"header","name":"X-Signature-Ed25519",
             "description":"Ed25519 over X-Signature-Timestamp and the body, by the application's key."})",
     .judge_head = [with](const net::http_request& head, router::identity&) { return with->webhook->judge_head(head); },
     .judge_body = [with](const net::http_request& whole, router::identity&) { return with->webhook->verify(whole); }}};
}
} // namespace

const resource& definition() {
  static const resource self{
    .name = "discord_webhook", .on = listener::public_port, .routes = routes, .authenticators = authenticators};
  return self;
}
} // namespace arrakis::api::discord_webhook
