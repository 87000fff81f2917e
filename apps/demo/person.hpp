#pragma once
// A user of the sandbox's Discord who types commands and clicks, as the page does.
#include "apps/demo/local_stack.hpp"

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <vector>

namespace arrakis::demo {

/// A user in one guild and channel, with the message and the form that Discord shows them.
class person {
public:
  /// `user` in `guild`; empty: the seeded owner in the seeded guild.
  explicit person(local_stack&, std::string user = {}, std::string guild = {}, std::string channel = {});

  /// Sets the printer of what sees() waits for, called every few seconds. Default: nothing is printed.
  void say_waits(std::function<void(const std::string&)> say) { say_ = std::move(say); }

  /// Limits how often an action is tried that gets no answer within Discord's 3 s. Default: once; then it throws.
  void try_times(int most) { tries_max_ = most; }

  /// Types /`command`; what is shown then is the current message.
  void type(const std::string& command);
  /// Presses a button, or chooses `values` of a select, whose custom id matches `pattern` (`*` matches
  /// anything).
  void press(const std::string& pattern, const std::vector<std::string>& values = {});
  /// Fills in the form that the last press opened.
  void submit(const boost::json::object& fields);
  /// Waits until the current message contains `text`; false after `patience`.
  bool sees(const std::string& text, std::chrono::milliseconds patience = std::chrono::seconds{30});

  /// The current message, and the form that is open, as Discord's JSON (null: none).
  const boost::json::value& message() const { return message_; }
  const boost::json::value& form() const { return form_; }
  /// Everything a person reads in the message: content, embed titles, descriptions, fields.
  std::string text() const;
  const std::string& guild() const { return guild_; }
  const std::string& user() const { return user_; }

private:
  void act(const boost::json::object& order, const std::string& doing);
  void take(const boost::json::value& answered, const std::string& doing);

  local_stack& stack_;
  std::string user_, guild_, channel_;
  int tries_max_ = 1;
  std::function<void(const std::string&)> say_;
  std::string interaction_, message_id_;
  boost::json::value message_, form_;
};

} // namespace arrakis::demo
