#include "adapters/discord/rest/limits.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::discord;
using namespace std::chrono_literals;

namespace {
const instant t0{1000h};
waiting of(uint64_t ticket, std::string route = "POST /guilds/{guild}/roles", std::string major = "1",
           std::string tenant = "a") {
  return {ticket, std::move(route), std::move(major), std::move(tenant), false, {}};
}
facts ok(std::string bucket = "b", int limit = 5, int remaining = 4, std::chrono::milliseconds reset = 1000ms) {
  facts f;
  f.status = 200;
  f.limit = limit;
  f.remaining = remaining;
  f.reset_after = reset;
  f.bucket = std::move(bucket);
  return f;
}
facts refused(facts::scope scope, std::chrono::milliseconds wait) {
  facts f;
  f.status = 429;
  f.of = scope;
  f.global = scope == facts::scope::global;
  f.retry_after = wait;
  f.remaining = 0;
  return f;
}
} // namespace

TEST_CASE("limits: headers are read with fractions, and a page of Cloudflare is not an answer of Discord") {
  const net::headers headers{
    {"x-ratelimit-limit", "5"},     {"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset-After", "0.3"},
    {"X-RateLimit-Bucket", "abcd"}, {"Retry-After", "1"},           {"X-RateLimit-Scope", "shared"}};
  const auto f = read_facts(429, headers, R"({"message":"","retry_after":0.4,"global":false})");
  CHECK(f.limit == 5);
  CHECK(f.remaining == 0);
  CHECK(f.reset_after == 300ms);
  CHECK(f.retry_after == 400ms); // The body's is exact, the header's rounded up.
  CHECK(read_facts(429, headers, "<html>").retry_after == 1000ms);
  CHECK(f.bucket == "abcd");
  CHECK(f.of == facts::scope::shared);
  CHECK_FALSE(f.global);
  CHECK_FALSE(f.is_from_proxy);
  CHECK(read_facts(429, {}, "<html>error 1015</html>").is_from_proxy);
  CHECK_FALSE(read_facts(502, {}, "<html>502</html>").is_from_proxy); // Behind the block.
  CHECK(read_facts(429, {}, R"({"retry_after":1.25,"global":true})").retry_after == 1250ms);
  CHECK(read_facts(429, {}, R"({"retry_after":1.25,"global":true})").global);
  for (const auto* bad : {"", "x", "1x", "-1", "nan", "inf", "1e9"})
    CHECK_FALSE(read_seconds(bad));
}

TEST_CASE("limits: a bucket has one call in flight, also before anything is known of it") {
  limiter l;
  REQUIRE(l.add(of(1)));
  REQUIRE(l.add(of(2)));
  REQUIRE(l.add(of(3, "POST /guilds/{guild}/roles", "2")));
  CHECK(l.wanted(t0, 50).size() == 2);
  CHECK(l.take(false, t0) == 1);
  CHECK(l.take(false, t0) == 3);
  CHECK_FALSE(l.take(false, t0));
  l.answered(1, ok(), t0);
  CHECK(l.take(false, t0) == 2);
}

TEST_CASE("limits: an empty bucket waits for its reset, to the fraction") {
  limiter l;
  l.add(of(1));
  l.add(of(2));
  l.take(false, t0);
  l.answered(1, ok("b", 5, 0, 300ms), t0);
  CHECK_FALSE(l.take(false, t0 + 300ms));
  REQUIRE(l.next(t0));
  CHECK(*l.next(t0) == t0 + 305ms);
  CHECK(l.take(false, t0 + 305ms) == 2);
}

