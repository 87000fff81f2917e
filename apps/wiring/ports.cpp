#include "apps/wiring/ports.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <future>
#include <ranges>

namespace arrakis::wiring {
namespace {
caf::actor_system_config& one_quiet_thread() {
  static caf::actor_system_config settings;
  settings.set("scheduler.max-threads", size_t{1});
  settings.set("logger.verbosity", caf::atom("quiet"));
  return settings;
}
} // namespace

ports::ports(const config& settings, addresses where, std::string program)
  : settings_(settings), where_(std::move(where)), program_(std::move(program)), system_(one_quiet_thread()) {}

ports::~ports() {
  for (const auto& actor : running_ | std::views::reverse)
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  for (const auto* link : {&queue_link_, &cache_link_})
    if (*link)
      (*link)->stop();
}

postgres::handle ports::pool() {
  return once(pool_, [this] { return start_postgres(system_, where_, 1); });
}
communities::handle ports::communities() {
  return once(communities_, [this] { return start_communities(system_, pool()); });
}
manifests::handle ports::manifests() {
  return once(manifests_, [this] { return start_manifests(system_, pool()); });
}
deployments::handle ports::deployments() {
  return once(deployments_, [this] { return start_deployments(system_, pool()); });
}
audit::handle ports::audit() {
  return once(audit_, [this] { return start_audit(system_, pool()); });
}
quarantines::handle ports::quarantines() {
  return once(quarantines_, [this] { return start_quarantines(system_, pool()); });
}
member_roles::handle ports::member_roles() {
  return once(member_roles_, [this] { return start_member_roles(system_, pool()); });
}
outbox::overview ports::work_items() {
  return once(work_items_, [this] { return start_outbox_overview(system_, pool()); });
}
caf::expected<postgres::handle> ports::admin_pool() {
  const auto dsn = admin_dsn(settings_);
  if (!dsn)
    return dsn.error();
  return once(admin_pool_, [&] { return start_admin_postgres(system_, *dsn); });
}
wallets::handle ports::wallets() {
  return once(wallets_, [this] { return start_wallets(system_, pool()); });
}
caf::expected<wallets::editor> ports::wallet_editor() {
  const auto admin = admin_pool();
  if (!admin)
    return admin.error();
  return once(wallet_editor_, [&] { return start_wallet_editor(system_, *admin); });
}
caf::expected<audit::platform> ports::platform_audit() {
  const auto admin = admin_pool();
  if (!admin)
    return admin.error();
  return once(platform_audit_, [&] { return start_platform_audit(system_, *admin); });
}
queue::handle ports::queue(const jobs::job_queue& which) {
  return once(queues_[which.name], [this, &which] {
    if (!queue_link_)
      queue_link_.emplace(connect_redis(io_, settings_, where_.queue_url, program_));
    return start_queue(system_, *queue_link_, settings_, which);
  });
}
objects::handle ports::objects() {
  return once(objects_, [this] { return start_objects(system_, settings_); });
}
signer::handle ports::signer() {
  return once(signer_, [this] {
    const auto keys = once(keyring_, [this] { return start_keyring(system_, settings_); });
    const auto anchor = once(signing_keys_, [this] { return start_signing_keys(system_, pool()); });
    return start_signer(system_, keys, anchor, signer_user::tool);
  });
}
void ports::give_hint(std::string_view topic) {
  if (redis_rejection(settings_, where_.redis_url))
    return; // No daemon runs with it.
  if (!cache_link_)
    cache_link_.emplace(connect_redis(io_, settings_, where_.redis_url, program_));
  std::promise<void> over;
  const deadline until{std::chrono::steady_clock::now() + std::chrono::seconds{1}};
  const auto publish = hint_publisher(*cache_link_);
  publish(topic, until, [&over](const caf::error&) { over.set_value(); });
  over.get_future().wait();
}
} // namespace arrakis::wiring
