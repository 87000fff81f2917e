#include "tests/tidy/directions.hpp"
#include "tests/tidy/exceptions.hpp"
#include "tests/tidy/metric_names.hpp"
#include "tests/tidy/rules.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <set>

using namespace arrakis::tidy;

namespace {
/// The rules that one file breaks, as "rule:line", without those about the tree around it.
std::string broken(std::string path, std::string text) {
  std::string out;
  for (const auto& f : check({make_source(std::move(path), std::move(text))}))
    if (f.rule != "tested" && f.rule != "dead_header")
      out += fmt::format("{}{}:{}", out.empty() ? "" : " ", f.rule, f.line);
  return out;
}
std::string repeated(std::string_view line, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i)
    out += line;
  return out;
}
std::filesystem::path root() {
  const char* folder = std::getenv("ARRAKIS_SOURCE_DIR");
  return folder ? folder : ".";
}
bool excuses(const exception& e, const finding& f) {
  return e.rule == f.rule && (e.path.ends_with('/') ? std::string_view{f.path}.starts_with(e.path) : f.path == e.path);
}
} // namespace

TEST_CASE("tidy: the tree keeps every rule") {
  const auto files = read_tree(root());
  REQUIRE(files.size() > 50);
  std::set<const exception*> used;
  for (const auto& f : check(files)) {
    const auto* excused = std::find_if(std::begin(exceptions), std::end(exceptions),
                                       [&](const auto& e) { return excuses(e, f); });
    if (excused != std::end(exceptions))
      used.insert(excused);
    else
      FAIL_CHECK(to_string(f));
  }
  for (const auto& e : exceptions) {
    CAPTURE(e.path);
    CHECK(e.reason.size() > 10);
    if (!used.contains(&e))
      FAIL_CHECK(fmt::format("the exception of {} for {} is not needed any more", e.rule, e.path));
  }
}

TEST_CASE("tidy: schemas/golden/metrics.txt lists the metrics that the code names (ARRAKIS_UPDATE=1 writes it)") {
  const auto path = root() / "schemas/golden/metrics.txt";
  std::string wanted = "# Every metric with its kind. Dashboards and alerts depend on these names.\n";
  for (const auto& name : metric_names(read_tree(root()))) {
    CHECK_MESSAGE((!name.starts_with("arrakis_") || !name.ends_with(" counter") || name.ends_with("_total counter")),
                  name);
    CHECK_MESSAGE((!name.ends_with(" histogram") || name.ends_with("_seconds histogram")), name);
    wanted += name + "\n";
  }
  if (std::getenv("ARRAKIS_UPDATE"))
    std::ofstream{path} << wanted;
  std::ifstream in{path};
  const std::string found{std::istreambuf_iterator<char>{in}, {}};
  CHECK(found == wanted);
}

TEST_CASE("tidy: metric names are found in the code, whatever the line breaks") {
  const auto names = metric_names(
    {make_source("apps/x/a.cpp", "metrics::count(\n  \"a_total\", \"Help.\");\nmetrics::set(\"b\", \"\", 1);\n"
                                 "// metrics::count(\"c\")\nmetrics::observe(name, \"\", 1);\n")});
  CHECK(names == std::vector<std::string>{"a_total counter", "b gauge"});
}

TEST_CASE("tidy: lines, functions and files have their largest size") {
  CHECK(broken("runtime/a.cpp", std::string(120, 'x') + "\n") == "");
  CHECK(broken("runtime/a.cpp", std::string(121, 'x') + "\n") == "line_length:1");
  CHECK(broken("runtime/a.cpp", "// " + repeated("\xc3\xa9", 117) + "\n") == "");
  CHECK(broken("runtime/a.cpp", repeated("int x;\n", 601)) == "file_length:0");
  CHECK(broken("runtime/a.cpp", "namespace a {\nint f() {\n" + repeated("  g();\n", 68) + "}\n}\n") == "");
  CHECK(broken("runtime/a.cpp", "namespace a {\nint f() {\n" + repeated("  g();\n", 69) + "}\n}\n")
        == "function_length:2");
}

TEST_CASE("tidy: functions are found in namespaces, types and tests, and nothing else is taken for one") {
  const auto file = make_source("runtime/a.cpp", R"(#define M(x) { x
namespace a {
struct s : base<int> {
  int x{3};
  s() : x{1} {
    go();
  }
  bool operator==(const s&) const { return true; }
};
enum class e { one, two };
constexpr int table[]{
  1,
};
const auto f = std::map<int, int>{
  {1, 2},
};
TEST_CASE("{ is no brace") {
  if (x) {
    y('{');
  }
}
} // namespace a
)");
  std::string found;
  for (const auto& f : functions_of(file))
    found += fmt::format("{}+{} ", f.line, f.lines);
  CHECK(found == "5+1 8+1 17+5 ");
}