TEST_CASE("limits: routes that name the same bucket share it, and a new hash is followed") {
  limiter l;
  l.add(of(1, "GET a", "1"));
  l.take(false, t0);
  l.answered(1, ok("same", 5, 1, 1000ms), t0);
  l.add(of(2, "PATCH a", "1"));
  l.take(false, t0);
  l.answered(2, ok("same", 5, 0, 1000ms), t0);
  l.add(of(3, "GET a", "1"));
  l.add(of(4, "GET a", "2"));
  CHECK(l.take(false, t0) == 4); // Another guild is another bucket.
  CHECK_FALSE(l.take(false, t0));
  l.answered(4, ok("new", 5, 4, 1000ms), t0); // Discord renamed the bucket of the route: guild 1 has a fresh one too.
  CHECK(l.take(false, t0) == 3);
}

TEST_CASE("limits: 429 of a user or shared scope waits in its bucket; only shared does not count as invalid") {
  for (const auto scope : {facts::scope::user, facts::scope::shared}) {
    limiter l;
    l.add(of(1));
    l.add(of(2, "GET other", "1"));
    l.take(false, t0);
    const auto r = l.answered(1, refused(scope, 700ms), t0);
    CHECK(r.again);
    CHECK(r.wait == 705ms);
    l.again(of(1));
    CHECK(l.take(false, t0) == 2);
    CHECK_FALSE(l.take(false, t0 + 704ms));
    CHECK(l.take(false, t0 + 705ms) == 1);
    CHECK(l.invalid(t0) == (scope == facts::scope::user ? 1 : 0));
  }
}

TEST_CASE("limits: 429 global stops all but interactions") {
  limiter l;
  l.add(of(1));
  l.take(false, t0);
  CHECK(l.answered(1, refused(facts::scope::global, 2000ms), t0).cause == "global");
  l.add(of(2, "GET other", "9"));
  auto click = of(3, "POST callback", "w");
  click.interaction = true;
  l.add(click);
  CHECK(l.wanted(t0, 50).size() == 0);
  CHECK_FALSE(l.take(false, t0 + 1900ms));
  CHECK(l.take(true, t0) == 3);
  CHECK(l.take(false, t0 + 2005ms) == 2);
}

TEST_CASE("limits: Cloudflare's 429 stops everything, longer each time") {
  limiter l;
  facts page;
  page.status = 429;
  page.is_from_proxy = true;
  l.add(of(1));
  l.take(false, t0);
  CHECK(l.answered(1, page, t0).wait == 10s);
  auto click = of(2, "POST callback", "w");
  click.interaction = true;
  l.add(click);
  CHECK_FALSE(l.take(true, t0 + 9s));
  CHECK(l.take(true, t0 + 10s) == 2);
  CHECK(l.answered(2, page, t0 + 10s).wait == 20s);
}

namespace {
/// A 429 whose bucket has room by its own headers.
facts sublimited(std::chrono::milliseconds wait) {
  auto f = refused(facts::scope::user, wait);
  f.remaining = 4;
  f.reset_after = 1s;
  return f;
}
facts page(int status) {
  facts f = read_facts(status, {}, "<html><title>Attention Required! | Cloudflare</title></html>");
  CHECK(f.is_from_proxy);
  return f;
}
} // namespace

