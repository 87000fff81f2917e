#include "runtime/file.hpp"

#include "runtime/clock.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>

namespace arrakis::file {
namespace {

constexpr std::string_view leftover_prefix = ".tmp-";

class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }

private:
  int fd_;
};

caf::error system_error(const std::string& path, int number) {
  const auto text = path + ": " + std::generic_category().message(number);
  switch (number) {
    case ENOENT: return fail(ec::not_found, text);
    case EEXIST: return fail(ec::conflict, text);
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENOTDIR: return fail(ec::refused, text);
    default: return fail(ec::unavailable, text);
  }
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

caf::error sync_folder(const std::string& folder) {
  const descriptor fd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd || ::fsync(fd.get()) != 0)
    return system_error(folder, errno);
  return {};
}

caf::error write_all(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return system_error(path, written < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return ::fsync(fd) == 0 ? caf::error{} : system_error(path, errno);
}

/// A file beside its destination; unlinked by the destructor unless it was renamed.
class temporary {
public:
  explicit temporary(const std::string& path)
    : name_(fmt::format("{}/{}{}", folder_of(path), leftover_prefix, random_hex(8))) {}
  temporary(const temporary&) = delete;
  temporary& operator=(const temporary&) = delete;
  ~temporary() {
    if (made_)
      ::unlink(name_.c_str());
  }
  caf::error fill(std::string_view bytes) {
    const descriptor fd{::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!fd)
      return system_error(name_, errno);
    made_ = true;
    return write_all(fd.get(), name_, bytes);
  }
  caf::error rename_to(const std::string& path) {
    if (::rename(name_.c_str(), path.c_str()) != 0)
      return system_error(path, errno);
    made_ = false;
    return {};
  }
  const std::string& name() const { return name_; }

private:
  std::string name_;
  bool made_ = false;
};

caf::error check_ours(const std::string& path, const struct stat& status, const char* mode) {
  if (status.st_uid != ::geteuid())
    return fail(ec::refused, fmt::format("{} belongs to another user: chown {} '{}'", path, ::geteuid(), path));
  if ((status.st_mode & 077) != 0)
    return fail(ec::refused, fmt::format("{} is open to other users (mode {:04o}): chmod {} '{}'", path,
                                         status.st_mode & 07777, mode, path));
  return {};
}

bool is_roots_beside_us(const struct stat& status) { return status.st_uid == 0 && ::geteuid() != 0; }

/// Checks the owner of a link, because a link decides which file is read.
caf::error check_link(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0)
    return system_error(path, errno);
  if (S_ISLNK(status.st_mode) && status.st_uid != 0 && status.st_uid != ::geteuid())
    return fail(ec::refused, fmt::format("{} is a link that another user made: remove it", path));
  return {};
}

caf::error check_given(const std::string& path, const struct stat& status) {
  if (!is_roots_beside_us(status))
    return check_ours(path, status, "600");
  if ((status.st_mode & 037) != 0)
    return fail(ec::refused, fmt::format("{} is open to other users (mode {:04o}): chmod 440 '{}' (in Kubernetes: "
                                         "defaultMode: 0440, and fsGroup)",
                                         path, status.st_mode & 07777, path));
  return {};
}

enum class trust { anybody, ours, given };

caf::expected<std::string> read_file(const std::string& path, size_t bytes_max, trust whose) {
  if (whose == trust::given)
    if (auto error = check_link(path))
      return error;
  const int links = whose == trust::given ? 0 : O_NOFOLLOW;
  const descriptor fd{::open(path.c_str(), O_RDONLY | links | O_CLOEXEC | O_NONBLOCK)};
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0)
    return system_error(path, errno);
  if (!S_ISREG(status.st_mode))
    return failed<std::string>(ec::refused, path + " is no regular file");
  if (whose != trust::anybody)
    if (auto error = whose == trust::given ? check_given(path, status) : check_ours(path, status, "600"))
      return error;
  // Allocated once, so that a growing buffer leaves no copies of a secret.
  std::string bytes(std::min(bytes_max, static_cast<size_t>(status.st_size)) + 1, '\0');
  for (size_t length = 0;;) {
    const auto got = ::read(fd.get(), bytes.data() + length, bytes.size() - length);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return system_error(path, errno);
    length += static_cast<size_t>(got);
    if (length > bytes_max)
      return failed<std::string>(ec::corrupt, fmt::format("{} is larger than {} bytes", path, bytes_max));
    if (got == 0) {
      bytes.resize(length);
      return bytes;
    }
    if (length == bytes.size()) // The file has grown meanwhile.
      bytes.resize(std::min(bytes_max, 2 * length) + 1);
  }
}

caf::expected<secret> taken(caf::expected<std::string> read) {
  return read ? caf::expected<secret>{secret{std::move(*read)}} : caf::expected<secret>{std::move(read.error())};
}

using folder_stream = std::unique_ptr<DIR, int (*)(DIR*)>;

} // namespace

caf::expected<std::string> read(const std::string& path, size_t bytes_max) {
  return read_file(path, bytes_max, trust::anybody);
}

