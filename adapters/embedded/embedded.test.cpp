#include "adapters/embedded/embedded.hpp"

#include "adapters/embedded/child.hpp"
#include "adapters/postgres/migrate.hpp"
#include "runtime/log.hpp"
#include "runtime/process.hpp"
#include "tests/support/scratch.hpp"

#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <pqxx/pqxx>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {
using namespace arrakis;
using namespace std::chrono_literals;

bool root() { return ::geteuid() == 0; }
constexpr const char* holder_folder = "ARRAKIS_TEST_HOLD";

struct quiet {
  quiet() {
    log::set_sink([](std::string_view) {});
  }
  ~quiet() { log::set_sink(nullptr); }
};

std::string sql(const std::string& folder, const std::string& text) {
  pqxx::connection db{embedded::dsn(folder, "arrakis_owner")};
  const auto rows = pqxx::nontransaction{db}.exec(text);
  return rows.empty() ? "" : rows[0][0].as<std::string>();
}

/// The path in the address of its Redis.
std::string redis_address(const std::string& folder) {
  const auto url = embedded::redis_url(folder).substr(7);
  std::string path;
  for (size_t at = 0; at < url.size(); ++at)
    if (url[at] == '%') {
      path += static_cast<char>(std::stoi(url.substr(at + 1, 2), nullptr, 16));
      at += 2;
    } else {
      path += url[at];
    }
  return path;
}

/// The answer of Redis to one inline command, up to its end of line; empty when it is away.
std::string redis(const std::string& folder, const std::string& command) {
  const auto path = redis_address(folder);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  std::string answer;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    ::send(fd, (command + "\r\n").data(), command.size() + 2, MSG_NOSIGNAL);
    char byte = 0;
    while (::recv(fd, &byte, 1, 0) == 1 && byte != '\n')
      answer += byte;
  }
  ::close(fd);
  return answer;
}