TEST_CASE("tidy: banned words are refused with what to use instead") {
  for (auto line :
       {"x = caf::infinite;", "std::this_thread::sleep_for(1s);", "auto t = std::chrono::system_clock::now();",
        "std::cout << 1;", "int i = rand();", "try { } catch (...) {}", "auto* p = std::getenv(\"HOME\");",
        "#include <caf/all.hpp>", "#include <cassert>", "int x; // TODO later", "/* stub */", "// Fine for now."})
    CHECK_MESSAGE(broken("adapters/x/a.cpp", line) == "banned:1", line);
  for (auto line : {"auto x = \"rand(\";", "int operand(int);", "// It takes a random id.",
                    "auto y = R\"(TODO std::cout)\";", "static_assert(true);", "int placeholder = 1;"})
    CHECK_MESSAGE(broken("adapters/x/a.cpp", line) == "", line);
  CHECK(broken("actors/x/a.cpp", "auto t = steady_clock::now();") == "banned:1");
  CHECK(broken("actors/x/a.cpp", "std::shared_ptr<int> p;") == "banned:1");
  CHECK(broken("actors/x/a.cpp", "std::shared_ptr<const int> p;") == "");
  CHECK(broken("adapters/x/a.cpp", "std::shared_ptr<int> p;") == "");
  CHECK(broken("actors/x/a.test.cpp", "x = caf::infinite;") == "");
}

TEST_CASE("tidy: a log event names its area and what happened") {
  for (auto line : {"log::warn(\"lock_lost\", {{\"job\", id}});", "log::info(\"ready\");",
                    "log::write(up ? log::level::info : log::level::warn, up ? \"redis.up\" : \"down\", {{\"a\", 1}});",
                    "log::info(\"queue.LockLost\");", "log::info(\"a.b.c\");", "log::info(\"queue.lock lost\");",
                    "emplace([] {}, refresher::events{\"fences.away\", \"back\"});",
                    "void tell(const char* event) { log::info(event); }\nvoid f() { tell(\"odd\"); }"})
    CHECK_MESSAGE(broken("adapters/x/a.cpp", line).starts_with("log_event:"), line);
  for (auto line : {"log::warn(\"queue.lock_lost\", {{\"job\", id}});", "log::write(level, event, {{\"error\", why}});",
                    "log::warn(\"discord.429\");",
                    "void tell(const char* event) { log::info(event); }\nvoid f() { tell(\"a.b\"); }",
                    "void count(const char* event) { metric(event); }\nvoid f() { count(\"odd\"); }"})
    CHECK_MESSAGE(broken("adapters/x/a.cpp", line) == "", line);
  CHECK(broken("adapters/x/a.test.cpp", "log::info(\"odd\");") == "");
}

TEST_CASE("tidy: heavy headers stay out of headers") {
  CHECK(broken("runtime/net/a.hpp", "#pragma once\n#include <boost/beast/http.hpp>\n") == "heavy_header:2");
  CHECK(broken("adapters/x/a.hpp", "#pragma once\n#include <pqxx/pqxx>\n") == "heavy_header:2");
  CHECK(broken("tests/x/a.hpp", "#pragma once\n#include <pqxx/pqxx>\n") == "heavy_header:2");
  CHECK(broken("adapters/x/a.cpp", "#include <pqxx/pqxx>\n") == "");
  CHECK(broken("adapters/x/a.hpp", "int x;\n") == "header:1");
}

TEST_CASE("tidy: toml++ and ICU come in through their one file") {
  CHECK(broken("schemas/a.cpp", "#include <unicode/uchar.h>\n") == "wrapped:1");
  CHECK(broken("runtime/unicode.cpp", "#include <unicode/uchar.h>\n") == "");
  CHECK(broken("actors/x/a.cpp", "#include <toml++/toml.h>\n") == "wrapped:1");
  CHECK(broken("actors/x/a.cpp", "#include \"runtime/toml.hpp\"\n") == "");
  CHECK(broken("actors/x/a.hpp", "#pragma once\n#include \"runtime/toml.hpp\"\n") == "heavy_header:2");
  CHECK(broken("runtime/toml.hpp", "#pragma once\n#include <toml++/toml.h>\n") == "");
}

