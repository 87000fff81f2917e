#pragma once
// For tests: a small manifest with everything that matters (tiers, a closed category, a read-only and a voice channel).
#include "schemas/manifest.hpp"

namespace arrakis::test {
/// Two tiers, five channels.
inline manifest sample_manifest() {
  manifest m;
  m.community_name = "Tabr";
  m.assets = {{.id = "asset-1", .type = "native", .chain = "berachain", .symbol = "BERA"}};
  m.tiers = {{"gold", "Gold", 1, 10}, {"silver", "Silver", 11, {}}};
  m.roles = {{"role-gold", "Gold", 0xFFD700, true, false, {"VIEW_CHANNEL"}, "gold", {}},
             {"role-silver", "Silver", 0xC0C0C0, true, false, {"VIEW_CHANNEL"}, "silver", {}}};
  m.categories = {{"cat-open", "COMMUNITY", {}}, {"cat-vip", "VIP", {"gold"}}};
  m.channels = {{"ch-news", "news", "text", "cat-open", "What is new", {}, true},
                {"ch-general", "General Chat", "text", "cat-open", {}, {}, false},
                {"ch-vip", "vip-chat", "text", "cat-vip", {}, {}, false},
                {"ch-both", "members", "text", {}, {}, {"gold", "silver"}, false},
                {"ch-voice", "vip-voice", "voice", "cat-vip", {}, {}, false}};
  m.ranked_asset = "asset-1";
  return m;
}
} // namespace arrakis::test
