#include "adapters/chain/reader/chain_reader.hpp"

#include "adapters/chain/reader/fake_endpoint.test.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::chain;
using namespace arrakis::chain::reader;
using namespace std::chrono_literals;

namespace {
evm_address address(uint8_t n) {
  evm_address out;
  out.bytes.fill(n);
  return out;
}
chain_read balance(uint8_t n) { return {"base", native_balance{address(n)}}; }
value_or_reason number(uint64_t n) { return contract_answer{uint256{n}}; }

/// Three endpoints of one chain that all say that the balance of wallet n is n.
struct fixture {
  arrakis::test::sim_system sim;
  std::vector<std::shared_ptr<fakes::script>> says;
  handle chain;

  explicit fixture(size_t count = 3, size_t quorum = 2, bool same_host = false) {
    std::vector<named_endpoint> workers;
    for (size_t i = 0; i < count; ++i) {
      says.push_back(std::make_shared<fakes::script>());
      says[i]->says = [](const chain_read& question, const block_id&) {
        return number(std::get<native_balance>(question.what).of.bytes[0]);
      };
      workers.push_back({same_host ? "host" : std::string(1, static_cast<char>('x' + i)),
                         sim.sys().spawn(fakes::fake_behavior, says[i])});
    }
    chain = start_chain(sim.sys(), fakes::base_terms(0, quorum), [workers] { return workers; });
  }
  ~fixture() {
    caf::anon_send_exit(chain, caf::exit_reason::kill);
    sim.run();
  }
  template <class At>
  auto send(caf::scoped_actor& self, std::vector<chain_read> questions, std::chrono::milliseconds wait = 10s) {
    return self->request(chain, caf::infinite, read_values<At>{"base", std::move(questions), {sim.now() + wait}});
  }
  /// "7 @100 x y", "unknown: ...": what a member would be told of each question.
  template <class At = grant_block>
  std::vector<std::string> read(std::vector<chain_read> questions, std::chrono::milliseconds wait = 10s) {
    caf::scoped_actor self{sim.sys()};
    auto pending = send<At>(self, std::move(questions), wait);
    sim.advance(wait);
    std::vector<std::string> out;
    pending.receive(
      [&](values_read<At>& got) {
        for (const auto& each : got.answers)
          out.push_back(text(each));
      },
      [&](caf::error& e) { out.push_back(text_of(e)); });
    return out;
  }
  static std::string text(const any_reading<contract_answer>& one) {
    return one.match(
      [](const auto& known) {
        auto out = fmt::format("{} @{}", to_decimal(std::get<uint256>(known.value)), known.at.block);
        for (const auto& each : known.at.endpoints)
          out += " " + each;
        return out;
      },
      [](const unknown_reason& why) { return "unknown: " + why.detail; });
  }
  void lie(size_t which, uint64_t as) {
    says[which]->says = [as](const chain_read&, const block_id&) { return number(as); };
  }
};
using strings = std::vector<std::string>;
} // namespace

TEST_CASE("chain reader: two of three that agree on block and value are believed, and the third is not asked") {
  fixture at;
  CHECK(at.read({balance(7), balance(8), balance(7)}) == strings{"7 @100 x y", "8 @100 x y", "7 @100 x y"});
  CHECK(at.says[2]->asked.empty());
  CHECK(at.says[0]->asked.at(0).size() == 2); // Each once.
  CHECK(at.read<revoke_block>({balance(7)}) == strings{"7 @90 x y"});
}

TEST_CASE("chain reader: one that lies is outvoted, wherever it stands, and is asked last from then on") {
  for (size_t liar = 0; liar < 2; ++liar) {
    fixture at;
    at.lie(liar, 0);
    CHECK(at.read({balance(7)}) == strings{liar == 0 ? "7 @100 y z" : "7 @100 x z"});
    const auto before = at.says[liar]->asked.size();
    CHECK(at.read<revoke_block>({balance(9)})[0].starts_with("9 @90"));
    CHECK(at.says[liar]->asked.size() == before);
  }
}

TEST_CASE("chain reader: negative control: with a quorum of one a liar's word is a value") {
  fixture at{3, 1};
  at.lie(0, 0);
  CHECK(at.read({balance(7)}) == strings{"0 @100 x"});
  // To take, two are asked all the same.
  CHECK(at.read<revoke_block>({balance(7)}) == strings{"7 @90 y z"});
}

TEST_CASE("chain reader: two addresses of one host are one voice") {
  fixture at{3, 2, true};
  at.lie(0, 0);
  at.lie(1, 0);
  CHECK(at.read({balance(7)}) == strings{"0 @100 host"}); // The word of one endpoint, which is named.
}

TEST_CASE("chain reader: without a quorum it is unknown, and never zero") {
  fixture at;
  at.says[1]->is_away = at.says[2]->is_away = true;
  CHECK(at.read({balance(7)}) == strings{"unknown: too few endpoints of Base answered"});
  at.says[1]->is_away = false;
  at.lie(1, 0);
  CHECK(at.read({balance(7)}) == strings{"unknown: the endpoints of the chain disagree"});
  at.says[2]->is_away = false;
  CHECK(at.read({balance(7)}) == strings{"7 @100 x z"});
}

TEST_CASE("chain reader: endpoints on different forks confirm no block") {
  fixture at{2};
  at.says[1]->fork = 'b';
  CHECK(at.read({balance(7)}) == strings{"unknown: the endpoints of Base do not agree on block 100"});
  fixture three;
  three.says[0]->fork = 'b';
  CHECK(three.read({balance(7)}) == strings{"7 @100 y z"});
}

