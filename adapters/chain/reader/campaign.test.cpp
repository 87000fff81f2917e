// Random histories of a chain and of three endpoints, of which at most one lies at a time. What the reader says is
// compared with the history itself.
#include "adapters/chain/reader/chain_reader.hpp"
#include "adapters/chain/reader/fake_endpoint.test.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>
#include <random>

using namespace arrakis;
using namespace arrakis::chain;
using namespace arrakis::chain::reader;
using namespace std::chrono_literals;

namespace {
constexpr int64_t chain_length = 60;

evm_address wallet(size_t n) {
  evm_address out;
  out.bytes.fill(static_cast<uint8_t>(n + 1));
  return out;
}

struct totals {
  size_t wrong = 0, known = 0, unknown = 0, old_blocks = 0;
};

class campaign {
public:
  campaign(uint64_t seed, size_t quorum) : random_{seed} {
    std::vector<named_endpoint> workers;
    for (size_t i = 0; i < 3; ++i) {
      endpoints_.push_back(std::make_shared<fakes::script>());
      endpoints_[i]->tip = chain_length;
      workers.push_back(
        {std::string(1, static_cast<char>('x' + i)), sim_.sys().spawn(fakes::fake_behavior, endpoints_[i])});
    }
    auto terms = fakes::base_terms(1, quorum);
    terms.block_max = 0ms;
    chain_ = start_chain(sim_.sys(), terms, [workers] { return workers; });
  }
  campaign(const campaign&) = delete;
  campaign& operator=(const campaign&) = delete;
  ~campaign() {
    caf::anon_send_exit(chain_, caf::exit_reason::kill);
    sim_.run();
  }
  void run(size_t rounds, totals& all) {
    for (size_t i = 0; i < rounds; ++i) {
      draw_faults();
      if (dice(2) == 0)
        check<grant_block>(all, 1);
      else
        check<revoke_block>(all, 10);
      for (auto& each : endpoints_)
        each->tip += 1;
      sim_.advance(11s); // Open breakers try again.
    }
  }

private:
  size_t dice(size_t sides) { return random_() % sides; }
  /// The truth: what a wallet holds on a fork at a block.
  static uint64_t held(const evm_address& of, int64_t block, char fork) {
    return (static_cast<uint64_t>(of.bytes[0]) * 7 + static_cast<uint64_t>(block) * 3 + static_cast<uint64_t>(fork))
         % 5;
  }
  void draw_faults() {
    const auto tip = std::max({endpoints_[0]->tip, endpoints_[1]->tip, endpoints_[2]->tip});
    fork_ = dice(8) == 0 ? static_cast<char>('a' + dice(6)) : fork_; // All nodes have left the old blocks.
    for (auto& each : endpoints_) {
      *each = fakes::script{};
      each->tip = tip;
      each->fork = fork_;
      each->says = honest(fork_);
    }
    const auto liar = dice(3);
    switch (dice(5)) {
      case 0: endpoints_[liar]->says = lying(false); break;
      case 1: endpoints_[liar]->says = lying(true); break;
      case 2: endpoints_[liar]->tip = tip - static_cast<int64_t>(dice(30)); break;
      case 3: endpoints_[liar]->tip = tip + static_cast<int64_t>(dice(30)); break;
      default: endpoints_[liar]->fork = static_cast<char>('a' + dice(6)); break;
    }
    auto& other = *endpoints_[dice(3)];
    switch (dice(4)) {
      case 0: other.is_away = true; break;
      case 1: other.slow = 30s; break;
      case 2: other.slow = std::chrono::milliseconds{dice(2'000)}; break;
      default: break;
    }
  }
  static std::function<value_or_reason(const chain_read&, const block_id&)> honest(char fork) {
    return [fork](const chain_read& question, const block_id& at) -> value_or_reason {
      return contract_answer{uint256{held(std::get<native_balance>(question.what).of, at.number, fork)}};
    };
  }
  /// Always, or at the revoke block only.
  std::function<value_or_reason(const chain_read&, const block_id&)> lying(bool when_deep) {
    const auto limit = when_deep ? endpoints_[0]->tip - 5 : INT64_MAX;
    return [limit, truth = honest(fork_)](const chain_read& question, const block_id& at) -> value_or_reason {
      return at.number > limit ? truth(question, at) : contract_answer{uint256{99}};
    };
  }
  template <class At>
  void check(totals& all, int64_t depth) {
    const auto honest_tip = chain_tip_of_majority();
    std::vector<chain_read> questions;
    for (size_t i = 0; i < 3; ++i)
      questions.push_back({"base", native_balance{wallet(dice(20))}});
    caf::scoped_actor self{sim_.sys()};
    auto pending = self->request(chain_, caf::infinite, read_values<At>{"base", questions, {sim_.now() + 12s}});
    sim_.advance(12s);
    pending.receive(
      [&](values_read<At>& got) {
        for (size_t i = 0; i < questions.size(); ++i)
          got.answers[i].match(
            [&](const auto& known) {
              ++all.known;
              const auto truth = held(std::get<native_balance>(questions[i].what).of, known.at.block, fork_);
              const bool is_true = known.value == contract_answer{uint256{truth}}
                                && known.at.block_hash == endpoints_of_fork().block(known.at.block).hash;
              all.wrong += !is_true;
              all.old_blocks += known.at.block < honest_tip - depth - 10; // 20 s of blocks.
            },
            [&](const unknown_reason&) { ++all.unknown; });
      },
      [](caf::error& e) { FAIL(text_of(e)); });
  }
  fakes::script endpoints_of_fork() const {
    fakes::script out;
    out.fork = fork_;
    return out;
  }
  int64_t chain_tip_of_majority() const {
    std::vector<int64_t> tips;
    for (const auto& each : endpoints_)
      tips.push_back(each->tip);
    std::sort(tips.begin(), tips.end());
    return tips[1];
  }

  std::mt19937_64 random_;
  arrakis::test::sim_system sim_;
  std::vector<std::shared_ptr<fakes::script>> endpoints_;
  handle chain_;
  char fork_ = 'a';
};

totals run_campaign(size_t quorum) {
  totals all;
  for (uint64_t seed = 1; seed <= 40; ++seed)
    campaign{seed, quorum}.run(50, all);
  return all;
}
} // namespace

TEST_CASE("chain reader: 2,000 random histories with one liar give no wrong value") {
  const auto all = run_campaign(2);
  CHECK(all.wrong == 0);
  CHECK(all.old_blocks == 0);
  CHECK(all.known + all.unknown == 6'000);
  CHECK(all.known > 6'000 * 3 / 10);
  CHECK(all.unknown > 0);
  MESSAGE(all.known << " known, " << all.unknown << " unknown, " << all.wrong << " wrong");
}

TEST_CASE("chain reader: negative control: with a quorum of one the random histories find wrong values") {
  CHECK(run_campaign(1).wrong > 0);
}
