#include "apps/wiring/ports.hpp"

#include "tests/support/scratch.hpp"
#include "tests/support/servers.hpp"

#include <caf/scoped_actor.hpp>
#include <doctest/doctest.h>
#include <poll.h>
#include <semaphore>
#include <sys/socket.h>
#include <sys/un.h>

using namespace arrakis;

namespace {
/// Listens where libpq looks for a server, and answers nobody.
class silent_postgres {
public:
  silent_postgres() {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    (folder_ / ".s.PGSQL.5432").copy(name.sun_path, sizeof name.sun_path - 1);
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
  }
  ~silent_postgres() { ::close(socket_); }
  std::string dsn() const { return "host=" + folder_.path() + " user=arrakis_app dbname=arrakis"; }
  /// Returns true if a client connects within this time.
  bool is_called(std::chrono::milliseconds within) const {
    pollfd one{socket_, POLLIN, 0};
    return ::poll(&one, 1, static_cast<int>(within.count())) == 1;
  }

private:
  test::scratch folder_{"wiring"};
  int socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

struct fixture {
  silent_postgres postgres;
  test::redis_server redis;
  test::scratch state{"wiring"};
  config settings = loaded();
  config loaded() const {
    auto made = config::load("", {{"ARRAKIS_NODE_STATE_FOLDER", state / "state"},
                                  {"ARRAKIS_POSTGRES_MODE", "external"},
                                  {"ARRAKIS_POSTGRES_DSN", postgres.dsn()},
                                  {"ARRAKIS_POSTGRES_RELAY_DSN", postgres.dsn()},
                                  {"ARRAKIS_REDIS_MODE", "external"},
                                  {"ARRAKIS_REDIS_URL", redis.url()}});
    REQUIRE(made);
    return *made;
  }
  wiring::addresses where() const {
    auto found = wiring::find_addresses(settings);
    REQUIRE(found);
    return *found;
  }
};

deadline soon() { return {std::chrono::steady_clock::now() + std::chrono::seconds{30}}; }
} // namespace

TEST_CASE("ports: one that nobody asks for is never opened: the queue is read without PostgreSQL") {
  const fixture here;
  wiring::ports to{here.settings, here.where(), "test"};
  caf::scoped_actor self{to.system()};
  std::string error = "no answer";
  self->request(to.queue(jobs::discord_synthesis), caf::duration{std::chrono::seconds{30}}, queue::get_counts{soon()})
    .receive([&](const queue::counts&) { error = ""; }, [&](const caf::error& e) { error = text_of(e); });
  CHECK(error == "");
  CHECK_FALSE(here.postgres.is_called(std::chrono::milliseconds{0}));
  to.communities(); // Negative control: a store opens its pool.
  CHECK(here.postgres.is_called(std::chrono::seconds{30}));
}

TEST_CASE("ports: each is opened once, and the objects need no server") {
  const fixture here;
  wiring::ports to{here.settings, {secret{"host=/nowhere"}, {}, {}, secret{"redis://127.0.0.1:1"}, {}}, "test"};
  CHECK(to.objects() == to.objects());
  caf::scoped_actor self{to.system()};
  ec code = ec::internal;
  self
    ->request(to.objects(), caf::duration{std::chrono::seconds{30}},
              objects::get{community_id{"6f1c7a1e-0000-4000-8000-000000000001"}, 1, soon(), {}})
    .receive([](const objects::snapshot&) {}, [&](const caf::error& e) { code = code_of(e); });
  CHECK(code == ec::not_found);
}

TEST_CASE("wiring: signer.mode and objects.mode name an implementation, and nothing else is taken") {
  for (const auto* key : {"ARRAKIS_SIGNER_MODE", "ARRAKIS_OBJECTS_MODE"})
    CHECK_MESSAGE(!config::load("", {{key, "none"}}), key);
  CHECK(config::load("", {{"ARRAKIS_SIGNER_MODE", "local"}, {"ARRAKIS_OBJECTS_MODE", "folder"}}));
}

TEST_CASE("wiring: keys that an operator puts into the folder while a program runs are judged") {
  const fixture here;
  const auto keys = wiring::signer_files(here.settings);
  CHECK(keys.folder == here.state / "state/keys");
  CHECK_FALSE(keys.check()); // No folder, no key, no fault.
  std::filesystem::create_directories(keys.folder);
  ::chmod(keys.folder.c_str(), 0700);
  std::ofstream{keys.folder + "/v1.pem"} << "no key";
  ::chmod((keys.folder + "/v1.pem").c_str(), 0600);
  CHECK(code_of(keys.check()) == ec::corrupt);
}

TEST_CASE("ports: a hint reaches whoever follows it, and without Redis the command goes on") {
  using namespace std::chrono_literals;
  std::counting_semaphore<16> told{0};
  fixture f;
  net::io io;
  const auto link = wiring::connect_redis(io, f.settings, f.where().redis_url, "test");
  const auto subscription = wiring::hint_subscriber(link)(hints::fences, [&] { told.release(); });
  REQUIRE(told.try_acquire_for(20s)); // At the begin.
  wiring::ports to{f.settings, f.where(), "test"};
  to.give_hint(hints::fences);
  CHECK(told.try_acquire_for(20s));
  f.redis.kill();
  to.give_hint(hints::fences);
  CHECK_FALSE(told.try_acquire());
}
