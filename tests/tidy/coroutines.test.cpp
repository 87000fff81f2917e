#include "tests/tidy/coroutines.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis::tidy;

namespace {
/// The lines of `text`, a file of an actor, that break the rules of coroutines.
std::string broken(std::string text, std::string path = "actors/x/a.cpp") {
  const auto messages = make_source("adapters/y/messages.hpp", R"(
namespace arrakis::y {
enum class kind { a, b };
struct snowflake { uint64_t value = 0; };
struct deadline { std::chrono::steady_clock::time_point at; };
struct place { int64_t at = 0; kind what = kind::a; };
struct find { snowflake guild; std::optional<place> near; deadline until; bool operator==(const find&) const; };
struct keep { std::string text; deadline until; };
struct told { keep inner; };
}
namespace arrakis::z { struct find { std::string name; }; })");
  std::vector<finding> found;
  coroutines({messages, make_source(std::move(path), std::move(text))}, found);
  std::string out;
  for (const auto& f : found)
    out += fmt::format("{}{}:{}", out.empty() ? "" : " ", f.rule, f.line);
  return out;
}
} // namespace

TEST_CASE("tidy: a coroutine takes its parameters by value") {
  for (const auto* line :
       {"flow<> run(pointer self, const std::string& text) {", "flow<int> f(std::string_view text);",
        "flow<caf::expected<a>> f(pointer self, std::vector<int>&& list) {", "flow<> f(std::span<const int> x) {",
        "flow<> ns::f(pointer self, const int& count);", "auto f(A&& waits) -> flow<int> {",
        "auto f = [](pointer self, order& x) -> flow<> { co_await nap(self, 1ms); };",
        "arrakis::flow<> f(\n  pointer self, const order &x);"})
    CHECK_MESSAGE(broken(line).starts_with("coroutine:1"), line);
  for (const auto* line :
       {"flow<> run(pointer self, std::string text) {", "flow<> f(caf::stateful_actor<state>* self, int x = 3);",
        "flow<> f(std::function<void(const std::string&)> done);", "flow<T> member;", "std::vector<flow<int>> list;",
        "void f(const flow<int>& x);", "caf::result<T> begin(pointer self, flow<> (*run)(pointer, Message));",
        "template <class Self>\nflow<> f(Self* self, deadline until) {", "flow<int> x = f(&a, b);",
        "auto f = [](pointer self, order x) -> flow<> { co_await nap(self, 1ms); };"})
    CHECK_MESSAGE(broken(line) == "", line);
}

TEST_CASE("tidy: a coroutine that is a lambda captures nothing") {
  CHECK(broken("auto f = [self] (order x) -> flow<> { co_return; };") == "coroutine:1");
  CHECK(broken("auto f = [=]() -> arrakis::flow<int> { co_return 1; };") == "coroutine:1");
  CHECK(broken("auto f = [&]<class T>(T x) -> flow<int> { co_return 1; };") == "coroutine:1");
  CHECK(broken("auto f = []<class T>(T x) -> flow<int> { co_return 1; };") == "");
  CHECK(broken("auto f = [self](order x) { self->state.flows.start(run(self, x)); };") == "");
}

TEST_CASE("tidy: nobody but runtime/flow holds a coroutine's handle") {
  CHECK(broken("std::coroutine_handle<> waiting;") == "coroutine:1");
  CHECK(broken("void await_suspend(std::coroutine_handle<> caller) {", "adapters/queue/a.hpp") == "coroutine:1");
  CHECK(broken("std::coroutine_handle<> waiting;", "tests/x/a.cpp") == "coroutine:1");
  CHECK(broken("std::coroutine_handle<> waiting;", "runtime/flow/a.hpp") == "");
}

TEST_CASE("tidy: no temporary that owns something lives across a co_await") {
  for (const auto* line :
       {"auto x = co_await ask(self, to, until, keep{text, until});",
        "auto x = co_await ask(self, to, until, y::keep{.text = text});", "co_await ask(self, to, until, told{order});",
        "co_await ask(self, to, until, unknown{1});", "co_await run(port{self}, {\"GET\", key}, until);",
        "co_await run(self, {\"GET\", key}, until);", "co_return co_await f(self, std::vector<int>{1, 2});",
        "for (const auto& each : co_await list(self)) use(each);", "const auto& name = (co_await read(self))->name;"})
    CHECK_MESSAGE(broken(line).starts_with("coroutine:1"), line);
  for (const auto* line :
       {"auto x = co_await ask(self, to, until, y::find{guild, {}, until});", "co_await nap(self, milliseconds{3});",
        "auto x = co_await ask(self, to, {until.at + 1s}, std::move(order));", "co_await nap(self, wait);",
        "auto& x = co_await completing{self, what};",
        "if (auto bad = co_await read(self); bad) {\n  use(keep{\"x\", until});\n}",
        "y::keep order{text, until};\nauto x = co_await ask(self, to, until, std::move(order));",
        "const auto name = (co_await read(self))->name;", "for (int i = 0; i < co_await count(self); ++i) use(i);"})
    CHECK_MESSAGE(broken(line) == "", line);
}

TEST_CASE("tidy: flows goes before what its waits are noted in") {
  const std::string include = "#include \"adapters/redis/calls.hpp\"\n";
  CHECK(broken(include + "struct state {\n  flows running;\n  redis::calls calls;\n};") == "coroutine:3");
  CHECK(broken(include + "struct state {\n  redis::calls calls;\n  flows running;\n};") == "");
  CHECK(broken("struct state {\n  flows running;\n  int count;\n};") == "");
}
