#pragma once
// Load generator: clicks of many admins on the webhook, at a rate that does not wait for answers.
#include "bench/support/programs.hpp"

#include <boost/json/object.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace arrakis::bench {

/// Clicks of admins whose wizards are open. Each answer must be the expected screen, from which the next click is read.
/// Throws std::runtime_error with the first other answer.
class load_generator {
public:
  load_generator(demo::local_stack&, size_t sessions);
  ~load_generator();

  /// Walks every admin from /onboard to the review.
  void open();
  /// Sends `count` clicks, one every 1/`per_second`, from one admin after the other. Returns the latency of each in
  /// seconds, from its scheduled time (also if it was sent later) until its answer.
  std::vector<double> click(size_t count, double per_second);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace arrakis::bench
