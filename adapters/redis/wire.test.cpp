#include "adapters/redis/wire.hpp"
#include "adapters/redis/address.hpp"

#include <doctest/doctest.h>

using namespace arrakis;

TEST_CASE("redis wire: a request is an array of bulk strings, byte for byte") {
  const std::vector<std::string> words{"SET", "k", std::string("\0\r\n", 3)};
  CHECK(redis::encode(words) == std::string("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\n\0\r\n\r\n", 29));
}

TEST_CASE("redis wire: replies are cut out of a stream that arrives byte by byte") {
  const std::string stream = "+OK\r\n:-42\r\n$-1\r\n*2\r\n$1\r\na\r\n*1\r\n-ERR no\r\n*0\r\n*-1\r\n";
  redis::reader reader;
  std::vector<redis::reply> replies;
  for (char byte : stream) {
    reader.feed({&byte, 1});
    while (auto next = reader.next())
      replies.push_back(std::move(*next));
  }
  REQUIRE(replies.size() == 6);
  CHECK(replies[0].bytes == "OK");
  CHECK(replies[1].number == -42);
  CHECK(replies[2].type == redis::reply::nil);
  REQUIRE(replies[3].items.size() == 2);
  CHECK(replies[3].items[0].bytes == "a");
  CHECK(replies[3].items[1].items[0].type == redis::reply::error);
  CHECK(replies[4].type == redis::reply::array);
  CHECK(replies[5].type == redis::reply::nil);
  CHECK_FALSE(reader.broken());
}

TEST_CASE("redis wire: bytes that are no RESP break the stream and leak nothing") {
  for (std::string bytes : {"HTTP/1.1 400\r\n", "*2\r\n$1\r\na\r\n!x\r\n", ":12x\r\n", "$zz\r\n", "*2147483647\r\n",
                            "*1\r\n*1048577\r\n"}) {
    redis::reader reader;
    reader.feed(bytes);
    while (reader.next())
      ;
    CHECK_MESSAGE(reader.broken(), bytes);
    CHECK_FALSE(reader.next());
  }
}

TEST_CASE("redis wire: the types of RESP3 are read, and an attribute is left out") {
  const std::string stream = "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n#t\r\n~2\r\n#f\r\n_\r\n,3.25\r\n(12345678901234567890\r\n"
                             "!5\r\nERR x\r\n=7\r\ntxt:abc\r\n|1\r\n+ttl\r\n:9\r\n$2\r\nok\r\n"
                             "*2\r\n|1\r\n+k\r\n%0\r\n:1\r\n:2\r\n";
  for (const size_t piece : {size_t{1}, stream.size()}) {
    redis::reader reader;
    std::vector<redis::reply> replies;
    for (size_t at = 0; at < stream.size(); at += piece) {
      reader.feed(std::string_view{stream}.substr(at, piece));
      while (auto next = reader.next())
        replies.push_back(std::move(*next));
    }
    CHECK_FALSE(reader.broken());
    REQUIRE(replies.size() == 8);
    REQUIRE(replies[0].items.size() == 4);
    CHECK(replies[0].items[2].bytes == "b");
    CHECK(replies[0].items[3].items[0].number == 1);
    REQUIRE(replies[1].items.size() == 2);
    CHECK(replies[1].items[1].type == redis::reply::nil);
    CHECK(replies[2].bytes == "3.25");
    CHECK(replies[3].bytes == "12345678901234567890");
    CHECK(replies[4].type == redis::reply::error);
    CHECK(replies[5].bytes == "abc");
    CHECK(replies[6].bytes == "ok");
    REQUIRE(replies[7].items.size() == 2);
    CHECK(replies[7].items[1].number == 2);
  }
}

TEST_CASE("redis wire: a push is told from a reply, and stands between replies alone") {
  redis::reader reader;
  reader.feed("+OK\r\n>3\r\n+message\r\n$1\r\nc\r\n$1\r\nx\r\n:1\r\n");
  CHECK(reader.next()->type == redis::reply::text);
  const auto push = reader.next();
  REQUIRE(push);
  CHECK(push->type == redis::reply::push);
  CHECK(push->items[2].bytes == "x");
  CHECK(reader.next()->number == 1);
  for (const auto* bytes : {"*1\r\n>1\r\n+x\r\n", ">-1\r\n", "%524289\r\n", "#x\r\n", "_x\r\n", "=3\r\nabc\r\n",
                            "$?\r\n", "*?\r\n", "$1\r\nabc"}) {
    redis::reader broken;
    broken.feed(bytes);
    while (broken.next())
      ;
    CHECK_MESSAGE(broken.broken(), bytes);
  }
  redis::reader deep;
  for (int level = 0; level < 33; ++level)
    deep.feed("*1\r\n");
  CHECK_FALSE(deep.next());
  CHECK(deep.broken());
}

