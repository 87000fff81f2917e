#include "runtime/memory_limit.hpp"

#include "tests/support/scratch.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

using namespace arrakis;
namespace fs = std::filesystem;

namespace {
/// A machine whose cgroup files are these.
struct machine {
  test::scratch at{"memory"};
  void write(const std::string& file, const std::string& text) {
    fs::create_directories(fs::path{at / file}.parent_path());
    std::ofstream{at / file} << text;
  }
  memory_limit limit() const { return find_memory_limit(at.path()); }
};
constexpr uint64_t mib = 1 << 20;
} // namespace

TEST_CASE("memory limit: a container's own limit stands at the root of its mount") {
  machine m;
  m.write("proc/self/cgroup", "0::/\n");
  m.write("sys/fs/cgroup/memory.max", "536870912\n");
  CHECK(m.limit().bytes == 512 * mib);
  CHECK(m.limit().source.ends_with("/memory.max"));
  m.write("sys/fs/cgroup/memory.high", "268435456\n");
  CHECK(m.limit().bytes == 256 * mib);
}

TEST_CASE("memory limit: a group above may be the tighter one") {
  machine m;
  m.write("proc/self/cgroup", "0::/system.slice/arrakisd.service\n");
  m.write("sys/fs/cgroup/system.slice/arrakisd.service/memory.max", "max\n");
  m.write("sys/fs/cgroup/system.slice/memory.max", "134217728\n");
  CHECK(m.limit().bytes == 128 * mib);
}

TEST_CASE("memory limit: version 1, where the group is visible and where it is not") {
  machine m;
  m.write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/\n");
  m.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  m.write("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "67108864\n");
  CHECK(m.limit().bytes == 64 * mib);
  machine inside;
  inside.write("proc/self/cgroup", "4:memory:/../../abc\n");
  inside.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "33554432\n");
  CHECK(inside.limit().bytes == 32 * mib);
}

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) // Sanitizers need address space.
TEST_CASE("memory limit: without a cgroup it is the machine's memory, or the address space if that is less") {
  machine m;
  m.write("proc/self/cgroup", "garbage\n\n0:\n");
  const auto whole = m.limit();
  CHECK(whole.bytes > 0);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
  // Not so low that the test itself could not go on; a machine with less memory than that has no such test.
  const rlimit less{whole.bytes - 1, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_AS, &less) == 0);
  CHECK(m.limit().source == "RLIMIT_AS");
  ::setrlimit(RLIMIT_AS, &before);
}
#endif
