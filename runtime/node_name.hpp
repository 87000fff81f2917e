#pragma once
// A name for this node that outlives its process.
#include <string>

namespace arrakis {

/// Kept in node.state_folder, and held by one process at a time: what the last process of this name held in the cluster
/// (a lease) is then the next one's, without a wait for its end.
class node_name {
public:
  /// Reads or makes the name. Where another process works in the same folder, or nothing can be written, the name is
  /// empty.
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
