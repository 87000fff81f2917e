#pragma once
// The wizard's offers: chains, themes, templates. Data of config/; to add one, add a file there.
#include "adapters/chain/catalogue/catalogue.hpp"
#include "runtime/error.hpp"
#include "schemas/manifest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::wizard::core {

/// One tier of a tier template.
struct template_tier {
  std::string name;
  int64_t min_rank = 1;
  int64_t max_rank = 1;
  uint32_t color = 0;
};
/// A template of tiers.
struct tier_template {
  std::string id, name, description, theme;
  int64_t order = 0;
  std::vector<template_tier> tiers;
};
/// One channel of a channel template.
struct template_channel {
  std::string name, type;
  bool read_only = false;
};
/// One category of a channel template, with its channels.
struct template_category {
  std::string name;
  std::vector<std::string> access;
  std::vector<template_channel> channels;
};
/// A template of categories and channels.
struct channel_template {
  std::string id, name, description;
  int64_t order = 0;
  std::vector<template_channel> channels; ///< Without a category.
  std::vector<template_category> categories;
};
/// Name and colour of a tier in a theme.
struct theme_tier {
  std::string id, name;
  int64_t min_rank = 1;
  std::optional<int64_t> max_rank; ///< Absent: open.
  uint32_t color = 0;
  std::optional<std::string> threshold; ///< Strategy "threshold": decimal text, in the ranked asset.
};
/// A theme: its names and colours for tiers.
struct theme {
  std::string id, name, plan, strategy;
  int64_t grace_hours = 0;
  std::vector<theme_tier> tiers;
};

/// All chains, themes and templates that the wizard offers.
struct catalogue {
  std::vector<chain::description> chains; ///< By name.
  std::vector<tier_template> tiers;       ///< By `order`.
  std::vector<channel_template> channels; ///< By `order`.
  std::vector<theme> themes;

  const chain::description* find_chain(std::string_view id) const;
  const tier_template* find_tiers(std::string_view id) const;
  const channel_template* find_channels(std::string_view id) const;
};

/// Everything in config/ at build time. A file that cannot be read is a bug of this build (a test reads them all).
const catalogue& everything();
/// Catalogue with only those chains that `chains` names: those that have an endpoint.
catalogue offering(const std::vector<std::string>& chains);

/// Parses "#RRGGBB" as a number.
std::optional<uint32_t> parse_color(std::string_view text);
/// Id from a text: lower-case letters, digits and single hyphens, at most 40 characters; "x" when nothing is left.
std::string slug(std::string_view text);

} // namespace arrakis::wizard::core
