#include "schemas/manifest.hpp"

#include "runtime/json.hpp"
#include "schemas/canonical_json.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <random>

using namespace arrakis;
namespace bj = boost::json;

namespace {

manifest sample() {
  manifest m;
  m.community_name = "Sietch Tabr";
  m.theme_id = "sietch";
  m.assets = {{"asset-1", "erc20", "berachain", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "BGT", 18, "6.9", {}},
              {"asset-2", "native", "berachain", {}, "BERA", 18, {}, {}}};
  m.tiers = {{"naib", "Naib", 1, 7}, {"fedaykin", "Fedaykin", 8, {}}};
  m.roles = {{"role-naib", "Naib", 0xFFD700, true, true, {"SEND_MESSAGES", "VIEW_CHANNEL"}, "naib", {}},
             {"role-fedaykin", "Fedaykin ⚔", 0, false, false, {}, "fedaykin", snowflake{1100000000000000009}}};
  m.categories = {{"cat-council", "NAIB COUNCIL", {"naib"}}};
  m.channels = {{"chan-rock", "council-rock", "text", "cat-council", "Only \"we\" speak.", {"naib"}, false},
                {"chan-news", "announcements", "announcement", {}, {}, {}, true}};
  m.ranked_asset = "asset-1";
  return m;
}

rule_node balance_of(const char* contract, const std::string& least) {
  rule_node out;
  out.leaf_kind = "erc20";
  out.parameters = {
    {"chain", "berachain"}, {"contract", contract}, {"symbol", "BGT"}, {"decimals", 18}, {"min", least}};
  return out;
}

/// `sample` with a role that only a rule grants, and one rule of each kind of grant.
manifest with_rules() {
  auto m = sample();
  const auto* bgt = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
  rule_node either{rule_node::any, 0, {balance_of(bgt, "5"), balance_of(bgt, "7.5")}, {}, {}};
  m.roles.push_back({"role-patron", "Patron", 0x1ABC9C, false, true, {}, "", {}});
  m.rules = {{"patrons", "Patrons", granted_role{"role-patron"}, balance_of(bgt, "1000")},
             {"elders", "Elders", granted_existing_role{{1100000000000000007}}, either},
             {"holders", "Holders", admitted_to_tiers{}, balance_of(bgt, "0.5")}};
  m.ranked_asset = "asset-2";
  return m;
}

/// The document of version 1 that an earlier build wrote for `m`, which has no rules.
bj::value first_version_of(const manifest& m) {
  auto tree = to_json(m);
  tree.as_object()["schemaVersion"] = "1";
  tree.as_object().erase("rankedAsset");
  tree.as_object().erase("rules");
  return tree;
}

std::string text_of_tree(const bj::value& tree) { return *canonical_json(tree); }

/// The refusal of a document that was changed at `pointer`; an empty value removes the member.
caf::error refusal_of(bj::value tree, const char* pointer, const char* value) {
  const std::string path{pointer};
  const auto slash = path.rfind('/');
  auto& parent = slash == 0 ? tree : tree.at_pointer(path.substr(0, slash));
  if (*value == '\0')
    parent.as_object().erase(path.substr(slash + 1));
  else if (parent.is_object())
    parent.as_object()[path.substr(slash + 1)] = bj::parse(value);
  else
    tree.at_pointer(path) = bj::parse(value);
  const auto read = read_manifest(json::print(tree));
  return read ? caf::error{} : read.error();
}
caf::error refusal(const char* pointer, const char* value) { return refusal_of(to_json(sample()), pointer, value); }

struct generator {
  std::mt19937_64 random;
  uint64_t below(uint64_t n) { return random() % n; }
  std::string text(size_t least, size_t most) {
    static const char* const letters[] = {"a", "Z", "7",  " ",  "-",      "_", "\"",    "\\",
                                          "/", "é", "沙", "🐪", "\u0301", "<", "\u2028"};
    std::string out;
    for (auto n = least + below(most - least + 1); n > 0; --n)
      out += letters[below(std::size(letters))];
    return out;
  }
  std::vector<std::string> some_tiers(const manifest& m) {
    std::vector<std::string> out;
    for (const auto& tier : m.tiers)
      if (below(2))
        out.push_back(tier.id);
    return out;
  }
  manifest_asset asset(size_t i) {
    static const char* const types[] = {"native", "erc20", "erc721", "erc1155"};
    manifest_asset x{
      "asset-" + std::to_string(i), types[below(4)], "base", {}, text(1, 8), static_cast<int>(below(19)), {}, {}};
    if (x.type != "native")
      x.address = "0x" + sha256_hex(std::to_string(random())).substr(0, 40);
    if (below(2))
      x.min_balance = std::to_string(random()) + "." + std::to_string(random());
    if (x.type == "erc1155" && below(2))
      x.token_id = std::to_string(random());
    return x;
  }
  manifest make() {
    manifest m;
    m.community_name = text(3, 100);
    for (size_t i = 0, n = 1 + below(5); i < n; ++i)
      m.assets.push_back(asset(i));
    for (size_t i = 0, n = 1 + below(9); i < n; ++i) {
      m.tiers.push_back({"tier_" + std::to_string(i), text(1, 100), static_cast<int64_t>(1 + below(1u << 30)), {}});
      if (below(2))
        m.tiers.back().max_rank = m.tiers.back().min_rank + static_cast<int64_t>(below(1000));
      if (below(4) == 0)
        m.tiers.back().threshold = std::to_string(1 + below(1000)) + "." + std::to_string(random());
      manifest_role role{"role-" + std::to_string(i),
                         text(1, 100),
                         static_cast<uint32_t>(below(0x1000000)),
                         below(2) == 1,
                         below(2) == 1,
                         {},
                         m.tiers.back().id,
                         {}};
      if (below(2))
        role.permissions = {"CONNECT", "SPEAK", "VIEW_CHANNEL"};
      if (below(4) == 0)
        role.existing = snowflake{1'000'000'000'000'000'000 + below(1ull << 60)};
      m.roles.push_back(role);
    }
    for (size_t i = 0, n = below(4); i < n; ++i)
      m.categories.push_back({"cat-" + std::to_string(i), text(1, 100), some_tiers(m)});
    for (size_t i = 0, n = below(12); i < n; ++i) {
      m.channels.push_back({"chan-" + std::to_string(i), text(1, 100), "forum", {}, {}, some_tiers(m), below(2) == 1});
      if (!m.categories.empty() && below(2))
        m.channels.back().category_id = m.categories[below(m.categories.size())].id;
      if (below(2))
        m.channels.back().topic = text(0, 1024);
      if (below(4) == 0)
        m.channels.back().existing = snowflake{1'000'000'000'000'000'000 + i};
    }
    if (!m.categories.empty() && below(2))
      m.categories.back().existing = snowflake{2'000'000'000'000'000'000};
    m.ranked_asset = m.assets.front().id;
    return m;
  }
  rule_node tree(size_t depth) {
    rule_node node;
    if (depth == 1 || below(3) == 0) {
      node.leaf_kind = "any-kind";
      node.parameters = {{"min", std::to_string(random())}, {"ids", bj::array{text(1, 20)}}};
      return node;
    }
    node.is = static_cast<rule_node::kind>(below(4));
    for (size_t i = 0, n = node.is == rule_node::none ? 1 : 1 + below(3); i < n; ++i)
      node.children.push_back(tree(depth - 1));
    if (node.is == rule_node::at_least)
      node.count = static_cast<int64_t>(1 + below(node.children.size()));
    return node;
  }
  /// Adds the parts that version 1 lacks: rules, roles that only they grant, and any asset as the one that ranks.
  void add_rules(manifest& m) {
    m.ranked_asset = m.assets[below(m.assets.size())].id;
    for (size_t i = 0, n = below(3); i < n; ++i)
      m.roles.push_back({"rule-role-" + std::to_string(i), text(1, 100), 0, false, false, {}, "", {}});
    for (size_t i = 0, n = below(6); i < n; ++i) {
      rule one{"rule-" + std::to_string(i), "Rule " + std::to_string(i), admitted_to_tiers{}, tree(4)};
      if (below(3) == 0)
        one.grants = granted_role{m.roles[below(m.roles.size())].id};
      else if (below(2))
        one.grants = granted_existing_role{{1'000'000'000'000'000'000 + below(1ull << 60)}};
      m.rules.push_back(std::move(one));
    }
  }
};
} // namespace

