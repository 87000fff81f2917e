// http.tls: the public port's certificate, and how it is replaced while requests come.
#include "tests/support/certificates.hpp"
#include "runtime/json.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/net_fixture.hpp"
#include "tests/daemon/daemon.hpp"

#include <atomic>
#include <boost/json/object.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>

using namespace arrakis;
using namespace arrakis::daemon_test;
namespace fs = std::filesystem;

namespace {
/// A program that renews a certificate, beside a daemon that may run as another user.
struct issuer {
  test::scratch place{"certificates"};
  std::string certificate = place / "public.pem", key = place / "public.key";

  issuer() {
    fs::permissions(place.path(), fs::perms{0755});
    test::make_authority(place.path(), "first");
    test::make_authority(place.path(), "second");
    issue("first");
  }
  void put(const std::string& from, const std::string& to) const {
    fs::copy_file(from, to + ".new", fs::copy_options::overwrite_existing);
    fs::permissions(to + ".new", fs::perms{0644});
    fs::rename(to + ".new", to);
  }
  void issue(const std::string& by) const {
    test::make_certificate(place.path(), "new", by);
    put(place / "new.pem", certificate);
    put(place / "new.key", key);
  }
};

size_t times(const std::string& log, const std::string& text) {
  size_t count = 0;
  for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1))
    ++count;
  return count;
}

struct tls_daemon {
  issuer by;
  arrakis_daemon one{{.environment = {"ARRAKIS_NODE_ROLES=api", "ARRAKIS_HTTP_TLS_CERTIFICATE=" + by.certificate,
                                      "ARRAKIS_HTTP_TLS_PRIVATE_KEY=" + by.key}}};
  net::io io{2};
  std::string url;

  tls_daemon() {
    REQUIRE_MESSAGE(one.ready(), one.log());
    const auto card = json::parse(test::content(one.folder() + "/arrakisd.json"));
    REQUIRE(card);
    const std::string given{json::text_or(card->as_object(), "url")};
    REQUIRE(given.starts_with("https://127.0.0.1:"));
    url = "https://localhost" + given.substr(given.rfind(':'));
  }
  bool is_served_to(net::http_client& client) {
    const auto got = net::test::get(client, url, {"GET", "/openapi.json", {}, {}, {}}, std::chrono::seconds{20});
    return got && got->status == 200;
  }
  /// By a new connection of somebody who knows this authority alone.
  bool is_served_by(const std::string& authority) {
    net::http_client client{io, {.tls = {by.place / (authority + ".pem")}}};
    return is_served_to(client);
  }
  bool logs(const std::string& event, size_t count) {
    return demo::eventually([&] { return times(one.log(), event) >= count; }, std::chrono::seconds{60});
  }
};
} // namespace

TEST_CASE(
  "certificates: those of the public port are replaced under load, at SIGHUP and without, and no request is lost") {
  tls_daemon d;
  CHECK(d.is_served_by("first"));
  CHECK(!d.is_served_by("second")); // Negative control.
  std::ofstream{d.by.place / "both.pem"} << test::content(d.by.place / "first.pem")
                                         << test::content(d.by.place / "second.pem");
  std::atomic<int> answered{0}, lost{0};
  std::atomic<bool> over{false};
  std::thread load{[&] {
    while (!over) { // A connection for each.
      net::http_client client{d.io, {.tls = {d.by.place / "both.pem"}}};
      d.is_served_to(client) ? ++answered : ++lost;
    }
  }};
  net::http_client open{d.io, {.tls = {d.by.place / "first.pem"}}};
  CHECK(d.is_served_to(open));

  d.by.issue("second");
  d.one.child().signal(SIGHUP);
  CHECK(d.logs("\"http.certificates_reread\"", 1));
  CHECK(d.is_served_by("second"));
  CHECK(!d.is_served_by("first"));
  CHECK(d.is_served_to(open)); // The open connection goes on.

  const auto before = times(d.one.log(), "\"http.certificates_reread\"");
  d.by.issue("first"); // Nobody tells the daemon.
  CHECK(d.logs("\"http.certificates_reread\"", before + 1));
  CHECK(d.is_served_by("first"));

  over = true;
  load.join();
  CHECK(lost == 0);
  CHECK(answered > 0);
  CHECK(d.one.stop() == 0);
}

TEST_CASE("TLS certificates: a certificate and a key that do not match are not loaded, and are logged") {
  tls_daemon d;
  test::make_certificate(d.by.place.path(), "new", "second");
  d.by.put(d.by.place / "new.pem", d.by.certificate);
  d.one.child().signal(SIGHUP);
  CHECK(d.logs("\"http.certificates_refused\"", 2)); // Tried again, though the files stay as they are.
  CHECK(d.one.log().find("public.key") != std::string::npos);
  CHECK(d.is_served_by("first"));
  CHECK(d.one.stop() == 0);
}

TEST_CASE("TLS certificates: a certificate without a key, or an unusable file, ends the start with an error") {
  const issuer by;
  std::ofstream{by.place / "none.pem"} << "no certificate\n";
  fs::permissions(by.place / "none.pem", fs::perms{0644});
  const std::vector<std::pair<strings, std::string>> cases{
    {{"ARRAKIS_HTTP_TLS_CERTIFICATE=" + by.certificate}, "http.tls.private_key"},
    {{"ARRAKIS_HTTP_TLS_CERTIFICATE=" + (by.place / "none.pem"), "ARRAKIS_HTTP_TLS_PRIVATE_KEY=" + by.key},
     "none.pem"}};
  for (const auto& [environment, sentence] : cases) {
    arrakis_daemon one{{.environment = environment}};
    CHECK(one.child().wait(std::chrono::seconds{60}));
    CHECK(one.child().exit_status() == 1);
    CHECK_MESSAGE(one.log().find(sentence) != std::string::npos, one.log());
  }
}
