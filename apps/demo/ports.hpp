#pragma once
// The ports of a demo, kept in its state: a page that was open during one run works in the next.
#include <cstdint>
#include <map>
#include <string>

namespace arrakis::demo {

class kept_ports {
public:
  /// `file`: {"name": port, ...}; one that is missing or is none counts as empty.
  explicit kept_ports(std::string file);
  /// The port of the last run when it is free at 127.0.0.1 now, else 0: the system chooses one.
  uint16_t find(const std::string& name) const;
  /// Whether the last run had a port that another program holds now.
  bool is_lost(const std::string& name) const;
  /// Writes it for the next run. A folder that cannot be written costs the memory of it, no more.
  void keep(const std::string& name, uint16_t port);

private:
  std::string file_;
  std::map<std::string, uint16_t> known_;
};

/// The port at the end of "http://127.0.0.1:3000"; 0 where there is none.
uint16_t port_of(const std::string& url);
} // namespace arrakis::demo