TEST_CASE("tidy: includes go one way") {
  const auto ok = [](auto from, auto to) { return direction_fault(from, to).empty(); };
  CHECK(ok("apps/wiring/implementations.cpp", "adapters/redis/redis.hpp"));
  CHECK(ok("apps/arrakisd/tree.cpp", "adapters/redis/messages.hpp"));
  CHECK(ok("apps/wiring/implementations.cpp", "adapters/redis/client.hpp"));
  CHECK(ok("adapters/queue/queue.cpp", "adapters/redis/link.hpp"));
  CHECK(ok("apps/arrakisctl/manifest.cpp", "adapters/objects/layout.hpp"));
  CHECK(ok("apps/arrakisd/x.test.cpp", "adapters/redis/redis.hpp"));
  CHECK(ok("actors/gate/gate.cpp", "adapters/discord/rest/messages.hpp"));
  CHECK(ok("actors/gate/gate.cpp", "actors/fences/messages.hpp"));
  CHECK(ok("actors/wizard/core/x.cpp", "adapters/chain/catalogue/catalogue.hpp"));
  CHECK(ok("actors/jobs/synthesize/x.cpp", "actors/jobs/job.hpp"));
  CHECK(ok("actors/jobs/synthesize/x.cpp", "actors/guild/core/blueprint.hpp"));
  CHECK(ok("adapters/postgres/audit/x.cpp", "adapters/postgres/pool.hpp"));
  CHECK(ok("adapters/queue/x.cpp", "adapters/redis/messages.hpp"));
  CHECK(ok("adapters/signer/anchored/x.cpp", "adapters/postgres/signing_keys/messages.hpp"));
  CHECK_FALSE(ok("adapters/signer/anchored/x.cpp", "adapters/postgres/signing_keys/signing_keys.hpp"));
  CHECK(ok("adapters/queue/x.test.cpp", "adapters/redis/redis.hpp"));
  CHECK(ok("adapters/queue/x.test.cpp", "tests/support/servers.hpp"));
  CHECK(ok("runtime/x.test.cpp", "tests/support/sim_system.hpp"));
  CHECK(ok("adapters/queue/x.test.hpp", "tests/support/servers.hpp"));
  CHECK(ok("adapters/x/y.cpp", "schemas/ids.hpp"));
  CHECK_FALSE(ok("runtime/x.cpp", "adapters/redis/messages.hpp"));
  CHECK_FALSE(ok("runtime/x.test.cpp", "adapters/redis/messages.hpp"));
  CHECK(ok("schemas/x.cpp", "schemas/ids.hpp"));
  CHECK(ok("schemas/x.cpp", "runtime/json.hpp"));
  for (auto other : {"runtime/log.hpp", "runtime/clock.hpp", "runtime/unicode.hpp", "runtime/foreign_text.hpp",
                     "runtime/ed25519.hpp", "runtime/flow.hpp", "actors/guild/core/blueprint.hpp",
                     "actors/community/messages.hpp", "adapters/signer/signature.hpp"})
    CHECK_MESSAGE(!ok("schemas/x.hpp", other), other);
  CHECK_FALSE(ok("adapters/queue/x.cpp", "adapters/redis/connection.hpp"));
  CHECK_FALSE(ok("adapters/queue/x.cpp", "actors/gate/messages.hpp"));
  CHECK_FALSE(ok("actors/gate/gate.cpp", "adapters/redis/redis.hpp"));
  CHECK_FALSE(ok("actors/gate/gate.cpp", "actors/fences/fences.hpp"));
  CHECK_FALSE(ok("actors/gate/gate.cpp", "actors/wizard/core/plan.hpp"));
  CHECK_FALSE(ok("actors/gate/gate.cpp", "apps/arrakisd/tree.hpp"));
  CHECK_FALSE(ok("apps/arrakisd/tree.cpp", "adapters/redis/redis.hpp"));
  for (const auto* holder : {"adapters/queue/queue.cpp", "apps/arrakisd/tree.cpp", "apps/arrakisctl/session.cpp",
                             "actors/wizard/wizard.cpp", "adapters/leases/leases.cpp"})
    CHECK_FALSE_MESSAGE(ok(holder, "adapters/redis/client.hpp"), holder);
  CHECK_FALSE(ok("apps/arrakisctl/session.cpp", "adapters/signer/local/local.hpp"));
  CHECK_FALSE(ok("adapters/queue/x.cpp", "actors/guild/core/blueprint.hpp"));
  CHECK_FALSE(ok("apps/sandbox/x.cpp", "apps/arrakisd/tree.hpp"));
  CHECK_FALSE(ok("adapters/queue/x.cpp", "tests/support/servers.hpp"));
}

