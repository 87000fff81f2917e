#include "runtime/net/http_session.hpp"

#include <boost/asio/post.hpp>

namespace arrakis::net {
/// All connections with their ranks, which others may change meanwhile.
http_server::impl::ranked_sessions http_server::impl::rank_all() {
  ranked_sessions found; // A session that ends with its last owner needs the lock.
  {
    std::lock_guard hold{lock};
    found.reserve(sessions.size());
    for (const auto& [_, one] : sessions)
      if (auto alive = one.lock())
        found.push_back({alive->rank(), std::move(alive)});
  }
  return found;
}

void http_server::impl::shed(const ranked_sessions& chosen, shedding::room* counted) {
  if (counted)
    counted->choose(chosen.size());
  for (const auto& [rank, one] : chosen)
    asio::post(one->executor(), [rank = rank, one = one, counted] {
      one->shed(rank);
      if (counted)
        counted->asked();
    });
}

/// Closes the longest idle connection, else the longest half-sent one, among the regular or among the reserve ones;
/// false: all are busy, or the chosen ones are closing. Called by the accepting thread only.
bool http_server::impl::make_room(bool spare) {
  // Read before the judgement: one that ends in between counts here, and as chosen no more.
  const auto all = (spare ? *spare_connections : *connections).all();
  const auto most = spare ? spare_connections_max : options.connections_max;
  auto judged = room[spare].judge(all, most);
  if (judged == shedding::room::verdict::search) {
    auto found = rank_all();
    std::erase_if(found, [&](const auto& each) { return each.one->is_spare() != spare; });
    shedding::keep_soonest(found, std::min(shedding::room::at_once_max, options.connections_max / 16 + 1));
    shed(found, &room[spare]);
    judged = room[spare].judge(all, most);
  }
  return judged == shedding::room::verdict::granted;
}

/// Closes the requests that have been half sent longest until they give back what the newcomer needs; false: they hold
/// less than that, or too much is being given back already.
bool http_server::impl::make_room_for_bytes(const session& newcomer, size_t wanted) {
  if (bytes->all() - options.input_bytes_max > wanted && bytes->all() > options.input_bytes_max)
    return false;
  const auto chosen = half_sent.first_with(wanted, &newcomer);
  shed(chosen);
  return !chosen.empty();
}

/// False: no connection slot is left. Otherwise `from.spare` tells whether it is beyond a limit.
bool http_server::impl::take_place(visitor& from, quota::share& place) {
  using verdict = quota::verdict;
  place = {connections, from.key()};
  auto judged = place.resize(1);
  if (judged == verdict::full && make_room(false))
    judged = place.resize(1, true);
  if (judged == verdict::granted)
    return true;
  from.spare = judged == verdict::full ? refusal::connections : refusal::connections_per_address;
  place = {spare_connections, from.key()};
  judged = place.resize(1);
  if (judged == verdict::full && make_room(true))
    judged = place.resize(1, true);
  return judged == verdict::granted;
}

/// False: the listener is full, and what closes for the next one must have its turn.
bool http_server::impl::accepted(stream::socket socket) {
  if (options.same_user_only && !listener::is_of_same_user(socket))
    return true; // The socket closes itself.
  stream wire{std::move(socket)};
  visitor from{wire.remote(), false, std::nullopt};
  from.trusted = !from.address || any_contains(options.trusted_proxies, *from.address);
  quota::share count;
  if (!take_place(from, count))
    return refused.count(*from.spare), false; // The socket closes itself.
  std::shared_ptr<session> one;
  {
    auto held = std::make_shared<place>(shared_from_this(), std::move(count));
    std::lock_guard hold{lock};
    ++places; // Returned by ~place, for which the lock must be free.
    one = std::make_shared<session>(std::move(wire), shared_from_this(), held, from);
    sessions.emplace(held.get(), one);
  }
  asio::post(one->executor(), [one] { one->server_is_stopping() ? one->close() : one->start(); });
  return connections->all() < options.connections_max;
}

void http_server::impl::handle(const handler& chosen, http_request request, responder answer) {
  std::shared_lock hold{handler_lock};
  if (const auto& to = chosen ? chosen : call; to && !handlers_ended)
    to(std::move(request), std::move(answer));
}

void http_server::impl::call_back(const std::function<void()>& what) {
  std::shared_lock hold{handler_lock};
  if (what && !handlers_ended)
    what();
}

void http_server::impl::stop(std::chrono::milliseconds grace) {
  stopping = true;
  listening->close();
  const auto each = [this](auto what) {
    std::vector<std::shared_ptr<session>> alive;
    {
      std::lock_guard hold{lock};
      for (const auto& [_, one] : sessions)
        if (auto s = one.lock())
          alive.push_back(std::move(s));
    }
    for (auto& one : alive)
      asio::post(one->executor(), [one, what] { what(*one); });
  };
  if (grace.count() > 0) {
    each([](session& s) { s.retire(); });
    std::unique_lock hold{lock};
    // A connection that became a WebSocket has no request in flight.
    changed.wait_for(hold, grace, [this] {
      return std::all_of(sessions.begin(), sessions.end(), [](const auto& one) { return one.second.expired(); });
    });
  }
  each([](session& s) { s.close(); });
  std::unordered_map<place*, std::shared_ptr<websocket>> open;
  {
    std::lock_guard hold{lock};
    open = sockets;
  }
  for (auto& [_, socket] : open)
    socket->cut();
}

http_server::http_server(io& on, http_server_options options, handler call)
  : impl_(std::make_shared<impl>(on, std::move(options), std::move(call))) {
  if (impl_->options.tls)
    impl_->tls = server_context(*impl_->options.tls);
  impl_->listening = std::make_shared<listener>(on.next(), impl_->options.address, impl_->options.port);
  impl_->listening->run([&on]() -> asio::io_context& { return on.next(); },
                        [weak = std::weak_ptr{impl_}](stream::socket socket) {
                          const auto alive = weak.lock();
                          return alive && alive->accepted(std::move(socket));
                        });
}

http_server::~http_server() {
  stop();
  std::unique_lock hold{impl_->handler_lock};
  impl_->handlers_ended = true;
}

caf::error http_server::reread_certificates() {
  if (!impl_->options.tls)
    return {};
  try {
    auto fresh = server_context(*impl_->options.tls);
    std::lock_guard hold{impl_->lock};
    impl_->tls.swap(fresh);
    return {};
  } catch (const std::runtime_error& bad) {
    return fail(ec::invalid, bad.what());
  }
}

uint16_t http_server::port() const { return impl_->listening->port(); }
void http_server::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }
} // namespace arrakis::net
