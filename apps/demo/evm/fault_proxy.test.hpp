#pragma once
// A proxy in front of a node that spoils what passes, on demand. It answers one request at a time.
#include "runtime/json.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/http_server.hpp"
#include "runtime/net/io.hpp"
#include "runtime/url.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::demo::evm {

/// A proxy before a node that spoils what passes.
class fault_proxy {
public:
  /// The ways to spoil an answer.
  enum class fault {
    none,
    silent,      ///< Never answers.
    reset,       ///< Ends the connection.
    truncated,   ///< Half of the JSON.
    wrong_id,    ///< An id that was not asked.
    html,        ///< A page, with status 200.
    status_429,  ///< Too many requests.
    stale,       ///< The newest block is `stale_at`.
    wrong_chain, ///< Another chain id.
    lies,        ///< Says `lie` in the place of `truth`.
    no_hashes,   ///< Refuses EIP-1898.
    no_batches,  ///< Refuses batches.
    other_hash,  ///< Refuses EIP-1898, and its blocks have other hashes.
  };
  fault_proxy(net::io& io, std::string upstream) : client_{io}, upstream_{std::move(upstream)} {
    server_.emplace(io, net::http_server_options{},
                    [this](net::http_request r, net::responder to) { answer(std::move(r), to); });
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", server_->port()); }
  void set(fault what) {
    const std::lock_guard guard{lock_};
    fault_ = what;
  }
  void lie(std::string truth, std::string lie) {
    const std::lock_guard guard{lock_};
    fault_ = fault::lies;
    truth_ = std::move(truth);
    lie_ = std::move(lie);
  }
  void stale_at(int64_t block) {
    const std::lock_guard guard{lock_};
    fault_ = fault::stale;
    stale_at_ = block;
  }
  /// Requests so far, and calls in them.
  size_t requests() const {
    const std::lock_guard guard{lock_};
    return requests_;
  }
  size_t calls() const {
    const std::lock_guard guard{lock_};
    return calls_;
  }
  /// Methods and parameters of all calls so far.
  bool saw(const std::string& text) const {
    const std::lock_guard guard{lock_};
    return bodies_.find(text) != std::string::npos;
  }

private:
  static void replace_all(std::string& in, const std::string& from, const std::string& to) {
    for (size_t at = in.find(from); at != std::string::npos; at = in.find(from, at + to.size()))
      in.replace(at, from.size(), to);
  }
  void answer(net::http_request r, const net::responder& to) {
    std::unique_lock guard{lock_};
    ++requests_;
    bodies_ += r.body;
    const auto parsed = json::parse(r.body, {.bytes_max = 8 << 20});
    calls_ += parsed && parsed->is_array() ? parsed->as_array().size() : 1;
    const auto what = fault_;
    switch (what) {
      case fault::silent: held_.push_back(to); return;
      case fault::reset: return to.cut();
      case fault::html: return to({200, {{"Content-Type", "text/html"}}, "<html><body>Please log in</body></html>"});
      case fault::status_429: return to(net::json_response(429, "{}"));
      case fault::no_batches:
        if (r.body.starts_with("["))
          return to(net::json_response(
            200, R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches here"}})"));
        break;
      case fault::stale: replace_all(r.body, "\"latest\"", fmt::format("\"0x{:x}\"", stale_at_)); break;
      default: break;
    }
    net::http_request on;
    on.method = "POST";
    on.target = "/";
    on.headers = {{"Content-Type", "application/json"}};
    on.body = r.body;
    const auto truth = truth_, lie = lie_;
    guard.unlock();
    client_.send(upstream_, std::move(on), {std::chrono::steady_clock::now() + std::chrono::seconds{20}},
                 [what, truth, lie, to, asked = r.body](caf::expected<net::http_response> got) {
                   if (!got)
                     return to.cut();
                   got->body = spoiled(what, std::move(got->body), asked, truth, lie);
                   to(net::json_response(got->status, std::move(got->body)));
                 });
  }
  static std::string spoiled(fault what, std::string body, const std::string& asked, const std::string& truth,
                             const std::string& lie) {
    switch (what) {
      case fault::truncated: body.resize(body.size() / 2); break;
      case fault::wrong_id: replace_all(body, "\"id\":0", "\"id\":777"); break;
      case fault::wrong_chain: replace_all(body, "\"0x7a69\"", "\"0x1\""); break;
      case fault::lies: replace_all(body, truth, lie); break;
      case fault::no_hashes: body = without_hashes(body, asked); break;
      case fault::other_hash:
        body = without_hashes(body, asked);
        replace_all(body, "\"hash\":\"0x", "\"hash\":\"0xf");
        for (size_t at = body.find("\"hash\":\"0xf"); at != std::string::npos; at = body.find("\"hash\":\"0xf", at + 1))
          body.erase(body.find('"', at + 8) - 1, 1);
        break;
      default: break;
    }
    return body;
  }
  /// An error in the place of each answer to a call that names a block by its hash.
  static std::string without_hashes(const std::string& body, const std::string& asked) {
    auto answers = json::parse(body, {.bytes_max = 64 << 20}).value();
    const auto calls = json::parse(asked, {.bytes_max = 8 << 20}).value();
    const auto refuse = [](const boost::json::object& call, boost::json::object& answer) {
      if (json::print(call).find("blockHash") == std::string::npos)
        return;
      answer.erase("result");
      answer["error"] = {{"code", -32602}, {"message", "invalid argument 1"}};
    };
    if (answers.is_object())
      refuse(calls.as_object(), answers.as_object());
    else
      for (auto& each : answers.as_array())
        refuse(calls.as_array().at(static_cast<size_t>(each.at("id").as_int64())).as_object(), each.as_object());
    return json::print(answers);
  }

  net::http_client client_;
  const std::string upstream_;
  mutable std::mutex lock_; ///< Of what is below: the handler runs on an io thread.
  fault fault_ = fault::none;
  std::string truth_, lie_, bodies_;
  int64_t stale_at_ = 0;
  size_t requests_ = 0, calls_ = 0;
  std::vector<net::responder> held_;
  std::optional<net::http_server> server_; ///< The last member: its handler uses the others.
};

} // namespace arrakis::demo::evm
