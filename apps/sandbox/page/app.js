// The page: reads /_sandbox/view for one person, draws it, and acts as that person. Redraws when the sandbox
// says "changed".
import { completing, parseCommand, typed } from './completion.js';
import { arrange, avatar, colour, element, icon, readable, redraw } from './element.js';
import { messageElement } from './message.js';
import { openModal } from './modal.js';

const at = (id) => document.getElementById(id);
const state = { user: '', guild: '', channel: '', view: null };
[state.user = '', state.guild = '', state.channel = ''] = location.hash.slice(1).split('/');

/// Messages that were dismissed, in every tab and after a reload; the newest thousand.
const dismissed = {
  key: 'dismissed',
  list: () => JSON.parse(localStorage.getItem(dismissed.key) ?? '[]'),
  add(id) {
    localStorage.setItem(dismissed.key, JSON.stringify([...dismissed.list(), id].slice(-1000)));
    draw();
  },
};
window.addEventListener('storage', () => state.view && draw());

async function call(method, path, body) {
  const response = await fetch(`/_sandbox/${path}`, {
    method,
    headers: body ? { 'content-type': 'application/json' } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await response.text();
  return { ok: response.ok, body: text ? JSON.parse(text) : null };
}

// ---- what the names in a text mean, and which colour a member has
const names = {
  guild: () => state.view.guild,
  async people(query) {
    const words = new URLSearchParams({ query, limit: 50 });
    const { ok, body } = await call('GET', `as/${state.user}/guilds/${state.guild}/members/search?${words}`);
    return ok ? body : [];
  },
  role: (id) => state.view.guild.roles.find((r) => r.id === id)?.name ?? 'unknown-role',
  user: (id) => state.view.guild.members.find((m) => m.user.id === id)?.user.username ?? 'unknown-user',
  channel: (id) => state.view.guild.channels.find((c) => c.id === id)?.name ?? 'unknown',
  colourOf(member) {
    const held = sortedRoles().filter((r) => member?.roles.includes(r.id) && r.color);
    return held.length ? readable(held[0].color) : null;
  },
};
/// Highest first, as Discord lists them.
function sortedRoles() {
  return [...state.view.guild.roles].sort(
    (a, b) => b.position - a.position || (BigInt(a.id) < BigInt(b.id) ? -1 : 1),
  );
}

// ---- acting
/// As in Discord, a person waits until the application acknowledged; what it edits later is drawn when it comes.
const acknowledged = { wait: 'acknowledged', wait_ms: 20_000 };

/// Sends a click or a choice. Answers whether the application took it.
async function act(source, message, customId, values) {
  const failure = source.closest('.message').querySelector('.failure');
  failure.hidden = true;
  source.classList.add('busy');
  source.setAttribute('aria-busy', 'true');
  let why = null;
  await perform({ channel: state.channel, message, custom_id: customId, values }, (text) => {
    why = text;
  });
  source.classList.remove('busy');
  source.removeAttribute('aria-busy');
  failure.textContent = why ?? '';
  failure.hidden = why === null;
  return why === null;
}

/// Acts as the person of this page. A form opens here and nowhere else: as in Discord, it belongs to the window in
/// which somebody acted, and it is gone when it was sent or closed, or when the page is loaded again.
async function perform(what, tell) {
  const { user } = state;
  const { body } = await call('POST', 'interactions', { user, ...what, ...acknowledged });
  if (body.phase === 'form') {
    if (user === state.user) showForm(body);
  } else if (body.phase === 'failed') tell(body.error);
  else if (!body.phase) tell(body.message ?? 'refused');
}

function showForm(interaction) {
  openModal(at('modal'), interaction.modal, async (fields) => {
    const { ok, body } = await call('POST', 'interactions', {
      user: interaction.user_id,
      form_of: interaction.id,
      fields,
      ...acknowledged,
    });
    if (!ok) return body.message;
    if (body.phase === 'failed') return 'Something went wrong. Try again.';
    return null;
  });
}

at('composer').addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = at('box').value.trim();
  if (!text) return;
  const notice = (why) => {
    at('notice').textContent = why;
  };
  notice('');
  if (text.startsWith('/')) {
    const { name, options } = parseCommand(text);
    at('box').value = '';
    suggest();
    notice(`/${name} …`);
    let why = '';
    await perform({ channel: state.channel, command: name, options }, (text) => {
      why = text;
    });
    notice(why);
    return;
  }
  at('box').value = '';
  const { ok, body } = await call('POST', `as/${state.user}/channels/${state.channel}/messages`, { content: text });
  if (!ok) notice(body.message);
});