TEST_CASE("manifest: what was written reads back equal, and its canonical bytes are a fixed point") {
  CHECK(*read_manifest(text_of_tree(to_json(sample()))) == sample());
  CHECK(*read_manifest(text_of_tree(to_json(with_rules()))) == with_rules());
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    generator from{std::mt19937_64{seed}};
    auto m = from.make();
    from.add_rules(m);
    const auto bytes = text_of_tree(to_json(m));
    const auto read = read_manifest(bytes);
    REQUIRE_MESSAGE(read, "seed " << seed << ": " << text_of(read.error()));
    CHECK(*read == m);
    CHECK(text_of_tree(to_json(*read)) == bytes);
  }
}

TEST_CASE("manifest: any stored document of version 1 reads, converts to version 2, and its bytes stay") {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const auto m = generator{std::mt19937_64{seed}}.make();
    const auto stored = text_of_tree(first_version_of(m));
    const auto read = read_manifest(stored);
    REQUIRE_MESSAGE(read, "seed " << seed << ": " << text_of(read.error()));
    CHECK(*read == m); // The first asset ranks, and there are no rules.
    // Signatures are over the stored bytes: reading needs no other form of them, and they are canonical as they are.
    CHECK(text_of_tree(*json::parse(stored)) == stored);
    const auto converted = text_of_tree(to_json(*read)); // The next deployment signs these.
    CHECK(sha256_hex(converted) != sha256_hex(stored));
    CHECK(*read_manifest(converted) == *read);
  }
}

