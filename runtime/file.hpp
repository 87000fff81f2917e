#pragma once
// Files that must survive a power cut and stay private. Everything here blocks: detached actors and start-up only.
#include "runtime/error.hpp"
#include "runtime/secret.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::file {

/// Reads a regular file whole, never through a symbolic link at its end. ec::not_found; ec::corrupt above `bytes_max`;
/// ec::refused when the system forbids it; ec::unavailable for anything else (I/O error), with the system's words.
caf::expected<std::string> read(const std::string& path, size_t bytes_max);

/// Reads a path that an operator gave: a file, also through links, or a pipe. ec::timeout when a pipe has no writer, or
/// is silent, for `patience`; otherwise as read.
caf::expected<std::string> read_given(const std::string& path, size_t bytes_max, std::chrono::milliseconds patience);

/// Reads a secret, as read(): ec::refused, with the remedy, unless the file belongs to this user and no other user has
/// access.
caf::expected<secret> read_private(const std::string& path, size_t bytes_max);

/// Reads a mounted secret, as read_private(): the file may also belong to root and be readable by this user's group,
/// and be reached through a link of this user or root. Kubernetes mounts secrets so (links into a folder of root, modes
/// by defaultMode and fsGroup).
caf::expected<secret> read_secret(const std::string& path, size_t bytes_max);

/// Creates `path` (0600) with `bytes`, whole and durable, or not at all: a temporary file beside it is written, synced
/// and linked under the name, then the folder is synced. ec::conflict when there is a file of this name: it stays as it
/// is. ec::unavailable when the disk is full or failing.
caf::error create(const std::string& path, std::string_view bytes);

/// Creates or replaces a file, as create(); readers see the old bytes or the new ones.
caf::error replace(const std::string& path, std::string_view bytes);

/// Renames within one file system, durable; replaces an existing file. ec::not_found.
caf::error move(const std::string& from, const std::string& to);

/// Removes a file, durable; a missing one is no error.
caf::error remove(const std::string& path);

/// Creates the folder and its parents (0700), durable. ec::refused when a file is in the way.
caf::error make_folder(const std::string& path);

/// Checks a private folder: ec::refused, with the remedy, unless it belongs to this user and no other may enter it.
caf::error check_private_folder(const std::string& path);

/// Checks a folder that other users cannot change: ec::refused, with the remedy, unless it (also through a link of this
/// user or root) belongs to this user or root and no other may write to it. Another owner could redirect names below
/// it.
caf::error check_own_folder(const std::string& path);

/// Checks a folder of mounted secrets: ec::refused, with the remedy, unless check_private_folder or check_own_folder
/// accepts it.
/// ec::not_found.
caf::error check_secrets_folder(const std::string& path);

/// Fingerprint of a file; it changes with the file or its content; "none": no file. Follows links, because Kubernetes
/// updates a secret by changing a link's target.
std::string state_of(const std::string& path);

/// Names in a folder, sorted, without those that begin with a dot. Empty when there is no such folder.
caf::expected<std::vector<std::string>> list(const std::string& folder);

/// Removes temporary files that a crash between write and link left in `folder`; the caller ensures that no process
/// writes.
void remove_leftovers(const std::string& folder);

/// Exclusive lock between processes (flock) on `path`, which is created when missing. The constructor waits for it.
class lock {
public:
  explicit lock(const std::string& path);
  lock(const lock&) = delete;
  lock& operator=(const lock&) = delete;
  ~lock();
  /// Error when the lock could not be taken.
  const caf::error& fault() const { return fault_; }

private:
  int fd_ = -1;
  caf::error fault_;
};

} // namespace arrakis::file