// ---- suggestions while a command is typed: commands, then what its application offers for an option
let marked = 0;
let offers = []; // Entries of the list: {text: the text for the box, isTyped, attributes, parts}.
let asked = 0;

function commandOffers() {
  const text = at('box').value;
  if (!text.startsWith('/') || !state.view?.guild) return [];
  const word = text.slice(1).split(/\s/)[0].toLowerCase();
  return state.view.guild.commands
    .filter((c) => c.name.startsWith(word))
    .map((c) => ({
      text: `/${c.name}${(c.options ?? []).some((o) => o.required) ? ' ' : ''}`,
      isTyped: text.startsWith(`/${c.name}`),
      attributes: { 'data-command': c.name },
      parts: [
        element('b', {}, `/${c.name}`),
        ...(c.options ?? []).map((o) => element('span', { class: 'option' }, o.required ? o.name : `${o.name}?`)),
        element('small', {}, c.description),
      ],
    }));
}
async function choiceOffers({ command, option, options, before }) {
  const what = { user: state.user, channel: state.channel, command, options, typing: option };
  const { body } = await call('POST', 'interactions', what);
  at('notice').textContent = body.error ?? body.message ?? '';
  return (body.choices ?? []).map((c) => ({
    text: `${before}${typed(c.value)} `,
    attributes: { 'data-choice': String(c.value) },
    parts: [element('b', {}, c.name)],
  }));
}
const isCompleting = () => completing(at('box').value, state.view?.guild?.commands ?? []);
async function suggest() {
  const mine = ++asked;
  const what = isCompleting();
  const list = what ? await choiceOffers(what) : commandOffers();
  if (mine === asked) show(list); // Else more has been typed meanwhile.
}
function show(list) {
  offers = list;
  at('suggestions').hidden = offers.length === 0;
  at('box').setAttribute('aria-expanded', String(offers.length > 0));
  marked = Math.min(marked, Math.max(0, offers.length - 1));
  at('box').setAttribute('aria-activedescendant', offers.length ? `suggestion-${marked}` : '');
  at('suggestions').replaceChildren(
    ...offers.map((offer, i) =>
      element(
        'li',
        {
          id: `suggestion-${i}`,
          role: 'option',
          'aria-selected': String(i === marked),
          ...offer.attributes,
          onmousedown: (event) => {
            event.preventDefault();
            choose(offer);
          },
        },
        ...offer.parts,
      ),
    ),
  );
}
function choose({ text }) {
  at('box').value = text;
  at('box').focus();
  suggest();
}
at('box').addEventListener('input', () => {
  marked = 0;
  suggest();
});
function closeSuggestions() {
  asked += 1;
  show([]);
}
at('box').addEventListener('blur', closeSuggestions);
at('box').addEventListener('focus', suggest);
at('box').addEventListener('keydown', (event) => {
  if (!offers.length) return;
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    marked = (marked + (event.key === 'ArrowDown' ? 1 : offers.length - 1)) % offers.length;
    show(offers);
  } else if (event.key === 'Tab' || (event.key === 'Enter' && !offers.some((each) => each.isTyped))) {
    event.preventDefault();
    choose(offers[marked]);
  } else if (event.key === 'Escape') closeSuggestions();
});

