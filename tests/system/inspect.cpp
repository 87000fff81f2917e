#include "tests/system/inspect.hpp"

#include "apps/demo/http.hpp"
#include "tests/support/scratch.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <set>
#include <sstream>
#include <stdexcept>

namespace arrakis::system_test {
namespace fs = std::filesystem;

std::vector<int> family_of(int pid) {
  std::vector<int> all{pid};
  for (size_t i = 0; i < all.size(); ++i)
    try {
      for (const auto& task : fs::directory_iterator{fmt::format("/proc/{}/task", all[i])}) {
        std::istringstream children{test::content(task.path().string() + "/children")};
        for (int child = 0; children >> child;)
          all.push_back(child);
      }
    } catch (const fs::filesystem_error&) { // The process ended meanwhile.
    }
  return all;
}

std::string proc_file(int pid, const std::string& name) {
  auto text = test::content(fmt::format("/proc/{}/{}", pid, name));
  std::ranges::replace(text, '\0', '\n');
  return text;
}

std::string status_of(int pid, const std::string& key) {
  std::istringstream lines{proc_file(pid, "status")};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(key + ":")) {
      std::istringstream words{line.substr(key.size() + 1)};
      std::string word;
      words >> word;
      return word;
    }
  return {};
}

std::vector<std::string> open_to_others(const std::string& folder) {
  std::vector<std::string> out;
  const auto look = [&](const std::string& path) {
    if (const auto mode = test::mode_of(path); (mode & 077u) != 0)
      out.push_back(fmt::format("{} {:04o}", path, mode));
  };
  look(folder);
  for (const auto& item : fs::recursive_directory_iterator{folder})
    if (!item.is_symlink())
      look(item.path().string());
  return out;
}

std::vector<std::string> listening(int pid) {
  std::set<std::string> own; // Inodes of its sockets.
  std::error_code gone;
  for (const auto& fd : fs::directory_iterator{fmt::format("/proc/{}/fd", pid), gone}) {
    const auto target = fs::read_symlink(fd.path(), gone).string();
    if (target.starts_with("socket:["))
      own.insert(target.substr(8, target.size() - 9));
  }
  std::vector<std::string> out;
  for (const auto* kind : {"tcp", "tcp6", "udp", "udp6"}) {
    std::istringstream lines{proc_file(pid, std::string{"net/"} + kind)};
    std::string line;
    std::getline(lines, line); // The heading.
    while (std::getline(lines, line)) {
      std::istringstream words{line};
      std::string slot, local, remote, state, word, inode;
      words >> slot >> local >> remote >> state;
      for (int i = 0; i < 5; ++i)
        words >> word;
      words >> inode;
      // 0A is LISTEN (include/net/tcp_states.h); a UDP socket that nobody is connected to takes from everybody. The
      // statistics of PostgreSQL 14 and before went over UDP.
      if (own.contains(inode) && (state == "0A" || (kind[0] == 'u' && state == "07")))
        out.push_back(std::string{kind} + " " + local);
    }
  }
  return out;
}

namespace {
/// A signal takes its time. A process that has ended does nothing either.
bool stopped(int pid) try {
  for (const auto& thread : fs::directory_iterator{fmt::format("/proc/{}/task", pid)}) {
    const auto stat = test::content(thread.path().string() + "/stat");
    const auto name_ends = stat.rfind(") ");
    // Stopped, or ended and not waited for, which a parent that is stopped does not do.
    if (name_ends != std::string::npos && std::string_view{"TZX"}.find(stat[name_ends + 2]) == std::string_view::npos)
      return false;
  }
  return true;
} catch (const fs::filesystem_error&) {
  return true;
}
} // namespace

standing_still::standing_still(std::vector<int> pids) : pids_(std::move(pids)) {
  for (const auto pid : pids_)
    ::kill(pid, SIGSTOP);
  if (!demo::eventually([this] { return std::ranges::all_of(pids_, stopped); }, std::chrono::seconds{10})) {
    for (const auto pid : pids_)
      ::kill(pid, SIGCONT);
    throw std::runtime_error("a process does not stand still");
  }
}
standing_still::~standing_still() {
  for (const auto pid : pids_)
    ::kill(pid, SIGCONT);
}

} // namespace arrakis::system_test
