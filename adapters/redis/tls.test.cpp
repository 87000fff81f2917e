// The connection over TCP and TLS, with a password: a server with a certificate of an authority made for this test.
#include "adapters/redis/client.hpp"
#include "runtime/clock.hpp"
#include "runtime/net/io.hpp"
#include "runtime/process.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <future>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
// A port that was free a moment ago; redis-server cannot choose one itself.
int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  ::close(fd);
  return ntohs(at.sin_port);
}

void openssl(std::vector<std::string> arguments, const std::string& folder) {
  arguments.insert(arguments.begin(), "openssl");
  process made{{.argv = std::move(arguments), .folder = folder, .output = folder + "/openssl.txt"}};
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (made.running() && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  REQUIRE(made.exit_status() == 0);
}

struct tls_server {
  std::string folder = fmt::format("/tmp/arrakis-redis-tls-{}", random_hex(6));
  int port = free_port();
  int tls_port = free_port();
  std::optional<process> server;

  tls_server() {
    std::filesystem::create_directory(folder);
    authority("ca");
    authority("other");
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "server.key",
             "-out", "server.csr", "-subj", "/CN=redis"},
            folder);
    std::ofstream{folder + "/names"} << "subjectAltName=DNS:localhost\n";
    openssl({"x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1",
             "-extfile", "names", "-out", "server.pem"},
            folder);
    server.emplace(process_options{.argv = {"redis-server",
                                            "--bind",
                                            "127.0.0.1",
                                            "--port",
                                            std::to_string(port),
                                            "--tls-port",
                                            std::to_string(tls_port),
                                            "--tls-cert-file",
                                            folder + "/server.pem",
                                            "--tls-key-file",
                                            folder + "/server.key",
                                            "--tls-ca-cert-file",
                                            folder + "/ca.pem",
                                            "--tls-auth-clients",
                                            "no",
                                            "--save",
                                            "",
                                            "--dir",
                                            folder,
                                            "--requirepass",
                                            "open sesame",
                                            "--user",
                                            "app",
                                            "on",
                                            ">s3cret",
                                            "~*",
                                            "+@all"},
                                   .folder = folder,
                                   .output = folder + "/redis.txt"});
  }
  ~tls_server() {
    server.reset();
    std::filesystem::remove_all(folder);
  }
  void authority(const std::string& name) {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
             "-keyout", name + ".key", "-out", name + ".pem", "-subj", "/CN=" + name},
            folder);
  }
  std::string tcp(const std::string& who) const { return fmt::format("redis://{}@127.0.0.1:{}", who, port); }
  std::string tls(const std::string& who, const std::string& host = "localhost") const {
    return fmt::format("rediss://{}@{}:{}", who, host, tls_port);
  }
};

redis::options quick(const std::string& url, const std::string& ca = {}) {
  return {.url = secret{url}, .ca_file = ca, .back_off_first = 5ms, .back_off_max = 20ms};
}

caf::expected<redis::reply> ping(const redis::client& to) {
  std::promise<caf::expected<redis::reply>> result;
  auto future = result.get_future();
  to.command({"PING"}, {std::chrono::steady_clock::now() + 5s},
             [&](caf::expected<redis::reply> r) { result.set_value(std::move(r)); });
  REQUIRE(future.wait_for(20s) == std::future_status::ready);
  return future.get();
}

// The server may still be starting: asks again while there is nobody at its port.
caf::expected<redis::reply> ping_when_up(const redis::client& to) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  auto result = ping(to);
  while (!result && text_of(result.error()).find("refused") != std::string::npos
         && std::chrono::steady_clock::now() < end)
    result = ping(to);
  return result;
}

bool refused_with(const caf::expected<redis::reply>& r, const std::string& word) {
  if (r)
    return false;
  INFO(text_of(r.error()));
  CHECK(code_of(r.error()) == ec::unavailable);
  return text_of(r.error()).find(word) != std::string::npos;
}
} // namespace

TEST_CASE("redis client: TCP and TLS with a password, and each wrong credential or certificate is refused") {
  tls_server server;
  net::io io;
  const auto ca = server.folder + "/ca.pem";
  CHECK(ping_when_up({io, quick(server.tcp(":open%20sesame"))}));
  CHECK(ping_when_up({io, quick(server.tls(":open%20sesame"), ca)}));
  CHECK(ping_when_up({io, quick(server.tls("app:s3cret"), ca)}));
  CHECK(refused_with(ping_when_up({io, quick(server.tcp(":wrong"))}), "WRONGPASS"));
  CHECK(refused_with(ping_when_up({io, quick(server.tls("app:wrong"), ca)}), "WRONGPASS"));
  CHECK(refused_with(ping_when_up({io, quick(server.tls(":open%20sesame"), server.folder + "/other.pem")}),
                     "certificate verify failed"));
  CHECK(refused_with(ping_when_up({io, quick(server.tls(":open%20sesame"))}), "certificate verify failed"));
  CHECK(refused_with(ping_when_up({io, quick(server.tls(":open%20sesame", "127.0.0.1"), ca)}),
                     "certificate verify failed"));
}

TEST_CASE("redis client: wrong options are refused at once, with their name") {
  net::io io;
  CHECK_THROWS_WITH_AS(redis::client(io, quick("http://x")), doctest::Contains("scheme"), std::runtime_error);
  CHECK_THROWS_WITH_AS(redis::client(io, quick("rediss://localhost", "/no/such.pem")),
                       doctest::Contains("/no/such.pem"), std::runtime_error);
}
