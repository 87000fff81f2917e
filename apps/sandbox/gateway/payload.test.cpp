#include "apps/sandbox/gateway/payload.hpp"

#include <doctest/doctest.h>

using namespace arrakis::sandbox::gateway;

namespace {
js::object object(std::string_view text) { return js::parse(text).as_object(); }
} // namespace

TEST_CASE("payload: a shard is a pair of whole numbers, the first below the second, and none is shard 0 of 1") {
  CHECK(shard_in(object("{}"))->shards == 1);
  CHECK(shard_in(object(R"({"shard":[1,3]})"))->shard == 1);
  for (const auto* bad :
       {R"("x")", "[0]", "[0,1,2]", R"(["0","1"])", "[1,1]", "[-1,1]", "[0,0]", "[4294967296,4294967297]", "{}", "0.5"})
    CHECK_MESSAGE(!shard_in(js::object{{"shard", js::parse(bad)}}), bad);
}

TEST_CASE("payload: a sequence number is a whole number, and there is one") {
  CHECK(sequence_in(object(R"({"seq":5})")) == 5);
  for (const auto* bad : {R"({"seq":"5"})", R"({"seq":null})", R"({"seq":1.5})", "{}"})
    CHECK_MESSAGE(!sequence_in(object(bad)), bad);
}

TEST_CASE("payload: a request for members has a query or ids, never both, and its ids are ids") {
  const auto all = members_request_in(object(R"({"guild_id":"5","query":"","limit":0})"));
  REQUIRE(all);
  CHECK(all->guild.value == 5);
  CHECK(!all->users);
  CHECK(all->limit == SIZE_MAX);
  CHECK(members_request_in(object(R"({"guild_id":5,"query":"a","limit":500})"))->limit == 100);
  CHECK(members_request_in(object(R"({"guild_id":5,"user_ids":"7"})"))->users->size() == 1);
  js::object many{{"guild_id", "5"}, {"user_ids", js::array(100, js::value("7"))}};
  CHECK(members_request_in(many)->users->size() == 100);
  many["user_ids"].get_array().emplace_back("8");
  CHECK(!members_request_in(many));
  CHECK(members_request_in(object(R"({"guild_id":5,"user_ids":["7",8],"nonce":"n"})"))->nonce == "n");
  for (const auto* bad :
       {R"({"guild_id":"5"})", R"({"guild_id":"5","query":null,"user_ids":null})",
        R"({"guild_id":"5","query":"","user_ids":["7"]})", R"({"guild_id":"x","query":""})", R"({"query":""})",
        R"({"guild_id":"5","user_ids":["abc",5]})", R"({"guild_id":"5","query":5})"})
    CHECK_MESSAGE(!members_request_in(object(bad)), bad);
}