std::string fault(const std::string& folder) {
  try {
    embedded::servers{{.folder = folder}};
    return {};
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

template <class F>
void until(F done) {
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!done() && std::chrono::steady_clock::now() < end)
    ::poll(nullptr, 0, 5);
  REQUIRE(done());
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Another daemon: this program again, which starts the servers in `folder` and keeps them until it is killed.
process another(const std::string& folder) {
  process p{{.argv = {"/proc/self/exe", "-tc=holder", "--no-skip"},
             .env = {std::string{holder_folder} + "=" + folder},
             .output = folder + ".log"}};
  until([&] { return std::filesystem::exists(folder + ".up") || !p.running(); });
  REQUIRE(p.running());
  return p;
}
} // namespace

TEST_CASE("holder" * doctest::skip()) {
  const char* folder = std::getenv(holder_folder);
  if (!folder)
    return;
  embedded::servers mine{{.folder = folder}};
  sql(folder, "create table sand (worms int)");
  sql(folder, "insert into sand values (7)");
  redis(folder, "SET worm 7");
  std::ofstream{std::string{folder} + ".up"} << "up";
  ::pause();
}

TEST_CASE("embedded: as root it refuses, and as another user it keeps all its promises") {
  if (!root())
    return;
  test::scratch tmp{"embed"};
  CHECK(has(fault(tmp / "state"), "refuses to run as root"));
  std::filesystem::permissions(tmp.path(), std::filesystem::perms::all);
  // A copy where the other user may enter: a checkout may lie below a folder of root's own.
  std::filesystem::copy_file(std::filesystem::read_symlink("/proc/self/exe"), tmp / "program");
  std::filesystem::permissions(tmp / "program", std::filesystem::perms(0755));
  process as_user{{.argv = {tmp / "program", "-ts=embedded"},
                   .user = unprivileged_user(),
                   .folder = tmp.path(),
                   .output = tmp / "output"}};
  CHECK(as_user.wait(600s));
  CHECK_MESSAGE(as_user.exit_status() == 0, test::content(tmp / "output"));
  CHECK(has(test::content(tmp / "output"), "11 passed"));
}

TEST_SUITE_BEGIN("embedded" * doctest::skip(root()));

TEST_CASE(
  "embedded: both servers answer, on sockets that only we can reach, and their data is there after a clean stop") {
  quiet hush;
  test::scratch tmp{"embed"};
  const auto folder = tmp / "state";
  {
    embedded::servers mine{{.folder = folder}};
    CHECK(postgres::migrate(embedded::dsn(folder, "arrakis_owner")));
    CHECK(sql(folder, "select current_setting('listen_addresses') = '' and current_setting('fsync') = 'on'") == "t");
    sql(folder, "create table sand (worms int); insert into sand values (7)");
    CHECK(redis(folder, "SET worm 7") == "+OK\r");
    using std::filesystem::perms;
    for (const auto& path : {folder, embedded::socket_folder(folder), folder + "/postgres/data", folder + "/redis"})
      CHECK((std::filesystem::status(path).permissions() & (perms::group_all | perms::others_all)) == perms::none);
  }
  embedded::servers again{{.folder = folder}};
  CHECK(sql(folder, "select worms from sand") == "7");
  CHECK(redis(folder, "GET worm") == "$1\r");
  CHECK(!has(test::content(folder + "/postgres/postgres.log"), "not properly shut down"));
}

TEST_CASE("embedded: a child that is killed is started again with its data, at the same address") {
  quiet hush;
  test::scratch tmp{"embed"};
  const auto folder = tmp / "state";
  embedded::servers mine{{.folder = folder}};
  sql(folder, "create table sand (worms int); insert into sand values (7)");
  redis(folder, "SET worm 7");
  for (int round = 0; round < 2; ++round) {
    const int postgres = mine.postgres_pid(), redis_pid = mine.redis_pid();
    ::kill(postgres, SIGKILL);
    ::kill(redis_pid, SIGKILL);
    until([&] { return mine.postgres_pid() > 0 && mine.postgres_pid() != postgres; });
    until([&] { return mine.redis_pid() > 0 && mine.redis_pid() != redis_pid; });
    CHECK(sql(folder, "select worms from sand") == "7");
    CHECK(redis(folder, "GET worm") == "$1\r");
  }
}

TEST_CASE("embedded: a folder in use is refused, and the refusal names the process") {
  quiet hush;
  test::scratch tmp{"embed"};
  auto other = another(tmp / "state");
  const auto why = fault(tmp / "state");
  CHECK(has(why, fmt::format("in use by process {}", other.pid())));
  CHECK(sql(tmp / "state", "select worms from sand") == "7");
}

TEST_CASE("embedded: what a killed daemon leaves behind is cleared away, and its data is used") {
  quiet hush;
  test::scratch tmp{"embed"};
  const auto folder = tmp / "state";
  auto other = another(folder);
  other.stop(SIGKILL, 10s);
  // The number in the pid file belongs to another program by now: us. PostgreSQL alone would refuse to start.
  const auto pid_file = folder + "/postgres/data/postmaster.pid";
  auto lines = test::content(pid_file);
  lines.replace(0, lines.find('\n'), std::to_string(::getpid()));
  std::ofstream{pid_file, std::ios::trunc} << lines;
  std::filesystem::create_directory(folder + "/postgres/data.new"); // And one that died in initdb.
  embedded::servers mine{{.folder = folder}};
  CHECK(sql(folder, "select worms from sand") == "7");
  CHECK(redis(folder, "GET worm") == "$1\r");
}

TEST_CASE("embedded: a path too long for a socket still works, and others are not let in") {
  quiet hush;
  test::scratch tmp{"embed"};
  const auto folder = tmp / std::string(100, 'x');
  {
    embedded::servers mine{{.folder = folder, .redis = false}};
    CHECK(embedded::socket_folder(folder).starts_with("/tmp/arrakis-"));
    CHECK(sql(folder, "select 1") == "1");
    CHECK(mine.redis_pid() == -1);
  }
  std::filesystem::permissions(folder, std::filesystem::perms::all);
  CHECK(has(fault(folder), folder));
  std::filesystem::remove_all(embedded::socket_folder(folder));
}

TEST_CASE("embedded: a socket folder below /tmp that somebody made first is not used, by nobody of ours") {
  quiet hush;
  test::scratch tmp{"embed"};
  const auto folder = tmp / std::string(100, 'x');
  const auto sockets = embedded::socket_folder(folder);
  CHECK_FALSE(embedded::check_socket_folder(folder)); // Not there yet.
  for (const int how : {0, 1, 2}) {
    if (how == 0) { // Open to others; root may also give it away.
      std::filesystem::create_directory(sockets);
      std::filesystem::permissions(sockets, std::filesystem::perms::all);
      if (root())
        REQUIRE(::chown(sockets.c_str(), 65'534, 65'534) == 0);
    } else if (how == 1) {
      std::filesystem::create_symlink(tmp.path(), sockets);
    } else {
      std::ofstream{sockets} << "x";
    }
    const auto bad = embedded::check_socket_folder(folder);
    CHECK(code_of(bad) == ec::refused);
    CHECK(has(text_of(bad), "choose a shorter node.state_folder"));
    if (!root())
      CHECK(fault(folder) == text_of(bad));
    std::filesystem::remove_all(sockets);
  }
  std::filesystem::create_directory(sockets);
  std::filesystem::permissions(sockets, std::filesystem::perms::owner_all);
  CHECK_FALSE(embedded::check_socket_folder(folder)); // Negative control: ours, and private.
  std::filesystem::remove_all(sockets);
  CHECK_FALSE(embedded::check_socket_folder(tmp / "short"));
}

TEST_CASE("embedded: libpq talks to a server of our own user alone") {
  if (root())
    return;
  quiet hush;
  test::scratch tmp{"embed"};
  embedded::servers mine{{.folder = tmp / "state", .redis = false}};
  const auto opens = [&](const std::string& more) {
    try {
      return pqxx::connection{embedded::dsn(tmp / "state", "arrakis_owner") + more}.is_open();
    } catch (const std::exception&) {
      return false;
    }
  };
  CHECK(opens(embedded::dsn_of_own_server()));
  CHECK(opens("")); // Negative control: without the question anybody's server will do.
  CHECK_FALSE(opens(" requirepeer=root"));
}

TEST_CASE("embedded: any path will do, and a link to a folder") {
  quiet hush;
  test::scratch tmp{"embed"};
  const auto works = [](const std::string& folder) {
    const embedded::servers mine{{.folder = folder}};
    const auto url = redis_address(folder);
    return sql(folder, "select 7") == "7" && url.ends_with("/redis.sock") && redis(folder, "PING") == "+PONG\r";
  };
  const auto odd = tmp / "a b%25#'\"\\\xC3\xA4$(x)";
  CHECK(works(odd));
  CHECK(embedded::socket_folder(odd) == odd + "/run");
  const auto comma = tmp / "a, b";
  CHECK(works(comma));
  CHECK(embedded::socket_folder(comma).starts_with("/tmp/arrakis-"));
  std::filesystem::remove_all(embedded::socket_folder(comma));
  std::filesystem::create_directory_symlink(odd, tmp / "link");
  CHECK(works(tmp / "link"));
  CHECK(embedded::socket_folder(tmp / "link") == odd + "/run");
  CHECK(has(fault(tmp / "a\nb"), "control characters"));
}

TEST_CASE("embedded: data of Redis that cannot be read is set aside, and Redis starts anew") {
  quiet hush;
  test::scratch tmp{"embed"};
  const auto folder = tmp / "state", data = folder + "/redis/appendonlydir";
  const auto starts_anew = [&](const std::string& why) {
    INFO(why);
    embedded::servers mine{{.folder = folder, .postgres = false}};
    CHECK(redis(folder, "GET worm") == "$-1\r");
    CHECK(std::filesystem::exists(data + ".damaged"));
    std::filesystem::remove_all(data + ".damaged");
    CHECK(redis(folder, "SET worm 7") == "+OK\r");
  };
  const auto append = [&](const char* file, const std::string& bytes) {
    std::ofstream{data + "/" + file, std::ios::app | std::ios::binary} << bytes;
  };
  {
    embedded::servers mine{{.folder = folder, .postgres = false}};
    redis(folder, "SET worm 7");
  }
  append("appendonly.aof.1.incr.aof", std::string(4096, '\0')); // As after a power cut.
  starts_anew("zero bytes");
  append("appendonly.aof.manifest", "nonsense\n");
  starts_anew("manifest");
  std::filesystem::remove(data + "/appendonly.aof.1.base.rdb");
  starts_anew("a missing file");
  std::ofstream{data + "/appendonly.aof.1.base.rdb"} << "no such format";
  starts_anew("another format");
  embedded::servers mine{{.folder = folder, .postgres = false}}; // The complete part is kept.
  CHECK(redis(folder, "GET worm") == "$1\r");
  CHECK_FALSE(std::filesystem::exists(data + ".damaged"));
}

TEST_CASE("embedded: the reason of a child's failure is shown, and nothing of its earlier runs") {
  quiet hush;
  test::scratch tmp{"embed"};
  const auto why = [&](const char* script, std::chrono::milliseconds patience) {
    embedded::recipe r;
    r.name = "worm";
    r.program = {.argv = {"/bin/sh", "-c", script}, .output = tmp / "log"};
    r.prepare = [] {};
    r.why_not_ready = [] { return std::string{"the gate is shut"}; };
    r.patience = patience;
    try {
      embedded::child{std::move(r)};
    } catch (const std::runtime_error& e) {
      return std::string{e.what()};
    }
    return std::string{};
  };
  const auto ended = why("echo 'no spice'; exit 3", 60s); // At once: it does not wait for an answer that cannot come.
  CHECK(has(ended, "it ended with status 3"));
  CHECK(has(ended, "no spice"));
  const auto silent = why("sleep 1000", 50ms);
  CHECK(has(silent, "the gate is shut"));
  CHECK_FALSE(has(silent, "no spice"));
}

TEST_CASE("embedded: data of another PostgreSQL is refused with the remedy") {
  quiet hush;
  test::scratch tmp{"embed"};
  for (const char* part : {"/state", "/state/postgres", "/state/postgres/data"}) {
    std::filesystem::create_directory(tmp.path() + part);
    std::filesystem::permissions(tmp.path() + part, std::filesystem::perms::owner_all);
  }
  std::ofstream{tmp / "state/postgres/data/PG_VERSION"} << "14\n";
  CHECK(has(fault(tmp / "state"), "pg_dump"));
}

TEST_SUITE_END();
