#include "actors/ingress/messages.hpp"
#include "adapters/discord/rest/messages.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace arrakis::ingress {
namespace {
constexpr std::chrono::milliseconds told_min{30'000}; // Less is "a few seconds".
}

std::string ephemeral(const std::string& data_json) {
  return data_json.size() > 2 ? R"({"flags":64,)" + data_json.substr(1) : R"({"flags":64})";
}

std::string user_message(const caf::error& e) {
  switch (code_of(e)) {
    case ec::invalid:
    case ec::not_found:
    case ec::conflict:
    case ec::refused: return text_of(e);
    case ec::frozen: return "This community is frozen: nothing is deployed until an operator thaws it.";
    case ec::throttled:
      if (const auto wait = retry_after_of(e); wait && *wait >= told_min)
        return "Discord takes no more of this from us for " + discord::in_minutes(*wait)
             + ", so nothing was done. Try again then.";
      [[fallthrough]];
    case ec::busy: return "Too much is going on at this moment, so nothing was done. Try again in a few seconds.";
    case ec::unavailable:
    case ec::timeout: return "A part of the service is away just now, so nothing was done. Try again in a moment.";
    case ec::unknown: return "No answer came in time. Try again: what may have been done already is not done twice.";
    case ec::quarantined:
      return "This kept failing, so it was set aside until an operator has looked at it, and nothing was done. Tell "
             "the "
             "operator of this bot, or try again later.";
    case ec::none:
    case ec::stale:
    case ec::corrupt:
    case ec::unsupported:
    case ec::internal:
      return "Something is wrong on our side, and it was noted. Try again; if it stays, tell the operator the time of "
             "this message.";
  }
  return "Something is wrong on our side. Try again.";
}

std::string message_json(std::string_view content) {
  namespace js = boost::json;
  return js::serialize(js::object{{"content", content}, {"allowed_mentions", js::object{{"parse", js::array{}}}}});
}

interaction_answer choices_answer(const std::vector<choice>& list) {
  namespace js = boost::json;
  constexpr size_t choices_max = 25; // https://discord.com/developers/docs/interactions/receiving-and-responding
  js::array out;
  for (size_t i = 0; i < std::min(list.size(), choices_max); ++i) {
    js::object entry{{"name", list[i].name}};
    std::visit([&](const auto& value) { entry["value"] = js::value(value); }, list[i].value);
    out.push_back(std::move(entry));
  }
  return {interaction_answer::choices, js::serialize(js::object{{"choices", std::move(out)}})};
}

interaction_answer error_answer(const interaction& x, const caf::error& e) {
  if (x.kind == interaction_kind::autocomplete)
    return choices_answer({});
  return {interaction_answer::message, ephemeral(message_json(user_message(e)))};
}

} // namespace arrakis::ingress
