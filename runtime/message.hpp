#pragma once
// Messages stay inside the process (docs/architecture.md, "Many nodes"), so any plain struct may be one, without a
// serializer, a type id or a list. Data that leaves the process is a versioned value in schemas/.
#include <caf/allowed_unsafe_message_type.hpp>
#include <memory>
#include <type_traits>
#include <vector>
namespace arrakis {
/// True for types that may be messages; specialize it for a type that is neither aggregate nor container.
template <class T>
struct is_payload : std::bool_constant<std::is_class_v<T> && std::is_aggregate_v<T>> {};
template <class T>
struct is_payload<std::shared_ptr<T>> : std::true_type {};
template <class T>
struct is_payload<std::vector<T>> : is_payload<T> {};
} // namespace arrakis

template <class T>
  requires arrakis::is_payload<T>::value
struct caf::allowed_unsafe_message_type<T> : std::true_type {};