// ---- drawing
const direct = '@me'; // Where a guild's id stands: the direct messages of this person.
function drawServers({ guilds, guild }) {
  redraw(at('servers'), [guilds, guild?.id], () =>
    [{ id: direct, name: 'Direct Messages' }, ...guilds].map((g) =>
      element(
        'button',
        {
          type: 'button',
          class: g.id === guild?.id ? 'server active' : 'server',
          'data-guild-id': g.id,
          'aria-label': g.name,
          'aria-current': g.id === guild?.id ? 'true' : undefined,
          onclick: () => go({ guild: g.id, channel: '' }),
        },
        avatar(g.name, g.id, 'square'),
      ),
    ),
  );
}

/// People with whom there is no conversation yet.
function strangers(people) {
  const begin = async (id) => {
    const { ok, body } = await call('POST', `as/${state.user}/users/@me/channels`, { recipient_id: id });
    if (!ok) {
      at('notice').textContent = body.message;
      return;
    }
    go({ channel: body.id });
    showPane('messages');
  };
  const line = (p) =>
    element(
      'button',
      { type: 'button', class: 'channel', 'data-direct-user': p.id, onclick: () => begin(p.id) },
      element('span', { class: 'sign' }, '+'),
      element('span', { class: 'channel-name' }, p.username),
    );
  return element(
    'div',
    { class: 'group' },
    element('div', { class: 'category' }, 'Start a conversation'),
    ...people.map(line),
  );
}

const signOf = (channel) => (channel.type === 1 ? '@' : '#');
function channelGroups({ guild, channel_id: current }) {
  const inOrder = (a, b) =>
    (a.type === 2) - (b.type === 2) || a.position - b.position || (BigInt(a.id) < BigInt(b.id) ? -1 : 1);
  const line = (c) =>
    element(
      'button',
      {
        type: 'button',
        class: c.id === current ? 'channel active' : 'channel',
        'data-channel-id': c.id,
        'aria-current': c.id === current ? 'page' : undefined,
        onclick: () => {
          go({ channel: c.id });
          showPane('messages');
        },
      },
      element('span', { class: 'sign' }, c.type === 2 ? icon('sound', 'Voice') : signOf(c)),
      element('span', { class: 'channel-name' }, c.name),
      c.permission_overwrites.some((o) => o.id === guild.id && BigInt(o.deny) & 1024n)
        ? icon('lock', 'Private')
        : null,
    );
  const under = (parent) => guild.channels.filter((c) => c.type !== 4 && c.parent_id === parent).sort(inOrder);
  const groups = [element('div', { class: 'group' }, ...under(null).map(line))];
  for (const category of guild.channels.filter((c) => c.type === 4).sort(inOrder))
    groups.push(
      element(
        'div',
        { class: 'group', 'data-category-id': category.id },
        element('div', { class: 'category' }, category.name),
        ...under(category.id).map(line),
      ),
    );
  if (guild.id === direct) groups.push(strangers(guild.people));
  return groups;
}

/// The roles of a member below the name, the highest first; a bot's own role is not named again.
function memberRoles(member, roles) {
  const held = roles.filter((r) => member.roles.includes(r.id) && !r.managed);
  if (!held.length) return null;
  return element(
    'small',
    { class: 'member-roles', title: held.map((r) => r.name).join(', ') },
    ...held.map((r) =>
      element(
        'span',
        { 'data-role-of-member': r.name },
        element('span', { class: 'dot', style: `background:${r.color ? colour(r.color) : '#99aab5'}` }),
        r.name,
      ),
    ),
  );
}

function memberGroups({ guild }) {
  const roles = sortedRoles().filter((r) => r.id !== guild.id);
  const groups = new Map([...roles.filter((r) => r.hoist).map((r) => [r, []]), [null, []]]);
  for (const member of guild.members) {
    const home = [...groups.keys()].find((r) => r && member.roles.includes(r.id)) ?? null;
    groups.get(home).push(member);
  }
  return [...groups]
    .filter(([, list]) => list.length)
    .flatMap(([role, list]) => [
      element('div', { class: 'group-name' }, `${role?.name ?? 'Members'} — ${list.length}`),
      ...list
        .sort((a, b) => a.user.username.localeCompare(b.user.username))
        .map((m) =>
          element(
            'div',
            { class: 'member', 'data-user-id': m.user.id },
            avatar(m.user.username, m.user.id),
            element(
              'div',
              { class: 'member-words' },
              element(
                'span',
                { class: 'member-name', style: names.colourOf(m) ? `color:${names.colourOf(m)}` : undefined },
                m.nick ?? m.user.username,
              ),
              memberRoles(m, roles),
            ),
            m.user.bot ? element('span', { class: 'tag' }, 'APP') : null,
            m.user.id === guild.owner_id ? icon('crown', 'Owner') : null,
          ),
        ),
    ]);
}

