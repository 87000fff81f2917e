#include "runtime/file.hpp"
#include "tests/support/scratch.hpp"

#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace arrakis;
namespace fs = std::filesystem;

namespace {
struct folder : test::scratch {
  folder() : scratch("file") {}
  size_t entries() const { return static_cast<size_t>(std::distance(fs::directory_iterator{path()}, {})); }
};
using test::mode_of;
/// A disk with no room, as far as this process sees it: no file may grow above `bytes`.
struct full_disk {
  rlimit before{};
  explicit full_disk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before);
    rlimit now = before;
    now.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~full_disk() { ::setrlimit(RLIMIT_FSIZE, &before); }
};
} // namespace

TEST_CASE("file: a created file is whole, private, and never overwritten") {
  folder in;
  CHECK_FALSE(file::create(in / "a", "one"));
  CHECK(*file::read(in / "a", 100) == "one");
  CHECK(mode_of(in / "a") == 0600);
  CHECK(code_of(file::create(in / "a", "two")) == ec::conflict);
  CHECK(*file::read(in / "a", 100) == "one");
  CHECK(in.entries() == 1);
}

TEST_CASE("file: replace puts the new bytes in place of the old") {
  folder in;
  CHECK_FALSE(file::replace(in / "a", "one"));
  CHECK_FALSE(file::replace(in / "a", "two"));
  CHECK(*file::read(in / "a", 100) == "two");
  CHECK(in.entries() == 1);
}

