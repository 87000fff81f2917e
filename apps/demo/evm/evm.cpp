#include "apps/demo/evm/evm.hpp"

#include "adapters/chain/abi.hpp"
#include "runtime/file.hpp"
#include "runtime/json.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/io.hpp"
#include "schemas/evm_address.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <csignal>
#include <fmt/format.h>
#include <future>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>

namespace arrakis::demo::evm {

extern const char* const contracts_text; // Generated from contracts.json.

namespace {

constexpr size_t state_bytes_max = 64 << 20;
constexpr size_t minted_accounts = 5;

[[noreturn]] void give_up(const std::string& why) { throw std::runtime_error("EVM node: " + why); }

/// The value of a call that must succeed.
template <class T>
T need(caf::expected<T> x, const std::string& what) {
  if (!x)
    give_up(what + ": " + text_of(x.error()));
  return std::move(*x);
}

std::string selector(const char* signature) {
  const auto digest = keccak256(signature);
  std::string out = "0x";
  for (size_t i = 0; i < 4; ++i)
    out += fmt::format("{:02x}", static_cast<unsigned char>(digest[i]));
  return out;
}
std::string word(uint64_t value) { return fmt::format("{:064x}", value); }
std::string word(const std::string& address) { return fmt::format("{:0>64}", address.substr(2)); }
/// `whole` times 10^18, as a word: 2^64 is too small for it.
std::string ether(uint64_t whole) {
  const auto value = static_cast<unsigned __int128>(whole) * 1'000'000'000'000'000'000u;
  return fmt::format("{:032x}{:016x}{:016x}", 0, static_cast<uint64_t>(value >> 64), static_cast<uint64_t>(value));
}

std::string to_contract(const std::string& address, const std::string& data) {
  return fmt::format(R"("to":"{}","data":"{}")", address, data);
}

/// The port in anvil's own line "Listening on 127.0.0.1:34567"; 0 before it is there.
uint16_t port_in(const std::string& log) {
  constexpr std::string_view before = "Listening on 127.0.0.1:";
  const auto at = log.find(before);
  const auto end = at == std::string::npos ? at : log.find('\n', at);
  uint16_t port = 0;
  if (end != std::string::npos)
    std::from_chars(log.data() + at + before.size(), log.data() + end, port);
  return port;
}

} // namespace

struct node::line {
  explicit line(net::io& io) : http(io, {.body_bytes_max = state_bytes_max}) {}
  net::http_client http;
};

node::node(net::io& io, options o) : options_(std::move(o)), line_(std::make_unique<line>(io)) {
  start();
  restore_or_deploy();
}

node::~node() { (void)stop(); }

std::string node::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

void node::start() {
  if (::access(options_.anvil.c_str(), X_OK) != 0)
    give_up("there is no program at '" + options_.anvil + "': run apps/demo/evm/setup, which installs it");
  if (auto error = file::make_folder(options_.folder))
    give_up(text_of(error));
  const auto log = path("anvil.log");
  ::unlink(log.c_str()); // The port is read from it.
  process_.emplace(process_options{.argv = {options_.anvil, "--host", "127.0.0.1", "--port",
                                            std::to_string(options_.port), "--chain-id", std::to_string(chain_id)},
                                   .output = log});
  const auto until = std::chrono::steady_clock::now() + options_.patience;
  for (;;) {
    if (const auto text = file::read(log, state_bytes_max))
      port_ = port_in(*text);
    if (port_ != 0)
      return;
    if (!process_->running() || std::chrono::steady_clock::now() > until)
      give_up("anvil did not begin to listen; its words are in " + log);
    if (options_.waiting)
      options_.waiting();
    ::poll(nullptr, 0, 10);
  }
}

caf::expected<std::string> node::call(const std::string& method, const std::string& params_json) {
  net::http_request request;
  request.method = "POST";
  request.target = "/";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = fmt::format(R"({{"jsonrpc":"2.0","id":1,"method":"{}","params":{}}})", method, params_json);
  auto result = std::make_shared<std::promise<caf::expected<net::http_response>>>();
  auto arrived = result->get_future();
  line_->http.send(url(), std::move(request), {std::chrono::steady_clock::now() + options_.patience},
                   [result](caf::expected<net::http_response> r) { result->set_value(std::move(r)); });
  const auto response = arrived.get();
  if (!response)
    return response.error();
  const auto tree = json::parse(response->body, {.bytes_max = state_bytes_max});
  const auto* object = tree ? tree->if_object() : nullptr;
  if (object == nullptr)
    return fail(ec::unknown, fmt::format("{}: HTTP status {} and no JSON", method, response->status));
  if (const auto* error = json::object_in(*object, "error"))
    return fail(ec::refused, fmt::format("{}: {}", method, json::text_or(*error, "message")));
  return object->contains("result") ? json::print(object->at("result")) : std::string{"null"};
}

void node::restore_or_deploy() {
  const auto accounts = need(json::parse(need(call("eth_accounts", "[]"), "its accounts")), "its accounts");
  for (const auto& account : accounts.as_array())
    accounts_.push_back(need(parse_evm_address(account.as_string().c_str()), "an account").text());
  const auto state = file::read(path("state.hex"), state_bytes_max);
  const auto known = file::read(path("contracts.json"), 4096);
  if (state && known) {
    need(call("anvil_loadState", fmt::format(R"(["{}"])", *state)),
         "its state could not be restored; remove " + options_.folder);
    const auto tree = need(json::parse(*known), "contracts.json; remove " + options_.folder);
    const auto* names = tree.if_object();
    if (names != nullptr)
      contracts_ = {std::string{json::text_or(*names, "erc20")}, std::string{json::text_or(*names, "erc721")},
                    std::string{json::text_or(*names, "erc1155")}};
    return;
  }
  const auto code = need(json::parse(contracts_text), "the compiled contracts");
  const auto bytecode = [&](const char* name) {
    return std::string{code.at("contracts").at(name).as_string().c_str()};
  };
  contracts_ = {deploy(bytecode("Spice")), deploy(bytecode("Crysknife")), deploy(bytecode("Artifacts"))};
  mint();
  fresh_ = true;
  if (auto error = save())
    give_up(text_of(error));
}

boost::json::value node::send(const std::string& from, const std::string& transaction) {
  const auto hash = need(call("eth_sendTransaction", fmt::format(R"([{{"from":"{}",{}}}])", from, transaction)),
                         "a transaction was refused");
  const auto until = std::chrono::steady_clock::now() + options_.patience;
  for (;;) {
    auto receipt = need(json::parse(need(call("eth_getTransactionReceipt", "[" + hash + "]"), "a receipt")),
                        "a receipt");
    if (receipt.is_object()) {
      if (json::text_or(receipt.get_object(), "status") != "0x1")
        give_up("a transaction was reverted: " + json::print(receipt).substr(0, 500));
      return receipt;
    }
    if (std::chrono::steady_clock::now() > until)
      give_up("a transaction was not mined; see " + path("anvil.log"));
    ::poll(nullptr, 0, 5);
  }
}

std::string node::deploy(const std::string& bytecode) {
  const auto receipt = send(accounts_.at(0), fmt::format(R"("data":"{}")", bytecode));
  return need(parse_evm_address(json::text_or(receipt.as_object(), "contractAddress")), "a contract's address").text();
}

/// The first account gets the most, so that the members of the demo differ.
void node::mint() {
  const auto amount = selector("mint(address,uint256)");
  const auto item = selector("mint(address,uint256,uint256)");
  for (size_t i = 0; i < std::min(minted_accounts, accounts_.size()); ++i) {
    const auto to = word(accounts_[i]);
    send(accounts_.at(0), to_contract(contracts_.erc20, amount + to + ether(10'000 >> i)));
    send(accounts_.at(0), to_contract(contracts_.erc721, amount + to + word(i + 1)));
    send(accounts_.at(0), to_contract(contracts_.erc1155, item + to + word(1 + i % 2) + word(10 - i)));
  }
}

caf::error node::save() {
  auto dumped = call("anvil_dumpState", "[]");
  if (!dumped)
    return std::move(dumped.error());
  const auto hex = json::parse(*dumped, {.bytes_max = state_bytes_max});
  if (!hex || !hex->is_string())
    return fail(ec::corrupt, "anvil gave no state");
  if (auto error = file::replace(path("state.hex"), {hex->get_string().data(), hex->get_string().size()}))
    return error;
  const boost::json::object names{
    {"erc20", contracts_.erc20}, {"erc721", contracts_.erc721}, {"erc1155", contracts_.erc1155}};
  return file::replace(path("contracts.json"), json::print(names));
}

caf::error node::stop() {
  if (!process_)
    return {};
  auto error = contracts_.erc20.empty() ? caf::error{} : save();
  process_->stop(SIGKILL, std::chrono::seconds{1}); // anvil has nothing left to write, and takes 3 s for SIGTERM.
  process_.reset();
  return error;
}

} // namespace arrakis::demo::evm
