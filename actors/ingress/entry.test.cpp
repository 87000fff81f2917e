#include "actors/ingress/entry.hpp"

#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <doctest/doctest.h>
#include <thread>

using namespace arrakis;
using namespace arrakis::ingress;

namespace {
std::shared_ptr<const interaction> a_click() {
  auto x = std::make_shared<interaction>();
  x->kind = interaction_kind::component;
  x->received_ms = wall_ms();
  return x;
}
double counted(const std::string& series) {
  const auto all = metrics::exposition();
  const auto at = all.find("\n" + series + " ");
  return at == std::string::npos ? 0 : std::stod(all.substr(at + series.size() + 2));
}
} // namespace

TEST_CASE(
  "ingress entry: as many as the bound are admitted, the next is told busy and counted, and a place comes back") {
  admission subject{2};
  const auto busy = [] { return counted(R"(arrakis_interactions_answered_total{outcome="busy"})"); };
  const auto before = busy();
  auto first = subject.admit(a_click());
  const auto second = subject.admit(a_click());
  REQUIRE(first);
  REQUIRE(second);
  CHECK(subject.in_flight() == 2);
  const auto third = subject.admit(a_click());
  REQUIRE_FALSE(third);
  CHECK(code_of(third.error()) == ec::busy);
  CHECK(subject.in_flight() == 2);
  CHECK(busy() == before + 1);
  auto copy = first->held; // An actor keeps it while a handler works.
  first = caf::expected<incoming>{caf::error{}};
  CHECK_FALSE(subject.admit(a_click()));
  copy.reset();
  CHECK(subject.admit(a_click()));
}

TEST_CASE("ingress entry: a PING is admitted whatever is in work") {
  admission subject{0};
  auto ping = std::make_shared<interaction>();
  const auto admitted = subject.admit(std::move(ping));
  REQUIRE(admitted);
  CHECK_FALSE(admitted->held);
  CHECK(subject.in_flight() == 0);
}

TEST_CASE("ingress entry: however many come at once, never more than the bound are in work") {
  admission subject{3};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&subject] {
      for (int k = 0; k < 2'000; ++k) {
        const auto one = subject.admit(a_click()), two = subject.admit(a_click());
        if (one && two)
          CHECK(subject.in_flight() >= 2);
      }
    });
  for (auto& each : threads)
    each.join();
  CHECK(subject.in_flight() == 0);
}

TEST_CASE("ingress entry: an error becomes a message where the interaction may be answered, and a repeated delivery is "
          "not logged") {
  static int lines = 0;
  lines = 0;
  log::set_sink([](std::string_view line) { lines += line.find("interaction.unanswered") != line.npos; });
  const auto what = a_click();
  const auto of = [](const char* outcome) {
    return counted("arrakis_ingress_deliveries_total{outcome=\"" + std::string{outcome} + "\"}");
  };
  const auto failed = [] { return counted(R"(arrakis_interactions_answered_total{outcome="failed"})"); };
  const auto unanswered = of("unanswered"), answered = of("answered"), refused = of("refused"),
             failed_before = failed();
  const auto told = [&](ec code, bool in_time = true) { return to_deliver(*what, fail(code, "no"), in_time); };
  CHECK_FALSE(told(ec::conflict));
  CHECK(told(ec::busy)); // Counted where it was refused a slot.
  CHECK(lines == 0);
  CHECK(failed() == failed_before);
  CHECK_FALSE(told(ec::refused));
  CHECK_FALSE(told(ec::unknown, false));
  CHECK(lines == 1);
  CHECK(failed() == failed_before);
  REQUIRE(told(ec::unknown));
  CHECK(told(ec::unknown)->data_json.find("may have been done") != std::string::npos);
  CHECK(told(ec::unavailable)->data_json.find("nothing was done") != std::string::npos);
  CHECK(failed() == failed_before + 3);
  CHECK(to_deliver(*what, interaction_answer{interaction_answer::pong, {}})->type == interaction_answer::pong);
  record_delivery(*what, delivery::answered);
  record_delivery(*what, delivery::refused);
  log::set_sink(nullptr);
  CHECK(of("unanswered") == unanswered + 3);
  CHECK(of("answered") == answered + 1);
  CHECK(of("refused") == refused + 1);
}
