#include "runtime/net/stream.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>

namespace arrakis::net {

void stream::handshake_client(asio::ssl::context& context, const std::string& host,
                              std::function<void(error_code)> done) {
  auto secured = std::make_unique<tls_stream>(std::move(std::get<socket>(way_)), context);
  error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  if (not_an_address) // RFC 6066: no address in the server name.
    SSL_set_tlsext_host_name(secured->native_handle(), host.c_str());
  secured->set_verify_mode(asio::ssl::verify_peer);
  secured->set_verify_callback(asio::ssl::host_name_verification{host});
  way_ = std::move(secured);
  tls().async_handshake(asio::ssl::stream_base::client, std::move(done));
}

void stream::handshake_server(asio::ssl::context& context, std::function<void(error_code)> done) {
  way_ = std::make_unique<tls_stream>(std::move(std::get<socket>(way_)), context);
  tls().async_handshake(asio::ssl::stream_base::server, std::move(done));
}

void stream::read_some(char* to, size_t size, io_done done) {
  async_read_some(asio::buffer(to, size), std::move(done));
}

void stream::write_all(const char* from, size_t size, io_done done) {
  asio::async_write(*this, asio::buffer(from, size), std::move(done));
}

void stream::close() {
  error_code ignored;
  lowest().close(ignored);
}

void stream::shutdown_send() {
  error_code ignored;
  lowest().shutdown(asio::socket_base::shutdown_send, ignored);
}

bool stream::spoiled() {
  char byte;
  const auto got = ::recv(lowest().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got < 0)
    return errno != EAGAIN && errno != EWOULDBLOCK;
  return got == 0 || !secured(); // TLS sends session tickets unasked.
}

std::optional<ip_address> stream::remote() {
  error_code failed;
  const auto end = lowest().remote_endpoint(failed);
  if (failed)
    return std::nullopt;
  const auto* address = static_cast<const sockaddr*>(end.data());
  ip_address out;
  if (address->sa_family == AF_INET6) {
    const auto& from = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    std::copy_n(from.s6_addr, out.bytes.size(), out.bytes.begin());
    return out;
  }
  if (address->sa_family != AF_INET)
    return std::nullopt;
  const auto& from = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  out.bytes[10] = out.bytes[11] = 0xff;
  std::copy_n(reinterpret_cast<const uint8_t*>(&from), 4, out.bytes.begin() + 12);
  return out;
}

namespace {
std::shared_ptr<asio::ssl::context> modern(asio::ssl::context::method method) {
  auto context = std::make_shared<asio::ssl::context>(method);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  return context;
}

void must(const error_code& failed, const std::string& what, const std::string& file) {
  if (failed)
    throw std::runtime_error{what + " '" + file + "' cannot be used: " + failed.message()
                             + ". Give a readable PEM file."};
}
} // namespace

std::shared_ptr<asio::ssl::context> client_context(const tls_client& options) {
  auto context = modern(asio::ssl::context::tls_client);
  error_code failed;
  if (options.ca_file.empty())
    context->set_default_verify_paths(failed);
  else
    context->load_verify_file(options.ca_file, failed);
  must(failed, "CA file", options.ca_file.empty() ? "of the system" : options.ca_file);
  context->set_verify_mode(asio::ssl::verify_peer);
  static constexpr unsigned char http_1_1[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context->native_handle(), http_1_1, sizeof http_1_1 - 1);
  return context;
}

std::shared_ptr<asio::ssl::context> server_context(const tls_server& options) {
  auto context = modern(asio::ssl::context::tls_server);
  error_code failed;
  context->use_certificate_chain_file(options.certificate_file, failed);
  must(failed, "certificate file", options.certificate_file);
  context->use_private_key_file(options.key_file, asio::ssl::context::pem, failed);
  must(failed, "key file", options.key_file);
  return context;
}

caf::error check(const tls_server& options) {
  try {
    server_context(options);
    return {};
  } catch (const std::runtime_error& bad) {
    return fail(ec::invalid, bad.what());
  }
}
} // namespace arrakis::net
