#include "tests/crash/wire.hpp"

#include <doctest/doctest.h>
#include <vector>

using namespace arrakis::crash;
using strings = std::vector<std::string>;

namespace {
/// Each whole request as it becomes whole while the bytes come one by one: its step, and that nothing is left.
strings steps_of(dialect& d, const std::string& bytes) {
  strings out;
  std::string come;
  for (const char byte : bytes) {
    come += byte;
    while (true) {
      const auto next = d.next_request(come);
      if (next.bytes == 0)
        break;
      out.push_back(next.step);
      come.erase(0, next.bytes);
    }
  }
  CHECK(come.empty());
  return out;
}

/// How many whole answers there are in the bytes, which come one by one.
size_t answers_in(dialect& d, const std::string& bytes) {
  size_t n = 0;
  std::string come;
  for (const char byte : bytes) {
    come += byte;
    if (const auto length = d.next_answer(come); length > 0) {
      CHECK(length == come.size());
      ++n;
      come.clear();
    }
  }
  CHECK(come.empty());
  return n;
}

/// A message of PostgreSQL: its type and its payload, where `;` stands for the NUL that ends a text.
std::string message(char type, std::string payload) {
  for (auto& c : payload)
    c = c == ';' ? '\0' : c;
  const auto length = payload.size() + 4;
  std::string out{type};
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(length >> shift & 0xff);
  return out + payload;
}
std::string prepared(const std::string& sql) {
  return message('P', ";" + sql + ";") + message('B', ";;") + message('D', "P;") + message('E', ";") + message('S', "");
}
std::string words(const strings& list) {
  auto out = "*" + std::to_string(list.size()) + "\r\n";
  for (const auto& each : list)
    out += "$" + std::to_string(each.size()) + "\r\n" + each + "\r\n";
  return out;
}
} // namespace

TEST_CASE("crash wire: HTTP requests and answers end where they end, and a request is called by method and path") {
  const auto d = http_dialect();
  CHECK(steps_of(*d, "GET /api/v10/guilds/1234567890123456789/roles?limit=5 HTTP/1.1\r\nHost: x\r\n\r\n"
                     "POST /api/v10/guilds/1234567890123456789/roles HTTP/1.1\r\nContent-Length: 4\r\n\r\n{}\r\n"
                     "PATCH /api/v10/webhooks/1234567890123456789/aW50ZXJhY3Rpb24/messages/@original HTTP/1.1\r\n\r\n")
        == strings{"GET /guilds/x/roles", "POST /guilds/x/roles", "PATCH /webhooks/x/t/messages/@original"});
  CHECK(answers_in(*d, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
                       "HTTP/1.1 204 No Content\r\n\r\n"
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
        == 3);
}

TEST_CASE("crash wire: a COMMIT is called after what its transaction wrote, or read when it wrote nothing") {
  const auto d = postgres_dialect();
  const std::string start{"\0\0\0\x8\0\x3\0\0", 8};
  const auto one = prepared("select set_config('app.current_tenant', $1, true)");
  CHECK(steps_of(*d, start + message('Q', "BEGIN;") + one + prepared("select 1 from communities where id = $1")
                       + prepared("insert into outbox (id) values ($1)") + message('Q', "COMMIT;"))
        == strings{"", "", "", "", "", "COMMIT insert outbox"});
  CHECK(steps_of(*d, message('Q', "BEGIN;") + one + prepared("select id from communities") + message('Q', "COMMIT;"))
        == strings{"", "", "", "COMMIT read communities"});
  CHECK(steps_of(*d, message('Q', "BEGIN;") + prepared("delete from outbox") + message('Q', "ROLLBACK;"))
        == strings{"", "", ""});
  CHECK(steps_of(*d, prepared("update outbox set id = 1")) == strings{"STATEMENT update outbox"});
  const auto renewal = steps_of(*d, prepared("update deployments set lease_until = now()")).at(0);
  CHECK(renewal == "STATEMENT renew deployments");
  CHECK(comes_by_the_clock("COMMIT renew deployments"));
  CHECK_FALSE(comes_by_the_clock("COMMIT update deployments"));
  CHECK(steps_of(*d, message('X', "")) == strings{""});
  CHECK(answers_in(*d, message('C', "SELECT 1;") + message('Z', "T") + message('E', "broken;") + message('Z', "E"))
        == 2);
}

TEST_CASE("crash wire: pipelined Redis commands are told apart, and scripts by their name and first key") {
  scripts known;
  const auto d = redis_dialect(known);
  const std::string text = "return 1";
  const std::string digits = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"; // sha1sum of the text.
  CHECK(steps_of(*d, words({"PING"}) + words({"SETRANGE", "arrakis:watch", "0", ""}) + words({"SCRIPT", "LOAD", text})
                       + words({"EVALSHA", digits, "1", "wizard:1234567890123456789:1234567890123456780", "$7\r\n"})
                       + words({"SET", "bull:{q}:synth-2f1c7a52-7f0e-4d0c-9c0e-0a4b6a1c2d3e", ""}))
        == strings{"", "", "", "EVALSHA e0e1f9fa wizard:x:x", "SET bull:{q}:synthx"});
  CHECK(known.all().at(digits) == text);
  CHECK(answers_in(*d, "+OK\r\n:7\r\n$-1\r\n$2\r\nhi\r\n*2\r\n*1\r\n$1\r\na\r\n*-1\r\n-ERR no\r\n*0\r\n") == 7);
}
