#include "actors/jobs/synthesize_community/words.hpp"

#include "actors/wizard/messages.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis::jobs::synthesize_community;

TEST_CASE("synthesis: a failure is told with the button that the wizard answers, within Discord's limit") {
  std::string long_sentence;
  for (int i = 0; i < 3000; ++i)
    long_sentence += "ü";
  const auto failed = boost::json::parse(failed_body("Tabr", 2, long_sentence)); // Throws on half a character.
  CHECK(failed.at("content").as_string().size() <= 2000);
  const auto& button = failed.at("components").at(0).at("components").at(0);
  CHECK(button.at("custom_id").as_string() == arrakis::wizard::retry_button_id(2));
  CHECK(arrakis::wizard::retry_button_id(2) == "deployment:retry:2"); // By its prefix it finds the wizard.
}

TEST_CASE("synthesis: what is left over and what was made twice is listed, the first ten of it") {
  result r{"Tabr", 2, 1, 4, 3, {}, {}};
  CHECK(completed_body(r).find("Removed from the plan") == std::string::npos);
  CHECK(completed_body(r).find("2 roles, 1 category and 4 channels set up.") != std::string::npos);
  CHECK(completed_body({"Tabr", 9, 0, 0, 3, {}, {}}).find("9 roles set up.") != std::string::npos);
  CHECK(completed_body({"Tabr", 0, 0, 0, 3, {}, {}}).find("Nothing had to be set up.") != std::string::npos);
  for (int i = 0; i < 12; ++i)
    r.left_over.push_back("channel " + std::to_string(i));
  r.doubled.push_back("Discord made it twice.");
  const auto text = completed_body(r);
  CHECK(text.find("- Discord made it twice.") != std::string::npos);
  CHECK(text.find("channel 9") != std::string::npos);
  CHECK(text.find("channel 10") == std::string::npos);
  CHECK(text.find("and 2 more") != std::string::npos);
  CHECK(text.find("Removed from the plan, and still in your server") != std::string::npos);
}
