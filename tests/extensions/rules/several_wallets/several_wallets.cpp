// The smallest kind of leaf: it counts a member's wallets, and asks no chain.
#include "actors/rules/leaf.hpp"
#include "actors/rules/sentence.hpp"
#include "runtime/json.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace arrakis::rules::several_wallets {
namespace {

class count : public leaf {
public:
  explicit count(size_t needed) : needed_{needed} {}
  std::vector<chain_read> reads(const wallets&) const override { return {}; }
  finding judge(const wallets& member, const lookup&) const override {
    return {.answer = member.size() >= needed_ ? truth::yes : truth::no,
            .required = fmt::format("at least {} wallets", needed_),
            .found = fmt::format("you have {} here", member.size())};
  }
  std::string sentence(const finding& f, polarity sign) const override { return explain(f, sign); }

private:
  size_t needed_;
};

caf::expected<std::unique_ptr<const leaf>> read(const boost::json::object& parameters, const std::string&) {
  return std::make_unique<const count>(static_cast<size_t>(json::integer_or(parameters, "count")));
}

} // namespace

const leaf_kind& definition() {
  static const leaf_kind self{.name = "several_wallets",
                              .help = "How many wallets a member has.",
                              .parameters = R"json({
    "required": ["count"],
    "properties": {"count": {"type": "integer", "minimum": 1, "maximum": 100, "description": "1 to 100"}}
  })json",
                              .read = read};
  return self;
}

} // namespace arrakis::rules::several_wallets
