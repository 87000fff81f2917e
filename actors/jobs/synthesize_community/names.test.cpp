#include "actors/jobs/synthesize_community/bench.test.hpp"

#include <utility>

using namespace arrakis;
using namespace arrakis::jobs::synthesize_community;

TEST_CASE("synthesis: names that Discord folds in a way of its own are made once, and are no drift") {
  bench b;
  b.discord.fold_name = [](std::string name) { return name + "·"; };
  REQUIRE(b.once());
  const auto made = b.discord.writes.size();
  CHECK(made == blueprint::resources(b.want).size());
  for (const auto& s : b.store.shadow.entries)
    CHECK(s.fields_json.find("\"requested_name\"") != std::string::npos);
  // The same plan again changes nothing; a name of our own is asked for, and its answer kept.
  b.store.submit(b.want);
  CHECK(b.once(2)->what == queue::outcome::completed);
  CHECK(b.discord.writes.size() == made);
  b.want.roles[0].name = "Argent";
  b.store.submit(b.want);
  CHECK(b.once(3)->what == queue::outcome::completed);
  CHECK(b.discord.writes.size() == made + 1);
  CHECK(b.discord.count_roles("Argent·") == 1);
  // Negative control: a shadow state of names as they were asked for makes drift of all of them.
  for (auto& s : b.store.shadow.entries) {
    auto f = *blueprint::read(s.fields_json);
    std::visit([](auto& x) { x.name = std::exchange(x.requested_name, ""); }, f);
    s.fields_json = blueprint::text(f);
  }
  b.store.submit(b.want);
  CHECK(b.once(4)->what == queue::outcome::completed);
  CHECK(b.discord.writes.size() == made + 1 + made);
}

TEST_CASE("synthesis: an interrupted create under a name that Discord folded is asked about too, and not made twice") {
  bench b;
  b.discord.fold_name = [](std::string name) { return name + "·"; };
  b.discord.audit_readable = false;
  int n = 0;
  b.discord.decide = [&](const net::http_request& r) {
    return r.method == "POST" && ++n == 2 ? discord_fate::error_502_after : discord_fate::normal;
  };
  CHECK(b.until_end().reason.find("View Audit Log") != std::string::npos);
  CHECK(b.discord.writes.size() == 2);
}
