#pragma once
// A name for this node that outlives its process.
#include <string>

namespace arrakis {

/// Name of this node, stored in node.state_folder and used by one process at a time: a process with the name of a dead
/// predecessor inherits its leases without waiting for their end.
class node_name {
public:
  /// Reads or creates the name. It is empty if another process uses the folder, or the folder is not
  /// writable.
  explicit node_name(const std::string& state_folder);
  ~node_name();
  node_name(const node_name&) = delete;
  node_name& operator=(const node_name&) = delete;
  const std::string& text() const { return text_; }

private:
  int lock_ = -1;
  std::string text_;
};
} // namespace arrakis
