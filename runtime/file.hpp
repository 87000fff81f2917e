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

/// Reads what an operator named: a file, also through links, or a pipe. ec::timeout when a pipe has no writer, or is
/// silent, for `patience`; otherwise as read.
caf::expected<std::string> read_given(const std::string& path, size_t bytes_max, std::chrono::milliseconds patience);

/// As read, for secrets: ec::refused, with the command that mends it, unless the file is ours and nobody else may touch
/// it.
caf::expected<secret> read_private(const std::string& path, size_t bytes_max);

/// As read_private, for a secret that somebody gives us: also root's, which our group may read, and through a link that
/// is ours or root's. So does Kubernetes mount a secret (links into a folder of root, modes by defaultMode and
/// fsGroup).
caf::expected<secret> read_secret(const std::string& path, size_t bytes_max);

/// Creates `path` (0600) with `bytes`, whole and durable, or not at all: a temporary file beside it is written, synced
/// and linked under the name, then the folder is synced. ec::conflict when there is a file of this name: it stays as it
/// is. ec::unavailable when the disk is full or failing.
caf::error create(const std::string& path, std::string_view bytes);

/// The same, but takes the place of a file that is there; readers see the old bytes or the new ones.
caf::error replace(const std::string& path, std::string_view bytes);

/// Renames within one file system, durable; takes the place of a file that is there. ec::not_found.
caf::error move(const std::string& from, const std::string& to);

/// Removes a file, durable; one that is not there is removed already.
caf::error remove(const std::string& path);

/// Makes the folder and those above it (0700), and syncs what it made. ec::refused when a file is in the way.
caf::error make_folder(const std::string& path);

/// ec::refused, with the command that mends it, unless `path` is a folder of ours that nobody else may enter.
caf::error check_private_folder(const std::string& path);

/// ec::refused, with what to do, unless `path` is a folder of ours or root's where nobody else may change what is in
/// it; also through a link that is ours or root's. Names below another user's folder lead wherever that user wants.
caf::error check_own_folder(const std::string& path);

/// For a folder of such secrets: ec::refused, with what to do, unless it is one that check_private_folder takes, or
/// root's (or ours) where nobody else may change what is in it; also through a link that is ours or root's.
/// ec::not_found.
caf::error check_secrets_folder(const std::string& path);

/// Changes when another file is under this name or its content was changed; "none" when there is no file. Links are
/// followed: Kubernetes changes a secret by the target of a link.
std::string state_of(const std::string& path);

/// Names in a folder, sorted, without those that begin with a dot. Empty when there is no such folder.
caf::expected<std::vector<std::string>> list(const std::string& folder);

/// Removes the temporary files that a crash between write and link left in `folder`; the caller knows that nobody
/// writes.
void remove_leftovers(const std::string& folder);

/// Holds an exclusive lock between processes (flock) on `path`, made when missing, as long as it lives. Waits for it.
class lock {
public:
  explicit lock(const std::string& path);
  lock(const lock&) = delete;
  lock& operator=(const lock&) = delete;
  ~lock();
  /// Why it is not held; nothing when it is.
  const caf::error& fault() const { return fault_; }

private:
  int fd_ = -1;
  caf::error fault_;
};

} // namespace arrakis::file
