#include "adapters/discord/interactions/signed_endpoint.hpp"

#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "tests/support/discord_key.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <stdexcept>

using namespace arrakis;
using namespace arrakis::discord::interactions;

namespace {
constexpr int64_t now_ms = 1'790'000'000'500;
const std::string now_text = "1790000000";

/// Discord, while this machine's clock stands.
class signer : public test::discord_key {
public:
  signer() {
    set_wall_clock([] { return now_ms; });
  }
  ~signer() { set_wall_clock(nullptr); }
};

std::string onboard(const std::string& more = {}) {
  return R"({"id":"1","application_id":"3","type":2,"token":"t","version":1,"guild_id":"10","channel_id":"30",
    "locale":"de",
    "member":{"user":{"id":"5"},"permissions":"8"},"app_permissions":"8","data":{"id":"6","name":"onboard","type":1})"
       + more + "}";
}
/// As a listener does it.
std::variant<net::http_response, interaction> handle(const signed_endpoint& subject, const net::http_request& request) {
  if (auto refused = subject.verify(request))
    return std::move(*refused);
  return subject.read(request);
}
int status(const signed_endpoint& subject, const net::http_request& request) {
  const auto out = handle(subject, request);
  const auto* response = std::get_if<net::http_response>(&out);
  return response ? response->status : 0;
}
std::string said(const signed_endpoint& subject, const net::http_request& request) {
  return std::get<net::http_response>(handle(subject, request)).body;
}
} // namespace

