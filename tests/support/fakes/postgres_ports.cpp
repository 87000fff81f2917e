#include "tests/support/fakes/postgres.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::test {
namespace {
const auto wake = [](const later& x) { x.run(); };

using deployments_actor = deployments::handle::extend<caf::reacts_to<later>>;
deployments_actor::behavior_type serve_deployments(deployments_actor::pointer self, fake_postgres* s, const way* by) {
  using namespace deployments;
  return {
    [=](const prepare& m) {
      return through<prepared>(self, by, "deployments.prepare", m, [s](const prepare& x) { return s->prepare(x); });
    },
    [=](const submit& m) {
      return through<submitted>(self, by, "deployments.submit", m, [s](const submit& x) { return s->submit(x); });
    },
    [=](const claim& m) {
      return through<claimed>(self, by, "deployments.claim", m, [s](const claim& x) { return s->claim(x); });
    },
    [=](const renew& m) {
      return through<conversation>(self, by, "deployments.renew", m, [s](const renew& x) { return s->renew(x); });
    },
    [=](const record_intent& m) {
      return through<intent>(self, by, "deployments.record_intent", m,
                             [s](const record_intent& x) { return s->record_intent(x); });
    },
    [=](const checkpoint& m) {
      return through<done>(self, by, "deployments.checkpoint", m,
                           [s](const checkpoint& x) { return s->checkpoint(x); });
    },
    [=](const complete& m) {
      return through<conversation>(self, by, "deployments.complete", m,
                                   [s](const complete& x) { return s->complete(x); });
    },
    [=](const abandon& m) {
      return through<conversation>(self, by, "deployments.abandon", m, [s](const abandon& x) { return s->abandon(x); });
    },
    [=](const retry& m) {
      return through<submitted>(self, by, "deployments.retry", m, [s](const retry& x) { return s->retry(x); });
    },
    [=](const follow& m) {
      return through<followed>(self, by, "deployments.follow", m, [s](const follow& x) { return s->follow(x); });
    },
    [=](const status& m) {
      return through<status_of>(self, by, "deployments.status", m, [s](const status& x) { return s->status(x); });
    },
    wake,
  };
}

reconciliations::handle::behavior_type serve_reconciliations(reconciliations::handle::pointer) {
  using namespace reconciliations;
  const auto no = [] { return fail(ec::unsupported, "the tables in memory have no reconciliations"); };
  return {[no](const request&) -> caf::result<requested> { return no(); },
          [no](const claim&) -> caf::result<claimed> { return no(); },
          [no](const begin&) -> caf::result<done> { return no(); },
          [no](const outdate&) -> caf::result<done> { return no(); },
          [no](const complete&) -> caf::result<deployments::conversation> { return no(); },
          [](const status&) -> caf::result<status_of> { return fail(ec::not_found, "nothing was reconciled yet"); }};
}

using manifests_actor = manifests::handle::extend<caf::reacts_to<later>>;
manifests_actor::behavior_type serve_manifests(manifests_actor::pointer self, fake_postgres* s, const way* by) {
  using namespace manifests;
  return {
    [=](const load& m) {
      return through<record>(self, by, "manifests.load", m, [s](const load& x) { return s->load(x); });
    },
    [=](const list& m) {
      return through<listed>(self, by, "manifests.list", m, [s](const list& x) -> caf::expected<listed> {
        listed all;
        if (const auto t = s->tenants.find(x.community.value); t != s->tenants.end())
          for (auto v = t->second.versions.rbegin(); v != t->second.versions.rend(); ++v) {
            all.rows.push_back(v->second);
            all.rows.back().canonical.clear();
            all.rows.back().active = v->first == t->second.row.active_version;
          }
        return all;
      });
    },
    [=](const load_shadow& m) {
      return through<manifests::shadow>(
        self, by, "manifests.load_shadow", m,
        [s](const load_shadow& x) -> caf::expected<manifests::shadow> { return s->shadow(x.community); });
    },
    wake,
  };
}

using communities_actor = communities::handle::extend<caf::reacts_to<later>>;
communities_actor::behavior_type serve_communities(communities_actor::pointer self, fake_postgres* s, const way* by) {
  using namespace communities;
  return {
    [=](const find_by_guild& m) {
      return through<found>(self, by, "communities.find_by_guild", m,
                            [s](const find_by_guild& x) -> caf::expected<found> {
                              const auto* t = s->by_guild(x.guild);
                              return t ? found{t->row.id} : found{};
                            });
    },
    [=](const load& m) {
      return through<record>(self, by, "communities.load", m, [s](const load& x) -> caf::expected<record> {
        const auto t = s->tenants.find(x.id.value);
        if (t == s->tenants.end())
          return fail(ec::not_found, "no community has the id " + x.id.value);
        return t->second.row;
      });
    },
    [=](const list& m) {
      return through<listed>(self, by, "communities.list", m, [s](const list& x) -> caf::expected<listed> {
        listed all;
        for (const auto& [id, t] : s->tenants)
          if (all.rows.size() < x.count_max)
            all.rows.push_back(t.row);
        return all;
      });
    },
    [=](const set_status& m) {
      return through<record>(self, by, "communities.set_status", m,
                             [s](const set_status& x) { return s->set_status(x); });
    },
    wake,
  };
}

using fence_log_actor = fence_log::handle::extend<caf::reacts_to<later>>;
fence_log_actor::behavior_type serve_fence_log(fence_log_actor::pointer self, fake_postgres* s, const way* by) {
  using namespace fence_log;
  return {
    [=](const read& m) {
      return through<changes>(self, by, "fence_log.read", m,
                              [s](const read& x) -> caf::expected<changes> { return s->fence_changes(x); });
    },
    wake,
  };
}

using outbox_actor = outbox::handle::extend<caf::reacts_to<later>>;
outbox_actor::behavior_type serve_outbox(outbox_actor::pointer self, fake_postgres* s, const way* by) {
  using namespace outbox;
  return {
    [=](const due& m) {
      return through<outbox::rows>(self, by, "outbox.due", m,
                                   [s](const due& x) -> caf::expected<outbox::rows> { return s->due(x); });
    },
    [=](const mark_sent& m) {
      return through<done>(self, by, "outbox.mark_sent", m,
                           [s](const mark_sent& x) -> caf::expected<done> { return s->mark_sent(x); });
    },
    [=](const close& m) {
      return through<done>(self, by, "outbox.close", m,
                           [s](const close& x) -> caf::expected<done> { return s->close(x); });
    },
    [=](const postpone& m) {
      return through<done>(self, by, "outbox.postpone", m,
                           [s](const postpone& x) -> caf::expected<done> { return s->postpone(x); });
    },
    [=](const report_overdue& m) {
      return through<overdue_rows>(
        self, by, "outbox.report_overdue", m,
        [s](const report_overdue& x) -> caf::expected<overdue_rows> { return s->report_overdue(x); });
    },
    wake,
  };
}

using audit_actor = audit::handle::extend<caf::reacts_to<later>>;
audit_actor::behavior_type serve_audit(audit_actor::pointer self, fake_postgres* s, const way* by) {
  using namespace audit;
  return {
    [=](const append& m) {
      return through<appended>(self, by, "audit.append", m, [s](const append& x) {
        return s->append(x.community, x.event, x.actor, x.target, x.payload_json.empty() ? "{}" : x.payload_json);
      });
    },
    [=](const audit::verify& m) {
      return through<verified>(self, by, "audit.verify", m, [s](const audit::verify& x) -> caf::expected<verified> {
        return s->verify(x.community);
      });
    },
    [=](const audit::list& m) {
      return through<listed>(self, by, "audit.list", m,
                             [s](const audit::list& x) -> caf::expected<listed> { return s->newest_entries(x); });
    },
    wake,
  };
}
} // namespace

reconciliations::handle fake_postgres::reconciliations_port(caf::actor_system& sys) {
  return sys.spawn(serve_reconciliations);
}
deployments::handle fake_postgres::deployments_port(caf::actor_system& sys, const way* by) {
  return sys.spawn(serve_deployments, this, by);
}
manifests::handle fake_postgres::manifests_port(caf::actor_system& sys, const way* by) {
  return sys.spawn(serve_manifests, this, by);
}
communities::handle fake_postgres::communities_port(caf::actor_system& sys, const way* by) {
  return sys.spawn(serve_communities, this, by);
}
fence_log::handle fake_postgres::fence_log_port(caf::actor_system& sys, const way* by) {
  return sys.spawn(serve_fence_log, this, by);
}
outbox::handle fake_postgres::outbox_port(caf::actor_system& sys, const way* by) {
  return sys.spawn(serve_outbox, this, by);
}
audit::handle fake_postgres::audit_port(caf::actor_system& sys, const way* by) {
  return sys.spawn(serve_audit, this, by);
}
} // namespace arrakis::test