caf::expected<std::string> read_given(const std::string& path, size_t bytes_max, std::chrono::milliseconds patience) {
  // Without O_NONBLOCK open() itself waits for a pipe's writer.
  const descriptor fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!fd)
    return system_error(path, errno);
  const auto end = std::chrono::steady_clock::now() + patience;
  std::string bytes(bytes_max + 1, '\0');
  size_t length = 0;
  while (length < bytes.size()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd ready{fd.get(), POLLIN, 0}; // A pipe that never had a writer is not ready, though it reads as empty.
    const int seen = left.count() > 0 ? ::poll(&ready, 1, static_cast<int>(left.count())) : 0;
    if (seen == 0)
      return failed<std::string>(ec::timeout, path + ": nobody writes into this pipe");
    const auto count = seen < 0 ? -1 : ::read(fd.get(), bytes.data() + length, bytes.size() - length);
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (count < 0)
      return system_error(path, errno);
    if (count == 0)
      break;
    length += static_cast<size_t>(count);
  }
  if (length > bytes_max)
    return failed<std::string>(ec::corrupt, fmt::format("{}: larger than {} bytes", path, bytes_max));
  bytes.resize(length);
  return bytes;
}

caf::expected<secret> read_private(const std::string& path, size_t bytes_max) {
  return taken(read_file(path, bytes_max, trust::ours));
}

caf::expected<secret> read_secret(const std::string& path, size_t bytes_max) {
  return taken(read_file(path, bytes_max, trust::given));
}

caf::error create(const std::string& path, std::string_view bytes) {
  temporary file{path};
  if (auto error = file.fill(bytes))
    return error;
  // link(), not rename(): it atomically refuses an existing name, also between processes.
  if (::link(file.name().c_str(), path.c_str()) != 0)
    return system_error(path, errno);
  return sync_folder(folder_of(path));
}

caf::error replace(const std::string& path, std::string_view bytes) {
  temporary file{path};
  if (auto error = file.fill(bytes))
    return error;
  if (auto error = file.rename_to(path))
    return error;
  return sync_folder(folder_of(path));
}

caf::error move(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    return system_error(from, errno);
  if (auto error = sync_folder(folder_of(to)))
    return error;
  return sync_folder(folder_of(from));
}

caf::error remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0)
    return errno == ENOENT ? caf::error{} : system_error(path, errno);
  return sync_folder(folder_of(path));
}

caf::error make_folder(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0)
    return S_ISDIR(status.st_mode) ? caf::error{} : fail(ec::refused, path + " is no folder: move it away");
  const auto above = folder_of(path);
  if (above != path)
    if (auto error = make_folder(above))
      return error;
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return system_error(path, errno);
  return sync_folder(above);
}

caf::error check_private_folder(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0)
    return system_error(path, errno);
  if (!S_ISDIR(status.st_mode))
    return fail(ec::refused, path + " is no folder: move it away");
  return check_ours(path, status, "700");
}

caf::error check_own_folder(const std::string& path) {
  if (auto error = check_link(path))
    return error;
  const descriptor fd{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0)
    return system_error(path, errno);
  if (status.st_uid != 0 && status.st_uid != ::geteuid())
    return fail(ec::refused, fmt::format("{} belongs to another user, who decides what is in it", path));
  if ((status.st_mode & 022) != 0)
    return fail(ec::refused, fmt::format("others may change what is in {} (mode {:04o}): chmod go-w '{}'", path,
                                         status.st_mode & 07777, path));
  return {};
}

caf::error check_secrets_folder(const std::string& path) {
  if (auto error = check_link(path))
    return error;
  const descriptor fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  struct stat status {};
  struct statvfs system {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || ::fstatvfs(fd.get(), &system) != 0)
    return system_error(path, errno);
  const bool roots = is_roots_beside_us(status);
  if ((roots || status.st_uid == ::geteuid()) && (system.f_flag & ST_RDONLY) != 0)
    return {};
  if (!roots)
    return check_ours(path, status, "700");
  if ((status.st_mode & 022) != 0)
    return fail(ec::refused, fmt::format("others than root may change {} (mode {:04o}): chmod 750 '{}', or mount it "
                                         "read-only",
                                         path, status.st_mode & 07777, path));
  return {};
}

std::string state_of(const std::string& path) {
  struct stat seen {};
  if (::stat(path.c_str(), &seen) != 0)
    return "none";
  return fmt::format("{}:{}:{}.{}", seen.st_ino, seen.st_size, seen.st_ctim.tv_sec, seen.st_ctim.tv_nsec);
}

caf::expected<std::vector<std::string>> list(const std::string& folder) {
  std::vector<std::string> names;
  const folder_stream stream{::opendir(folder.c_str()), ::closedir};
  if (!stream)
    return errno == ENOENT ? caf::expected<std::vector<std::string>>{std::move(names)} : system_error(folder, errno);
  while (const auto* entry = ::readdir(stream.get()))
    if (entry->d_name[0] != '.')
      names.emplace_back(entry->d_name);
  std::sort(names.begin(), names.end());
  return names;
}

void remove_leftovers(const std::string& folder) {
  const folder_stream stream{::opendir(folder.c_str()), ::closedir};
  if (!stream)
    return;
  while (const auto* entry = ::readdir(stream.get()))
    if (std::string_view{entry->d_name}.starts_with(leftover_prefix))
      ::unlinkat(::dirfd(stream.get()), entry->d_name, 0);
}

lock::lock(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)) {
  if (fd_ < 0) {
    fault_ = system_error(path, errno);
    return;
  }
  while (::flock(fd_, LOCK_EX) != 0)
    if (errno != EINTR) {
      fault_ = system_error(path, errno);
      return;
    }
}

lock::~lock() {
  if (fd_ >= 0)
    ::close(fd_);
}

} // namespace arrakis::file
