// sandbox: a Discord on this machine, with a page to look at it.
#include "apps/sandbox/server/server.hpp"
#include "runtime/log.hpp"
#include "runtime/process.hpp"
#include "runtime/terminal.hpp"

#include <charconv>
#include <csignal>
#include <fmt/format.h>

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

int run(options o) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr); // before any thread starts, so that all inherit it
  const bool print = o.print_ready;
  const server all(std::move(o));
  if (print) {
    terminal::print_document(all.ready_line() + "\n");
    log::set_level(log::level::warn); // The line above says it.
  }
  log::info("sandbox.ready", {{"url", all.url()}});
  int signal = 0;
  sigwait(&signals, &signal);
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
