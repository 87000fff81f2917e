// The signed endpoint: nothing gets in without Discord's signature, and what is signed is an interaction or a refusal.
#include "adapters/discord/interactions/signed_endpoint.hpp"

#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <array>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <memory>
#include <openssl/evp.h>

namespace arrakis::fuzz {
namespace {
using verifier = discord::interactions::signed_endpoint;

std::string hex(const unsigned char* bytes, size_t size) {
  std::string out;
  for (size_t i = 0; i < size; ++i)
    out += fmt::format("{:02x}", bytes[i]);
  return out;
}

/// Discord's own side: a key pair of this process.
class signatory {
public:
  signatory() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free) {}
  std::string public_key() const {
    std::array<unsigned char, 32> raw{};
    size_t size = raw.size();
    EVP_PKEY_get_raw_public_key(key_.get(), raw.data(), &size);
    return hex(raw.data(), raw.size());
  }
  std::string sign(std::string_view message) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    std::array<unsigned char, 64> out{};
    size_t size = out.size();
    EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
    EVP_DigestSign(context.get(), out.data(), &size, reinterpret_cast<const unsigned char*>(message.data()),
                   message.size());
    return hex(out.data(), out.size());
  }

private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

bool is_trace(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool is_refused(const std::optional<net::http_response>& answer) { return answer && answer->status == 401; }
} // namespace

void signed_endpoint(std::string_view bytes) {
  static const signatory discord;
  static const verifier subject{discord.public_key()};
  log::set_level(log::level::error);
  // The first line is what a stranger may choose beside the body: a trace.
  const auto line = bytes.substr(0, bytes.find('\n'));
  const auto body = bytes.substr(std::min(bytes.size(), line.size() + 1));
  const auto now = std::to_string(wall_ms() / 1000);
  net::http_request request{"POST", "/webhooks/discord", {}, std::string{body}, {}};
  request.headers = {{"X-Signature-Ed25519", discord.sign(now + std::string{body})},
                     {"X-Signature-Timestamp", now},
                     {"traceparent", std::string{line}}};
  ARRAKIS_ASSERT(!subject.verify(request), "what Discord signed verifies");
  const auto answer = subject.read(request);
  if (const auto* refused = std::get_if<net::http_response>(&answer)) {
    ARRAKIS_ASSERT(refused->status == 200 || refused->status == 400, "what is signed is answered, read or refused");
    ARRAKIS_ASSERT(arrakis::json::parse(refused->body), "an answer is JSON");
  } else {
    const auto& read = std::get<interaction>(answer);
    ARRAKIS_ASSERT(read.trace.empty() || is_trace(read.trace), "a trace is 32 hex digits");
    ARRAKIS_ASSERT(read.received_ms > 0, "the time of its coming is known");
  }
  request.body += ' ';
  ARRAKIS_ASSERT(is_refused(subject.verify(request)), "one byte more, and it is refused");
  request.headers = {{"X-Signature-Ed25519", std::string{line}}, {"X-Signature-Timestamp", std::string{body}}};
  ARRAKIS_ASSERT(is_refused(subject.verify(request)), "a stranger is refused");
}
} // namespace arrakis::fuzz
