#pragma once
// One onboarding, performed step by step as an admin does it.
#include "apps/demo/person.hpp"

#include <functional>
#include <string>

namespace arrakis::demo {

/// Receives one line for each step.
using teller = std::function<void(const std::string& line)>;

/// Answers that the admin gives in the wizard.
struct onboarding_options {
  std::string name = "Sietch Tabr";
  std::string tiers = "standard";
  std::string channels = "standard";
  std::string token; ///< Address of an ERC-20 on the sandbox's chain; empty: the native coin counts.
};

/// Types /onboard and answers up to the review of the plan. Throws when a step shows something unexpected.
void walk_to_review(person&, const onboarding_options&, const teller& say = {});
/// Presses Deploy and waits for the end. True: complete; false: failed, and the person sees why.
bool deploy(person&, const teller& say = {}, std::chrono::milliseconds patience = std::chrono::seconds{90});

} // namespace arrakis::demo