function roleLines({ guild }) {
  return sortedRoles().map((r) =>
    element(
      'div',
      { class: 'role', 'data-role-id': r.id, 'data-role-name': r.name },
      element('span', { class: 'dot', style: `background:${r.color ? colour(r.color) : '#99aab5'}` }),
      element('span', { class: 'role-name', title: r.name }, r.name),
      r.managed ? element('span', { class: 'tag' }, 'APP') : null,
      element(
        'small',
        {},
        r.id === guild.id ? 'everyone' : String(guild.members.filter((m) => m.roles.includes(r.id)).length),
      ),
    ),
  );
}

// ---- the newest message stays in view: when messages come, and when the pane changes its size
let isAtEnd = true; // Until the person scrolls up.
function showNewest() {
  at('messages').scrollTop = at('messages').scrollHeight;
}
at('messages').addEventListener('scroll', () => {
  const pane = at('messages');
  isAtEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 80;
});
new ResizeObserver(() => isAtEnd && showNewest()).observe(at('messages'));

/// Keeps the element of a message that did not change, so that a half-made choice in it stays.
function drawMessages(view) {
  const pane = at('messages');
  if (pane.dataset.channel !== view.channel_id) isAtEnd = true;
  pane.dataset.channel = view.channel_id;
  const gone = new Set(dismissed.list());
  const old = new Map([...pane.children].map((node) => [node.dataset.messageId, node]));
  const drawn = view.messages
    .filter((m) => !gone.has(m.id))
    .map((m) => {
      const text = JSON.stringify(m);
      const kept = old.get(m.id);
      if (kept?.source === text) return kept;
      const node = messageElement(
        m,
        names,
        (source, customId, values) => act(source, m.id, customId, values),
        () => dismissed.add(m.id),
      );
      node.source = text;
      return node;
    });
  if (!drawn.length)
    drawn.push(
      element(
        'p',
        { class: 'empty' },
        view.channel_id
          ? 'It is quiet here. Type / to see what the application offers.'
          : 'No conversation is open. Choose one, or start one, in the list.',
      ),
    );
  arrange(pane, drawn);
  if (isAtEnd) showNewest();
}

function placeholderOf(channel) {
  if (!channel) return 'Choose a conversation first';
  if (channel.may_send === false) return 'You may not write here; / shows commands';
  return `Message ${signOf(channel)}${channel.name}, or / for commands`;
}

function draw() {
  const { view } = state;
  redraw(at('people'), [view.people, view.me?.id], () =>
    view.people.map((p) =>
      element('option', { value: p.id, selected: p.id === view.me?.id }, p.global_name ?? p.username),
    ),
  );
  if (view.me)
    at('me-avatar').replaceWith(Object.assign(avatar(view.me.username, view.me.id), { id: 'me-avatar' }));
  drawServers(view);
  if (!view.guild) {
    at('guild-name').textContent = 'No server';
    for (const id of ['channels', 'members', 'roles']) redraw(at(id), null, () => []);
    arrange(at('messages'), []);
    return;
  }
  const channel = view.guild.channels.find((c) => c.id === view.channel_id);
  at('guild-name').textContent = view.guild.name;
  at('channel-name').textContent = channel?.name ?? '';
  at('channel-name').dataset.sign = channel ? signOf(channel) : '';
  at('channel-topic').textContent = channel?.topic ?? '';
  at('box').placeholder = placeholderOf(channel);
  document.title = `${channel ? `${signOf(channel)}${channel.name}` : ''} · ${view.guild.name}`;
  at('title').textContent = document.title;
  redraw(at('channels'), [view.guild.id, view.guild.channels, view.guild.people, view.channel_id], () =>
    channelGroups(view),
  );
  redraw(at('members'), [view.guild.owner_id, view.guild.members, view.guild.roles], () => memberGroups(view));
  redraw(at('roles'), [view.guild.id, view.guild.members, view.guild.roles], () => roleLines(view));
  drawMessages(view);
  suggestIfOpen();
}
/// Commands alone: to ask for choices is an interaction, and that is a change.
function suggestIfOpen() {
  if (document.activeElement === at('box') && !isCompleting()) suggest();
}

