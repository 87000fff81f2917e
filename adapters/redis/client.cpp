#include "adapters/redis/client.hpp"

#include "adapters/redis/calls.hpp"
#include "adapters/redis/connection.hpp"
#include "runtime/exception.hpp"
#include "runtime/net/io.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <set>

namespace arrakis::redis {

options blocking(options like) {
  like.silence_max = std::chrono::milliseconds{0};
  like.watch_every = std::chrono::milliseconds{0}; // A question would wait behind the blocking command.
  return like;
}

client::client(net::io& io, options how) {
  auto made = std::make_shared<connection>(io.next(), std::move(how));
  made->start();
  // Handlers hold the connection while they wait; what clients share is a handle whose end stops it.
  link_ = std::shared_ptr<connection>{made.get(), [made](connection* held) { held->stop(); }};
}

void client::command(std::vector<std::string> argv, deadline until, done answer) const {
  pending request;
  request.carry(encode(argv));
  request.until = until;
  request.done = std::move(answer);
  link_->submit({&request, 1}, false);
}

void client::eval(const script& code, std::span<const std::string_view> keys, std::span<const std::string_view> args,
                  deadline until, done answer) const {
  pending request;
  request.carry(encode_eval(sha1_of(code), keys, args));
  request.code = &code;
  request.until = until;
  request.done = std::move(answer);
  link_->submit({&request, 1}, false);
}

void client::transaction(std::span<const step> steps, deadline until, done answer) const {
  std::string wire;
  const std::string begin[]{"MULTI"}, end[]{"EXEC"};
  wire += encode(begin);
  std::set<const script*> carried;
  for (const auto& each : steps) {
    if (!each.code) {
      wire += encode(each.words);
      continue;
    }
    // The first call of a script brings its text, so that no answer of this transaction can be NOSCRIPT.
    const bool first = carried.insert(each.code).second;
    put_count(wire, 3 + each.words.size());
    put_word(wire, first ? "EVAL" : "EVALSHA");
    put_word(wire, first ? each.code->text : sha1_of(*each.code));
    put_word(wire, std::to_string(each.keys));
    for (const auto& word : each.words)
      put_word(wire, word);
  }
  wire += encode(end);
  pending request;
  request.carry(std::move(wire));
  request.more = steps.size() + 1;
  request.until = until;
  request.done = std::move(answer);
  link_->submit({&request, 1}, false);
}

void batch::eval(const script& code, std::span<const std::string_view> keys, std::span<const std::string_view> args,
                 deadline until, done answer) {
  put_eval(bytes_, sha1_of(code), keys, args);
  close(code, until, std::move(answer));
}

void batch::close(const script& code, deadline until, done answer) {
  calls_.push_back({bytes_.size(), &code, until, std::move(answer)});
}

void client::send(batch& calls) const {
  if (calls.calls_.empty())
    return;
  const auto store = std::make_shared<const std::string>(std::move(calls.bytes_));
  std::vector<pending> requests(calls.calls_.size());
  size_t begin = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    auto& from = calls.calls_[i];
    auto& to = requests[i];
    to.store = store;
    to.wire = std::string_view{*store}.substr(begin, from.end - begin);
    to.code = from.code;
    to.until = from.until;
    to.done = std::move(from.answer);
    begin = from.end;
  }
  calls.bytes_.clear();
  calls.bytes_.reserve(store->size());
  calls.calls_.clear();
  link_->submit(requests, true);
}

status client::status() const { return link_->status(); }

void client::stop() const { link_->stop(); }

namespace {
using port = handle::extend<caf::reacts_to<arrived>>;

struct state {
  static inline const char* name = "redis";
  calls open;
  state() = default;
};

// The client knows the real clock only; an actor's may be a test's.
deadline real(port::stateful_pointer<state> self, deadline until) {
  return {std::chrono::steady_clock::now() + until.left(self->clock().now())};
}

port::behavior_type behavior(port::stateful_pointer<state> self, client to) {
  keep_exception_text(self);
  auto answering = [self] {
    auto reply = self->make_response_promise<redis::reply>();
    return self->state.open.open(port{self}, [reply](caf::expected<redis::reply>& result) mutable {
      result ? reply.deliver(std::move(*result)) : reply.deliver(std::move(result.error()));
    });
  };
  return {
    [self, to, answering](command& what) -> caf::result<reply> {
      to.command(std::move(what.argv), real(self, what.until), answering());
      return caf::delegated<reply>{};
    },
    [self, to, answering](const eval& what) -> caf::result<reply> {
      const std::vector<std::string_view> keys{what.keys.begin(), what.keys.end()};
      const std::vector<std::string_view> args{what.args.begin(), what.args.end()};
      to.eval(*what.code, keys, args, real(self, what.until), answering());
      return caf::delegated<reply>{};
    },
    [self](arrived& what) { self->state.open.deliver(what); },
  };
}
} // namespace

handle start(caf::actor_system& sys, client to) { return sys.spawn(behavior, std::move(to)); }

} // namespace arrakis::redis
