#include "adapters/chain/fetch.hpp"

#include "runtime/exception.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/io.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <optional>

namespace arrakis::chain {
namespace {

// Ten calls make an inspection. There are nodes that take three at a time, and nodes without batches.
constexpr size_t smaller_batch = 3, no_batch = 1;
constexpr std::chrono::minutes batch_age_max{10}; // Then it may have been a passing fault that made it small.

size_t smaller_than(size_t batch) {
  return batch > 4 * smaller_batch ? batch / 4 : batch > smaller_batch ? smaller_batch : no_batch;
}

struct taken_batch {
  size_t calls = 0;
  std::chrono::steady_clock::time_point since;
};

struct waiting {
  caf::typed_response_promise<fetched> reply;
  fetch what;
  std::vector<rpc::answer> answers; ///< Answers to the first calls.
  size_t batch = 0;                 ///< Calls in the request that is under way.
  std::function<void()> take_back;  ///< Cancels the request.
};

struct state {
  static inline const char* name = "chain.fetch";
  state() = default;
  std::optional<net::http_client> http;
  std::map<uint64_t, waiting> open;
  size_t answer_bytes_max = 0;
  std::map<std::string, taken_batch> batch_max; ///< By origin: what it answered after it had refused a larger one.
  uint64_t next = 0;
};
using self_pointer = fetcher::stateful_pointer<state>;

/// Asks the next calls that have no answer yet.
void send(self_pointer self, waiting one) {
  auto& st = self->state;
  const auto ticket = st.next++;
  const auto& to = one.what.endpoint;
  const auto first = one.what.calls.begin() + static_cast<std::ptrdiff_t>(one.answers.size());
  one.batch = std::min(one.batch, static_cast<size_t>(one.what.calls.end() - first));
  net::http_request post;
  post.method = "POST";
  post.private_target = to.target();
  post.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  post.authorization = to.authorization();
  post.body = rpc::print({first, first + static_cast<std::ptrdiff_t>(one.batch)});
  const auto origin = to.origin();
  const auto until = one.what.until;
  auto& open = st.open.emplace(ticket, std::move(one)).first->second;
  open.take_back = st.http->send(origin, std::move(post), until,
                                 [me = fetcher{self}, ticket](caf::expected<net::http_response> result) {
                                   arrived message{ticket, {}, {}};
                                   if (result)
                                     message.response = std::move(*result);
                                   else
                                     message.failure = std::move(result.error());
                                   caf::anon_send(me, std::move(message));
                                 });
}

caf::expected<std::vector<rpc::answer>> read(const waiting& one, const arrived& x, size_t bytes_max) {
  if (x.failure && code_of(x.failure) == ec::corrupt)
    return fail(ec::corrupt, text_of(x.failure), answer_too_large{bytes_max});
  if (x.failure)
    return x.failure;
  if (x.response.status != 200)
    return fail(ec::unknown, fmt::format("HTTP status {}", x.response.status));
  auto answers = rpc::read(x.response.body, one.batch);
  const auto refusal = answers ? std::find_if(answers->begin(), answers->end(), &rpc::refuses_batch)
                               : std::vector<rpc::answer>::iterator{};
  if (answers && one.batch > no_batch && refusal != answers->end())
    return fail(ec::corrupt, "the batch was refused: " + refusal->message);
  return answers;
}

/// May a smaller batch help? A node that refuses one says so in any of many ways. It does not help against a limit of
/// requests, a wrong key, or a node that does not answer.
bool may_be_too_large(const arrived& x) {
  const auto status = x.response.status;
  return !x.failure && status != 401 && status != 403 && status != 404 && status != 429 && status != 502
      && status != 503 && status != 504;
}

void receive(self_pointer self, waiting one, const arrived& x) {
  auto& batch_max = self->state.batch_max;
  const auto origin = one.what.endpoint.origin();
  auto got = read(one, x, self->state.answer_bytes_max);
  if (!got && one.batch > no_batch && may_be_too_large(x)) {
    one.batch = smaller_than(one.batch);
    return send(self, std::move(one));
  }
  if (!got) {
    one.reply.deliver(std::move(got.error()));
    return;
  }
  const auto asked = one.batch;
  one.answers.insert(one.answers.end(), std::make_move_iterator(got->begin()), std::make_move_iterator(got->end()));
  if (one.answers.size() < one.what.calls.size()) {
    batch_max[origin] = {asked, self->clock().now()}; // Smaller than all: it refused them.
    return send(self, std::move(one));
  }
  one.reply.deliver(fetched{std::move(one.answers)});
}

fetcher::behavior_type behavior(self_pointer self, net::io* io, size_t answer_bytes_max) {
  keep_exception_text(self);
  net::http_client_options options;
  options.body_bytes_max = answer_bytes_max;
  self->state.answer_bytes_max = answer_bytes_max;
  self->state.http.emplace(*io, options);
  return {
    [self](const fetch& request) -> caf::result<fetched> {
      const auto known = self->state.batch_max.find(request.endpoint.origin());
      const bool holds = known != self->state.batch_max.end()
                      && self->clock().now() - known->second.since < batch_age_max;
      const auto batch = holds ? known->second.calls : request.calls.size();
      send(self, {self->make_response_promise<fetched>(), request, {}, batch});
      return caf::delegated<fetched>{};
    },
    [self](const arrived& x) {
      if (auto found = self->state.open.extract(x.ticket))
        receive(self, std::move(found.mapped()), x);
    },
    [self](const cancel& x) {
      auto& open = self->state.open;
      for (auto at = open.begin(); at != open.end(); ++at)
        if (key_of(at->second.reply) == x.request) {
          at->second.take_back();
          open.erase(at);
          return;
        }
    },
  };
}

} // namespace

fetcher start_fetcher(caf::actor_system& sys, net::io& io, size_t answer_bytes_max) {
  return registry::spawn(sys, {"chain_fetcher"}, behavior, &io, answer_bytes_max);
}

} // namespace arrakis::chain