TEST_CASE("manifest: a document has the members of its own version") {
  const auto first = first_version_of(sample());
  const auto said = [](const caf::error& e) { return code_of(e) == ec::invalid ? text_of(e) : "accepted"; };
  CHECK_FALSE(refusal_of(first, "/schemaVersion", R"("1")")); // Negative control: unchanged, it reads.
  CHECK(said(refusal_of(first, "/rules", "[]")).starts_with("manifest /rules: version 1 has no such member"));
  CHECK(said(refusal_of(first, "/rankedAsset", R"("asset-1")")).starts_with("manifest /rankedAsset: version 1 has"));
  CHECK(said(refusal_of(first, "/roles/1/tierId", "")).starts_with("manifest /roles/1/tierId: is missing"));
  CHECK(said(refusal_of(first, "/schemaVersion", R"("2")")).starts_with("manifest /rankedAsset: is missing"));
  CHECK(said(refusal("/rules", "")).starts_with("manifest /rules: is missing"));
  CHECK(said(refusal("/schemaVersion", R"("1")")).starts_with("manifest /rankedAsset: version 1 has no such member"));
}

TEST_CASE("manifest: rules are part of it, and name roles that it has") {
  const auto whole = to_json(with_rules());
  const auto said = [&](const char* pointer, const char* value) { return text_of(refusal_of(whole, pointer, value)); };
  CHECK(said("/rules/0/grants/role", R"("role-nobody")")
        == "manifest /rules/0/grants/role: there is no role 'role-nobody'");
  CHECK(said("/rankedAsset", R"("asset-9")") == "manifest /rankedAsset: there is no asset 'asset-9'");
  CHECK(said("/rules/1/when/any/0", "7").starts_with("rules /rules/1/when/any/0: must be an object"));
  CHECK(said("/rules/2/name", R"("Elders")").starts_with("rules /rules/2/name: 'Elders' is there twice"));
  CHECK(said("/rules/2", "7").starts_with("manifest /rules/2: "));
  CHECK(said("/roles/2", R"({"id":"role-patron"})").starts_with("manifest /roles/2: "));
  std::string many = "[{}";
  for (size_t i = 0; i < rules_max; ++i)
    many += ",{}";
  CHECK(said("/rules", (many + "]").c_str()).find("at most 50 rules") != std::string::npos);
}

