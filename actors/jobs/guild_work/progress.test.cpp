#include "actors/jobs/guild_work/progress.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis::jobs::guild_work;

TEST_CASE("progress: the message shows the stage, mentions nobody and fits Discord's limit") {
  const auto running = boost::json::parse(running_body({"Building Tabr", "categories", 4, 10}, {})).as_object();
  const std::string text{running.at("content").as_string()};
  CHECK(text.find("**Building Tabr**") != std::string::npos);
  CHECK(text.find("✅ Roles") != std::string::npos);
  CHECK(text.find("▶ Categories") != std::string::npos);
  CHECK(text.find("· Channels") != std::string::npos);
  CHECK(text.find("40 % · 4 of 9") != std::string::npos);
  CHECK(running_body({"Building Tabr", "community", 0, 0}, {}).find(" 0 %\\n") != std::string::npos); // No plan yet.
  CHECK(running.at("components").as_array().empty());
  CHECK(running.at("allowed_mentions").at("parse").as_array().empty());
  const auto ending = running_body({"Building Tabr", "roles", 1, 10}, {}, "use `/resume`");
  CHECK(ending.find("cannot follow it much longer: use `/resume`.") != std::string::npos);
  CHECK(text.find("longer") == std::string::npos);
  std::string long_sentence;
  for (int i = 0; i < 3000; ++i)
    long_sentence += "ü";
  const auto cut = boost::json::parse(message_body(long_sentence)); // Throws on half a character.
  CHECK(cut.at("content").as_string().size() <= 2000);
  CHECK(progress_json({"Tabr", "roles", 1, 4}) == R"({"current":1,"total":4,"stage":"roles","message":"25 %"})");
}

TEST_CASE("progress: what there is of each kind is counted, and of a long list the first ten lines are shown") {
  CHECK(counted(2, 1, 4) == "2 roles, 1 category and 4 channels");
  CHECK(counted(9, 0, 0) == "9 roles");
  CHECK(counted(0, 0, 0).empty());
  std::vector<std::string> lines;
  CHECK(listed(lines).empty());
  for (int i = 0; i < 12; ++i)
    lines.push_back("channel " + std::to_string(i));
  CHECK(listed(lines).find("- channel 9\n- and 2 more") != std::string::npos);
}