// ---- reading
let reading = false,
  again = false;
async function read() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  try {
    const { body } = await call('GET', `view?user=${state.user}&guild=${state.guild}&channel=${state.channel}`);
    state.view = body;
    state.user = body.me?.id ?? '';
    state.guild = body.guild?.id ?? '';
    state.channel = body.channel_id ?? '';
    history.replaceState(history.state, '', `#${state.user}/${state.guild}/${state.channel}`);
    draw();
  } finally {
    reading = false;
    if (again) {
      again = false;
      read();
    }
  }
}
function go(change) {
  Object.assign(state, change);
  at('notice').textContent = '';
  read();
}

// ---- one pane at a time, where there is no room for all (style.css says when)
const first = { channels: 'channels', messages: 'to-channels', people: 'from-people' };
/// A step of the browser's history each, so that a phone's “back” leads to the messages.
function showPane(name, step = true) {
  if (document.body.dataset.pane === name) return;
  document.body.dataset.pane = name;
  if (step) history.pushState({ pane: name }, '');
  // The button that was pressed is gone: the focus goes to the pane that took its place.
  if (!document.activeElement?.checkVisibility() || document.activeElement === document.body) {
    const target = at(first[name]);
    (target.querySelector('[aria-current]') ?? target).focus();
  }
  if (name === 'messages') showNewest();
}
at('to-channels').addEventListener('click', () => showPane('channels'));
at('to-people').addEventListener('click', () =>
  showPane(document.body.dataset.pane === 'people' ? 'messages' : 'people'),
);
at('from-people').addEventListener('click', () => showPane('messages'));
at('from-channels').addEventListener('click', () => showPane('messages'));
window.addEventListener('popstate', (event) => showPane(event.state?.pane ?? 'messages', false));
for (const [id, sign] of [
  ['to-channels', 'list'],
  ['to-people', 'people'],
  ['from-people', 'back'],
  ['from-channels', 'back'],
])
  at(id).append(icon(sign));

at('people').addEventListener('change', (event) => go({ user: event.target.value, channel: '' }));
const tabs = ['members', 'roles'];
for (const name of tabs) {
  at(`tab-${name}`).addEventListener('keydown', ({ key }) => {
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
    const other = at(`tab-${tabs.find((each) => each !== name)}`);
    other.click();
    other.focus();
  });
  at(`tab-${name}`).addEventListener('click', () => {
    for (const each of tabs) {
      at(each).hidden = each !== name;
      at(`tab-${each}`).setAttribute('aria-selected', String(each === name));
      at(`tab-${each}`).tabIndex = each === name ? 0 : -1;
    }
  });
}

function link(state, words) {
  at('link').className = state;
  at('link').title = words;
  at('link').setAttribute('aria-label', words);
}
/// A browser keeps six connections to one address, so that a tab that nobody sees gives its stream back.
let events = null;
function listen() {
  if (events || document.hidden) return;
  events = new EventSource('/_sandbox/events');
  events.onopen = () => {
    link('up', 'Connected to the sandbox');
    read();
  };
  events.onmessage = (event) => {
    if (event.data.includes('"changed"')) read();
  };
  events.onerror = () => {
    stopListening();
    link('down', 'No connection to the sandbox; trying again');
    setTimeout(listen, 1000);
  };
}
function stopListening() {
  events?.close();
  events = null;
}
document.addEventListener('visibilitychange', () => (document.hidden ? stopListening() : listen()));
await read();
listen();
