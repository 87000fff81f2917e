#include "runtime/log.hpp"
#include "runtime/net/router/middleware.hpp"

namespace arrakis::net::router {
namespace {
/// Faster than find_first_of, which searches the set for each character.
std::string_view path_in(std::string_view target) {
  target = target.substr(0, target.find('?'));
  return target.substr(0, target.find('#'));
}

std::shared_ptr<exchange> begin(const table& routes, std::shared_ptr<const chain> stages, const http_request& head) {
  auto out = std::make_shared<exchange>();
  out->began = std::chrono::steady_clock::now();
  out->stages = std::move(stages);
  out->peer = head.peer;
  const auto found = routes.find(head.method, path_in(head.target));
  out->matched = found.what;
  out->path_exists = found.path_exists;
  out->parameters.reserve(found.count);
  for (size_t i = 0; i < found.count; ++i)
    out->parameters.push_back(percent_decode(found.values[i]));
  out->until = {out->began + (found.what ? found.what->limits.answer_within : route_limits{}.answer_within)};
  return out;
}

void handle(const std::shared_ptr<exchange>& of, http_request request, net::responder wire) {
  of->wire = std::move(wire);
  for (const auto& stage : *of->stages)
    if (stage.judge_body)
      if (auto refused = stage.judge_body(*of, request))
        return of->finish(std::move(*refused));
  of->matched->run({.request = std::move(request),
                    .route = of->matched,
                    .path_exists = of->path_exists,
                    .parameters = std::move(of->parameters),
                    .who = of->who,
                    .request_id = of->request_id,
                    .until = of->until,
                    .respond = responder{of}});
}
} // namespace

exchange::~exchange() {
  if (wire)
    finish(problem(503, "ERR_UNAVAILABLE", "nobody answered: try again"));
}

void exchange::pass_back(http_response& response) {
  while (passed > 0)
    if (const auto& stage = (*stages)[--passed]; stage.pass_back)
      stage.pass_back(*this, response);
}

void exchange::finish(http_response response) {
  if (answered.exchange(true))
    return;
  pass_back(response);
  (*wire)(std::move(response));
}

void responder::operator()(http_response response) const { of_->finish(std::move(response)); }

void responder::stream(http_response head, stream_options options, std::function<void(body_stream)> opened) const {
  if (of_->answered.exchange(true))
    return;
  of_->pass_back(head);
  of_->wire->stream(std::move(head), std::move(options), std::move(opened));
}

void responder::upgrade(websocket_options options, websocket_events events,
                        std::function<void(std::shared_ptr<websocket>)> opened) const {
  if (of_->answered.exchange(true))
    return;
  http_response seen{101, {}, {}}; // The stages count it; the handshake writes its own head.
  of_->pass_back(seen);
  of_->wire->upgrade(std::move(options), std::move(events), std::move(opened));
}

void responder::cut() const {
  if (!of_->answered.exchange(true))
    of_->wire->cut();
}

std::function<admission(const http_request& head)> serve(std::shared_ptr<const table> routes, chain stages) {
  return [routes = std::move(routes),
          stages = std::make_shared<const chain>(std::move(stages))](const http_request& head) -> admission {
    auto of = begin(*routes, stages, head);
    for (const auto& stage : *stages) {
      ++of->passed;
      if (!stage.judge_head)
        continue;
      if (auto refused = stage.judge_head(*of, head)) {
        of->pass_back(*refused);
        return {.answer = std::move(*refused)};
      }
    }
    const auto& limits = of->matched->limits;
    return {
      .body_bytes_max = limits.body_bytes_max,
      .essential = limits.essential,
      .answer = std::nullopt,
      .answer_within = limits.answer_within,
      .handle = [of](http_request request, net::responder wire) { handle(of, std::move(request), std::move(wire)); }};
  };
}
} // namespace arrakis::net::router
