#pragma once
// A leaf as an admin writes it: the texts of a form, by the members of its JSON.
#include "actors/rules/leaf.hpp"
#include "schemas/rules.hpp"

#include <map>
#include <optional>
#include <string>

namespace arrakis::rules {

/// Texts of a form by the members of leaf_kind::form.
using form_texts = std::map<std::string, std::string>;

/// The kind with this name among `all()`; null: there is none.
const leaf_kind* find_kind(std::string_view name);

/// The leaf that the texts describe on `chain`. An empty text leaves its member out. compile judges the values; a text
/// that is no integer stays a text, so that the schema names the member.
rule_node leaf_of(const leaf_kind&, const std::string& chain, const form_texts&);

/// The texts that make this leaf again. Nothing: it is no leaf of the kind, or says something that its form cannot.
std::optional<form_texts> texts_of(const leaf_kind&, const rule_node&);

} // namespace arrakis::rules
