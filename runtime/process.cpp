#include "runtime/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <functional>
#include <future>
#include <grp.h>
#include <mutex>
#include <poll.h>
#include <pwd.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

extern "C" char** environ; // NOLINT: POSIX leaves the declaration to the program.

namespace arrakis {
namespace {

/// A child or an error, since no exception passes between threads.
struct made {
  pid_t pid = -1;
  std::string why_not;
};

/// The thread that makes all children. PR_SET_PDEATHSIG fires when the parent THREAD ends, so it lives as long as any
/// object of a child does.
class nursery {
public:
  static std::shared_ptr<nursery> get() {
    static std::mutex guard;
    static std::weak_ptr<nursery> last;
    const std::lock_guard lock{guard};
    auto one = last.lock();
    if (!one)
      last = one = std::make_shared<nursery>();
    return one;
  }
  nursery() : thread_([this] { loop(); }) {}
  nursery(const nursery&) = delete;
  nursery& operator=(const nursery&) = delete;
  ~nursery() {
    {
      const std::lock_guard lock{mutex_};
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  made run(std::function<made()> make) {
    std::packaged_task<made()> task{std::move(make)};
    auto result = task.get_future();
    {
      std::lock_guard lock{mutex_};
      waiting_.push_back(std::move(task));
    }
    changed_.notify_one();
    return result.get();
  }

private:
  void loop() {
    for (;;) {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
      if (over_) // No request waits: each one holds this object.
        return;
      auto task = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      task();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<made()>> waiting_;
  bool over_ = false;
  std::thread thread_; // Last: it uses the members above.
};

/// All that the child needs between fork and exec, where nothing may allocate: another thread may have held the lock.
struct recipe {
  std::vector<char*> argv;
  std::vector<char*> envp;
  const char* folder = nullptr;
  const char* output = "/dev/null";
  bool change_user = false;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  pid_t parent = 0;
  int report = -1; ///< Write end of a close-on-exec pipe: errno of the step that failed.
};

[[noreturn]] void give_up(int report) {
  const int why = errno;
  [[maybe_unused]] const auto n = ::write(report, &why, sizeof why);
  ::_exit(127);
}

[[noreturn]] void become(const recipe& r) {
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number = 1; number < NSIG; ++number) // Ignored signals stay ignored over exec. Some cannot be set.
    ::signal(number, SIG_DFL);
  if (r.change_user && (::setgroups(r.groups.size(), r.groups.data()) || ::setgid(r.gid) || ::setuid(r.uid)))
    give_up(r.report);
  // As the child's user: root would follow a link with which this user replaced the log.
  const int null = ::open("/dev/null", O_RDONLY);
  const int out = ::open(r.output, O_WRONLY | O_CREAT | O_APPEND, 0640);
  if (null < 0 || out < 0 || ::dup2(null, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0)
    give_up(r.report);
  if (r.folder && ::chdir(r.folder))
    give_up(r.report);
  ::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
  // After setuid, which clears it.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL))
    give_up(r.report);
  if (::getppid() != r.parent)
    ::_exit(127); // The parent died in between.
  ::execvpe(r.argv[0], r.argv.data(), r.envp.data());
  give_up(r.report);
}

void set_user(recipe& r, const std::string& user) {
  if (user.empty() || ::geteuid() != 0)
    return;
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) || !found)
    throw std::runtime_error("no such user on this machine: " + user);
  r.change_user = true;
  r.uid = entry.pw_uid;
  r.gid = entry.pw_gid;
  int count = 64;
  r.groups.resize(64);
  if (::getgrouplist(user.c_str(), r.gid, r.groups.data(), &count) < 0)
    count = 1, r.groups[0] = r.gid;
  r.groups.resize(static_cast<size_t>(count));
}

/// The environment of the child: `more`, then of ours what has another name; all of it, or PATH alone.
std::vector<char*> environment(const std::vector<std::string>& more, bool inherits) {
  std::vector<char*> result;
  const auto name = [](std::string_view line) { return line.substr(0, line.find('=')); };
  for (const auto& line : more)
    result.push_back(const_cast<char*>(line.c_str()));
  for (char** line = environ; line && *line; ++line) {
    const bool replaced = std::ranges::any_of(more, [&](const auto& other) { return name(other) == name(*line); });
    if (!replaced && (inherits || name(*line) == "PATH"))
      result.push_back(*line);
  }
  result.push_back(nullptr);
  return result;
}

/// The starting program may have left SIGCHLD ignored, which stays over exec. Then the kernel reaps children itself: an
/// exit status is lost, and the pid may be another program's when it is signalled.
void keep_ended_children() {
  struct sigaction now {};
  if (::sigaction(SIGCHLD, nullptr, &now) == 0
      && (now.sa_handler == SIG_IGN || (now.sa_flags & SA_NOCLDWAIT) != 0)) // NOLINT: SIG_IGN is a cast of C.
    ::signal(SIGCHLD, SIG_DFL);
}

made spawn(recipe r) {
  keep_ended_children();
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC))
    return {-1, std::string{"pipe: "} + std::strerror(errno)};
  r.parent = ::getpid();
  r.report = ends[1];
  const pid_t child = ::fork();
  if (child == 0)
    become(r);
  const int fork_errno = errno;
  ::close(ends[1]);
  int why = 0;
  ssize_t got = 0;
  do
    got = child < 0 ? 0 : ::read(ends[0], &why, sizeof why);
  while (got < 0 && errno == EINTR);
  ::close(ends[0]);
  if (child < 0)
    return {-1, std::string{"fork: "} + std::strerror(fork_errno)};
  if (got == sizeof why) {
    ::waitpid(child, nullptr, 0);
    return {-1, std::string{r.argv[0]} + " cannot be started: " + std::strerror(why)};
  }
  return {child, {}};
}

/// Waits until `pid` may be reaped, or `limit` has passed.
void wait_for_end(int pid, std::chrono::milliseconds limit) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); // Linux 5.3
  if (fd < 0)
    throw std::runtime_error(std::string{"pidfd_open: "} + std::strerror(errno));
  const auto end = std::chrono::steady_clock::now() + limit;
  for (auto left = limit; left.count() >= 0;
       left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now())) {
    pollfd entry{fd, POLLIN, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(left.count()));
    if (ready >= 0 || errno != EINTR)
      break;
  }
  ::close(fd);
}
} // namespace