// Negative control: counted for each array alone, nine of them take 600 MB of room for 90 bytes.
TEST_CASE("redis wire: the items of a reply are bounded over all its depths, and those of the next begin anew") {
  redis::reader nested;
  nested.feed("*1048575\r\n*2\r\n");
  CHECK_FALSE(nested.next());
  CHECK(nested.broken());
  redis::reader several;
  for (int i = 0; i < 3; ++i) {
    several.feed("*600000\r\n");
    for (int k = 0; k < 600'000; ++k)
      several.feed("$-1\r\n");
    CHECK(several.next());
  }
  CHECK_FALSE(several.broken());
}

TEST_CASE("redis wire: a reply that never ends is given up at its bound, and a stream of small ones never is") {
  const std::string piece(1 << 20, 'x');
  redis::reader endless;
  endless.feed("$67108864\r\n");
  int pieces = 0;
  for (; pieces < 100 && !endless.broken(); ++pieces) {
    endless.feed(piece);
    CHECK_FALSE(endless.next());
  }
  CHECK(pieces == 64); // Negative control: without the bound it goes on to the end of the loop.
  redis::reader announced;
  announced.feed("$536870912\r\n");
  CHECK_FALSE(announced.next());
  CHECK(announced.broken()); // Before a byte of it is kept.
  redis::reader many;
  for (int i = 0; i < 100; ++i) {
    many.feed("$1048576\r\n");
    many.feed(piece);
    many.feed("\r\n");
    CHECK(many.next());
  }
  CHECK_FALSE(many.broken());
}

TEST_CASE("redis wire: passing states of a server are unavailable, other errors internal") {
  auto code = [](const char* text) {
    redis::reply error;
    error.type = redis::reply::error;
    error.bytes = text;
    return code_of(redis::answer(error).error());
  };
  CHECK(code("LOADING Redis is loading the dataset in memory") == ec::unavailable);
  CHECK(code("BUSY Redis is busy running a script") == ec::unavailable);
  CHECK(code("READONLY You can't write against a read only replica.") == ec::unavailable);
  CHECK(code("OOM command not allowed when used memory > 'maxmemory'.") == ec::unavailable);
  CHECK(code("OOM command not allowed when used memory > 'maxmemory'. script: 0f, on @user_script:1.")
        == ec::unavailable);
  CHECK(code("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.")
        == ec::unavailable);
  CHECK(code("NOREPLICAS Not enough good replicas to write.") == ec::unavailable);
  CHECK(code("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.") == ec::unavailable);
  CHECK(code("UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)")
        == ec::unavailable);
  // As Redis before 7 says it.
  CHECK(code("ERR Error running script (call to f_0f): @user_script:1: @user_script: 1: -OOM command not allowed when "
             "used memory > 'maxmemory'.")
        == ec::unavailable);
  CHECK(code("ERR Error running script (call to f_0f): @user_script:1: user_script:1: no such thing: -1")
        == ec::internal);
  CHECK(code("NOPERM this user has no permissions to access one of the keys used as arguments") == ec::internal);
  CHECK(code("OOMERR") == ec::internal);
  CHECK(code("BUSYGROUP Consumer Group name already exists") == ec::internal);
  CHECK(code("ERR unknown command") == ec::internal);
}

TEST_CASE("redis wire: the SHA-1 of a script is Redis' own") {
  static const redis::script empty{"return 1", {}, "return 1"};
  CHECK(redis::sha1_of(empty) == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

TEST_CASE("redis address: each form of URL is read, each wrong one names its fault") {
  auto unix_form = redis::parse_address("unix:///run/redis/redis.sock?db=2");
  REQUIRE(unix_form);
  CHECK(unix_form->path == "/run/redis/redis.sock");
  CHECK(unix_form->database == 2);
  CHECK_FALSE(unix_form->owner);
  CHECK(redis::parse_address("unix:///run/x?owner=1000&db=3")->owner == 1000u);
  CHECK(redis::parse_address("unix:///run/x?owner=1000&db=3")->database == 3);
  CHECK_FALSE(redis::parse_address("unix:///run/x?owner=root"));
  CHECK_FALSE(redis::parse_address("unix:///run/x?owner=-1"));
  CHECK(redis::parse_address("unix:///run/x?#a")->path == "/run/x");
  auto full = redis::parse_address("rediss://app:p%40ss@cache.example:6380/1");
  REQUIRE(full);
  CHECK(full->transport == redis::address::tls);
  CHECK(full->host == "cache.example");
  CHECK(full->port == 6380);
  CHECK(full->user == "app");
  CHECK(full->password == "p@ss");
  CHECK(full->database == 1);
  CHECK(full->shown() == "rediss://cache.example:6380/1");
  auto plain = redis::parse_address("redis://[::1]");
  REQUIRE(plain);
  CHECK(plain->host == "::1");
  CHECK(plain->port == 6379);
  for (std::string wrong : {"", "http://x", "redis://", "redis://x:0", "redis://x/abc", "unix://host/path", "unix:///",
                            "redis://x:99999", "unix:///a%00b", "unix:run/x"})
    CHECK_MESSAGE(!redis::parse_address(wrong), wrong);
}
