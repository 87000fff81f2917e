#include "actors/api/served.test.hpp"
#include "actors/ingress/entry.hpp"
#include "runtime/flow/asker.hpp"

using namespace arrakis;

// The way of a signed interaction, with Discord's own key, is told in ../api.test.cpp.
TEST_CASE("discord webhook: without a public key it is closed, and says which setting opens it") {
  api::test::served f{api::listener::public_port, api::test::with({})};
  const auto answer = f.ask("POST", "/webhooks/discord");
  CHECK(answer.status == 404);
  CHECK(answer.body.find("discord.public_key") != std::string::npos);
}

TEST_CASE("discord webhook: nothing that its key does not verify is read") {
  services with;
  int read = 0;
  ingress::admission admission;
  with.provide(static_cast<asker*>(nullptr)); // Nobody is asked.
  with.provide(ingress::handle{});
  with.provide(&admission);
  with.provide(api::webhook{[](const auto&) { return std::nullopt; },
                            [](const auto&) { return net::router::problem(401, "ERR_UNAUTHORIZED", "forged"); },
                            [&read](const auto&) -> std::variant<net::http_response, interaction> {
                              ++read;
                              return net::http_response{};
                            },
                            1'024});
  api::test::served f{api::listener::public_port, with};
  CHECK(f.ask("POST", "/webhooks/discord", {}, "{}").status == 401);
  CHECK(f.ask("POST", "/webhooks/discord", {}, std::string(2'000, 'x')).status == 413);
  CHECK(read == 0);
}
