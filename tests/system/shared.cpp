// The one stack of a test program.
#include "tests/system/test_stack.hpp"

#include <doctest/doctest.h>
#include <memory>

namespace arrakis::system_test {
namespace {
std::unique_ptr<test_stack>& the_stack() {
  static std::unique_ptr<test_stack> w;
  return w;
}

/// Ends the stack while all of the program is still there: at exit the parser's thread-local parts are gone already.
struct ending : doctest::IReporter {
  explicit ending(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override { the_stack().reset(); }
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("test_stack", 1, ending);
} // namespace

test_stack& shared(bool with_chain, const std::vector<std::string>& environment,
                   const std::function<void(demo::local_stack&)>& before_arrakis) {
  auto& w = the_stack();
  if (!w)
    w = std::make_unique<test_stack>(with_chain, environment, before_arrakis);
  return *w;
}

} // namespace arrakis::system_test
