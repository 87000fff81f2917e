// Many tenants in one process: the memory of 100,000 community actors behind their directory, beside as many empty
// actors of CAF, and how long the first question to one takes that must be read from PostgreSQL.
// Method: bench/README.md.
//
//   community_bench OUT.json FOR_S ROOT
#include "actors/community/community.hpp"
#include "adapters/postgres/communities/communities.hpp"
#include "adapters/postgres/manifests/manifests.hpp"
#include "adapters/postgres/pool.hpp"
#include "adapters/signer/signature.hpp"
#include "bench/support/figures.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/support/live_system.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <malloc.h>
#include <pqxx/pqxx>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

using namespace arrakis;
using namespace arrakis::bench;
using namespace std::chrono_literals;

namespace {
constexpr size_t actors = 100'000;
constexpr size_t verdicts = 20;
constexpr size_t stored = 10'000; ///< Communities in PostgreSQL.
constexpr size_t rounds = 3;
constexpr size_t activations_a_round = 1'000;
constexpr uint64_t first_guild = 100'000'000'000'000'000;
constexpr int64_t block = 12'345'678;

/// Content of every community: five tiers with their roles, and the seven channels of a standard template.
manifest sample() {
  manifest m;
  m.community_name = "Sietch of the bench";
  m.assets = {{.id = "asset-1", .type = "native", .chain = "berachain", .symbol = "BERA"}};
  m.ranked_asset = "asset-1";
  const char* names[] = {"naib", "fedaykin", "usul", "sayyadina", "sandrunner"};
  int64_t rank = 1;
  for (const std::string name : names) {
    m.tiers.push_back({name, name, rank, rank + 9});
    m.roles.push_back({"role-" + name, name, 0xFFD700, true, false, {"VIEW_CHANNEL"}, name, {}});
    rank += 10;
  }
  m.categories = {{"cat-open", "COMMUNITY", {}}, {"cat-vip", "VIP", {"naib", "fedaykin"}}};
  m.channels = {{"ch-1", "announcements", "text", "cat-open", "What is new", {}, true},
                {"ch-2", "general", "text", "cat-open", {}, {}, false},
                {"ch-3", "voice-lounge", "voice", "cat-open", {}, {}, false},
                {"ch-4", "vip-chat", "text", "cat-vip", {}, {}, false},
                {"ch-5", "vip-voice", "voice", "cat-vip", {}, {}, false}};
  return m;
}

std::string canonical_sample() {
  auto text = canonical_json(to_json(sample()));
  if (!text)
    throw std::runtime_error(text_of(text.error()));
  return std::move(*text);
}

std::string id_of(uint64_t guild) { return fmt::format("11111111-2222-4333-8444-{:012d}", guild - first_guild); }
snowflake guild_at(size_t index) { return {first_guild + index}; }
std::string key_of(snowflake guild) { return guild.text(); }

// The stores of the memory's measurement: they answer what PostgreSQL would, in this process, so that the measured
// memory is the actors' alone.
communities::handle::behavior_type rows_in_memory(communities::handle::pointer) {
  return {
    [](const communities::find_by_guild& q) { return communities::found{community_id{id_of(q.guild.value)}}; },
    [](const communities::load& q) {
      return communities::record{q.id, "Sietch of the bench", "basic", {first_guild}, "active", 0, 1};
    },
    [](const communities::list&) { return communities::listed{}; },
    [](const communities::set_status&) -> caf::result<communities::record> {
      return fail(ec::unsupported, "the bench freezes nobody");
    },
  };
}
manifests::handle::behavior_type manifests_in_memory(manifests::handle::pointer, std::string canonical) {
  return {
    [canonical](const manifests::load& q) {
      manifests::record found;
      found.community = q.community;
      found.version = 1;
      found.canonical = canonical;
      return found;
    },
    [](const manifests::list&) { return manifests::listed{}; },
    [](const manifests::load_shadow&) { return manifests::shadow{}; },
  };
}

/// Resident memory of this process, in bytes, without what the allocator could give back.
size_t resident() {
  ::malloc_trim(0);
  std::ifstream in{"/proc/self/statm"};
  size_t size = 0, pages = 0;
  in >> size >> pages;
  return pages * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

caf::actor start_communities(caf::actor_system& sys, const community::ports& to) {
  directory::options o;
  o.kind = "community";
  return directory::start(sys, o, [&sys, to](const std::string& key) {
    return caf::actor_cast<caf::actor>(community::start(sys, parse_snowflake(key).value_or(snowflake{}), to));
  });
}

/// Asks for the tenant's state; the first question activates its actor.
community::recalled recall(test::live_system& live, const caf::actor& tenants, snowflake guild, snowflake member) {
  const auto answer = live.ask<community::recalled>(
    tenants, directory::to(key_of(guild), community::recall{member, test::live_system::in(30s)}));
  if (!answer)
    throw std::runtime_error("a tenant did not answer: " + text_of(answer.error()));
  if (answer->status != community::tenant_status::active || answer->version != 1)
    throw std::runtime_error("a tenant answered what was not stored");
  return *answer;
}

double ours_in_memory() {
  test::live_system live;
  const auto rows = live.keep(live.sys().spawn(rows_in_memory));
  const auto texts = live.keep(live.sys().spawn(manifests_in_memory, canonical_sample()));
  const auto tenants = live.keep(start_communities(live.sys(), {rows, texts, {}, {}, {}}));
  recall(live, tenants, guild_at(actors), {1}); // Code and tables of all of them, not of each.
  const auto before = resident();
  const auto now = wall_ms();
  for (size_t i = 0; i < actors; ++i) {
    recall(live, tenants, guild_at(i), {1});
    for (size_t member = 0; member < verdicts; ++member)
      caf::anon_send(
        tenants,
        directory::to(
          key_of(guild_at(i)),
          community::remember{{{member}, block, now, static_cast<int8_t>(member % 5), community::finding::yes}, 1, 0}));
  }
  for (size_t i = 0; i < actors; ++i) { // Also the proof that every verdict sent before has been kept.
    const auto last = recall(live, tenants, guild_at(i), {i % verdicts});
    if (!last.last || last.last->block != block || last.role.empty())
      throw std::runtime_error("a verdict is not there any more");
  }
  return static_cast<double>(resident() - before);
}

double plain_in_memory() {
  test::live_system live;
  std::vector<caf::actor> kept;
  kept.reserve(actors);
  const auto before = resident();
  for (size_t i = 0; i < actors; ++i)
    kept.push_back(live.sys().spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; }));
  const auto after = resident();
  for (auto& each : kept)
    caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
  return static_cast<double>(after - before);
}

