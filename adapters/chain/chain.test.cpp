#include "adapters/chain/chain.hpp"

#include "adapters/chain/abi.hpp"
#include "runtime/error.hpp"
#include "runtime/flow/asker.hpp"
#include "runtime/json.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/http_server.hpp"
#include "runtime/net/io.hpp"
#include "tests/contracts/asking.hpp"

#include <atomic>
#include <boost/json.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mutex>
#include <thread>

using namespace arrakis;
using namespace arrakis::chain;
using namespace std::chrono_literals;

namespace {
const std::string where = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

std::string text_result(std::string_view text) {
  std::string hex;
  for (const unsigned char c : text)
    hex += fmt::format("{:02x}", c);
  hex.resize((hex.size() + 63) / 64 * 64, '0');
  return fmt::format("0x{:064x}{:064x}{}", 32, text.size(), hex);
}

/// An endpoint with one ERC-20, behind a real socket, with faults on demand. Its handler runs on an io thread.
struct endpoint {
  std::atomic<int> status{200};
  std::atomic<bool> silent{false}, garbage{false}, cut{false}, huge{false};
  std::atomic<int64_t> head{100}, chain{31337};
  std::atomic<int> requests{0};
  std::atomic<size_t> batch_max{1000}; ///< 0: no batches at all, an object alone is read.
  enum class refusal { error_object, status_500, first_call, every_call };
  std::atomic<refusal> how{refusal::error_object};
  std::atomic<const char*> symbol{"SPICE"};
  std::atomic<int64_t> pinned{-1};
  std::mutex guard; ///< Of what was asked last.
  std::string target, authorization;
  std::vector<net::responder> held; ///< Of requests that get no answer.
  std::optional<net::http_server> server;

