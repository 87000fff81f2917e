#include "adapters/redis/wire.hpp"

#include "runtime/assert.hpp"

#include <algorithm>
#include <charconv>
#include <hiredis/read.h>
#include <map>
#include <mutex>
#include <openssl/sha.h>

namespace arrakis::redis {
namespace {

void put_number(std::string& out, char kind, size_t number) {
  char head[24];
  head[0] = kind;
  auto* end = std::to_chars(head + 1, head + sizeof head - 2, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(head, end);
}

// The room for all items is taken when their count is read, which the other end can make up, at each depth anew. We ask
// for some thousands.
constexpr size_t items_max = 1 << 20;
// Bytes of a reply that is not whole; hiredis alone takes 512 MiB in one text. Our largest are jobs of some kilobytes.
constexpr size_t reply_bytes_max = 64 << 20;

// hiredis asks for an object per reply; ours live inside their parent, whose items are made at once and so never move.
reply* place(const redisReadTask* task) {
  return task->parent ? &static_cast<reply*>(task->parent->obj)->items[static_cast<size_t>(task->idx)] : new reply;
}

void* make_text(const redisReadTask* task, char* bytes, size_t size) {
  auto* made = place(task);
  made->type = task->type == REDIS_REPLY_ERROR ? reply::error : reply::text;
  made->bytes.assign(bytes, size);
  return made;
}
void* make_array(const redisReadTask* task, int count) {
  auto& items = *static_cast<size_t*>(task->privdata); // Of the whole reply so far.
  if (static_cast<size_t>(count) > items_max - items)
    return nullptr; // hiredis takes it for a lack of memory, and the stream for broken.
  items += static_cast<size_t>(count);
  auto* made = place(task);
  made->type = reply::array;
  made->items.resize(static_cast<size_t>(count));
  return made;
}
void* make_integer(const redisReadTask* task, long long number) {
  auto* made = place(task);
  made->type = reply::integer;
  made->number = number;
  return made;
}
void* make_nil(const redisReadTask* task) { return place(task); }
void release(void* root) { delete static_cast<reply*>(root); }

redisReplyObjectFunctions functions{make_text, make_array, make_integer, make_nil, release};

} // namespace

void put_count(std::string& out, size_t count) { put_number(out, '*', count); }

void put_word(std::string& out, std::string_view word) {
  put_number(out, '$', word.size());
  out.append(word);
  out.append("\r\n", 2);
}

void put_word(std::string& out, std::string_view first, std::string_view second) {
  put_number(out, '$', first.size() + second.size());
  out.append(first);
  out.append(second);
  out.append("\r\n", 2);
}

std::string encode(std::span<const std::string> words) {
  size_t bytes = 16;
  for (const auto& word : words)
    bytes += word.size() + 16;
  std::string out;
  out.reserve(bytes);
  put_count(out, words.size());
  for (const auto& word : words)
    put_word(out, word);
  return out;
}

std::string encode_eval(std::string_view sha1, std::span<const std::string_view> keys,
                        std::span<const std::string_view> args) {
  size_t bytes = 96;
  for (auto list : {keys, args})
    for (auto word : list)
      bytes += word.size() + 16;
  std::string out;
  out.reserve(bytes);
  put_eval(out, sha1, keys, args);
  return out;
}

void put_eval(std::string& out, std::string_view sha1, size_t keys, size_t args) {
  put_count(out, 3 + keys + args);
  put_word(out, "EVALSHA");
  put_word(out, sha1);
  put_word(out, std::to_string(keys));
}

void put_eval(std::string& out, std::string_view sha1, std::span<const std::string_view> keys,
              std::span<const std::string_view> args) {
  put_eval(out, sha1, keys.size(), args.size());
  for (auto list : {keys, args})
    for (auto word : list)
      put_word(out, word);
}

std::string_view sha1_of(const script& code) {
  if (!code.sha1.empty())
    return code.sha1;
  static std::mutex guard;
  static std::map<const char*, std::string> known; // Scripts are static: their text is their identity.
  std::scoped_lock lock{guard};
  auto& hex = known[code.text.data()];
  if (hex.empty()) {
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<const unsigned char*>(code.text.data()), code.text.size(), digest);
    for (auto byte : digest) {
      hex.push_back("0123456789abcdef"[byte >> 4]);
      hex.push_back("0123456789abcdef"[byte & 15]);
    }
  }
  return hex;
}

bool is_passing(std::string_view error) {
  // Before Redis 7 the error of a call inside a script stands behind the place of that call.
  if (error.starts_with("ERR Error running script"))
    if (const auto inner = error.rfind(": -"); inner != std::string_view::npos)
      error.remove_prefix(inner + 3);
  static constexpr std::string_view codes[]{"BUSY",       "LOADING",    "READONLY",    "OOM",      "MISCONF",
                                            "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "UNBLOCKED"};
  return std::ranges::find(codes, error.substr(0, error.find(' '))) != std::end(codes);
}

caf::error unavailable(const std::string& why) {
  return fail(ec::unavailable, "Redis: " + why, server_away{"redis", why});
}

caf::expected<reply> answer(reply from) {
  if (from.type != reply::error)
    return from;
  return is_passing(from.bytes) ? unavailable(from.bytes) : fail(ec::internal, "Redis: " + from.bytes);
}

void reader::closer::operator()(redisReader* parser) const { redisReaderFree(parser); }

reader::reader() : parser_(redisReaderCreateWithFunctions(&functions)) {
  ARRAKIS_ASSERT(parser_, "there is memory for a parser");
  parser_->privdata = &items_;
}
reader::~reader() = default;

void reader::feed(std::string_view bytes) {
  if (redisReaderFeed(parser_.get(), bytes.data(), bytes.size()) != REDIS_OK)
    broken_ = true;
  bytes_ += bytes.size();
}

std::optional<reply> reader::next() {
  if (broken_)
    return std::nullopt;
  void* made = nullptr;
  if (redisReaderGetReply(parser_.get(), &made) != REDIS_OK) {
    broken_ = true;
    return std::nullopt;
  }
  if (!made) {
    broken_ = bytes_ > reply_bytes_max;
    return std::nullopt;
  }
  items_ = bytes_ = 0;
  std::unique_ptr<reply> owned{static_cast<reply*>(made)};
  return std::move(*owned);
}
} // namespace arrakis::redis
