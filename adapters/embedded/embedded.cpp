#include "adapters/embedded/embedded.hpp"

#include "adapters/embedded/child.hpp"
#include "adapters/embedded/folder.hpp"
#include "runtime/file.hpp"
#include "runtime/folder_claim.hpp"
#include "schemas/canonical_json.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fmt/format.h>
#include <stdexcept>
#include <unistd.h>

namespace arrakis::embedded {
namespace fs = std::filesystem;
namespace {
/// sun_path of sockaddr_un on Linux without its end, and the longest name below the socket folder.
constexpr size_t socket_path_max = 107;
constexpr std::string_view longest_name = "/.s.PGSQL.5432.lock";

/// Without links as far as it exists: a state folder may be one, and the servers know their folder by its real name.
std::string absolute(const std::string& folder) {
  std::error_code unreadable;
  auto path = fs::weakly_canonical(fs::absolute(folder), unreadable).string();
  if (unreadable)
    path = fs::absolute(folder).lexically_normal().string();
  if (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  return path;
}
} // namespace

std::string socket_folder(const std::string& folder) {
  auto below = absolute(folder) + "/run";
  // libpq takes a comma for the end of a host, and has no way to write one.
  if (below.size() + longest_name.size() <= socket_path_max && below.find(',') == std::string::npos)
    return below;
  return fmt::format("/tmp/arrakis-{}-{}", ::getuid(), sha256_hex(absolute(folder)).substr(0, 12));
}

std::string dsn(const std::string& folder, const std::string& user) {
  return dsn_over(socket_folder(folder), "arrakis", user);
}

std::string redis_url(const std::string& folder) {
  std::string url = "unix://";
  for (const char c : socket_folder(folder)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c))
                    || std::string_view{"/._~-"}.find(c) != std::string_view::npos;
    url += plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return url + "/redis.sock";
}

caf::error check_socket_folder(const std::string& folder) {
  const auto sockets = socket_folder(folder);
  if (sockets.starts_with(absolute(folder) + "/"))
    return {}; // As private as the folder around it.
  auto bad = file::check_private_folder(sockets);
  if (!bad || code_of(bad) == ec::not_found)
    return {};
  return fail(
    ec::refused,
    fmt::format(
      "the sockets of {} lie in {}, because the path of a socket has at most {} bytes and no comma; but that is no "
      "folder of this user's alone (user id {}, mode 0700), so nothing there is used: choose a shorter "
      "node.state_folder, or remove what is there",
      folder, sockets, socket_path_max, ::geteuid()));
}

std::string dsn_of_own_server() {
  const auto name = user_name();
  return name.empty() ? name : " requirepeer=" + dsn_value(name);
}

std::string url_of_own_server() { return fmt::format("?owner={}", ::geteuid()); }

struct servers::impl {
  std::optional<folder_claim> ours;
  std::optional<child> postgres, redis; // Ended in reverse.
};

servers::servers(options how) : impl_(std::make_unique<impl>()) {
  if (::geteuid() == 0)
    throw std::runtime_error("PostgreSQL refuses to run as root: start as another user");
  const auto folder = absolute(how.folder);
  if (std::ranges::any_of(folder, [](unsigned char c) { return c < ' ' || c == 127; }))
    throw std::runtime_error("state folder: its path has control characters; choose another with node.state_folder");
  const auto sockets = socket_folder(folder);
  make_private(folder);
  if (const auto bad = check_socket_folder(folder))
    throw std::runtime_error(text_of(bad));
  make_private(sockets);
  impl_->ours.emplace(folder);
  if (how.postgres) {
    auto r = postgres_recipe(folder + "/postgres", sockets);
    r.patience = how.patience;
    impl_->postgres.emplace(std::move(r));
    make_database(sockets);
  }
  if (how.redis) {
    auto r = redis_recipe(folder + "/redis", sockets);
    r.patience = how.patience;
    impl_->redis.emplace(std::move(r));
  }
}

servers::~servers() = default;
int servers::postgres_pid() const { return impl_->postgres ? impl_->postgres->pid() : -1; }
int servers::redis_pid() const { return impl_->redis ? impl_->redis->pid() : -1; }

} // namespace arrakis::embedded