TEST_CASE("tidy: the parts of one adapter know each other by their ports") {
  const auto ok = [](auto from, auto to) { return direction_fault(from, to).empty(); };
  CHECK(ok("adapters/discord/shards/x.cpp", "adapters/discord/shards/owner.hpp"));
  CHECK(ok("adapters/discord/shards/x.cpp", "adapters/discord/gateway/messages.hpp"));
  CHECK(ok("adapters/discord/shards/x.cpp", "adapters/discord/gateway/ports.hpp"));
  CHECK(ok("adapters/discord/shards/x.cpp", "adapters/leases/messages.hpp"));
  CHECK(ok("adapters/discord/shards/x.cpp", "adapters/redis/messages.hpp"));
  CHECK(ok("adapters/signer/local/x.cpp", "adapters/signer/keyring.hpp"));
  for (const auto* implementation :
       {"adapters/discord/gateway/gateway.hpp", "adapters/discord/gateway/session_store.hpp",
        "adapters/discord/pacing/pacing.hpp", "adapters/discord/rest/rest.hpp", "adapters/leases/leases.hpp",
        "adapters/redis/client.hpp", "actors/ingress/messages.hpp"})
    CHECK_FALSE_MESSAGE(ok("adapters/discord/shards/x.cpp", implementation), implementation);
  CHECK_FALSE(ok("adapters/postgres/audit/x.cpp", "adapters/postgres/outbox/outbox.hpp"));
}

TEST_CASE("tidy: no actor is declared in apps/") {
  for (const auto* line :
       {"auto a = registry::spawn(sys, {\"x\"}, behavior);", "void f(caf::event_based_actor* self);",
        "using pointer = handle::stateful_pointer<state>;", "handle::behavior_type behavior(handle::pointer self);",
        "#include <caf/stateful_actor.hpp>"}) {
    CHECK_MESSAGE(broken("apps/arrakisd/a.cpp", line) == "actor_in_app:1", line);
    CHECK_MESSAGE(broken("apps/arrakisd/a.test.cpp", line) == "", line);
    CHECK_MESSAGE(broken("adapters/x/a.cpp", line) == "", line);
  }
  CHECK(broken("apps/arrakisd/a.cpp", "auto a = shards::start(sys, options, ports);") == "");
  CHECK(broken("apps/arrakisd/a.cpp", "// It does not spawn.\n") == "");
}

TEST_CASE("tidy: exceptions are caught where libraries throw them, and in a main") {
  const std::string text = "void f() { try { g(); } catch (const std::exception& e) {} }\n";
  CHECK(broken("actors/x/a.cpp", text) == "catch:1");
  CHECK(broken("apps/x/tree.cpp", text) == "catch:1");
  CHECK(broken("apps/x/main.cpp", text) == "");
  CHECK(broken("adapters/x/a.cpp", text) == "");
}

TEST_CASE("tidy: only the gate writes to Discord") {
  const std::string write = "ask(self, rest, until, discord::call{\n  .method = \"POST\", .path = p});\n";
  CHECK(broken("actors/wizard/a.cpp", write) == "one_gate:1");
  CHECK(broken("actors/gate/a.cpp", write) == "");
  CHECK(broken("actors/ingress/a.cpp", write) == "");
  CHECK(broken("actors/wizard/a.cpp", "discord::call c{.method = \"GET\"};\n") == "");
}

TEST_CASE("tidy: every actor is spawned by the registry") {
  for (const auto* line : {"sys.spawn(behavior);", "self->spawn(behavior);", "self->system().spawn<caf::detached>(b);",
                           "sys.spawn_class<x>(config);"}) {
    CHECK_MESSAGE(broken("actors/x/a.cpp", line) == "one_spawn:1", line);
    CHECK_MESSAGE(broken("actors/x/a.test.cpp", line) == "", line);
    CHECK_MESSAGE(broken("runtime/registry/spawn.cpp", line) == "", line);
  }
  CHECK(broken("actors/x/a.cpp", "registry::spawn(sys, {\"x\"}, behavior);") == "");
}