TEST_CASE("file: a full disk is unavailable and leaves nothing half-written") {
  folder in;
  REQUIRE_FALSE(file::create(in / "old", "one"));
  {
    full_disk none{10'000};
    const auto error = file::create(in / "new", std::string(20'000, 'x'));
    CHECK(code_of(error) == ec::unavailable);
    CHECK(text_of(error).find("File too large") != std::string::npos);
    CHECK(code_of(file::replace(in / "old", std::string(20'000, 'x'))) == ec::unavailable);
  }
  CHECK(*file::read(in / "old", 100) == "one");
  CHECK(in.entries() == 1);
  CHECK_FALSE(file::create(in / "new", std::string(20'000, 'x'))); // Negative control: with room it is written.
}

TEST_CASE("file: what cannot be read says why") {
  folder in;
  CHECK(code_of(file::read(in / "none", 100).error()) == ec::not_found);
  REQUIRE_FALSE(file::create(in / "large", std::string(101, 'x')));
  CHECK(code_of(file::read(in / "large", 100).error()) == ec::corrupt);
  CHECK(code_of(file::read(in.path(), 100).error()) == ec::refused);
  fs::create_symlink(in / "large", in / "link");
  CHECK(code_of(file::read(in / "link", 1000).error()) == ec::refused);
}

TEST_CASE("file: a secret that others may read is refused with the remedy") {
  folder in;
  REQUIRE_FALSE(file::create(in / "key", "secret"));
  CHECK(*file::read_private(in / "key", 100) == "secret");
  for (const mode_t mode : {0640, 0604, 0660, 0601}) {
    ::chmod((in / "key").c_str(), mode);
    const auto refused = file::read_private(in / "key", 100);
    REQUIRE_FALSE(refused);
    CHECK(code_of(refused.error()) == ec::refused);
    CHECK(text_of(refused.error()).find("chmod 600 '" + in / "key") != std::string::npos);
  }
}

TEST_CASE("file: a secret that is given is read through links that are ours or root's, as Kubernetes mounts it") {
  folder in;
  fs::create_directory(in / "..2026");
  ::chmod((in / "..2026").c_str(), 0700);
  fs::create_directory_symlink("..2026", in / "..data");
  REQUIRE_FALSE(file::create(in / "..2026/key", "secret"));
  fs::create_symlink("..data/key", in / "key");
  CHECK(*file::read_secret(in / "key", 100) == "secret");
  CHECK(code_of(file::read_private(in / "key", 100).error()) == ec::refused); // Files of this program are not links.
  CHECK_FALSE(file::check_secrets_folder(in / "..data"));
  ::chmod((in / "..2026/key").c_str(), 0644);
  CHECK(text_of(file::read_secret(in / "key", 100).error()).find("chmod 600") != std::string::npos);
  ::chmod((in / "..2026").c_str(), 0755);
  CHECK(text_of(file::check_secrets_folder(in / "..data")).find("chmod 700") != std::string::npos);
  CHECK(code_of(file::check_secrets_folder(in / "none")) == ec::not_found);
  if (::geteuid() != 0)
    return;
  ::chmod((in / "..2026/key").c_str(), 0600);
  ::chmod((in / "..2026").c_str(), 0700);
  for (const auto* link : {"key", "..data"})
    REQUIRE(::lchown((in / link).c_str(), 1, 1) == 0);
  CHECK(text_of(file::read_secret(in / "key", 100).error()).find("another user made") != std::string::npos);
  CHECK(text_of(file::check_secrets_folder(in / "..data")).find("another user made") != std::string::npos);
}

TEST_CASE("file: folders are made private, and an open one is refused with the remedy") {
  folder in;
  CHECK_FALSE(file::make_folder(in / "a/b/c"));
  CHECK_FALSE(file::make_folder(in / "a/b/c"));
  CHECK(mode_of(in / "a") == 0700);
  CHECK_FALSE(file::check_private_folder(in / "a"));
  ::chmod((in / "a").c_str(), 0750);
  const auto refused = file::check_private_folder(in / "a");
  CHECK(code_of(refused) == ec::refused);
  CHECK(text_of(refused).find("chmod 700") != std::string::npos);
  REQUIRE_FALSE(file::create(in / "plain", "x"));
  CHECK(code_of(file::make_folder(in / "plain/b")) == ec::refused);
}

TEST_CASE("file: a folder where another user decides what is in it is refused") {
  folder in;
  fs::create_directory(in / "a");
  fs::create_directory_symlink("a", in / "link");
  for (const mode_t mode : {0700, 0755}) {
    ::chmod((in / "a").c_str(), mode);
    CHECK_FALSE(file::check_own_folder(in / "a"));
    CHECK_FALSE(file::check_own_folder(in / "link"));
  }
  for (const mode_t mode : {0775, 0702, 01777}) {
    ::chmod((in / "a").c_str(), mode);
    CHECK(text_of(file::check_own_folder(in / "a")).find("chmod go-w") != std::string::npos);
  }
  ::chmod((in / "a").c_str(), 0700);
  CHECK(code_of(file::check_own_folder(in / "none")) == ec::not_found);
  if (::geteuid() != 0)
    return;
  REQUIRE(::lchown((in / "link").c_str(), 1, 1) == 0);
  CHECK(text_of(file::check_own_folder(in / "link")).find("another user made") != std::string::npos);
  REQUIRE(::chown((in / "a").c_str(), 1, 1) == 0);
  CHECK(text_of(file::check_own_folder(in / "a")).find("belongs to another user") != std::string::npos);
}

TEST_CASE("file: a listing is sorted and hides temporary files, which can be swept away") {
  folder in;
  REQUIRE_FALSE(file::create(in / "b", "x"));
  REQUIRE_FALSE(file::create(in / "a", "x"));
  std::ofstream{in / ".tmp-0123"} << "half";
  CHECK(*file::list(in.path()) == std::vector<std::string>{"a", "b"});
  file::remove_leftovers(in.path());
  CHECK(in.entries() == 2);
  CHECK(file::list(in / "none")->empty());
}

TEST_CASE("file: a lock that cannot be had says why") {
  folder in;
  const file::lock held{in / "lock"};
  CHECK_FALSE(held.fault());
  const file::lock nowhere{in / "none/lock"};
  CHECK(code_of(nowhere.fault()) == ec::not_found);
}

TEST_CASE("file: what an operator named is read through links and out of a pipe, and a pipe without a writer ends") {
  const test::scratch folder{"given"};
  const auto pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(code_of(file::read_given(pipe, 100, std::chrono::milliseconds{20}).error()) == ec::timeout);
  const int silent = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC); // Opens without a reader.
  REQUIRE(silent >= 0);
  CHECK(code_of(file::read_given(pipe, 100, std::chrono::milliseconds{20}).error()) == ec::timeout);
  ::close(silent);
  std::thread late{[&] {
    const int writer = ::open(pipe.c_str(), O_WRONLY | O_CLOEXEC); // Waits for the reader.
    CHECK(::write(writer, "secret", 6) == 6);
    ::close(writer);
  }};
  const auto text = file::read_given(pipe, 100, std::chrono::seconds{60});
  late.join();
  REQUIRE(text);
  CHECK(*text == "secret");
  REQUIRE_FALSE(file::create(folder / "target", "whole"));
  fs::create_symlink(folder / "target", folder / "link");
  CHECK(*file::read_given(folder / "link", 5, std::chrono::seconds{60}) == "whole");
  CHECK(code_of(file::read_given(folder / "link", 4, std::chrono::seconds{60}).error()) == ec::corrupt);
  CHECK(code_of(file::read_given(folder / "none", 4, std::chrono::seconds{60}).error()) == ec::not_found);
  CHECK_FALSE(file::read_given(folder.path(), 4, std::chrono::seconds{60}));
  CHECK(code_of(file::read_given("/dev/zero", 4, std::chrono::seconds{60}).error()) == ec::corrupt);
}
