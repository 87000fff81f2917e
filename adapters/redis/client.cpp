#include "adapters/redis/client.hpp"

#include "adapters/redis/calls.hpp"
#include "adapters/redis/connection.hpp"
#include "runtime/exception.hpp"
#include "runtime/net/io.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <set>
#include <stdexcept>

namespace arrakis::redis {
namespace {

/// Owner of a connection, which ends with the last copy of the owner. Pending handlers hold the connection itself.
std::shared_ptr<connection> open(net::io& io, options how, subscription_options hears = {}) {
  auto made = std::make_shared<connection>(io.next(), std::move(how), std::move(hears));
  made->start();
  return {made.get(), [made](connection* held) { held->stop(); }};
}

/// Pipeline to one server, which owns every key.
class server final : public pipeline {
public:
  server(net::io& io, options how) : io_(io), how_(std::move(how)), link_(open(io_, how_)) {}

  void command(const redis::command& what, done answer) override {
    pending request;
    request.carry(encode(what));
    request.until = what.until;
    request.done = std::move(answer);
    link_->submit({&request, 1}, false);
  }
  void eval(const script& code, keys_or_args keys, keys_or_args args, deadline until, done answer) override {
    pending request;
    request.carry(encode_eval(sha1_of(code), keys, args));
    request.code = &code;
    request.until = until;
    request.done = std::move(answer);
    link_->submit({&request, 1}, false);
  }
  void transaction(std::span<const step> steps, deadline until, done answer) override;
  void send(batch& calls) override;
  redis::status status() const override { return link_->status(); }
  void stop() override { link_->stop(); }

  std::shared_ptr<pipeline> open_blocking(const std::string& name) const override {
    auto how = how_;
    how.silence_max = std::chrono::milliseconds{0};
    how.watch_every = std::chrono::milliseconds{0}; // A probe would wait behind the blocking command.
    if (!name.empty())
      how.name = name;
    return std::make_shared<server>(io_, std::move(how));
  }
  subscription subscribe(const std::vector<std::string>& channels, subscriber to) const override {
    auto how = how_;
    if (how.watch_every.count() == 0) // Only a probe tells a quiet channel from a dead server.
      how.watch_every = std::chrono::seconds{2};
    return open(io_, std::move(how), {channels, std::move(to)});
  }

private:
  net::io& io_;
  const options how_;
  std::shared_ptr<connection> link_;
};

void server::transaction(std::span<const step> steps, deadline until, done answer) {
  std::string wire;
  const std::string begin[]{"MULTI"}, end[]{"EXEC"};
  wire += encode(begin);
  std::set<const script*> carried;
  for (const auto& each : steps) {
    // The first call of each script carries its text (EVAL), so no reply of this transaction can be NOSCRIPT.
    const bool first = each.code && carried.insert(each.code).second;
    put_count(wire, (each.code ? 3 : each.verb.size()) + each.keys.size() + each.args.size());
    if (each.code) {
      put_word(wire, first ? "EVAL" : "EVALSHA");
      put_word(wire, first ? each.code->text : sha1_of(*each.code));
      put_word(wire, std::to_string(each.keys.size()));
    } else {
      for (const auto& word : each.verb)
        put_word(wire, word);
    }
    for (const auto* list : {&each.keys, &each.args})
      for (const auto& word : *list)
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

void server::send(batch& calls) {
  if (calls.size() == 0)
    return;
  auto [bytes, list] = calls.take();
  const auto store = std::make_shared<const std::string>(std::move(bytes));
  std::vector<pending> requests(list.size());
  size_t begin = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    auto& from = list[i];
    auto& to = requests[i];
    to.store = store;
    to.wire = std::string_view{*store}.substr(begin, from.end - begin);
    to.code = from.code;
    to.until = from.until;
    to.done = std::move(from.answer);
    begin = from.end;
  }
  link_->submit(requests, true);
}
} // namespace

link connect(net::io& io, options how) { return link{std::make_shared<server>(io, std::move(how))}; }

caf::error check(const options& how) {
  try {
    boost::asio::io_context io;
    const auto unused = std::make_shared<connection>(io, how);
    return {};
  } catch (const std::runtime_error& bad) {
    return fail(ec::invalid, bad.what());
  }
}

void batch::eval(const script& code, std::span<const std::string_view> keys, std::span<const std::string_view> args,
                 deadline until, done answer) {
  put_eval(bytes_, sha1_of(code), keys, args);
  close(code, until, std::move(answer));
}

void batch::close(const script& code, deadline until, done answer) {
  calls_.push_back({bytes_.size(), &code, until, std::move(answer)});
}

std::pair<std::string, std::vector<batch::call>> batch::take() {
  std::pair<std::string, std::vector<call>> all{std::move(bytes_), std::move(calls_)};
  bytes_.clear();
  bytes_.reserve(all.first.size()); // The next batch has a similar size.
  calls_.clear();
  return all;
}

namespace {
using port = handle::extend<caf::reacts_to<arrived>>;

struct state {
  static inline const char* name = "redis";
  calls open;
  state() = default;
};

// A link uses the real clock; the actor's clock may be virtual in tests.
deadline real(port::stateful_pointer<state> self, deadline until) {
  return {std::chrono::steady_clock::now() + until.left(self->clock().now())};
}

port::behavior_type behavior(port::stateful_pointer<state> self, link to) {
  keep_exception_text(self);
  auto answering = [self] {
    auto reply = self->make_response_promise<redis::reply>();
    return self->state.open.open(port{self}, [reply](caf::expected<redis::reply>& result) mutable {
      result ? reply.deliver(std::move(*result)) : reply.deliver(std::move(result.error()));
    });
  };
  return {
    [self, to, answering](command& what) -> caf::result<reply> {
      what.until = real(self, what.until);
      to.command(what, answering());
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

handle start(caf::actor_system& sys, link to) { return registry::spawn(sys, {"redis"}, behavior, std::move(to)); }

} // namespace arrakis::redis