process::process(process_options o) {
  if (o.argv.empty())
    throw std::runtime_error("a process needs a program");
  recipe r;
  for (auto& word : o.argv)
    r.argv.push_back(word.data());
  r.argv.push_back(nullptr);
  r.envp = environment(o.env, o.inherits);
  if (!o.folder.empty())
    r.folder = o.folder.c_str();
  if (!o.output.empty())
    r.output = o.output.c_str();
  set_user(r, o.user);
  auto parent = nursery::get();
  auto child = parent->run([r = std::move(r)]() mutable { return spawn(std::move(r)); });
  if (!child.why_not.empty())
    throw std::runtime_error(child.why_not);
  parent_ = std::move(parent);
  pid_ = child.pid;
}

process::process(process&& other) noexcept
  : parent_(std::move(other.parent_)),
    pid_(std::exchange(other.pid_, -1)),
    status_(std::exchange(other.status_, std::nullopt)) {}

process& process::operator=(process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(status_, other.status_);
  std::swap(parent_, other.parent_);
  return *this;
}

process::~process() {
  if (pid_ > 0 && !status_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

bool process::running() {
  if (pid_ <= 0 || status_)
    return false;
  int status = 0;
  const auto reaped = ::waitpid(pid_, &status, WNOHANG);
  if (reaped == 0 || (reaped < 0 && errno == EINTR))
    return true;
  if (reaped < 0)
    status_ = -1;
  else
    status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return false;
}

std::optional<int> process::exit_status() {
  running();
  return status_;
}

void process::signal(int number) {
  if (running()) // Not yet reaped, so the pid is still the child's.
    ::kill(pid_, number);
}

bool process::wait(std::chrono::milliseconds limit) {
  if (running())
    wait_for_end(pid_, limit);
  return !running();
}

void process::stop(int number, std::chrono::milliseconds grace) {
  signal(number);
  if (wait(grace))
    return;
  signal(SIGKILL);
  wait(std::chrono::hours{1}); // A killed process ends; only a stuck disk holds it.
}

std::string unprivileged_user() {
  for (const char* name : unprivileged_users) {
    std::array<char, 16384> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwnam_r(name, &entry, buffer.data(), buffer.size(), &found) == 0 && found)
      return name;
  }
  return unprivileged_users.back();
}

void open_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) [[maybe_unused]]
      const int lowest = ::open("/dev/null", O_RDWR); // open() returns the lowest free descriptor: this one.
}

std::vector<std::string> remove_environment(std::string_view prefix) {
  std::vector<std::string> names;
  for (char** line = environ; line && *line; ++line)
    if (std::string_view{*line}.starts_with(prefix))
      names.emplace_back(*line, std::string_view{*line}.find('='));
  for (const auto& name : names)
    ::unsetenv(name.c_str());
  std::ranges::sort(names);
  return names;
}
} // namespace arrakis
