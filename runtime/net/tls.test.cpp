#include "runtime/net/net_fixture.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <thread>

using namespace arrakis;
using namespace arrakis::net;
using namespace arrakis::net::test;

namespace {
using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using cert_ptr = std::unique_ptr<X509, decltype(&X509_free)>;

void add_extension(X509* to, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  REQUIRE(extension != nullptr);
  X509_add_ext(to, extension, -1);
  X509_EXTENSION_free(extension);
}

/// A certificate authority that lives for one test.
class authority {
public:
  authority() : folder_(make_folder()) {
    ca_ = make("Throw-away CA", ca_key_.get(), nullptr, nullptr);
    write_cert(ca_file(), ca_.get());
  }
  ~authority() { std::filesystem::remove_all(folder_); }
  std::string ca_file() const { return folder_ + "/ca.pem"; }
  /// A certificate for `names` ("DNS:localhost", "IP:127.0.0.1").
  tls_server issue(const std::string& names) {
    const tls_server files{folder_ + "/server.pem", folder_ + "/server.key"};
    const key_ptr key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
    write_cert(files.certificate_file, make("server", key.get(), ca_.get(), names.c_str()).get());
    auto* out = std::fopen(files.key_file.c_str(), "w");
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    return files;
  }

private:
  static std::string make_folder() {
    std::string name = "/tmp/arrakis-tls-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    return name;
  }
  cert_ptr make(const char* name, EVP_PKEY* key, X509* issuer, const char* names) {
    cert_ptr made{X509_new(), &X509_free};
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    auto* by = issuer ? issuer : made.get();
    X509_set_issuer_name(made.get(), X509_get_subject_name(by));
    add_extension(made.get(), by, NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (names)
      add_extension(made.get(), by, NID_subject_alt_name, names);
    X509_sign(made.get(), ca_key_.get(), EVP_sha256());
    return made;
  }
  static void write_cert(const std::string& file, X509* cert) {
    auto* out = std::fopen(file.c_str(), "w");
    PEM_write_X509(out, cert);
    std::fclose(out);
  }
  const std::string folder_;
  long serial_ = 0;
  key_ptr ca_key_{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  cert_ptr ca_{nullptr, &X509_free};
};

void echo(http_request request, responder answer) { answer({200, {}, std::move(request.body)}); }
} // namespace

TEST_CASE("tls: a certificate of a known authority for the right name is accepted, by name and by address") {
  authority ca;
  io threads{2};
  http_server server{threads, {.tls = ca.issue("DNS:localhost,IP:127.0.0.1")}, echo};
  http_client client{threads, {.tls = {ca.ca_file()}}};
  for (const auto* host : {"localhost", "127.0.0.1"}) {
    const auto url = std::string{"https://"} + host + ":" + std::to_string(server.port());
    const std::string body(200'000, 'b');
    for (int i = 0; i < 2; ++i) {
      const auto answer = get(client, url, {"POST", "/", {}, body, {}});
      REQUIRE_MESSAGE(answer, text_of(answer.error()));
      CHECK(answer->body == body);
    }
  }
}

TEST_CASE("tls: certificates that were put into the CA file later count once they are read anew") {
  authority ca, other;
  io threads;
  http_server server{threads, {.tls = ca.issue("DNS:localhost")}, echo};
  http_client client{threads, {.tls = {other.ca_file()}}};
  const auto url = "https://localhost:" + std::to_string(server.port());
  const auto code = [&] {
    const auto answer = get(client, url, {"GET", "/", {}, {}, {}});
    return answer ? ec::none : code_of(answer.error());
  };
  CHECK(code() == ec::unavailable);
  std::filesystem::copy_file(ca.ca_file(), other.ca_file(), std::filesystem::copy_options::overwrite_existing);
  CHECK(code() == ec::unavailable);
  client.reread_certificates();
  CHECK(code() == ec::none);
  std::filesystem::resize_file(other.ca_file(), 10);
  client.reread_certificates(); // Logged, and nothing else.
  CHECK(code() == ec::none);
}

// Negative control: without reread_certificates() the client of the second authority is refused to the end.
TEST_CASE("tls: a server's certificate that is replaced under load loses no request, and counts for new connections") {
  authority first, second;
  const auto files = first.issue("DNS:localhost");
  io threads{2};
  http_server server{threads, {.tls = files}, echo};
  const auto url = "https://localhost:" + std::to_string(server.port());
  const auto ask = [&](http_client& by) {
    return static_cast<bool>(get(by, url, {"POST", "/", {}, "hello", {}}, 10s));
  };
  http_client open{threads, {.tls = {first.ca_file()}}};
  CHECK(ask(open));
  std::atomic<int> answered{0}, lost{0};
  std::atomic<bool> over{false};
  std::thread load{[&] {
    while (!over) { // A connection for each.
      http_client one{threads, {.tls = {first.ca_file()}}};
      ask(one) ? ++answered : ++lost;
    }
  }};
  for (int round = 0; round < 4; ++round) {
    for (const auto until = answered + 3; answered < until && lost == 0;)
      std::this_thread::yield();
    (void)first.issue("DNS:localhost"); // Another key and certificate, in the same files.
    CHECK(!server.reread_certificates());
  }
  over = true;
  load.join();
  CHECK(lost == 0);
  constexpr auto overwrite = std::filesystem::copy_options::overwrite_existing;
  const auto others = second.issue("DNS:localhost");
  std::filesystem::copy_file(others.certificate_file, files.certificate_file, overwrite);
  CHECK(text_of(server.reread_certificates()).find("server.key") != std::string::npos); // No pair.
  std::filesystem::copy_file(others.key_file, files.key_file, overwrite);
  http_client fresh{threads, {.tls = {second.ca_file()}}};
  CHECK(!ask(fresh)); // Unusable files change nothing.
  CHECK(!server.reread_certificates());
  CHECK(ask(fresh));
  CHECK(ask(open)); // The connection of before goes on.
}

TEST_CASE("tls: a certificate for another host is refused before anything is sent") {
  authority ca;
  io threads;
  bool asked = false;
  http_server server{
    threads, {.tls = ca.issue("DNS:elsewhere.example")}, [&](http_request, responder) { asked = true; }};
  http_client client{threads, {.tls = {ca.ca_file()}}};
  const auto answer = get(client, "https://localhost:" + std::to_string(server.port()), {"GET", "/", {}, {}, {}});
  REQUIRE_FALSE(answer);
  CHECK(code_of(answer.error()) == ec::unavailable);
  CHECK_FALSE(asked);
}

TEST_CASE("tls: a certificate of an unknown authority is refused before anything is sent") {
  authority ca, other;
  io threads;
  http_server server{threads, {.tls = ca.issue("DNS:localhost")}, echo};
  for (const auto& trusted : {other.ca_file(), std::string{}}) {
    http_client client{threads, {.tls = {trusted}}};
    const auto answer = get(client, "https://localhost:" + std::to_string(server.port()), {"GET", "/", {}, {}, {}});
    REQUIRE_FALSE(answer);
    CHECK(code_of(answer.error()) == ec::unavailable);
    CHECK(text_of(answer.error()).find("TLS with localhost") != std::string::npos);
  }
}

TEST_CASE("tls: a peer that speaks no TLS is unavailable, and a plain request to a TLS port gets no answer") {
  authority ca;
  io threads;
  http_server plain{threads, {}, echo};
  http_client client{threads, {.tls = {ca.ca_file()}}};
  const auto answer = get(client, "https://localhost:" + std::to_string(plain.port()), {"GET", "/", {}, {}, {}});
  REQUIRE_FALSE(answer);
  CHECK(code_of(answer.error()) == ec::unavailable);
  http_server secured{threads, {.tls = ca.issue("DNS:localhost")}, echo};
  auto peer = raw_peer::connect(secured.port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(peer.read().find("HTTP/1.1") == std::string::npos);
}

TEST_CASE("tls: a WebSocket over TLS carries messages and close codes, and verifies as well") {
  authority ca, other;
  io threads{2};
  inbox<std::string> heard;
  inbox<int> closed;
  auto far = std::make_shared<inbox<std::shared_ptr<websocket>>>();
  http_server server{threads, {.tls = ca.issue("DNS:localhost")}, [=](http_request, responder answer) {
                       answer.upgrade({}, {}, [=](std::shared_ptr<websocket> s) { far->push(std::move(s)); });
                     }};
  const auto url = "wss://localhost:" + std::to_string(server.port());
  inbox<caf::expected<std::shared_ptr<websocket>>> opened;
  connect_websocket(threads, url, {.tls = {ca.ca_file()}},
                    {[&](std::string text, bool) { heard.push(std::move(text)); },
                     [&](uint16_t code, std::string) { closed.push(code); }},
                    [&](auto r) { opened.push(std::move(r)); });
  const auto near = opened.take();
  REQUIRE((near && *near));
  const auto peer = *far->take();
  const std::string large(1 << 20, 'x');
  peer->send(large, true);
  peer->send("small");
  peer->close(4000);
  CHECK(*heard.take() == large);
  CHECK(*heard.take() == "small");
  CHECK(*closed.take() == 4000);
  connect_websocket(threads, url, {.tls = {other.ca_file()}}, {}, [&](auto r) { opened.push(std::move(r)); });
  const auto refused = opened.take();
  REQUIRE(refused);
  REQUIRE_FALSE(*refused);
  CHECK(code_of(refused->error()) == ec::unavailable);
}

TEST_CASE("tls: a file that is missing is named") {
  io threads;
  CHECK_THROWS_WITH_AS(http_server(threads, {.tls = tls_server{"/nowhere/cert.pem", "/nowhere/key.pem"}}, echo),
                       doctest::Contains("/nowhere/cert.pem"), std::runtime_error);
  http_client client{threads, {.tls = {"/nowhere/ca.pem"}}};
  const auto answer = get(client, "https://localhost:9", {"GET", "/", {}, {}, {}});
  REQUIRE_FALSE(answer);
  CHECK(text_of(answer.error()).find("/nowhere/ca.pem") != std::string::npos);
}
