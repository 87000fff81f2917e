#pragma once
// The owner of the state folder, and its creation by root for an unprivileged account. All checks run before any
// change, and an existing file or folder is never changed: other accounts may be using
// it.
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace arrakis::wiring {

/// A user of this machine.
struct account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name; ///< Empty if passwd has no entry.
};
/// Returns "'name'", or the number if the account has no name, for messages.
std::string shown(const account&);
/// Returns the account of a user id, or nullopt if passwd has no entry.
std::optional<account> account_of(uid_t);

/// An open folder; the destructor closes it.
class open_folder {
public:
  explicit open_folder(int fd) : fd_(fd) {}
  open_folder(open_folder&& other) noexcept;
  open_folder& operator=(open_folder&& other) noexcept;
  ~open_folder();
  int get() const { return fd_; }

private:
  int fd_;
};

/// The result of judge_state_folder.
struct state_folder {
  account owner;                    ///< Account that root becomes.
  open_folder base;                 ///< The folder itself, or the deepest existing folder above it.
  std::vector<std::string> missing; ///< Missing names below `base`, the folder itself last; empty: it exists.
  bool owner_makes_it = false;      ///< The owner may write into `base`, so root creates nothing.
};

/// Returns the account that root becomes for this folder: its owner, if that is one of `unprivileged_users`, else the
/// first of these that exists. Throws std::runtime_error if none exists.
account owner_for(const std::string& path);

/// Checks the folder and changes nothing. Only for root, before a second thread starts (it acts as the owner for a
/// moment). Throws std::runtime_error with the remedy if the folder belongs to root or to a user that is not in
/// `unprivileged_users`, if it contains only foreign files, if its owner cannot reach it, or if it is missing and the
/// owner of the folder above could replace it by another one.
state_folder judge_state_folder(const std::string& path);
/// Creates the missing folders, unless the owner creates them: the folder itself with mode 0700 for the owner, those
/// above it with mode 0755 for root. Each appears under its name when it is complete. Throws as above.
void make_state_folder(const state_folder&, const std::string& path);

} // namespace arrakis::wiring
