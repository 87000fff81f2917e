#include "apps/demo/person.hpp"

#include "apps/demo/reminder.hpp"
#include "runtime/json.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace arrakis::demo {
namespace js = boost::json;

person::person(local_stack& where, std::string user, std::string guild, std::string channel)
  : stack_(where),
    user_(user.empty() ? where.discord().owner : std::move(user)),
    guild_(guild.empty() ? where.discord().guild : std::move(guild)),
    channel_(channel.empty() ? where.discord().channel : std::move(channel)) {}

void person::act(const js::object& order, const std::string& doing) {
  for (int tries = 1;; ++tries) {
    const auto answered = stack_.sandbox("POST", "interactions", order);
    const auto error = json::text_or(answered.as_object(), "error");
    if (tries >= tries_max_ || error != "The application did not respond")
      return take(answered, doing);
  }
}

void person::take(const js::value& answered, const std::string& doing) {
  const auto& o = answered.as_object();
  if (const auto error = json::text_or(o, "error"); !error.empty())
    throw std::runtime_error(fmt::format("{}: {}", doing, error));
  interaction_ = json::text_or(o, "id");
  form_ = o.contains("modal") ? o.at("modal") : js::value{};
  if (const auto* m = json::object_in(o, "message")) {
    message_ = *m;
    message_id_ = json::text_or(*m, "id");
  }
}

void person::type(const std::string& command) {
  const js::object order{{"command", command}, {"user", user_}, {"guild", guild_}, {"channel", channel_}};
  act(order, "/" + command);
}

void person::press(const std::string& pattern, const std::vector<std::string>& values) {
  js::object order{{"user", user_}, {"channel", channel_}, {"message", message_id_}, {"custom_id", pattern}};
  if (!values.empty())
    order["values"] = js::array(values.begin(), values.end());
  act(order, pattern);
}

void person::submit(const js::object& fields) {
  act({{"form_of", interaction_}, {"user", user_}, {"fields", fields}}, "the form");
}

bool person::sees(const std::string& text, std::chrono::milliseconds patience) {
  reminder waiting{say_};
  return eventually(
    [&] {
      waiting.tick([&] { return "a message with \"" + text + "\""; });
      message_ = stack_.sandbox("GET", "messages/" + channel_ + "/" + message_id_);
      return this->text().find(text) != std::string::npos;
    },
    patience);
}

std::string person::text() const {
  if (!message_.is_object())
    return {};
  std::string all{json::text_or(message_.get_object(), "content")};
  if (const auto* embeds = json::array_in(message_.get_object(), "embeds"))
    for (const auto& e : *embeds) {
      const auto& o = e.as_object();
      all += fmt::format("\n{}\n{}", json::text_or(o, "title"), json::text_or(o, "description"));
      if (const auto* fields = json::array_in(o, "fields"))
        for (const auto& f : *fields)
          all += fmt::format("\n{}: {}", json::text_or(f.as_object(), "name"), json::text_or(f.as_object(), "value"));
      if (const auto* footer = json::object_in(o, "footer"))
        all += fmt::format("\n{}", json::text_or(*footer, "text"));
    }
  return all;
}

} // namespace arrakis::demo
