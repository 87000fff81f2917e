#include "adapters/postgres/job_ends/job_ends.hpp"

#include "tests/support/stores.hpp"

#include <fmt/format.h>

namespace {
using namespace arrakis;

struct fixture : test::stores {
  job_ends::handle ends = live.keep(job_ends::start(live.sys(), app));
  community_id mine = community(1), other = community(2);
  fixture() {
    for (const auto& who : {mine, other})
      owner(fmt::format("insert into outbox (community_id, kind, job_kind, key, payload)"
                        " values ('{}', 'enqueue_job', 'MEASURE', 'job', '{{}}')",
                        who.value));
  }
  bool is_done(const community_id& who, const std::string& job = "job") {
    return get<job_ends::found>(ends, job_ends::find{who, job, soon()}).is_done;
  }
  std::string open() { return owner("select count(*) from outbox where closed_at is null"); }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "job ends: a success is recorded in the row of its tenant, which it closes") {
  CHECK_FALSE(is_done(mine));
  get<job_ends::done>(ends, job_ends::record{mine, "job", soon()});
  CHECK(is_done(mine));
  CHECK_FALSE(is_done(other));
  CHECK(open() == "1");
  const auto closed = owner("select closed_at from outbox where closed_at is not null");
  get<job_ends::done>(ends, job_ends::record{mine, "job", soon()});
  CHECK(owner("select closed_at from outbox where closed_at is not null") == closed);
  // A row that the relay closed after a failure was not done: an operator may let the job run again.
  owner("update outbox set closed_at = now() where done_at is null");
  CHECK_FALSE(is_done(other));
  CHECK_FALSE(is_done(mine, "nobody owes it"));
  get<job_ends::done>(ends, job_ends::record{mine, "nobody owes it", soon()});
  CHECK(code<job_ends::found>(ends, job_ends::find{mine, std::string("a\0b", 3), soon()}) == ec::invalid);
}