TEST_CASE("chain reader: a block that is left while it is read is unknown, and the next question reads the new one") {
  fixture at;
  for (auto& each : at.says) {
    each->says = [each](const chain_read&, const block_id&) -> value_or_reason { return number(each->fork == 'a'); };
    each->slow = 100ms;
  }
  caf::scoped_actor self{at.sim.sys()};
  auto pending = at.send<grant_block>(self, {balance(7)});
  at.sim.advance(50ms);
  for (auto& each : at.says)
    each->fork = 'b';
  at.sim.advance(10s);
  pending.receive(
    [&](values_read<grant_block>& got) { CHECK(fixture::text(got.answers.at(0)).starts_with("unknown")); },
    [](caf::error&) { CHECK(false); });
  CHECK(at.read({balance(7)}) == strings{"0 @100 x y"});
}

TEST_CASE("chain reader: a slow endpoint is overtaken after the p95") {
  fixture at;
  at.says[0]->slow = 3s;
  caf::scoped_actor self{at.sim.sys()};
  auto pending = at.send<grant_block>(self, {balance(7)});
  at.sim.advance(490ms);
  CHECK(at.says[2]->asked.empty());
  at.sim.advance(20ms);
  CHECK(at.says[2]->asked.size() == 1);
  pending.receive([&](values_read<grant_block>& got) { CHECK(fixture::text(got.answers.at(0)) == "7 @100 y z"); },
                  [](caf::error&) { CHECK(false); });
}

TEST_CASE("chain reader: what came by the deadline is told, the rest is unknown") {
  fixture at{2};
  at.says[1]->slow = 60s;
  CHECK(at.read({balance(7)}, 1s) == strings{"unknown: Base did not answer in time"});
}

TEST_CASE("chain reader: an endpoint that keeps failing is left alone, and tried again later") {
  fixture at;
  at.says[0]->is_away = true;
  for (int i = 0; i < 8; ++i)
    CHECK(at.read({balance(7)}, 2s) == strings{"7 @100 y z"});
  CHECK(at.says[0]->tips < 8);
  at.says[0]->is_away = false;
  at.sim.advance(11s);
  const auto before = at.says[0]->tips;
  at.read({balance(7)}, 2s);
  CHECK(at.says[0]->tips == before + 1);
}

TEST_CASE("chain reader: one endpoint alone gives by its word, and takes when it says the same at two blocks") {
  fixture at{1};
  CHECK(at.read({balance(7)}) == strings{"7 @100 x"});
  CHECK(at.read<revoke_block>({balance(7)}) == strings{"7 @90 x"});
  CHECK(at.says[0]->asked_at == std::vector<int64_t>{100, 90, 89});
  at.says[0]->says = [](const chain_read&, const block_id& block) { return number(block.number == 90 ? 0 : 7); };
  CHECK(at.read<revoke_block>({balance(7)}) == strings{"unknown: the endpoints of the chain disagree"});
}

TEST_CASE("chain reader: a thousand checks that arrive together ask each endpoint a handful of times") {
  fixture at;
  caf::scoped_actor self{at.sim.sys()};
  std::vector<decltype(at.send<grant_block>(self, {}))> pending;
  for (int i = 0; i < 1'000; ++i)
    pending.push_back(at.send<grant_block>(self, {balance(static_cast<uint8_t>(i % 200)), balance(250)}));
  at.sim.advance(1s);
  int answered = 0;
  for (auto& each : pending)
    each.receive([&](values_read<grant_block>& got) { answered += static_cast<int>(got.answers.size()); },
                 [](caf::error&) { CHECK(false); });
  CHECK(answered == 2'000);
  size_t messages = 0;
  for (const auto& each : at.says)
    messages += each->asked.size() + static_cast<size_t>(each->tips + each->blocks);
  CHECK(messages < 50);
}

TEST_CASE("chain reader: a question that joins one in flight is asked once; one of another chain is not asked at all") {
  fixture at;
  for (auto& each : at.says)
    each->slow = 200ms;
  caf::scoped_actor self{at.sim.sys()};
  auto first = at.send<grant_block>(self, {balance(7)});
  at.sim.advance(100ms);
  auto second = at.send<grant_block>(self, {balance(7), {"ethereum", native_balance{address(7)}}});
  at.sim.advance(1s);
  CHECK(at.says[0]->asked.size() == 1);
  first.receive([](values_read<grant_block>& got) { CHECK(fixture::text(got.answers.at(0)) == "7 @100 x y"); },
                [](caf::error&) { CHECK(false); });
  second.receive(
    [](values_read<grant_block>& got) {
      CHECK(fixture::text(got.answers.at(0)) == "7 @100 x y");
      CHECK(fixture::text(got.answers.at(1)).starts_with("unknown"));
    },
    [](caf::error&) { CHECK(false); });
}

TEST_CASE("chain reader: a block is used for less than a second, then the newest one is") {
  fixture at;
  CHECK(at.read({balance(7)}, 500ms) == strings{"7 @100 x y"});
  for (auto& each : at.says)
    each->tip = 101;
  CHECK(at.read({balance(7)}, 400ms) == strings{"7 @100 x y"});
  CHECK(at.read({balance(8)}, 500ms) == strings{"8 @100 x y"}); // 900 ms.
  at.sim.advance(200ms);
  CHECK(at.read({balance(7)}, 500ms) == strings{"7 @101 x y"});
}
