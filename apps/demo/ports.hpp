#pragma once
// The ports of a demo, stored in its state folder, so that a page of one run still works in the next.
#include <cstdint>
#include <map>
#include <string>

namespace arrakis::demo {

/// The stored ports of a state folder, by name.
class kept_ports {
public:
  /// `file`: {"name": port, ...}; a missing or malformed one counts as empty.
  explicit kept_ports(std::string file);
  /// The port of the last run when it is free at 127.0.0.1 now, else 0: the system chooses one.
  uint16_t find(const std::string& name) const;
  /// Returns true if another program uses the port of the last run now.
  bool is_lost(const std::string& name) const;
  /// Stores the port for the next run. A folder that cannot be written is not an error.
  void keep(const std::string& name, uint16_t port);

private:
  std::string file_;
  std::map<std::string, uint16_t> known_;
};

/// Port at the end of "http://127.0.0.1:3000"; 0 if there is none.
uint16_t port_of(const std::string& url);
} // namespace arrakis::demo
