#include "apps/arrakisd/tree/parts.hpp"

#include <caf/actor_system_config.hpp>

namespace arrakis::tree {
namespace {

caf::actor_system_config& system_config(const config& settings) {
  static caf::actor_system_config cfg;
  cfg.set("scheduler.max-threads", static_cast<size_t>(settings.integer("runtime.workers")));
  cfg.set("scheduler.policy", caf::atom("sharing"));
  cfg.set("scheduler.max-throughput", size_t{64}); // CAF's default lets one actor drain its mailbox before others run.
  cfg.set("logger.verbosity", caf::atom("quiet"));
  return cfg;
}

} // namespace

parts::parts(const config& c, const wiring::addresses& w, registry::tree_node r)
  : settings(c),
    latest(c),
    where(w),
    io(static_cast<unsigned>(c.integer("runtime.io_threads"))),
    system(std::make_unique<caf::actor_system>(system_config(c))),
    sys(*system),
    root(r),
    questions(std::make_unique<asker>(sys)),
    fence_table(sys.clock()),
    own_name(c.text("node.state_folder")),
    http(io),
    cache(wiring::connect_redis(io, c, w.redis_url, "arrakisd")),
    queue_link(wiring::connect_redis(io, c, w.queue_url, "arrakisd-queue")),
    gateway_addresses(wiring::allowed_gateways(c)) {}

} // namespace arrakis::tree