TEST_CASE("signed endpoint: a signature's age counts by Discord's time, whatever this machine's clock says") {
  const signer discord;
  for (const int64_t skew_ms : {-3'600'000, -310'000, 310'000, 3'600'000}) {
    CAPTURE(skew_ms);
    const auto signed_at = std::to_string((now_ms - skew_ms) / 1'000);
    const auto request = discord.request(R"({"type":1})", signed_at);
    limits by_discord;
    by_discord.discord_now_ms = [skew_ms] { return now_ms - skew_ms; };
    CHECK(status(signed_endpoint{discord.public_hex(), by_discord}, request) == 200);
    CHECK(status(signed_endpoint{discord.public_hex()}, request) == 401); // Negative control: by this machine's clock.
    by_discord.discord_now_ms = [skew_ms] { return now_ms - skew_ms + 301'000; };
    CHECK(status(signed_endpoint{discord.public_hex(), by_discord}, request) == 401); // A replay is one still.
  }
}

TEST_CASE("signed endpoint: a signed interaction is given on, with the time it arrived") {
  const signer discord;
  const signed_endpoint subject{discord.public_hex()};
  const auto out = handle(subject, discord.request(onboard()));
  const auto& what = std::get<interaction>(out);
  CHECK(what.command == "onboard");
  CHECK(what.user == snowflake{5});
  CHECK(what.received_ms == now_ms);
}

TEST_CASE("signed endpoint: the trace is the caller's where it names one, and a fresh one otherwise") {
  signer discord;
  const signed_endpoint subject{discord.public_hex()};
  const auto trace = [&](const std::string& traceparent) {
    auto request = discord.request(onboard());
    request.headers.emplace_back("traceparent", traceparent);
    return std::get<interaction>(handle(subject, request)).trace;
  };
  const std::string given = "0af7651916cd43dd8448eb211c80319c";
  CHECK(trace("00-" + given + "-b7ad6b7169203331-01") == given);
  for (const auto* wrong : {"", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", "nonsense",
                            "00-00000000000000000000000000000000-b7ad6b7169203331-01"}) {
    CHECK(trace(wrong).size() == 32);
    CHECK(trace(wrong) != trace(wrong));
  }
}

TEST_CASE("signed endpoint: a PING is answered with a PONG") {
  const signer discord;
  const signed_endpoint subject{discord.public_hex()};
  const auto out = handle(subject, discord.request(R"({"id":"1","application_id":"3","type":1,"version":1})"));
  const auto& response = std::get<net::http_response>(out);
  CHECK(response.status == 200);
  CHECK(response.body == R"({"type":1})");
  CHECK(net::header(response.headers, "content-type") == "application/json");
}

TEST_CASE("signed endpoint: any fault of the signature is a 401, a PING's too") {
  const signer discord, other;
  const signed_endpoint subject{discord.public_hex()};
  const auto good = discord.request(onboard());
  REQUIRE(status(subject, good) == 0);
  auto tampered = good;
  tampered.body.back() = ' ';
  CHECK(status(subject, tampered) == 401);
  auto longer = good;
  longer.body += ' ';
  CHECK(status(subject, longer) == 401);
  auto later = good;
  later.headers[1].second = "1790000001";
  CHECK(status(subject, later) == 401);
  auto shifted = good; // The same bytes are signed, with another border between timestamp and body.
  shifted.headers[1].second = "179000000";
  shifted.body = "0" + good.body;
  CHECK(status(subject, shifted) == 401);
  CHECK(status(subject, other.request(onboard())) == 401);
  CHECK(status(subject, other.request(R"({"type":1})")) == 401);
  for (const auto& garbage :
       {std::string{}, std::string{"garbage"}, std::string(128, '0'), std::string(128, 'x'), std::string(126, 'a'),
        std::string(130, 'a'), "+" + std::string(127, 'a'), good.headers[0].second + "0"}) {
    auto bad = good;
    bad.headers[0].second = garbage;
    CHECK(status(subject, bad) == 401);
  }
  for (const size_t missing : {0, 1}) {
    auto bad = good;
    bad.headers.erase(bad.headers.begin() + static_cast<long>(missing));
    CHECK(status(subject, bad) == 401);
  }
}

TEST_CASE("signed endpoint: every flipped bit of the signature is noticed") {
  const signer discord;
  const signed_endpoint subject{discord.public_hex()};
  const auto good = discord.request(onboard());
  for (size_t i = 0; i < 128; ++i) {
    auto bad = good;
    auto& digit = bad.headers[0].second[i];
    digit = digit == '0' ? '1' : '0';
    CHECK(status(subject, bad) == 401);
  }
}

TEST_CASE("signed endpoint: a recorded request cannot be played again later, nor one of the future") {
  const signer discord;
  const signed_endpoint subject{discord.public_hex()};
  CHECK(status(subject, discord.request(onboard(), "1789999700")) == 0);
  CHECK(status(subject, discord.request(onboard(), "1789999699")) == 401);
  CHECK(status(subject, discord.request(onboard(), "1790000301")) == 401);
  for (const auto* odd : {"", "-1790000000", "+1790000000", " 1790000000", "1790000000 ", "0x6ab1", "1790000000.0",
                          "99999999999999999999"})
    CHECK_MESSAGE(status(subject, discord.request(onboard(), odd)) == 401, odd);
}

TEST_CASE("signed endpoint: a signed body that hides something is a 400 that says what") {
  const signer discord;
  const signed_endpoint subject{discord.public_hex()};
  const auto refused = [&](const std::string& body) { return status(subject, discord.request(body)); };
  CHECK(refused("") == 400);
  CHECK(refused("[]") == 400);
  CHECK(refused("{") == 400);
  CHECK(refused(onboard() + "x") == 400);
  CHECK(refused(onboard(R"(,"token":"other")")) == 400);
  CHECK(said(subject, discord.request(onboard(R"(,"token":"other")"))).find("twice") != std::string::npos);
  CHECK(refused(onboard(R"(,"x":"\ud800")")) == 400);
  CHECK(refused(onboard(",\"x\":\"\xff\xfe\"")) == 400);
  CHECK(refused(onboard(R"(,"x":)" + std::string(64, '[') + std::string(64, ']'))) == 400);
  CHECK(refused(R"({"type":2})") == 400);
  CHECK(refused(R"({"type":99,"id":"1"})") == 400);
}

TEST_CASE("signed endpoint: a body above the limit is a 413 before its signature is looked at") {
  const signer discord;
  const signed_endpoint subject{discord.public_hex(), {.body = {.bytes_max = 1000}}};
  CHECK(status(subject, discord.request(onboard(R"(,"x":")" + std::string(1000, 'x') + "\""))) == 413);
  CHECK(status(subject, discord.request(onboard())) == 0);
}

TEST_CASE("signed endpoint: a wrong clock refuses each interaction, and the log says so once a while") {
  static int lines = 0;
  static std::string last;
  log::set_sink([](std::string_view line) {
    if (line.find("interaction.time_refused") != line.npos)
      ++lines, last = line;
  });
  const signer discord;
  const signed_endpoint subject{discord.public_hex()};
  const auto late = discord.request(onboard(), std::to_string(now_ms / 1000 - 3600));
  for (int i = 0; i < 1'000; ++i)
    CHECK(subject.judge_head(late)->status == 401);
  log::set_sink(nullptr);
  CHECK(lines == 1);
  CHECK(last.find(R"("signed_s_ago":"3600")") != std::string::npos);
}

TEST_CASE("signed endpoint: a head that cannot be good is refused before its body is read") {
  const signer discord;
  const signed_endpoint subject{discord.public_hex()};
  const auto good = discord.request(onboard());
  const auto judged = [&](const net::http_request& head) {
    const auto answer = subject.judge_head({head.method, head.target, head.headers, {}, {}});
    return answer ? answer->status : 0;
  };
  CHECK(judged(good) == 0);
  for (const size_t missing : {0, 1}) {
    auto bad = good;
    bad.headers.erase(bad.headers.begin() + static_cast<long>(missing));
    CHECK(judged(bad) == 401);
  }
  auto torn = good;
  torn.headers[0].second.pop_back();
  CHECK(judged(torn) == 401);
  CHECK(judged(discord.request(onboard(), "1789999699")) == 401);
  CHECK(judged(discord.request(onboard(), "1790000301")) == 401);
  auto forged = good; // Only the body can tell.
  forged.headers[0].second = std::string(128, 'a');
  CHECK(judged(forged) == 0);
  CHECK(status(subject, forged) == 401);
}

TEST_CASE("signed endpoint: a key that is none is refused at the start") {
  for (const auto& bad :
       {std::string{}, std::string(63, 'a'), std::string(64, 'x'), std::string(66, 'a'), std::string(64, 'f')})
    CHECK_THROWS_WITH_AS(signed_endpoint{bad}, doctest::Contains("64 hex digits"), std::runtime_error);
  for (const auto& small : {std::string(64, '0'), "01" + std::string(62, '0'), "ec" + std::string(60, 'f') + "7f"})
    CHECK_THROWS_WITH_AS(signed_endpoint{small}, doctest::Contains("small order"), std::runtime_error);
}