/// Measures in a separate process, because earlier allocations change the size of later ones.
double alone(double (*measure)()) {
  int ends[2];
  if (::pipe(ends) != 0)
    throw std::runtime_error("no pipe");
  const auto child = ::fork();
  if (child == 0) {
    const auto measured = measure(); // A throw ends the child, and the parent reads nothing.
    [[maybe_unused]] const auto written = ::write(ends[1], &measured, sizeof measured);
    ::_exit(0); // The actors' ends are not part of it.
  }
  ::close(ends[1]);
  double bytes = 0;
  const auto got = ::read(ends[0], &bytes, sizeof bytes);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  if (got != sizeof bytes || bytes <= 0)
    throw std::runtime_error("a measurement of memory failed");
  return bytes / (1024.0 * 1024.0);
}

void store_communities(const test::postgres_server& server) {
  const auto canonical = canonical_sample();
  pqxx::connection db{server.admin_dsn()};
  pqxx::work tx{db};
  tx.exec_params("insert into communities (name, discord_guild_id)"
                 " select 'Sietch ' || n, $1::bigint + n from generate_series(0, $2::bigint - 1) n",
                 first_guild, stored);
  tx.exec_params("insert into manifests (community_id, version, content, canonical, sha256, signature, signed_at,"
                 " is_active) select id, 1, $1::text::jsonb, convert_to($1::text, 'UTF8'), $2, 'bench', 'bench', true"
                 " from communities",
                 canonical, sha256_hex(canonical));
  tx.commit();
  pqxx::nontransaction{db}.exec("analyze");
}

struct latencies {
  std::vector<double> p50, p99;
};

latencies activate() {
  const test::postgres_server server;
  store_communities(server);
  test::live_system live;
  const auto pool = live.keep(postgres::start(live.sys(), {.dsn = server.dsn(), .connections = 4}));
  const auto rows = live.keep(communities::start(live.sys(), pool));
  const auto texts = live.keep(manifests::start(live.sys(), pool));
  const auto tenants = live.keep(start_communities(live.sys(), {rows, texts, {}, {}, {}}));
  size_t next = 0;
  for (; next < 200; ++next) // Connections, plans and caches are warm, as in a process that has served for a while.
    recall(live, tenants, guild_at(next), {1});
  latencies found;
  for (size_t round = 0; round < rounds; ++round) {
    std::vector<double> took;
    for (size_t i = 0; i < activations_a_round; ++i, ++next) {
      const stopwatch watch;
      recall(live, tenants, guild_at(next), {1});
      took.push_back(watch.seconds() * 1'000);
    }
    std::ranges::sort(took);
    found.p50.push_back(took[took.size() / 2]);
    found.p99.push_back(took[took.size() * 99 / 100]);
  }
  return found;
}
} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: community_bench OUT.json FOR_S ROOT\n");
    return 2;
  }
  log::set_sink([](std::string_view) {});
  std::vector<double> ours, plain;
  for (size_t round = 0; round < rounds; ++round) {
    ours.push_back(alone(ours_in_memory));
    plain.push_back(alone(plain_in_memory));
  }
  const auto found = activate();
  write(argv[1],
        {{"community: memory of 100,000 tenants", "MiB", ours, plain, "empty CAF actors",
          goal{goal::at_most, 400, goal::ours}},
         {"community: activation from PostgreSQL, p99", "ms", found.p99, {}, "", goal{goal::at_most, 5, goal::ours}},
         {"community: activation from PostgreSQL, median", "ms", found.p50, {}, "", {}}});
  return 0;
}
