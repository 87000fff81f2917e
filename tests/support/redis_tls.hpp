#pragma once
// A Redis that listens with a certificate of an authority made for the test, and has a user "app" beside its default
// one.
#include "runtime/clock.hpp"
#include "runtime/process.hpp"
#include "tests/support/certificates.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace arrakis::test {

/// A port that was free a moment ago; redis-server cannot choose one itself.
inline int free_tcp_port() {
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

/// The server, which ends with the object.
struct redis_tls_server {
  std::string folder = fmt::format("/tmp/arrakis-redis-tls-{}", random_hex(6));
  int port = free_tcp_port();
  int tls_port = free_tcp_port();
  std::optional<process> server;

  /// `clients`: whether the server asks for their certificates, as --tls-auth-clients has it.
  explicit redis_tls_server(const std::string& clients = "no") {
    std::filesystem::create_directory(folder);
    make_authority(folder, "ca");
    make_authority(folder, "other");
    make_certificate(folder, "server", "ca");
    make_certificate(folder, "client", "ca");
    make_certificate(folder, "stranger", "other");
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
                                            clients,
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
  ~redis_tls_server() {
    server.reset();
    std::filesystem::remove_all(folder);
  }
  std::string tcp(const std::string& who) const { return fmt::format("redis://{}@127.0.0.1:{}", who, port); }
  std::string tls(const std::string& who, const std::string& host = "localhost") const {
    return fmt::format("rediss://{}@{}:{}", who, host, tls_port);
  }
};
} // namespace arrakis::test
