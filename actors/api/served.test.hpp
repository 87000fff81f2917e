#pragma once
// A listener with resources, over services that a test has set. Each answer is held against what /openapi.json says.
#include "actors/api/api.hpp"
#include "runtime/json.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/net_fixture.hpp"
#include "tests/support/json_schema.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <set>

namespace arrakis::api::test {

/// A resource served as in the program, without a connection; each answer is checked against /openapi.json.
class served {
public:
  served(listener on, const services& with, const std::vector<const resource*>& resources = all())
    : server_{threads_, {.admit = serve(resources, on, with, "1")}, nullptr} {
    const auto parsed = json::parse(send("GET", "/openapi.json", {}, {}).body);
    REQUIRE(parsed);
    document_ = *parsed;
  }
  /// Of a node that provides this alone.
  served(listener on, node_state node, const std::vector<const resource*>& resources = all())
    : served(on, services_of(std::move(node)), resources) {}
  /// `described`: the path as the description has it; empty: the target.
  net::http_response ask(const std::string& method, const std::string& target, net::headers headers = {},
                         std::string body = {}, const std::string& described = {}) {
    auto got = send(method, target, std::move(headers), std::move(body));
    CHECK_MESSAGE(fault_of(method, described.empty() ? target : described, got) == "", method << " " << target);
    return got;
  }
  /// Why an answer is none of those that the description has; empty: it is one.
  std::string fault_of(const std::string& method, const std::string& path, const net::http_response& got) const {
    if (method == "HEAD")
      return got.body.empty() ? "" : "there is a body";
    const auto* answers = responses(method, path);
    if (!answers) // A method or a path that is not described is refused, with the body that every refusal has.
      return got.status < 400 ? "it is not described"
                              : fault_in(document_.at_pointer("/components/schemas/Error"), got);
    const auto* one = answers->if_contains(std::to_string(got.status));
    if (!one && got.status < 400)
      return fmt::format("{} is not described", got.status);
    const auto* content = (one ? one : &answers->at("default"))->as_object().if_contains("content");
    if (!content)
      return got.body.empty() ? "" : "there is a body";
    const std::string type{net::header(got.headers, "Content-Type")};
    const auto* as = content->as_object().if_contains(type);
    if (!as)
      return "'" + type + "' is not described";
    return fault_in(as->at("schema"), got);
  }
  /// The statuses that the description names.
  std::set<int> described(const std::string& method, const std::string& path) const {
    std::set<int> out;
    if (const auto* answers = responses(method, path))
      for (const auto& [status, answer] : *answers)
        if (status != "default")
          out.insert(std::stoi(status));
    return out;
  }
  const boost::json::value& document() const { return document_; }

private:
  static services services_of(node_state node) {
    services out;
    out.provide(std::move(node));
    return out;
  }
  std::string fault_in(const boost::json::value& schema, const net::http_response& got) const {
    if (net::header(got.headers, "Content-Type") != "application/json")
      return arrakis::test::schema_fault(schema, boost::json::value(got.body), document_);
    const auto body = json::parse(got.body);
    return body ? arrakis::test::schema_fault(schema, *body, document_) : "it is no JSON";
  }
  net::http_response send(const std::string& method, const std::string& target, net::headers headers,
                          std::string body) {
    auto got = net::test::get(client_, net::test::url_of(server_),
                              {method, target, std::move(headers), std::move(body), {}});
    REQUIRE(got);
    return std::move(*got);
  }
  const boost::json::object* responses(const std::string& method, const std::string& path) const {
    std::string lower;
    for (const char c : method)
      lower += static_cast<char>(c | 0x20);
    const auto* of_path = document_.at("paths").as_object().if_contains(path);
    const auto* operation = of_path ? of_path->as_object().if_contains(lower) : nullptr;
    return operation ? &operation->at("responses").as_object() : nullptr;
  }

  net::io threads_;
  net::http_client client_{threads_};
  net::http_server server_;
  boost::json::value document_;
};

/// A node that accepts work and has these dependencies.
inline node_state with(std::vector<readiness::dependency> list) {
  node_state out;
  out.dependencies = [list = std::move(list)](const auto& done) { done(list); };
  out.accepting = [] { return true; };
  return out;
}
} // namespace arrakis::api::test