TEST_CASE("limits: a sublimit holds for its route and resource, over all calls, and for nothing else") {
  limiter l;
  const auto rename = "PATCH /channels/{channel}";
  l.add(of(1, rename, "7"));
  l.take(false, t0);
  const auto r = l.answered(1, sublimited(582'019ms), t0);
  CHECK(r.cause == "sublimit");
  CHECK(r.wait == 582'024ms);
  l.again(of(1, rename, "7"));
  l.add(of(2, rename, "7", "b"));
  l.add(of(3, rename, "8"));
  l.add(of(4, "PUT /channels/{channel}/permissions/{target}", "7"));
  CHECK(l.wanted(t0, 50).size() == 2);
  CHECK(l.take(false, t0) == 3); // Another channel.
  CHECK(l.take(false, t0) == 4); // Another route.
  CHECK_FALSE(l.take(false, t0 + 582s));
  CHECK(l.delay_cause_of(of(5, rename, "7"), t0).until == t0 + r.wait);
  CHECK_FALSE(l.delay_cause_of(of(5, rename, "7"), t0).is_blocked);
  CHECK(*l.next(t0) == t0 + r.wait);
  CHECK(l.take(false, t0 + r.wait) == 2); // The other tenant's turn.
}

TEST_CASE("limits: a told wait is handed on to other processes with what is left of it, and never shortened by them") {
  limiter l, other;
  const auto rename = "PATCH /channels/{channel}";
  l.add(of(1, rename, "7"));
  l.take(false, t0);
  l.answered(1, sublimited(600s), t0);
  REQUIRE(l.has_unshared_holds());
  const auto told = l.take_unshared_holds(t0 + 10s);
  REQUIRE(told.size() == 1);
  CHECK(told[0].left == 590'005ms);
  CHECK_FALSE(l.has_unshared_holds());
  l.put_back_unshared_holds(told);
  CHECK(l.has_unshared_holds());
  other.learn_holds(told, t0 + 10s);
  other.add(of(1, rename, "7"));
  CHECK_FALSE(other.take(false, t0 + 599s));
  other.learn_holds({{told[0].route_key, 1s}}, t0 + 10s);
  CHECK_FALSE(other.take(false, t0 + 599s));
  CHECK_FALSE(other.has_unshared_holds()); // Nobody hands on what he was told.
  CHECK(other.take(false, t0 + 601s) == 1);
}

TEST_CASE("limits: told waits from a store are bounded; a webhook's, with its token, and a short one stay here") {
  limiter l{{.holds_max = 2}};
  l.learn_holds({{std::string(1000, 'x'), 5s}, {"a", -5s}, {"b", 999h}, {"c", 5s}, {"d", 5s}, {"e", 5s}}, t0);
  CHECK(l.holds() == 2);
  auto edit = of(1, "PATCH /webhooks/{webhook}/{token}/messages/@original", "1/secret-token");
  edit.interaction = true;
  l.add(edit);
  l.take(true, t0);
  l.answered(1, sublimited(60s), t0);
  l.add(of(2));
  l.take(false, t0);
  l.answered(2, refused(facts::scope::user, 700ms), t0);
  CHECK_FALSE(l.has_unshared_holds());
  CHECK(l.delay_cause_of(edit, t0).until > t0 + 59s);
}

TEST_CASE("limits: whether Discord's API wrote an answer") {
  struct row {
    int status;
    const char* body;
    bool api;
  };
  for (const auto& r : {
         row{403, R"({"message":"Missing Permissions","code":50013})", true},
         row{403, R"({"message":"internal network error","code":40333})", false},
         row{403, "<!DOCTYPE html><title>Access denied</title>", false},
         row{403, "error code: 1020", false},
         row{403, "", false},
         row{403, R"({"message":"Forbidden"})", false}, // A firewall of somebody else.
         row{403, R"({"title":"Error 1010","status":403,"cloudflare_error":true})", false},
         row{400, "<html>400 Bad Request</html>", false},
         row{400, R"({"message":"Invalid Form Body","code":50035,"errors":{}})", true},
         row{400, R"({"name":["Must be between 1 and 100 in length."]})", true},
         row{400, "{}", false},
         row{401, R"({"message":"401: Unauthorized","code":0})", true},
         row{401, "<html>proxy</html>", false},
         row{404, R"({"message":"Unknown Channel","code":10003})", true},
         row{404, "<html>not here</html>", false},
         row{429, R"({"message":"You are being rate limited.","retry_after":0.3,"global":false})", true},
         row{429, R"({"status":429,"retry_after":30,"cloudflare_error":true})", false},
         row{302, "", false},
         row{200, "[]", true},
         row{204, "", true},
         row{200, "  <html>Sign in to the hotel's network</html>", false},
       }) {
    CAPTURE(r.status);
    CAPTURE(r.body);
    CHECK(from_api(r.status, r.body) == r.api);
    CHECK(read_facts(r.status, {}, r.body).is_from_proxy == (!r.api && r.status >= 300));
  }
}

TEST_CASE("limits: a blocked call waits longer each time, alone, and each block counts for the ban guard") {
  limiter l{{.invalid_max = 3}};
  l.add(of(1));
  l.add(of(2, "GET other", "1"));
  CHECK(l.take(false, t0) == 1);
  const auto first = l.answered(1, page(403), t0);
  CHECK(first.again);
  CHECK(first.cause == "cloudflare");
  CHECK(first.wait == 10s);
  CHECK(l.delay_cause_of(of(1), t0).is_blocked);
  l.again(of(1));
  CHECK(l.take(false, t0) == 2); // The content may be at fault, not the address.
  l.answered(2, ok(), t0);
  CHECK_FALSE(l.take(false, t0 + 9s));
  CHECK(l.take(false, t0 + 10s) == 1);
  CHECK(l.answered(1, page(400), t0 + 10s).wait == 20s);
  CHECK(l.invalid(t0 + 10s) == 2);
  l.again(of(1));
  CHECK(l.take(false, t0 + 30s) == 1);
  l.answered(1, ok(), t0 + 30s);
  CHECK(l.invalid(t0 + 30s) == 2);
  l.add(of(3));
  l.take(false, t0 + 31s);
  CHECK(l.answered(3, page(403), t0 + 31s).wait == 10s); // A call passed meanwhile: the back-off begins anew.
  CHECK(l.closed(t0 + 31s));
}

TEST_CASE(
  "limits: blocks of two routes mean our address: all waits, one call finds out, and those under way add nothing") {
  limiter l;
  for (uint64_t i = 1; i <= 5; ++i) {
    l.add(of(i, "GET r", std::to_string(i)));
    CHECK(l.take(false, t0) == i);
  }
  l.answered(1, page(403), t0 + 1s);
  for (uint64_t i = 2; i <= 5; ++i)
    CHECK(l.answered(i, page(403), t0 + 1s).wait == 10s);
  for (uint64_t i = 6; i <= 9; ++i)
    l.add(of(i, "GET r", std::to_string(i)));
  CHECK(l.delay_cause_of(of(10, "GET r", "10"), t0 + 2s).until == t0 + 11s);
  CHECK(l.wanted(t0 + 2s, 50).size() == 0);
  CHECK(l.wanted(t0 + 11s, 50).size() == 1);
  CHECK(l.take(false, t0 + 11s) == 6);
  CHECK_FALSE(l.take(false, t0 + 11s)); // Until the first is answered.
  CHECK(l.answered(6, page(403), t0 + 11s).wait == 20s);
  CHECK(l.take(false, t0 + 31s) == 7);
  l.answered(7, ok(), t0 + 31s);
  CHECK(l.take(false, t0 + 31s) == 8);
  CHECK(l.take(false, t0 + 31s) == 9);
}

TEST_CASE("limits: turns go round robin over tenants, however much one has waiting") {
  limiter l;
  uint64_t ticket = 0;
  for (int i = 0; i < 100; ++i)
    l.add(of(++ticket, "POST r", "noisy" + std::to_string(i), "noisy"));
  l.add(of(1000, "POST r", "quiet", "quiet"));
  CHECK(l.wanted(t0, 3) == std::vector<std::string>{"POST r\nnoisy0", "POST r\nquiet", "POST r\nnoisy1"});
  CHECK(l.wanted(t0, 1'000).size() == 101);
  CHECK(l.take(false, t0) == 1);
  CHECK(l.take(false, t0) == 1000);
  CHECK(l.take(false, t0) == 2);
}

TEST_CASE("limits: a slot for one route and resource takes only a call of this route and resource") {
  limiter l;
  l.add(of(1, "GET r", "1"));
  l.add(of(2, "GET r", "12"));
  CHECK_FALSE(l.take(false, t0, "GET r\n2"));
  CHECK(l.take(false, t0, "GET r\n12") == 2);
  CHECK_FALSE(l.take(false, t0, "GET r\n12"));
  CHECK(l.take(false, t0, "GET r\n1") == 1);
}

TEST_CASE("limits: a bucket that other processes emptied waits, also when nothing else is known of it") {
  limiter l;
  l.add(of(1, "GET r", "1"));
  l.add(of(2, "GET r", "2"));
  l.learn_closed("GET r\n1", t0 + 700ms);
  CHECK(l.wanted(t0, 50) == std::vector<std::string>{"GET r\n2"});
  CHECK(l.delay_cause_of(of(1, "GET r", "1"), t0).until == t0 + 700ms);
  CHECK(l.wanted(t0 + 700ms, 50).size() == 2);
}

TEST_CASE(
  "limits: an answer's bucket is told with its reset; answers without one, of a proxy, or to an interaction not") {
  const auto told = [](const facts& f, bool interaction = false) {
    limiter l;
    auto call = of(1);
    call.interaction = interaction;
    l.add(call);
    l.take(interaction, t0);
    return l.answered(1, f, t0).bucket;
  };
  const auto usual = told(ok("b", 10, 0, 400ms));
  REQUIRE(usual);
  CHECK(usual->hash == "b");
  CHECK(usual->limit == 10);
  CHECK(usual->remaining == 0);
  CHECK(usual->reset == t0 + 405ms);
  auto limited = refused(facts::scope::user, 700ms);
  limited.bucket = "b";
  limited.limit = 10;
  CHECK(told(limited)->reset == t0 + 705ms);
  facts bare;
  bare.status = 204;
  CHECK(told(bare)->limit == 0); // No bucket.
  bare.status = 404;
  CHECK_FALSE(told(bare));
  CHECK_FALSE(told(refused(facts::scope::global, 700ms)));
  auto page = ok();
  page.status = 403;
  page.is_from_proxy = true;
  CHECK_FALSE(told(page));
  CHECK_FALSE(told(ok(), true));
}

TEST_CASE("limits: at 80 % of the invalid requests of ten minutes nothing leaves, and later it does") {
  limiter l{{.invalid_max = 3}};
  for (uint64_t i = 1; i <= 3; ++i) {
    l.add(of(i));
    l.take(false, t0);
    facts f;
    f.status = 403;
    l.answered(i, f, t0);
  }
  CHECK(l.closed(t0));
  l.add(of(9));
  CHECK_FALSE(l.take(false, t0));
  CHECK(l.closed(t0 + 599s));
  CHECK_FALSE(l.closed(t0 + 611s));
  CHECK(l.take(false, t0 + 611s) == 9);
}

TEST_CASE("limits: the invalid requests of all processes close it too; without news of them one call finds out") {
  limiter l{{.invalid_max = 3}};
  l.learn_invalid(2, t0);
  CHECK_FALSE(l.closed(t0));
  l.add(of(1));
  l.take(false, t0);
  facts f;
  f.status = 401;
  l.answered(1, f, t0);
  CHECK(l.closed(t0)); // Two of others, and one of ours that they do not know yet.
  CHECK(l.take_unshared_invalid() == 1);
  CHECK(l.unshared_invalid() == 0);
  l.put_back_unshared_invalid(1);
  CHECK(l.unshared_invalid() == 1);
  l.learn_invalid(3, t0 + 10s);
  CHECK(l.closed(t0 + 69s));
  CHECK_FALSE(l.closed(t0 + 71s));
}

TEST_CASE("limits: what waits is bounded, and idle buckets are forgotten") {
  limiter l{{.waiting_max = 2}};
  CHECK(l.add(of(1)));
  CHECK(l.add(of(2)));
  CHECK_FALSE(l.add(of(3)));
  l.cancel(1);
  CHECK(l.add(of(3)));
  CHECK(l.take(false, t0) == 2);
  l.answered(2, ok(), t0);
  CHECK(l.buckets() == 1);
  l.sweep(t0 + 2s);
  CHECK(l.buckets() == 0);
}
