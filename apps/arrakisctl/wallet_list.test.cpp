#include "apps/arrakisctl/wallet_list.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;

namespace {
const std::string checksummed = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"; // EIP-55's own example.

std::string fault_of(const std::string& text) {
  const auto read = ctl::read_wallet_list(text);
  return read ? "" : text_of(read.error());
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
} // namespace

TEST_CASE("wallet list: CSV and lines of JSON say the same") {
  const auto csv = ctl::read_wallet_list(fmt::format(
    "\xEF\xBB\xBFUser,Address,Chain,Name\r\n# May\r\n8, {0}\r\n\r\n9,{0},base,cold storage\r\n", checksummed));
  REQUIRE_MESSAGE(csv, fault_of("x"));
  const auto lines = ctl::read_wallet_list(
    fmt::format("\n\n{{\"user\":\"8\",\"address\":\"{0}\"}}\n\n"
                "{{\"user\":\"9\",\"address\":\"{0}\",\"chain\":\"base\",\"name\":\"cold storage\"}}",
                checksummed));
  REQUIRE(lines);
  for (const auto* list : {&*csv, &*lines}) {
    REQUIRE(list->size() == 2);
    CHECK((*list)[0].line == 3);
    CHECK((*list)[0].row.user == snowflake{8});
    CHECK((*list)[0].row.address.text() == checksummed);
    CHECK(!(*list)[0].row.chain);
    CHECK((*list)[1].line == 5);
    CHECK((*list)[1].row.chain == "base");
    CHECK((*list)[1].row.name == "cold storage");
  }
}

TEST_CASE("wallet list: a wrong line refuses the whole list, and each one is named with its fault") {
  auto mistyped = checksummed;
  mistyped[2] = '6';
  const auto fault = fault_of(fmt::format("8,{0}\n9\nx,{0}\n8,{1}\n8,\"{0}\"\n", checksummed, mistyped));
  CHECK_MESSAGE(has(fault, "Line 2: it has 1 fields"), fault);
  CHECK(has(fault, "Line 3: its user is no id"));
  CHECK(has(fault, "Line 4: its address: "));
  CHECK(has(fault, "Line 5: it has a quotation mark"));
  CHECK(has(fault_of("{\"user\":8}"), "Line 1: 'user' must be a text"));
  CHECK(has(fault_of("{\"user\":\"8\",\"wallet\":\"\"}"), "'wallet' is no field"));
  CHECK(has(fault_of("{"), "no object of JSON"));
  CHECK(has(fault_of("\n# nothing\n"), "the list is empty"));
}

TEST_CASE("wallet list: a list that is too long is refused") {
  std::string text;
  for (size_t i = 0; i <= wallets::import_rows_max; ++i)
    text += "8," + checksummed + "\n";
  CHECK(has(fault_of(text), "the list has 10001 wallets"));
  CHECK(has(fault_of(std::string(ctl::wallet_list_bytes_max + 1, '\n')), "more than 4 MiB"));
}
