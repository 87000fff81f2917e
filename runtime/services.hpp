#pragma once
// What a process offers to those who extend it, found by type: an extension asks for what it needs, and nobody keeps a
// list of what each of them needs.
//
//   services.provide(reconciler);                                   // In the tree, as soon as the address is known.
//   auto reconcilers = services.get<reconciler::handle>();          // In the extension's `start`.
#include <any>
#include <stdexcept>
#include <string>
#include <typeindex>
#include <unordered_map>

namespace arrakis {

/// One value for each type: an actor's address, options that the configuration gave. Filled before it is read; readers
/// on any thread need no lock then.
class services {
public:
  /// Throws std::logic_error for a second value of one type: nobody could tell which of them is meant.
  template <class Value>
  void provide(Value value) {
    if (!values_.try_emplace(std::type_index{typeid(Value)}, std::move(value)).second)
      throw std::logic_error{"services: a second value of type " + name_of(typeid(Value))};
  }
  template <class Value>
  bool has() const {
    return values_.contains(std::type_index{typeid(Value)});
  }
  /// Throws std::runtime_error that names the type when nobody provided it: under a supervisor, a crash of the child.
  template <class Value>
  const Value& get() const {
    const auto found = values_.find(std::type_index{typeid(Value)});
    if (found == values_.end())
      throw std::runtime_error{"services: this process provides no " + name_of(typeid(Value))};
    return *std::any_cast<Value>(&found->second);
  }

private:
  static std::string name_of(const std::type_info&);
  std::unordered_map<std::type_index, std::any> values_;
};
} // namespace arrakis