TEST_CASE("tidy: what goes to a terminal or names something in a message passes the function for it") {
  for (const auto* line :
       {"fmt::print(\"{}\", name);", "std::fprintf(stderr, \"%s\", name);", "std::puts(name);", "auto* f = stdout;"}) {
    CHECK_MESSAGE(broken("apps/x/main.cpp", line).starts_with("terminal:1"), line);
    CHECK_MESSAGE(broken("apps/x/a.test.cpp", line) == "", line);
  }
  CHECK(broken("apps/x/main.cpp", "terminal::print(\"{}\", name);") == "");
  CHECK(broken("runtime/a.cpp", "#include <spdlog/logger.h>\n") == "wrapped:1");
  for (const auto* line : {"fmt::format(\"The role “{}” is away\", name);", "out += \"**\" + name;",
                           "fmt::format(\"**{} is ready**\", name);", "out = \"Role “\" + name;"}) {
    CHECK_MESSAGE(broken("actors/x/a.cpp", line) == "message:1", line);
    CHECK_MESSAGE(broken("actors/x/a.test.cpp", line) == "", line);
  }
  CHECK(broken("actors/x/a.cpp", "fmt::format(\"The role {} is away\", quoted(name));") == "");
}

TEST_CASE("tidy: golden lists are sorted and the project stands on its own feet") {
  CHECK(broken("schemas/golden/m.txt", "# Metrics\na\nb\n") == "");
  CHECK(broken("schemas/golden/m.txt", "b\na\n") == "golden:2");
  CHECK(broken("schemas/golden/m.txt", "a\na\n") == "golden:2");
  CHECK(broken("docs/a.md", "See ../" + std::string{"shared/design.\n"}) == "own_feet:1");
}

TEST_CASE("tidy: each folder of code has a test and each header a reader") {
  const auto rules = [](std::vector<source> files) {
    std::string out;
    for (const auto& f : check(files))
      out += f.rule + " " + f.path + "; ";
    return out;
  };
  CHECK(rules({make_source("actors/x/a.cpp", "int a;\n")}) == "tested actors/x/; ");
  CHECK(rules({make_source("actors/x/a.cpp", "int a;\n"), make_source("actors/x/a.test.cpp", "int b;\n")}) == "");
  CHECK(rules({make_source("actors/x/a.hpp", "#pragma once\n")}) == "dead_header actors/x/a.hpp; ");
}

TEST_CASE("tidy: an extension of tests/extensions is named by its own folder alone") {
  const auto named_in = [](const char* path, const char* text) {
    std::string out;
    for (const auto& f :
         check({make_source("tests/extensions/commands/spice_tax/a.cpp", "int spice_tax;\n"),
                make_source("tests/extensions/commands/CMakeLists.txt", "registry()\n"), make_source(path, text)}))
      if (f.rule == "extension")
        out += f.path + "; ";
    return out;
  };
  CHECK(named_in("tests/extensions/commands/spice_tax/b.test.cpp", "spice_tax();\n") == "");
  CHECK(named_in("actors/x/a.cpp", "int spice_taxes;\n") == "");
  for (const auto* path : {"actors/x/a.cpp", "docs/a.md", "tests/extensions/commands/CMakeLists.txt"})
    CHECK(named_in(path, "add(spice_tax)\n") == std::string{path} + "; ");
}

TEST_CASE("tidy: what code reads from the configuration is a key, and every key is read") {
  const auto toml = make_source("config/arrakis.toml",
                                "[http]\n# The port of the API.\n# allowed: 0..65535 port number\nport = 1\n"
                                "# A file that holds the token.\ntoken_file = \"\"\n");
  const auto rules = [&](std::string code) {
    std::string out;
    for (const auto& f : check({toml, make_source("apps/x/main.cpp", std::move(code))}))
      if (f.rule == "config_key")
        out += f.what + "; ";
    return out;
  };
  CHECK(rules("c.integer(\"http.port\"); c.secret(\"http.token\");") == "");
  CHECK(rules("c.integer(\"http.prot\"); c.secret(\"http.token\");")
        == "http.prot is no key of config/arrakis.toml; http.port is read by nobody; ");
  CHECK(rules("c.integer(\"http.port\"); form.text(\"a.b\");") == "http.token_file is read by nobody; ");
}

TEST_CASE("tidy: a link in a page leads somewhere") {
  const auto rules = [](std::string text) {
    std::string out;
    for (const auto& f : check({make_source("docs/a.md", std::move(text)), make_source("docs/d/b.md", "\n")}))
      out += f.rule + " " + f.what + "; ";
    return out;
  };
  CHECK(rules("[x](d/b.md) [y](d/) [z](../docs/d/b.md#part) [w](https://discord.com) [v](#here)\n") == "");
  CHECK(rules("[x](c.md)\n") == "link c.md does not exist; ");
}
