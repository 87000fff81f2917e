#include "adapters/chain/fetch.hpp"

#include "runtime/exception.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/io.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <fmt/format.h>
#include <map>
#include <optional>

namespace arrakis::chain {
namespace {

struct waiting {
  caf::typed_response_promise<fetched> reply;
  size_t calls = 0;
};

struct state {
  static inline const char* name = "chain.fetch";
  state() = default;
  std::optional<net::http_client> http;
  std::map<uint64_t, waiting> open;
  uint64_t next = 0;
};
using self_pointer = fetcher::stateful_pointer<state>;

void begin(self_pointer self, const fetch& request, caf::typed_response_promise<fetched> reply) {
  auto& st = self->state;
  const auto ticket = st.next++;
  st.open.emplace(ticket, waiting{std::move(reply), request.calls.size()});
  net::http_request post;
  post.method = "POST";
  post.target = request.endpoint.target().reveal();
  post.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  if (!request.endpoint.authorization().empty())
    post.headers.emplace_back("Authorization", request.endpoint.authorization().reveal());
  post.body = rpc::print(request.calls);
  st.http->send(request.endpoint.origin(), std::move(post), request.until,
                [me = fetcher{self}, ticket](caf::expected<net::http_response> result) {
                  arrived message{ticket, {}, {}};
                  if (result)
                    message.response = std::move(*result);
                  else
                    message.failure = std::move(result.error());
                  caf::anon_send(me, std::move(message));
                });
}

caf::expected<fetched> read(const waiting& one, const arrived& x) {
  if (x.failure)
    return x.failure;
  if (x.response.status != 200)
    return fail(ec::unknown, fmt::format("HTTP status {}", x.response.status));
  auto answers = rpc::read(x.response.body, one.calls);
  if (!answers)
    return std::move(answers.error());
  return fetched{std::move(*answers)};
}

fetcher::behavior_type behavior(self_pointer self, net::io* io, size_t answer_bytes_max) {
  keep_exception_text(self);
  net::http_client_options options;
  options.body_bytes_max = answer_bytes_max;
  self->state.http.emplace(*io, options);
  return {
    [self](const fetch& request) -> caf::result<fetched> {
      auto reply = self->make_response_promise<fetched>();
      begin(self, request, reply);
      return caf::delegated<fetched>{};
    },
    [self](const arrived& x) {
      if (auto found = self->state.open.extract(x.ticket)) {
        auto result = read(found.mapped(), x);
        if (result)
          found.mapped().reply.deliver(std::move(*result));
        else
          found.mapped().reply.deliver(std::move(result.error()));
      }
    },
  };
}

} // namespace

fetcher start_fetcher(caf::actor_system& sys, net::io& io, size_t answer_bytes_max) {
  return sys.spawn(behavior, &io, answer_bytes_max);
}

} // namespace arrakis::chain
