#pragma once
// Load generator: clicks of many admins on the webhook, at a rate that does not wait for answers.
#include "bench/support/programs.hpp"

#include <boost/json/object.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace arrakis::bench {

/// Admins whose wizards are open. Every answer must be the one that a person would see: the next click is read out of
/// it. Throws std::runtime_error with the first answer that was something else.
class crowd {
public:
  crowd(demo::local_stack&, size_t sessions);
  ~crowd();

  /// /onboard and everything up to the review, for everybody.
  void open();
  /// `count` clicks, one every 1/`per_second`, from one admin after the other. The latency of each in seconds, from the
  /// moment at which it was meant to leave, whether or not it could, until its answer was there.
  std::vector<double> click(size_t count, double per_second);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace arrakis::bench
