#pragma once
// Services of a process for its extensions, found by type: an extension asks for the services that it needs, without a
// central list.
//
//   services.provide(reconciler);                                   // In the tree, as soon as the address is known.
//   auto reconcilers = services.get<reconciler::handle>();          // In the extension's `start`.
#include <any>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <unordered_map>
#include <utility>

namespace arrakis {

/// Thrown when this process does not provide a service that an extension needs; the text names its type.
class missing_service : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Services by type: one value for each type (an actor's address, options of the configuration). Filled before it is
/// read; then readable on any thread without a lock.
class services {
public:
  /// Adds a service. Throws std::logic_error for a second value of one type.
  template <class Value>
  void provide(Value value) {
    if (!values_.try_emplace(std::type_index{typeid(Value)}, std::move(value)).second)
      throw std::logic_error{"services: a second value of type " + name_of(typeid(Value))};
  }
  /// Finds an optional service; null: not provided.
  template <class Value>
  const Value* find() const {
    const auto found = values_.find(std::type_index{typeid(Value)});
    return found == values_.end() ? nullptr : std::any_cast<Value>(&found->second);
  }
  /// Finds a required service. Throws missing_service when it is not provided; if_provided() catches that.
  template <class Value>
  const Value& get() const {
    if (const auto* found = find<Value>())
      return *found;
    throw missing_service{"services: this process provides no " + name_of(typeid(Value))};
  }

private:
  static std::string name_of(const std::type_info&);
  std::unordered_map<std::type_index, std::any> values_;
};

/// Logs that this process starts without the extension. `kind`: "command".
void log_left_out(std::string_view kind, std::string_view name, const missing_service&);

/// Runs `make`, which starts or binds an extension. Nothing, with a log line, if this process lacks a service that the
/// extension needs because its roles do not start it; the process then serves what it can.
template <class Make>
std::optional<std::invoke_result_t<Make>> if_provided(std::string_view kind, std::string_view name, Make make) {
  try {
    return make();
  } catch (const missing_service& lacking) {
    log_left_out(kind, name, lacking);
    return std::nullopt;
  }
}
} // namespace arrakis
