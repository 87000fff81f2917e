#pragma once
// Whose the state folder is and, when it is missing, how root makes it for an account without rights. All of it is
// judged before anything is changed, and an existing file or folder is never changed: other accounts may be at work in
// it.
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace arrakis::wiring {

struct account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name; ///< Empty when no entry of passwd names it.
};
/// "'name'", or "1000" when it has none: for a sentence.
std::string shown(const account&);
std::optional<account> account_of(uid_t);

/// A folder that this process has open; closed with it.
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

struct state_folder {
  account owner;                    ///< Whom root has to become.
  open_folder base;                 ///< The folder itself, or the deepest above it that exists.
  std::vector<std::string> missing; ///< Names below `base`, of which the last is the folder itself; empty: it exists.
  bool owner_makes_it = false;      ///< The owner may write into `base`: then root has no business there.
};

/// Whom root becomes for this folder: its owner, when that is one of `unprivileged_users`; else the first of these that
/// there is. Throws std::runtime_error when there is none.
account owner_for(const std::string& path);

/// For root alone, and before there is a second thread (it acts as the owner for a moment). Touches nothing. Throws
/// std::runtime_error, with the remedy, when the folder belongs to root or to a user that is none of
/// `unprivileged_users`, holds files of which none is ours, or cannot be reached by its owner; and when it is missing
/// and whoever owns the folder above could give root another one in its place.
state_folder judge_state_folder(const std::string& path);
/// Makes what is missing, unless the owner makes it: the folder 0700 and the owner's, those above it 0755 and root's.
/// Each appears under its name when it is whole. Throws as above.
void make_state_folder(const state_folder&, const std::string& path);

} // namespace arrakis::wiring
