#include "adapters/embedded/embedded.hpp"

#include "adapters/embedded/server.hpp"
#include "runtime/file.hpp"
#include "schemas/canonical_json.hpp"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <mutex>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

namespace arrakis::embedded {
namespace fs = std::filesystem;
namespace {

/// sun_path of sockaddr_un on Linux, and the longest name below the socket folder.
constexpr size_t socket_path_max = 107;
constexpr std::string_view longest_name = "/.s.PGSQL.5432.lock";

std::string absolute(const std::string& folder) { return fs::absolute(folder).lexically_normal().string(); }

void make_private(const std::string& folder) {
  if (auto bad = file::make_folder(folder))
    throw std::runtime_error(fmt::format("folder {}: {}", folder, text_of(bad)));
  if (auto bad = file::check_private_folder(folder))
    throw std::runtime_error(text_of(bad));
}

/// Held as long as the servers run; the kernel lets go of it when the process dies.
class claim {
public:
  explicit claim(const std::string& folder) : fd_(::open((folder + "/in-use").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ < 0 || ::flock(fd_, LOCK_EX | LOCK_NB) != 0)
      throw std::runtime_error(fmt::format("state folder {} is in use by another arrakisd; stop it, or choose another folder "
                                           "with node.state_folder", folder));
  }
  ~claim() { ::close(fd_); }
  claim(const claim&) = delete;
  claim& operator=(const claim&) = delete;

private:
  int fd_;
};
} // namespace

std::string socket_folder(const std::string& folder) {
  auto below = absolute(folder) + "/run";
  if (below.size() + longest_name.size() <= socket_path_max)
    return below;
  return fmt::format("/tmp/arrakis-{}-{}", ::getuid(), sha256_hex(absolute(folder)).substr(0, 12));
}

std::string dsn(const std::string& folder, const std::string& user) {
  return fmt::format("host={} dbname=arrakis user={}", socket_folder(folder), user);
}

std::string redis_url(const std::string& folder) { return "unix://" + socket_folder(folder) + "/redis.sock"; }

struct servers::impl {
  options how;
  std::string folder;
  std::unique_ptr<claim> ours;
  std::unique_ptr<server> postgres, redis;
  std::mutex mutex;
  std::condition_variable changed;
  bool ending = false;
  std::thread watch;

  /// Looks after the children; one that died is started again, with back-off inside server::tend.
  void tend() {
    std::unique_lock lock{mutex};
    while (!changed.wait_for(lock, std::chrono::milliseconds{100}, [this] { return ending; }))
      for (auto* one : {postgres.get(), redis.get()})
        if (one)
          one->tend();
  }
};

servers::servers(options how) : impl_(std::make_unique<impl>()) {
  if (::geteuid() == 0)
    throw std::runtime_error("PostgreSQL refuses to run as root: start as another user");
  impl_->how = how;
  impl_->folder = absolute(how.folder);
  make_private(impl_->folder);
  make_private(socket_folder(how.folder));
  impl_->ours = std::make_unique<claim>(impl_->folder);
  const auto sockets = socket_folder(how.folder);
  if (how.postgres)
    impl_->postgres = start_postgres(impl_->folder + "/postgres", sockets, how.patience);
  if (how.redis)
    impl_->redis = start_redis(impl_->folder + "/redis", sockets, how.patience);
  impl_->watch = std::thread([this] { impl_->tend(); });
}

servers::~servers() {
  {
    std::lock_guard lock{impl_->mutex};
    impl_->ending = true;
  }
  impl_->changed.notify_all();
  if (impl_->watch.joinable())
    impl_->watch.join();
  impl_->redis.reset();
  impl_->postgres.reset();
}

int servers::postgres_pid() const {
  std::lock_guard lock{impl_->mutex};
  return impl_->postgres ? impl_->postgres->pid() : -1;
}
int servers::redis_pid() const {
  std::lock_guard lock{impl_->mutex};
  return impl_->redis ? impl_->redis->pid() : -1;
}

} // namespace arrakis::embedded
