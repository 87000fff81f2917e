#pragma once
// Further arrakisd processes beside the stack's own, on the same PostgreSQL, Redis, keys and objects.
#include "tests/system/test_stack.hpp"

#include <csignal>
#include <map>
#include <optional>

namespace arrakis::system_test {

/// One process, which ends with the object.
class node {
public:
  /// Starts it and waits until it is ready. `environment` wins over what it gets to find the stack.
  node(test_stack&, const std::string& name, const std::string& roles, std::vector<std::string> environment = {});
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;
  const std::string& name() const { return name_; }
  /// http://address:port of its public port; empty: it has none.
  const std::string& public_url() const { return public_url_; }
  /// The same of its admin port.
  const std::string& admin_url() const { return admin_url_; }
  int pid() const { return child_->pid(); }
  bool says(const std::string& text) const;
  std::string log() const;
  void kill() { child_->signal(SIGKILL); }
  int stop();

private:
  std::string name_, log_file_, public_url_, admin_url_;
  std::optional<process> child_;
};

/// The environment in which a program finds the stack's servers from outside.
std::vector<std::string> beside(test_stack&);
/// The value of a metric at a process' admin port, summed over its labels; with `labels` those only whose line holds
/// them.
double metric(test_stack&, const std::string& admin, const std::string& name, const std::string& labels = {});
/// How often `text` stands in a log.
size_t times_in(const std::string& log, const std::string& text);

} // namespace arrakis::system_test
