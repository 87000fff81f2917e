#include "apps/sandbox/core/statistics.hpp"

namespace arrakis::sandbox {
namespace {
constexpr size_t kept = 5000;
}

void statistics::add(seen s) {
  s.number = ++number_;
  if (s.status == 429)
    ++refused_[s.scope];
  if (s.status == 401 || s.status == 403 || (s.status == 429 && s.scope != "shared"))
    ++invalid_;
  if (s.effect)
    ++effects_[s.route];
  ++answers_[s.route][s.status];
  last_.push_back(std::move(s));
  if (last_.size() > kept)
    last_.pop_front();
}

boost::json::object statistics::totals() const {
  boost::json::object refused, effects, answers;
  for (const auto scope : {"user", "global", "shared", "banned"})
    refused[scope] = 0;
  for (const auto& [scope, n] : refused_)
    refused[scope] = n;
  for (const auto& [route, n] : effects_)
    effects[route] = n;
  for (const auto& [route, by_status] : answers_) {
    boost::json::object o;
    for (const auto& [status, n] : by_status)
      o[std::to_string(status)] = n;
    answers[route] = std::move(o);
  }
  return {{"requests", number_},
          {"invalid_requests", invalid_},
          {"rate_limited", std::move(refused)},
          {"effects", std::move(effects)},
          {"answers", std::move(answers)}};
}

boost::json::array statistics::requests(int64_t after, size_t count) const {
  boost::json::array out;
  for (const auto& s : last_)
    if (s.number > after && out.size() < count)
      out.push_back(boost::json::object{{"number", s.number},
                                        {"at_ms", s.at_ms},
                                        {"method", s.method},
                                        {"path", s.path},
                                        {"route", s.route},
                                        {"application", s.application},
                                        {"status", s.status},
                                        {"scope", s.scope},
                                        {"retry_after_ms", s.retry_after_ms},
                                        {"fault", s.fault},
                                        {"reason", s.reason},
                                        {"effect", s.effect}});
  return out;
}

void statistics::forget() { *this = {}; }

} // namespace arrakis::sandbox
