#include "runtime/registry/registry.hpp"

#include "runtime/registry/reader.hpp"
#include "runtime/registry/record.hpp"

#include <algorithm>
#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>

namespace arrakis::registry {
namespace detail {

/// Never freed; new children are added at the end of a list that readers walk without a lock.
struct node {
  node(node* p, std::string_view n) : parent(p), name(n) {}
  node* const parent;
  const std::string name;
  std::atomic<const declaration*> declared{nullptr};
  std::atomic<node*> first{nullptr}, next{nullptr};
};

namespace {
constexpr size_t chunk_records = 512, chunks_max = 16'384;

struct chunk {
  std::array<record, chunk_records> records;
};

/// All records, never freed. `writing` is held to add or release one, never by a reader and never in a handler's
/// counting.
struct store {
  std::mutex writing;
  std::array<std::atomic<chunk*>, chunks_max> chunks{};
  std::atomic<size_t> chunk_count{0};
  record* free_records = nullptr;
  incidents* free_incidents = nullptr;
  std::atomic<kind*> kinds{nullptr};
  std::vector<node*> roots;
  std::vector<std::unique_ptr<const declaration>> declarations; ///< Earlier ones too: a reader may be looking at them.
  std::atomic<node*> default_root{nullptr};
};

store& all() {
  static auto* const one = new store; // Outlives every actor, at the exit too.
  return *one;
}

/// Seat that is being filled: the next actor of this thread takes it.
struct target {
  node* where = nullptr;
  incidents* crashes = nullptr;
  const std::string* key = nullptr;
  uint64_t tenant = 0;
  bool exact = true;
  record* taken = nullptr; ///< By the first actor.
};
thread_local target* starting = nullptr;

node* default_root() {
  auto& a = all();
  if (auto* known = a.default_root.load(std::memory_order_acquire))
    return known;
  const std::lock_guard lock{a.writing};
  if (!a.default_root.load(std::memory_order_relaxed)) {
    a.roots.push_back(new node{nullptr, "unplaced"});
    a.default_root.store(a.roots.back(), std::memory_order_release);
  }
  return a.default_root.load(std::memory_order_relaxed);
}

node* find_child(const node* parent, std::string_view name) {
  for (auto* n = parent->first.load(std::memory_order_acquire); n; n = n->next.load(std::memory_order_acquire))
    if (n->name == name)
      return n;
  return nullptr;
}

node* child_of(node* parent, std::string_view name) {
  if (auto* known = find_child(parent, name))
    return known;
  const std::lock_guard lock{all().writing};
  if (auto* known = find_child(parent, name)) // Another thread was first.
    return known;
  auto* made = new node{parent, name};
  auto* last = &parent->first;
  while (auto* n = last->load(std::memory_order_relaxed))
    last = &n->next;
  last->store(made, std::memory_order_release);
  return made;
}

kind* find_kind(std::string_view name) {
  for (auto* k = all().kinds.load(std::memory_order_acquire); k; k = k->next)
    if (k->name == name)
      return k;
  return nullptr;
}

kind* kind_of(std::string_view name) {
  if (auto* known = find_kind(name))
    return known;
  const std::lock_guard lock{all().writing};
  if (auto* known = find_kind(name))
    return known;
  auto* made = new kind{name};
  made->next = all().kinds.load(std::memory_order_relaxed);
  all().kinds.store(made, std::memory_order_release);
  return made;
}

/// Under `writing`.
void push_free(record& r) {
  auto& a = all();
  r.tenant.store(reinterpret_cast<uint64_t>(std::exchange(a.free_records, &r)), std::memory_order_relaxed);
}

record* take_record() {
  auto& a = all();
  const std::lock_guard lock{a.writing};
  if (!a.free_records) {
    const auto count = a.chunk_count.load(std::memory_order_relaxed);
    if (count == chunks_max)
      throw std::bad_alloc{};
    auto* made = new chunk;
    for (auto& r : made->records)
      push_free(r);
    a.chunks[count].store(made, std::memory_order_release);
    a.chunk_count.store(count + 1, std::memory_order_release);
  }
  auto* r = a.free_records;
  a.free_records = reinterpret_cast<record*>(r->tenant.load(std::memory_order_relaxed));
  return r;
}

/// Changes what `version` guards.
template <class Change>
void change(record& r, Change change_it) {
  const auto version = r.version.load(std::memory_order_relaxed);
  r.version.store(version + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  change_it();
  r.version.store(version + 2, std::memory_order_release);
}

void fill(record& r, node* where, kind* what, std::string_view key, uint64_t tenant, bool exact, incidents* crashes,
          life state) {
  change(r, [&] {
    for (auto* counter : {&r.handled, &r.nonempty_since_ns, &r.sampled_ns, &r.longest_ns})
      counter->store(0, std::memory_order_relaxed);
    r.actor_id.store(0, std::memory_order_relaxed);
    for (auto* counter : {&r.arrived_asleep, &r.arrived_awake, &r.requests})
      counter->store(0, std::memory_order_relaxed);
    r.timers.store(0, std::memory_order_relaxed);
    r.where.store(where, std::memory_order_relaxed);
    r.what.store(what, std::memory_order_relaxed);
    std::array<uint64_t, key_bytes / 8> words{};
    key.copy(reinterpret_cast<char*>(words.data()), key_bytes); // An empty key has no address that memcpy takes.
    for (size_t i = 0; i < words.size(); ++i)
      r.key[i].store(words[i], std::memory_order_relaxed);
    r.tenant.store(tenant, std::memory_order_relaxed);
    r.exact.store(exact, std::memory_order_relaxed);
    r.crashes.store(crashes, std::memory_order_relaxed);
    r.state.store(state, std::memory_order_relaxed);
  });
}

void give_back(record* r) {
  if (!r)
    return;
  change(*r, [&] { r->state.store(life::free, std::memory_order_relaxed); });
  const std::lock_guard lock{all().writing};
  push_free(*r);
}

incidents* take_incidents() {
  auto& a = all();
  const std::lock_guard lock{a.writing};
  auto* taken = a.free_incidents;
  if (!taken)
    return new incidents;
  a.free_incidents = std::exchange(taken->next_free, nullptr);
  taken->count.store(0, std::memory_order_relaxed);
  taken->last_ms.store(0, std::memory_order_relaxed);
  taken->error.write("");
  return taken;
}

void give_back(incidents* i) {
  if (!i)
    return;
  const std::lock_guard lock{all().writing};
  i->next_free = std::exchange(all().free_incidents, i);
}

std::string path_of(const node* n) {
  auto path = n->name;
  for (n = n->parent; n; n = n->parent)
    path = n->name + "/" + path;
  return path;
}

bool is_below(const node* n, const node* root) {
  for (; n; n = n->parent)
    if (n == root)
      return true;
  return false;
}

actor_state state_of(life l, uint64_t mailbox) {
  switch (l) {
    case life::vacant_restarting: return actor_state::restarting;
    case life::vacant_quarantined: return actor_state::quarantined;
    case life::alive: return mailbox > 0 ? actor_state::running : actor_state::waiting;
    default: return actor_state::starting;
  }
}

uint64_t samples_of(uint64_t handled) { return (handled + sample_every - 1) / sample_every; }

/// False: the record holds no actor, or changed meanwhile.
bool read(const record& r, const node* root, row& out) {
  const auto version = r.version.load(std::memory_order_acquire);
  const auto life_now = r.state.load(std::memory_order_relaxed);
  if (version % 2 != 0 || life_now == life::free || life_now == life::ended)
    return false;
  const auto* where = r.where.load(std::memory_order_relaxed);
  const auto* what = r.what.load(std::memory_order_relaxed);
  const auto* crashes = r.crashes.load(std::memory_order_relaxed);
  const auto exact = r.exact.load(std::memory_order_relaxed);
  out.handled = r.handled.load(std::memory_order_relaxed);
  // A message may be handled before its sender has counted it.
  out.mailbox = static_cast<uint64_t>(
    std::max(0, static_cast<int32_t>(r.arrived() - static_cast<uint32_t>(out.handled))));
  const auto since = r.nonempty_since_ns.load(std::memory_order_relaxed), now = coarse_ns();
  out.oldest_ms = out.mailbox > 0 && now > since ? (now - since) / 1'000'000 : 0;
  out.sampled = samples_of(out.handled);
  out.sampled_ns = r.sampled_ns.load(std::memory_order_relaxed);
  out.longest_ns = r.longest_ns.load(std::memory_order_relaxed);
  out.requests = r.requests.load(std::memory_order_relaxed);
  out.actor_id = r.actor_id.load(std::memory_order_relaxed);
  out.tenant = r.tenant.load(std::memory_order_relaxed);
  std::array<char, key_bytes> key{};
  for (size_t i = 0; i < r.key.size(); ++i) {
    const auto word = r.key[i].load(std::memory_order_relaxed);
    std::memcpy(key.data() + i * 8, &word, 8);
  }
  std::atomic_thread_fence(std::memory_order_acquire);
  if (r.version.load(std::memory_order_relaxed) != version || !where || !what || !is_below(where, root))
    return false;
  out.key.assign(key.data(), static_cast<size_t>(std::find(key.begin(), key.end(), '\0') - key.begin()));
  out.state = state_of(life_now, out.mailbox);
  out.kind = what->name;
  out.path = path_of(where);
  if (!exact)
    out.path += "/" + out.key;
  if (crashes) {
    out.restarts = crashes->count.load(std::memory_order_relaxed);
    out.crashed_ms = crashes->last_ms.load(std::memory_order_relaxed);
    out.last_error = crashes->error.read();
  }
  return true;
}

void collect(const node* n, size_t depth, std::vector<tree_row>& out) {
  if (const auto* declared = n->declared.load(std::memory_order_acquire))
    out.push_back({path_of(n), n->name, depth++, *declared});
  for (auto* c = n->first.load(std::memory_order_acquire); c; c = c->next.load(std::memory_order_acquire))
    collect(c, depth, out);
}
} // namespace

void kind::took(uint64_t ns) {
  const auto bound = std::find_if(bucket_bounds_us.begin(), bucket_bounds_us.end(),
                                  [ns](uint64_t us) { return ns <= us * 1'000; });
  buckets[static_cast<size_t>(bound - bucket_bounds_us.begin())].fetch_add(1, std::memory_order_relaxed);
  sampled_ns.fetch_add(ns, std::memory_order_relaxed);
}

void handling::sample() const {
  const auto took = exact_ns() - began_;
  record_.sampled_ns.store(record_.sampled_ns.load(std::memory_order_relaxed) + took, std::memory_order_relaxed);
  if (took > record_.longest_ns.load(std::memory_order_relaxed))
    record_.longest_ns.store(took, std::memory_order_relaxed);
  record_.what.load(std::memory_order_relaxed)->took(took);
}

lease::~lease() { give_back(record_); }

class scope {
public:
  explicit scope(target& t) : outer_(std::exchange(starting, &t)) {}
  scope(const scope&) = delete;
  ~scope() { starting = outer_; }

private:
  target* outer_;
};

bool is_of(const record& r, const caf::actor& which) {
  const auto now = r.state.load(std::memory_order_relaxed);
  return r.actor_id.load(std::memory_order_relaxed) == static_cast<uint32_t>(which.id())
      && (now == life::starting || now == life::alive);
}

/// Finds an actor's record; nullptr: unknown or ended. Scans all records; for use at a start only.
record* find_record(const caf::actor& which) {
  auto& a = all();
  const auto count = a.chunk_count.load(std::memory_order_acquire);
  for (size_t i = 0; i < count; ++i)
    for (auto& r : a.chunks[i].load(std::memory_order_acquire)->records)
      if (is_of(r, which))
        return &r;
  return nullptr;
}

void settle(record& r, node* where, bool exact, incidents* crashes) {
  r.where.store(where, std::memory_order_relaxed);
  r.exact.store(exact, std::memory_order_relaxed);
  r.crashes.store(crashes, std::memory_order_relaxed);
}

lease enroll(const identity& who) {
  auto* const slot = starting;
  lease made{take_record()};
  auto* const what = kind_of(who.kind);
  if (slot && !slot->taken) {
    slot->taken = &*made;
    fill(*made, slot->where, what, who.key.empty() ? std::string_view{*slot->key} : who.key,
         who.tenant ? who.tenant : slot->tenant, slot->exact, slot->crashes, life::starting);
    return made;
  }
  auto* const parent = slot ? slot->where : current ? current->where.load(std::memory_order_relaxed) : default_root();
  const bool keyed = !who.key.empty();
  fill(*made, keyed ? parent : child_of(parent, who.kind), what, who.key, who.tenant, !keyed, nullptr, life::starting);
  return made;
}
} // namespace detail

void count_timers(uint64_t actor_id, int by) {
  auto* const own = detail::current;
  if (!own || own->actor_id.load(std::memory_order_relaxed) != static_cast<uint32_t>(actor_id))
    return;
  const auto before = own->timers.load(std::memory_order_relaxed);
  own->timers.store(static_cast<uint16_t>(before + by), std::memory_order_relaxed);
}

std::string_view word(actor_state s) {
  constexpr std::array<std::string_view, 5> words{"starting", "running", "waiting", "restarting", "quarantined"};
  return words[static_cast<size_t>(s)];
}

tree_node tree_node::root(std::string name) {
  auto* made = new detail::node{nullptr, name};
  const std::lock_guard lock{detail::all().writing};
  detail::all().roots.push_back(made);
  return tree_node{made};
}
tree_node tree_node::current() {
  return tree_node{detail::current ? detail::current->where.load(std::memory_order_relaxed) : detail::default_root()};
}
tree_node tree_node::child(std::string_view name) const { return tree_node{detail::child_of(node_, name)}; }
tree_node tree_node::deepest(std::string_view path) const {
  auto* at = node_;
  if (path.starts_with(at->name))
    path.remove_prefix(at->name.size());
  while (path.starts_with('/')) {
    const auto name = path.substr(1, path.find('/', 1) - 1);
    auto* below = detail::find_child(at, name);
    if (!below)
      break;
    at = below;
    path.remove_prefix(1 + name.size());
  }
  return tree_node{at};
}
void tree_node::make_default() const { detail::all().default_root.store(node_, std::memory_order_release); }
void tree_node::declare(declaration d) const {
  const auto* before = node_->declared.load(std::memory_order_acquire);
  if (before && *before == d) // A restart declares the same again, and takes no memory.
    return;
  auto made = std::make_unique<const declaration>(std::move(d));
  const std::lock_guard lock{detail::all().writing};
  node_->declared.store(made.get(), std::memory_order_release);
  detail::all().declarations.push_back(std::move(made));
}
void tree_node::declare_first(declaration d) const {
  if (!node_->declared.load(std::memory_order_acquire))
    declare(std::move(d));
}
std::string tree_node::path() const { return node_ ? detail::path_of(node_) : ""; }

child_slot::child_slot(tree_node at, identity who, bool exact)
  : at_(at), kind_(who.kind), key_(who.key), tenant_(who.tenant), exact_(exact) {}
child_slot::child_slot(child_slot&& other) noexcept
  : at_(other.at_),
    kind_(std::move(other.kind_)),
    key_(std::move(other.key_)),
    tenant_(other.tenant_),
    exact_(other.exact_),
    incidents_(std::exchange(other.incidents_, nullptr)),
    vacant_(std::exchange(other.vacant_, nullptr)) {}
child_slot::~child_slot() {
  detail::give_back(vacant_);
  detail::give_back(incidents_);
}

caf::actor child_slot::start(const std::function<caf::actor()>& start) {
  detail::target mine{at_.node_, incidents_, &key_, tenant_, exact_};
  const auto actor = [&] {
    const detail::scope now{mine};
    return start();
  }();
  clear();
  auto* const own = mine.taken && detail::is_of(*mine.taken, actor) ? mine.taken : detail::find_record(actor);
  if (!own)
    return actor;
  kind_ = own->what.load(std::memory_order_relaxed)->name;
  tenant_ = own->tenant.load(std::memory_order_relaxed);
  if (mine.taken == own)
    return actor;
  if (mine.taken) { // `start` spawned a helper first.
    const auto* what = mine.taken->what.load(std::memory_order_relaxed);
    detail::settle(*mine.taken, detail::child_of(at_.node_, what->name), true, nullptr);
  }
  detail::settle(*own, at_.node_, exact_, incidents_);
  return actor;
}

void child_slot::crashed(std::string_view error, int64_t wall_ms, actor_state next) {
  if (!incidents_)
    incidents_ = detail::take_incidents();
  incidents_->error.write(error);
  incidents_->last_ms.store(wall_ms, std::memory_order_relaxed);
  incidents_->count.fetch_add(1, std::memory_order_relaxed);
  show(next);
}

void child_slot::show(actor_state next) {
  if (!vacant_)
    vacant_ = detail::take_record();
  detail::fill(*vacant_, at_.node_, detail::kind_of(kind_), key_, tenant_, exact_, incidents_,
               next == actor_state::quarantined ? detail::life::vacant_quarantined : detail::life::vacant_restarting);
}

void child_slot::clear() { detail::give_back(std::exchange(vacant_, nullptr)); }
bool child_slot::is_starting() { return detail::starting && !detail::starting->taken; }
uint32_t child_slot::crashes() const { return incidents_ ? incidents_->count.load(std::memory_order_relaxed) : 0; }

struct access {
  static detail::node* node(tree_node p) { return p.node_; }
};

void move(const caf::actor& which, tree_node to) {
  if (auto* own = detail::find_record(which))
    detail::settle(*own, access::node(to), true, own->crashes.load(std::memory_order_relaxed));
}

namespace {
template <class Wanted>
std::vector<row> read_all(tree_node root, Wanted is_wanted) {
  std::vector<row> rows;
  auto& a = detail::all();
  const auto count = a.chunk_count.load(std::memory_order_acquire);
  for (size_t i = 0; i < count; ++i)
    for (const auto& r : a.chunks[i].load(std::memory_order_acquire)->records)
      if (row one; is_wanted(r) && detail::read(r, access::node(root), one))
        rows.push_back(std::move(one));
  return rows;
}
} // namespace

std::vector<row> actors(tree_node root) {
  return read_all(root, [](const detail::record&) { return true; });
}

std::vector<row> declared_actors(tree_node root) {
  return read_all(root, [](const detail::record& r) {
    const auto* where = r.where.load(std::memory_order_relaxed);
    return r.exact.load(std::memory_order_relaxed) && where && where->declared.load(std::memory_order_acquire);
  });
}

std::string in_words(const declaration& d) {
  auto text = "[" + d.strategy;
  if (d.restarts_max > 0)
    text += ", " + std::to_string(d.restarts_max) + " in " + std::to_string(d.window_s) + " s";
  text += "]";
  return d.dynamic_children.empty() ? text : text + "  " + d.dynamic_children;
}

std::vector<kind_row> kinds() {
  std::vector<kind_row> rows;
  for (const auto* k = detail::all().kinds.load(std::memory_order_acquire); k; k = k->next) {
    kind_row one{.kind = k->name};
    for (size_t i = 0; i < one.buckets.size(); ++i)
      one.sampled += one.buckets[i] = k->buckets[i].load(std::memory_order_relaxed);
    one.sampled_ns = k->sampled_ns.load(std::memory_order_relaxed);
    rows.push_back(std::move(one));
  }
  return rows;
}

std::vector<tree_row> declared_tree(tree_node root) {
  std::vector<tree_row> rows;
  detail::collect(access::node(root), 0, rows);
  return rows;
}

size_t bytes_per_actor() { return sizeof(detail::record) + sizeof(detail::lease); }
} // namespace arrakis::registry
