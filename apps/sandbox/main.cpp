// sandbox: a Discord on this machine, with a page to look at it.
#include "apps/sandbox/control/control.hpp"
#include "apps/sandbox/core/timers.hpp"
#include "apps/sandbox/page/page.hpp"
#include "apps/sandbox/rest/door.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/net/io.hpp"
#include "runtime/process.hpp"
#include "runtime/terminal.hpp"
#include "runtime/url.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <csignal>
#include <fmt/format.h>
#include <future>

namespace arrakis::sandbox {
namespace {
constexpr std::string_view usage = R"(sandbox: an emulated Discord (REST v10, gateway v10) with a page

  --listen ADDRESS:PORT  where to listen; port 0 takes a free one (default 127.0.0.1:0)
  --state FOLDER         keep everything in FOLDER/discord.json (default: nothing is kept)
  --token TOKEN          the first application's bot token (default: made up)
  --no-limits            no rate limits, no identify pacing (they are still counted)
  --print-ready          print one JSON line when ready: url, token, ids, public key
  --transcript FILE      write every REST answer and every dispatch to FILE, for a schema check
  --page FOLDER          serve the page's files from FOLDER instead of the built-in ones
)";

/// The faulty argument in words; empty: fine.
std::string read(int argc, char** argv, options& o) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view key = argv[i];
    const auto value = [&]() -> std::string_view { return i + 1 < argc ? argv[++i] : std::string_view{}; };
    if (key == "--no-limits")
      o.limits = false;
    else if (key == "--print-ready")
      o.print_ready = true;
    else if (key == "--state")
      o.state = value();
    else if (key == "--transcript")
      o.transcript = value();
    else if (key == "--token")
      o.token = value();
    else if (key == "--page")
      o.page = value();
    else if (key == "--listen") {
      const auto text = value();
      const auto colon = text.rfind(':');
      const auto port = text.substr(colon == std::string_view::npos ? text.size() : colon + 1);
      const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), o.port);
      if (error != std::errc{} || end != port.data() + port.size())
        return fmt::format("--listen {}: want ADDRESS:PORT, for example 127.0.0.1:8080", text);
      o.address = std::string(text.substr(0, colon));
    } else
      return fmt::format("{}: unknown; --help lists what there is", key);
  }
  return {};
}

/// Everything behind the one port. Lives on the io thread.
struct house {
  house(net::io& io, options o)
    : core(io, std::move(o)),
      delivery(core),
      rest(core, delivery),
      control(core, delivery, rest),
      page(core.options.page) {}

  void handle(net::http_request request, const net::responder& respond) {
    const std::string_view target = request.target;
    if (target.starts_with("/api/"))
      return rest.handle(std::move(request), respond);
    if (target.starts_with("/_sandbox/"))
      return control.handle(request, respond);
    if (!net::header(request.headers, "Upgrade").empty())
      return core.hub.accept(respond, request.target);
    respond(page.serve(net::path_of(target)));
  }
  void tick() {
    core.sweep();
    control.sweep();
    after(core.io, std::chrono::milliseconds{100}, [this] { tick(); });
  }

  sandbox::core core;
  sandbox::delivery delivery;
  rest::door rest;
  control::door control;
  page::files page;
};

int run(options o) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr); // before any thread starts, so that all inherit it
  const bool print = o.print_ready;
  const auto address = o.address;
  const auto port = o.port;
  net::io io(1);
  house all(io, std::move(o));
  all.core.open();
  net::http_server_options listen{.address = address, .port = port};
  listen.body_bytes_max = 32 << 20; // Above what the API refuses by itself, with 40005.
  auto server = std::make_unique<net::http_server>(
    io, listen,
    [&all](net::http_request request, const net::responder& respond) { all.handle(std::move(request), respond); });
  // The server may take a request before this runs; none knows the port yet but who chose it.
  std::promise<std::string> ready;
  boost::asio::post(io.next(), [&] {
    all.core.url = fmt::format("http://{}:{}", bracketed(address), server->port());
    all.core.world.media_url = all.core.url;
    all.core.hub.settings.url = fmt::format("ws://{}:{}", bracketed(address), server->port());
    all.tick();
    ready.set_value(boost::json::serialize(all.core.ready_line()));
  });
  const auto line = ready.get_future().get();
  if (print)
    terminal::print_document(line + "\n");
  if (print) // the line above says it
    log::set_level(log::level::warn);
  log::info("sandbox_ready", {{"url", all.core.url}});
  int signal = 0;
  sigwait(&signals, &signal);
  server->stop();
  std::promise<void> saved;
  boost::asio::post(io.next(), [&] {
    all.core.save();
    saved.set_value();
  });
  saved.get_future().wait();
  server.reset();
  io.stop(); // After it nothing runs on the io thread, and the house can go.
  return 0;
}
} // namespace
} // namespace arrakis::sandbox

int main(int argc, char** argv) {
  arrakis::open_standard_descriptors();
  arrakis::sandbox::options options;
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    arrakis::terminal::print_lines(arrakis::terminal::stream::output, arrakis::sandbox::usage);
    return 0;
  }
  if (const auto why = arrakis::sandbox::read(argc, argv, options); !why.empty()) {
    arrakis::terminal::print_error("sandbox: {}\n", why);
    return 2;
  }
  try {
    return arrakis::sandbox::run(std::move(options));
  } catch (const std::exception& error) {
    arrakis::terminal::print_error("sandbox: {}\n", error.what());
    return 1;
  }
}