TEST_CASE("manifest: its JSON is stable") {
  CHECK(text_of_tree(to_json(sample()))
          .starts_with(
            R"({"assets":[{"address":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed","chain":"berachain","decimals":18,)"
            R"("id":"asset-1",)"
            R"("minBalance":"6.9","symbol":"BGT","type":"erc20"},)"));
  CHECK(text_of_tree(to_json(sample())).find(R"("color":"#FFD700")") != std::string::npos);
  CHECK(text_of_tree(to_json(sample())).find(R"("existingRoleId":"1100000000000000009")") != std::string::npos);
}

TEST_CASE("manifest: what an earlier build has not is written only where it is used, so that its bytes stay") {
  const auto without = text_of_tree(to_json(sample()));
  for (const auto* key : {"threshold", "existingChannelId", "existingCategoryId"})
    CHECK(without.find(key) == std::string::npos);
  auto m = sample();
  m.tiers[1].threshold = "6.9";
  m.categories[0].existing = m.channels[1].existing = snowflake{1100000000000000009};
  const auto with = text_of_tree(to_json(m));
  for (const auto* key : {"threshold", "existingChannelId", "existingCategoryId"})
    CHECK(with.find(key) != std::string::npos); // Negative control.
}

TEST_CASE("manifest: permissions are written sorted, each once") {
  auto m = sample();
  m.roles[0].permissions = {"VIEW_CHANNEL", "SEND_MESSAGES", "VIEW_CHANNEL"};
  CHECK(to_json(m) == to_json(sample()));
}

TEST_CASE("manifest: another schemaVersion is unsupported") {
  CHECK(code_of(refusal("/schemaVersion", R"("3")")) == ec::unsupported);
  CHECK(code_of(refusal("/schemaVersion", "1")) == ec::invalid);
  CHECK(code_of(refusal("/schemaVersion", "")) == ec::invalid);
  const auto quoted = text_of(
    refusal("/schemaVersion", R"("沙沙沙沙沙沙沙沙沙沙沙")")); // 33 bytes, of which 32 are quoted.
  CHECK(quoted.find("\"沙沙沙沙沙沙沙沙沙沙\"") != std::string::npos);
}

TEST_CASE("manifest: each refusal has the pointer of its field, and what is allowed") {
  const std::tuple<const char*, const char*, const char*, const char*> table[] = {
    {"/community/name", R"("ab")", "/community/name", "3 to 100 characters"},
    {"/community/name", "7", "/community/name", "3 to 100 characters"},
    {"/community/nick", "7", "/community", "name"},
    {"/extra", "7", "manifest /:", "schemaVersion"},
    {"/theme/themeId", R"("../../etc")", "/theme/themeId", "a-z"},
    {"/assets", "[]", "/assets", "1 to 5"},
    {"/assets/0/type", R"("erc404")", "/assets/0/type", "erc1155"},
    {"/assets/0/address", R"("0x12")", "/assets/0/address", "40 hexadecimal"},
    {"/assets/0/address", "", "/assets/0/address", "needs the address"},
    {"/assets/1/address", R"("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")", "/assets/1/address", "remove"},
    {"/assets/0/decimals", "78", "/assets/0/decimals", "0 to 77"},
    {"/assets/0/decimals", "1.5", "/assets/0/decimals", "0 to 77"},
    {"/assets/0/minBalance", "6.9", "/assets/0/minBalance", "as text"},
    {"/assets/0/minBalance", R"("1e18")", "/assets/0/minBalance", "as text"},
    {"/assets/0/tokenId", R"("1")", "/assets/0/tokenId", "erc1155"},
    {"/assets/1/id", R"("asset-1")", "/assets/1/id", "twice"},
    {"/tiers/1/id", R"("naib")", "/tiers/1/id", "twice"},
    {"/tiers/0/minRank", "0", "/tiers/0/minRank", "from 1"},
    {"/tiers/0/minRank", "9007199254740992", "/tiers/0/minRank", "from 1"},
    {"/tiers/0/minRank", "8", "/tiers/0/maxRank", "minRank"},
    {"/roles/0/color", R"("#ffd700")", "/roles/0/color", "upper-case"},
    {"/roles/0/tierId", R"("nobody")", "/roles/0/tierId", "no tier"},
    {"/roles/0/tierId", R"("fedaykin")", "/roles/1/tierId", "one role a tier"},
    {"/roles/0/permissions", R"(["FLY"])", "/roles/0/permissions/0", "FLY"},
    {"/roles/0/permissions", R"(["VIEW_CHANNEL","SEND_MESSAGES"])", "/roles/0/permissions/1", "sorted"},
    {"/roles/0/permissions", R"(["SPEAK","SPEAK"])", "/roles/0/permissions", "each once"},
    {"/roles/1/existingRoleId", "1100000000000000009", "/roles/1/existingRoleId", "as text"},
    {"/roles/1/existingRoleId", R"("99999999999999999999")", "/roles/1/existingRoleId", "Discord id"},
    {"/roles/0/hoist", R"("yes")", "/roles/0/hoist", "true or false"},
    {"/categories/0/accessTiers", R"(["nobody"])", "/categories/0/accessTiers/0", "no tier"},
    {"/channels/0/categoryId", R"("nowhere")", "/channels/0/categoryId", "no category"},
    {"/channels/0/accessTiers", R"(["naib","naib"])", "/channels/0/accessTiers", "different"},
    {"/channels/1/accessTiers", R"(["nobody"])", "/channels/1/accessTiers/0", "no tier"},
    {"/channels/0/type", R"("stage")", "/channels/0/type", "forum"},
    {"/channels/0/readOnly", "", "/channels/0", "readOnly"},
    {"/tiers/0/threshold", "5", "/tiers/0/threshold", "as text"},
    {"/tiers/0/threshold", R"("0.00")", "/tiers/0/threshold", "above zero"},
    {"/channels/0/existingChannelId", R"("12")", "/channels/0/existingChannelId", "17 to 20 digits"},
    {"/channels/0/existingChannelId", R"("99999999999999999999")", "/channels/0/existingChannelId", "Discord id"},
    {"/categories/0/existingCategoryId", "7", "/categories/0/existingCategoryId", "as text"},
  };
  for (const auto& [pointer, value, expected, allowed] : table) {
    INFO((std::string{pointer} + " = " + value));
    const auto error = refusal(pointer, value);
    const auto text = text_of(error);
    CHECK(code_of(error) == ec::invalid);
    CHECK_MESSAGE(text.find(expected) != std::string::npos, text);
    CHECK_MESSAGE(text.find(allowed) != std::string::npos, text);
  }
}

TEST_CASE("manifest: one channel of the server does not stand for two of the plan") {
  auto m = sample();
  m.channels[0].existing = m.channels[1].existing = snowflake{1100000000000000009};
  const auto twice = read_manifest(json::print(to_json(m)));
  REQUIRE_FALSE(twice);
  CHECK(text_of(twice.error()).find("/channels/1/existingChannelId: is chosen twice") != std::string::npos);
  m.channels[1].existing = snowflake{1100000000000000010};
  CHECK(read_manifest(json::print(to_json(m))));
}

TEST_CASE("manifest: lengths are counted in characters, and monstrous texts never reach the regular expressions") {
  CHECK(code_of(refusal("/channels/0/topic", ("\"" + std::string(1025, 'x') + "\"").c_str())) == ec::invalid);
  std::string camels;
  for (int i = 0; i < 1024; ++i)
    camels += "🐪";
  CHECK_FALSE(refusal("/channels/0/topic", ("\"" + camels + "\"").c_str()));
  const auto error = refusal("/theme/themeId", ("\"" + std::string(900'000, 'x') + "\"").c_str());
  CHECK(text_of(error).find("/theme/themeId: a text of 900000 bytes") != std::string::npos);
  CHECK(code_of(refusal("/channels", ("[" + std::string(100'000, ' ') + std::string("1") +
                                      [] {
                                        std::string many;
                                        for (int i = 0; i < 5000; ++i)
                                          many += ",1";
                                        return many;
                                      }()
                                      + "]")
                                       .c_str()))
        == ec::invalid);
}

TEST_CASE("manifest: text that is no JSON object is refused") {
  for (const char* bad : {"", "[]", "7", "{", "{\"schemaVersion\":\"1\",\"schemaVersion\":\"1\"}"}) {
    const auto read = read_manifest(bad);
    REQUIRE_FALSE(read);
    CHECK_MESSAGE(code_of(read.error()) == ec::invalid, std::string{bad});
  }
}

TEST_CASE("manifest: the signed statement is canonical and names community, version and predecessor") {
  CHECK(signing_bytes({{"6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, 2, "aa", "bb", "2026-11-24T05:38:16.123Z"})
        == R"({"alg":"ed25519","communityId":"6ba7b810-9dad-11d1-80b4-00c04fd430c8",)"
           R"("createdAt":"2026-11-24T05:38:16.123Z",)"
           R"("previousSha256":"bb","sha256":"aa","version":2})");
}