  explicit endpoint(net::io& io) {
    server.emplace(io, net::http_server_options{}, [this](net::http_request r, net::responder to) { answer(r, to); });
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/v3/secret-key", server->port()); }
  void answer(const net::http_request& r, const net::responder& to) {
    const bool says_nothing = silent; // Before it counts: whoever sees the count may change it.
    ++requests;
    {
      const std::lock_guard hold{guard};
      if (says_nothing)
        held.push_back(to); // One that is dropped would be answered 503.
      target = r.target;
      authorization = net::header(r.headers, "Authorization");
    }
    if (says_nothing)
      return;
    if (cut)
      return to.cut();
    if (status != 200 || garbage)
      return to(net::json_response(status, garbage ? "<html>" : "{}"));
    if (huge)
      return to(net::json_response(200, "[\"" + std::string(100'000, 'x') + "\"]"));
    const auto calls = *json::parse(r.body);
    if (calls.is_object())
      return to(net::json_response(200, json::print(one(calls.as_object()))));
    if (calls.as_array().size() > batch_max)
      return refuse(calls.as_array(), to);
    boost::json::array out;
    for (const auto& call : calls.as_array())
      out.emplace_back(one(call.as_object()));
    to(net::json_response(200, json::print(out)));
  }
  /// As nodes do it: an error in place of the batch (https://github.com/hiero-ledger/hiero-json-rpc-relay/issues/1820),
  /// a status 500 (https://github.com/hemilabs/ui-monorepo/pull/887), an error for the first call alone
  /// (https://github.com/ethereum/go-ethereum/pull/26681), or one for each.
  void refuse(const boost::json::array& calls, const net::responder& to) {
    const boost::json::object error{{"code", -32600}, {"message", "Batch of more than 3 requests are not allowed"}};
    if (how == refusal::status_500)
      return to(net::json_response(500, "{}"));
    if (how == refusal::error_object)
      return to(
        net::json_response(200, R"({"error":{"message":"Invalid Request","code":-32600},"jsonrpc":"2.0","id":null})"));
    boost::json::array out;
    for (const auto& call : calls)
      if (how == refusal::every_call || out.empty())
        out.push_back(boost::json::object{{"jsonrpc", "2.0"}, {"id", call.at("id")}, {"error", error}});
    to(net::json_response(200, json::print(out)));
  }
  boost::json::object one(const boost::json::object& call) {
    boost::json::object out{{"jsonrpc", "2.0"}, {"id", call.at("id")}};
    const auto method = json::text_or(call, "method");
    const auto& params = call.at("params").as_array();
    if (method == "eth_chainId")
      out["result"] = fmt::format("0x{:x}", chain.load());
    else if (method == "eth_getBlockByNumber")
      out["result"] = {{"number", fmt::format("0x{:x}", head.load())}, {"hash", "0x00"}};
    else
      pinned = std::stoll(std::string{params.at(1).as_string().c_str()}, nullptr, 16);
    if (method == "eth_getCode")
      out["result"] = "0x6080";
    if (method == "eth_call")
      call_contract(params.at(0).at("data").as_string().c_str(), out);
    return out;
  }
  void call_contract(const std::string& data, boost::json::object& out) {
    if (data == abi::symbol)
      out["result"] = text_result(symbol.load());
    else if (data == abi::name)
      out["result"] = text_result("Spice Melange");
    else if (data == abi::decimals || data == abi::total_supply)
      out["result"] = fmt::format("0x{:064x}", 18);
    else
      out["error"] = {{"code", 3}, {"message", "execution reverted"}};
  }
};

struct fixture {
  net::io io;
  endpoint one{io}, two{io}, three{io};
  caf::actor_system_config config;
  caf::actor_system sys{config};
  std::vector<handle> started;
  handle start(const std::vector<std::string>& urls, std::chrono::milliseconds endpoint_max = 5s) {
    std::vector<url> endpoints;
    for (const auto& each : urls) {
      auto parsed = url::parse(each, "http https");
      REQUIRE(parsed);
      endpoints.push_back(std::move(*parsed));
    }
    started.push_back(chain::start(sys, io, {{{"sandbox", 31337, std::move(endpoints)}}, endpoint_max, 5s, 50'000}));
    return started.back();
  }
  ~fixture() {
    for (const auto& actor : started)
      caf::anon_send_exit(actor, caf::exit_reason::kill); // Or pending timeouts keep it, and the system, for seconds.
  }
  static caf::expected<contract> ask(caf::actor_system& sys, const handle& to, std::string address = where,
                                     std::chrono::milliseconds wait = 10s, std::string chain_id = "sandbox",
                                     std::string type = "erc20") {
    return contracts::ask<contract>(
      sys, to,
      inspect_contract{
        std::move(chain_id), std::move(address), std::move(type), {std::chrono::steady_clock::now() + wait}});
  }
};
} // namespace

TEST_CASE("chain: a contract is read at one block and has its checksum address") {
  fixture at;
  const auto c = fixture::ask(at.sys, at.start({at.one.url()}), "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");
  REQUIRE_MESSAGE(c, text_of(c.error()));
  CHECK(c->address == where);
  CHECK(c->has_code);
  CHECK(c->matches_type);
  CHECK(c->symbol == "SPICE");
  CHECK(c->decimals == 18);
  CHECK(c->block == 100);
  CHECK(at.one.pinned == 100);
}

TEST_CASE("chain: an endpoint gets what its address says: path, query, user and password") {
  fixture at;
  const auto port = at.one.server->port();
  const auto told = [&](const std::string& address) {
    REQUIRE(fixture::ask(at.sys, at.start({address})));
    const std::lock_guard hold{at.one.guard};
    return std::pair{at.one.target, at.one.authorization};
  };
  using pair = std::pair<std::string, std::string>;
  CHECK(told(fmt::format("http://me:s%40fe@127.0.0.1:{}/v3/key?apikey=K&x", port))
        == pair{"/v3/key?apikey=K&x", "Basic bWU6c0BmZQ=="});
  CHECK(told(fmt::format("http://127.0.0.1:{}?apikey=K", port)) == pair{"/?apikey=K", ""});
  CHECK(told(fmt::format("http://127.0.0.1:{}", port)) == pair{"/", ""});
}

TEST_CASE("chain: of an address with secrets a failure tells the host alone") {
  fixture at;
  at.one.status = 401;
  const auto address = fmt::format("http://sesame:oyster@127.0.0.1:{}/sesame?apikey=oyster", at.one.server->port());
  const auto got = fixture::ask(at.sys, at.start({address}));
  REQUIRE_FALSE(got);
  CHECK(text_of(got.error()).find(fmt::format("127.0.0.1:{}", at.one.server->port())) != std::string::npos);
  for (const auto* secret : {"sesame", "oyster", "apikey", "Basic"})
    CHECK(text_of(got.error()).find(secret) == std::string::npos);
}

TEST_CASE("chain: what is malformed or unknown to the configuration is refused before anything is sent") {
  fixture at;
  const auto chain = at.start({at.one.url()});
  CHECK(code_of(fixture::ask(at.sys, chain, "0x12").error()) == ec::invalid);
  CHECK(code_of(fixture::ask(at.sys, chain, where, 5s, "moon").error()) == ec::not_found);
  CHECK(code_of(fixture::ask(at.sys, chain, where, 5s, "sandbox", "erc404").error()) == ec::invalid);
  CHECK(at.one.requests == 0);
  const auto none = fixture::ask(at.sys, at.start({}));
  CHECK(code_of(none.error()) == ec::refused);
  CHECK(text_of(none.error()).find("chains.rpc.sandbox") != std::string::npos);
}

TEST_CASE("chain: a failing endpoint is passed over, and when all fail it is unknown, without their keys in the text") {
  const std::function<void(endpoint&)> faults[] = {
    [](endpoint& e) { e.status = 500; },  [](endpoint& e) { e.status = 429; }, [](endpoint& e) { e.garbage = true; },
    [](endpoint& e) { e.cut = true; },    [](endpoint& e) { e.chain = 1; },    [](endpoint& e) { e.huge = true; },
    [](endpoint& e) { e.server.reset(); }};
  for (const auto& fault : faults) {
    fixture at;
    const auto urls = std::vector{at.one.url(), at.two.url()};
    const auto chain = at.start(urls);
    fault(at.one);
    const auto c = fixture::ask(at.sys, chain);
    REQUIRE_MESSAGE(c, text_of(c.error()));
    CHECK(c->symbol == "SPICE");
    fault(at.two);
    const auto none = fixture::ask(at.sys, chain);
    REQUIRE_FALSE(none);
    CHECK(code_of(none.error()) == ec::unknown);
    CHECK(text_of(none.error()).find("127.0.0.1") != std::string::npos);
    CHECK(text_of(none.error()).find("secret-key") == std::string::npos);
  }
}

TEST_CASE(
  "chain: a node without batches, or with small ones, is asked in the way that it takes, and that is remembered") {
  for (const auto how : {endpoint::refusal::error_object, endpoint::refusal::status_500, endpoint::refusal::first_call,
                         endpoint::refusal::every_call})
    for (const size_t most : {0, 1, 2, 3, 9}) {
      fixture at;
      at.one.how = how;
      at.one.batch_max = most;
      const auto chain = at.start({at.one.url()});
      const auto c = fixture::ask(at.sys, chain);
      REQUIRE_MESSAGE(c, text_of(c.error()));
      CHECK(c->symbol == "SPICE");
      CHECK(c->decimals == 18);
      const int first = at.one.requests.exchange(0);
      REQUIRE(fixture::ask(at.sys, chain));
      CHECK(at.one.requests < first);                // The port remembers the refusal of batches.
      CHECK(at.one.requests == (most < 3 ? 11 : 5)); // The newest block, and ten calls alone or by three.
    }
}

TEST_CASE("chain: a node that takes the batch is asked once, and one that fails otherwise is not asked in pieces") {
  fixture at;
  const auto chain = at.start({at.one.url()});
  REQUIRE(fixture::ask(at.sys, chain));
  CHECK(at.one.requests == 2);
  for (const int status : {401, 403, 404, 429, 503}) {
    at.one.requests = 0;
    at.one.status = status;
    CHECK_FALSE(fixture::ask(at.sys, chain));
    CHECK(at.one.requests == 1);
  }
}

TEST_CASE("chain: an endpoint that never answers leaves time for the next") {
  fixture at;
  at.one.silent = true;
  const auto c = fixture::ask(at.sys, at.start({at.one.url(), at.two.url()}, 50ms));
  REQUIRE_MESSAGE(c, text_of(c.error()));
  CHECK(at.two.requests >= 2);
}

TEST_CASE("chain: an inspection that is cancelled asks nobody further, and its request is cut off") {
  fixture at;
  at.one.silent = true;
  const auto chain = at.start({at.one.url()}, 1h);
  asker questions{at.sys};
  const deadline until{std::chrono::steady_clock::now() + 1h};
  std::vector<asker::ticket> open;
  std::atomic<int> heard{0};
  // All connections that the client makes to one host; the next call waits for one of them.
  for (size_t i = 0; i < net::http_client_options{}.connections_per_host_max; ++i)
    open.push_back(questions.ask(chain, until, inspect_contract{"sandbox", where, "erc20", until},
                                 [&](const caf::expected<contract>&) { ++heard; }));
  while (at.one.requests < static_cast<int>(open.size()))
    std::this_thread::yield();
  at.one.silent = false;
  for (const auto each : open)
    questions.cancel(each);
  CHECK(fixture::ask(at.sys, chain));
  CHECK(heard == 0);
}

TEST_CASE("chain: endpoints that disagree are unknown; a second opinion is asked at the same block") {
  fixture at;
  at.two.head = 90; // The second endpoint is not asked for its newest block.
  const auto chain = at.start({at.one.url(), at.two.url(), at.three.url()});
  REQUIRE(fixture::ask(at.sys, chain));
  CHECK(at.two.pinned == 100);
  CHECK(at.three.requests == 0);
  at.two.symbol = "SP1CE";
  const auto c = fixture::ask(at.sys, chain);
  REQUIRE_FALSE(c);
  CHECK(code_of(c.error()) == ec::unknown);
  CHECK(text_of(c.error()).find("disagree") != std::string::npos);
  at.two.status = 503; // Then the third is asked.
  REQUIRE(fixture::ask(at.sys, chain));
  CHECK(at.three.requests == 1);
}
