// Content of messages: components, embeds, mentions.
#include "apps/sandbox/model/content.hpp"

#include "apps/sandbox/model/messages.hpp"
#include "apps/sandbox/model/model_fixture.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace arrakis::sandbox::model;

namespace {
constexpr uint64_t administrator = 8;

/// The code with which a message is refused; 0: it is sent.
int refused(const std::string& body) {
  model_fixture t(administrator);
  auto out = send_message(t.state, t.bot(), t.general(), object(body));
  return out ? 0 : out.why().code;
}
int refused_component(std::string_view component) {
  return refused(fmt::format(R"({{"content":"x","components":[{{"type":1,"components":[{}]}}]}})", component));
}
int refused_display(std::string_view components) {
  return refused(fmt::format(R"({{"flags":32768,"components":[{}]}})", components));
}
constexpr auto a_button = R"({"type":2,"style":1,"label":"a","custom_id":"a"})";
} // namespace

TEST_CASE("content: a row holds buttons or one select, and a button has an id or an address") {
  CHECK(refused_component(a_button) == 0);
  CHECK(refused_component(fmt::format(R"({{"type":1,"components":[{}]}})", a_button)) == 50035); // A row in a row.
  CHECK(refused_component(R"({"type":2,"style":5,"label":"a","url":"https://a.b"})") == 0);
  CHECK(refused_component(R"({"type":2,"style":5,"label":"a","url":"https://a.b","custom_id":"a"})") == 50035);
  CHECK(refused_component(R"({"type":2,"style":1,"label":"a","url":null,"custom_id":"a"})") == 0);
  CHECK(refused_component(R"({"type":2,"style":6,"sku_id":"5"})") == 50035); // Nothing is sold here.
}

TEST_CASE("content: a select's bounds, options and defaults are what it can offer") {
  const auto select = [](int type, std::string_view more) {
    return refused_component(fmt::format(R"({{"type":{},"custom_id":"s",{}}})", type, more));
  };
  constexpr auto two = R"("options":[{"label":"a","value":"a","default":true},{"label":"b","value":"b"}])";
  CHECK(select(3, two) == 0);
  for (const auto* bounds : {R"("min_values":26)", R"("max_values":0)", R"("max_values":3)",
                             R"("min_values":2,"max_values":1)", R"("min_values":"x")"})
    CHECK_MESSAGE(select(3, fmt::format("{},{}", bounds, two)) == 50035, bounds);
  CHECK(select(3, R"("options":[5])") == 50035);
  CHECK(select(3, R"("options":[{"label":"a","value":"a","default":true},{"label":"b","value":"b","default":true}])")
        == 50035);
  CHECK(select(8, R"("channel_types":[0,15])") == 0);
  CHECK(select(8, R"("channel_types":[99])") == 50035);
  CHECK(select(5, R"("default_values":[{"id":"5","type":"user"}])") == 0);
  for (const auto* bad : {R"([{"id":"5","type":"role"}])", R"([{"id":"x","type":"user"}])", "[5]",
                          R"([{"id":"5","type":"user"},{"id":"6","type":"user"}])"})
    CHECK_MESSAGE(select(5, fmt::format(R"("default_values":{})", bad)) == 50035, bad);
}

TEST_CASE("content: components of version 2 stand where they may, with what they need") {
  const auto text = [](size_t length) { return fmt::format(R"({{"type":10,"content":"{:x>{}}"}})", "", length); };
  const auto container = [](const std::string& inner) {
    return fmt::format(R"({{"type":17,"components":[{}]}})", inner);
  };
  CHECK(refused_display(container(text(5))) == 0);
  CHECK(refused_display(container(container(text(5)))) == 50035);
  CHECK(refused_display(container("")) == 50035);
  CHECK(refused_display(fmt::format(R"({{"type":9,"components":[{}],"accessory":{}}})", text(5), a_button)) == 0);
  CHECK(refused_display(fmt::format(R"({{"type":9,"components":[{}]}})", text(5))) == 50035);
  CHECK(refused_display(R"({"type":12,"items":[]})") == 50035);
  CHECK(refused_display(R"({"type":12,"items":[{"media":{"url":"https://a.b/c.png"}}]})") == 0);
  CHECK(refused_display(text(2000) + "," + text(2000)) == 0);
  CHECK(refused_display(text(2100) + "," + text(2100)) == 50035);
}

TEST_CASE("content: each part of an embed is of its kind and has what it needs") {
  const auto embed = [](std::string_view part) {
    return refused(fmt::format(R"({{"embeds":[{{"description":"d",{}}}]}})", part));
  };
  for (const auto* bad : {R"("title":5)", R"("timestamp":"yesterday")", R"("fields":{})", R"("fields":[5])",
                          R"("footer":{})", R"("author":{})", R"("image":{})", R"("thumbnail":5)"})
    CHECK_MESSAGE(embed(bad) == 50035, bad);
  CHECK(embed(R"("timestamp":"2026-11-30T15:00:00.123456+00:00")") == 0);
  CHECK(embed(R"("timestamp":"2026-11-30T15:00:00Z","footer":{"text":"f"},"author":{"name":"a"},"title":null)") == 0);
}

TEST_CASE("content: allowed_mentions names known kinds, ids of users and roles, and not both of one kind") {
  const auto mentions = [](std::string_view allowed) {
    return refused(fmt::format(R"({{"content":"x","allowed_mentions":{}}})", allowed));
  };
  for (const auto* good :
       {"{}", R"({"parse":[]})", R"({"parse":["users","roles","everyone"]})",
        R"({"parse":["roles"],"users":["1"],"replied_user":false})", R"({"parse":["users"],"users":[]})"})
    CHECK_MESSAGE(mentions(good) == 0, good);
  std::string many;
  for (int i = 1; i <= 101; ++i)
    many += fmt::format(R"({}"{}")", i > 1 ? "," : "", i);
  for (const auto& bad :
       {std::string(R"({"parse":["all"]})"), std::string(R"({"parse":["users"],"users":["1"]})"),
        std::string(R"({"users":["x"]})"), std::string("5"), fmt::format(R"({{"users":[{}]}})", many)})
    CHECK_MESSAGE(mentions(bad) == 50035, bad);
}

TEST_CASE("messages: a nonce has at most 25 characters") {
  CHECK(refused(fmt::format(R"({{"content":"x","nonce":"{:n>25}"}})", "")) == 0);
  CHECK(refused(fmt::format(R"({{"content":"x","nonce":"{:n>26}"}})", "")) == 50035);
  CHECK(refused(R"({"content":"x","nonce":1234567890123456789})") == 0);
  CHECK(refused(R"({"content":"x","nonce":{}})") == 50035);
}

TEST_CASE("messages: embeds, files and replies need their permissions") {
  using namespace arrakis::permissions;
  model_fixture t;
  const auto first = id_in(*send_message(t.state, t.bot(), t.general(), object(R"({"content":"x"})"))).text();
  auto& where = *t.general().channel;
  const auto code = [&](uint64_t denied, const std::string& body) {
    where.overwrites = {{t.app().bot, overwrite::of_member, 0, denied}};
    auto out = send_message(t.state, t.bot(), t.general(), object(body));
    return out ? 0 : out.why().code;
  };
  const std::string embed = R"({"embeds":[{"title":"x"}]})";
  const std::string file = R"({"attachments":[{"upload":true,"filename":"a","size":1}]})";
  const auto reply = fmt::format(R"({{"content":"x","message_reference":{{"message_id":"{}"}}}})", first);
  for (const auto& each : {embed, file, reply})
    CHECK_MESSAGE(code(0, each) == 0, each);
  CHECK(code(embed_links, embed) == 50013);
  CHECK(code(attach_files, file) == 50013);
  CHECK(code(read_message_history, reply) == 160002);
}

TEST_CASE("messages: a bulk deletion takes different ids, and nothing else") {
  model_fixture t(administrator);
  const auto code = [&](const char* ids) {
    auto out = delete_messages(t.state, t.bot(), t.general(), object(fmt::format(R"({{"messages":{}}})", ids)));
    return out ? 0 : out.why().code;
  };
  CHECK(code(R"(["a","b"])") == 50035);
  const auto id = id_in(*send_message(t.state, t.bot(), t.general(), object(R"({"content":"x"})"))).text();
  CHECK(code(fmt::format(R"(["{0}","{0}"])", id).c_str()) == 50035);
  CHECK(code(fmt::format(R"(["{}","{}"])", id, t.state.next_id().text()).c_str()) == 0);
}
