// The page: reads /_sandbox/view for one person, draws it, and acts as that person. Redraws when the sandbox
// says "changed".
import { avatar, colour, element, icon, messageElement } from './message.js';
import { openModal } from './modal.js';

const at = (id) => document.getElementById(id);
const state = { user: '', guild: '', channel: '', view: null, dismissed: new Set(), shownForms: new Set() };
[state.user = '', state.guild = '', state.channel = ''] = location.hash.slice(1).split('/');

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
  role: (id) => state.view.guild.roles.find((r) => r.id === id)?.name ?? 'unknown-role',
  user: (id) => state.view.guild.members.find((m) => m.user.id === id)?.user.username ?? 'unknown-user',
  channel: (id) => state.view.guild.channels.find((c) => c.id === id)?.name ?? 'unknown',
  colourOf(member) {
    const held = sortedRoles().filter((r) => member?.roles.includes(r.id) && r.color);
    return held.length ? colour(held[0].color) : null;
  },
};
/// Highest first, as Discord lists them.
function sortedRoles() {
  return [...state.view.guild.roles].sort(
    (a, b) => b.position - a.position || (BigInt(a.id) < BigInt(b.id) ? -1 : 1),
  );
}

// ---- acting
async function act(source, message, customId, values) {
  const failure = source.closest('.message').querySelector('.failure');
  failure.hidden = true;
  source.classList.add('busy');
  const { body } = await call('POST', 'interactions', {
    user: state.user,
    channel: state.channel,
    message,
    custom_id: customId,
    values,
    wait_ms: 20_000,
  });
  source.classList.remove('busy');
  if (source.tagName === 'SELECT' && !source.multiple && source.isConnected) source.selectedIndex = -1;
  await settled(body, (why) => {
    failure.textContent = why;
    failure.hidden = false;
  });
}

/// What an interaction came to: a form is shown, a failure is said, the rest is drawn anyway.
async function settled(result, tell) {
  if (result.phase === 'form') showForm(result);
  else if (result.phase === 'failed') tell(result.error);
  else if (!result.phase) tell(result.message ?? 'refused');
}

function showForm(interaction) {
  state.shownForms.add(interaction.id);
  openModal(at('modal'), interaction.modal, async (fields) => {
    const { ok, body } = await call('POST', 'interactions', {
      user: state.user,
      form_of: interaction.id,
      fields,
      wait_ms: 20_000,
    });
    if (!ok) return body.message;
    if (body.phase === 'failed') return 'Something went wrong. Try again.';
    return null;
  });
}

/// "/resume session_id: abc" → its name and options.
function parseCommand(text) {
  const [name, ...rest] = text.slice(1).trim().split(/\s+/);
  const options = {};
  for (const [, key, value] of rest.join(' ').matchAll(/([\w-]+):\s*("[^"]*"|\S+)/g))
    options[key] = value.replace(/^"|"$/g, '');
  return { name, options };
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
    const { body } = await call('POST', 'interactions', {
      user: state.user,
      channel: state.channel,
      command: name,
      options,
      wait_ms: 20_000,
    });
    notice('');
    await settled(body, notice);
    return;
  }
  at('box').value = '';
  const { ok, body } = await call('POST', `as/${state.user}/channels/${state.channel}/messages`, { content: text });
  if (!ok) notice(body.message);
});

// ---- suggestions while a command is typed
let marked = 0;
function offered() {
  const text = at('box').value;
  if (!text.startsWith('/') || !state.view?.guild) return [];
  const word = text.slice(1).split(/\s/)[0].toLowerCase();
  return state.view.guild.commands.filter((c) => c.name.startsWith(word));
}
function suggest() {
  const list = at('suggestions');
  const commands = offered();
  list.hidden = commands.length === 0;
  marked = Math.min(marked, Math.max(0, commands.length - 1));
  list.replaceChildren(
    ...commands.map((c, i) =>
      element(
        'li',
        {
          role: 'option',
          'aria-selected': String(i === marked),
          'data-command': c.name,
          onmousedown: (event) => {
            event.preventDefault();
            choose(c);
          },
        },
        element('b', {}, `/${c.name}`),
        ...(c.options ?? []).map((o) => element('span', { class: 'option' }, o.required ? o.name : `${o.name}?`)),
        element('small', {}, c.description),
      ),
    ),
  );
}
function choose(command) {
  at('box').value = `/${command.name}${(command.options ?? []).some((o) => o.required) ? ' ' : ''}`;
  at('box').focus();
  suggest();
}
at('box').addEventListener('input', () => {
  marked = 0;
  suggest();
});
at('box').addEventListener('blur', () => {
  at('suggestions').hidden = true;
});
at('box').addEventListener('focus', suggest);
at('box').addEventListener('keydown', (event) => {
  const commands = offered();
  if (!commands.length || at('suggestions').hidden) return;
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    marked = (marked + (event.key === 'ArrowDown' ? 1 : commands.length - 1)) % commands.length;
    suggest();
  } else if (
    event.key === 'Tab' ||
    (event.key === 'Enter' && !commands.some((c) => at('box').value.startsWith(`/${c.name}`)))
  ) {
    event.preventDefault();
    choose(commands[marked]);
  } else if (event.key === 'Escape') at('suggestions').hidden = true;
});

// ---- drawing
function drawServers({ guilds, guild }) {
  at('servers').replaceChildren(
    ...guilds.map((g) =>
      element(
        'button',
        {
          type: 'button',
          class: g.id === guild?.id ? 'server active' : 'server',
          'data-guild-id': g.id,
          'aria-label': g.name,
          onclick: () => go({ guild: g.id, channel: '' }),
        },
        avatar(g.name, g.id, 'square'),
      ),
    ),
  );
}

function drawChannels({ guild, channel_id: current }) {
  const inOrder = (a, b) =>
    (a.type === 2) - (b.type === 2) || a.position - b.position || (BigInt(a.id) < BigInt(b.id) ? -1 : 1);
  const line = (c) =>
    element(
      'button',
      {
        type: 'button',
        class: c.id === current ? 'channel active' : 'channel',
        'data-channel-id': c.id,
        onclick: () => go({ channel: c.id }),
      },
      element('span', { class: 'sign' }, c.type === 2 ? icon('sound', 'Voice') : '#'),
      c.name,
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
  at('channels').replaceChildren(...groups);
}

function drawPeople({ guild }) {
  const roles = sortedRoles().filter((r) => r.id !== guild.id);
  const groups = new Map([...roles.filter((r) => r.hoist).map((r) => [r, []]), [null, []]]);
  for (const member of guild.members) {
    const home = [...groups.keys()].find((r) => r && member.roles.includes(r.id)) ?? null;
    groups.get(home).push(member);
  }
  at('members').replaceChildren(
    ...[...groups]
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
                'span',
                { style: names.colourOf(m) ? `color:${names.colourOf(m)}` : undefined },
                m.nick ?? m.user.username,
              ),
              m.user.bot ? element('span', { class: 'tag' }, 'APP') : null,
              m.user.id === guild.owner_id ? icon('crown', 'Owner') : null,
            ),
          ),
      ]),
  );
  at('roles').replaceChildren(
    ...sortedRoles().map((r) =>
      element(
        'div',
        { class: 'role', 'data-role-id': r.id, 'data-role-name': r.name },
        element('span', { class: 'dot', style: `background:${r.color ? colour(r.color) : '#99aab5'}` }),
        element('span', { class: 'role-name' }, r.name),
        r.managed ? element('span', { class: 'tag' }, 'APP') : null,
        element(
          'small',
          {},
          r.id === guild.id ? 'everyone' : String(guild.members.filter((m) => m.roles.includes(r.id)).length),
        ),
      ),
    ),
  );
}

/// Keeps the element of a message that did not change, so that a half-made choice in it stays.
function drawMessages(view) {
  const pane = at('messages');
  const low =
    pane.scrollHeight - pane.scrollTop - pane.clientHeight < 80 || pane.dataset.channel !== view.channel_id;
  pane.dataset.channel = view.channel_id;
  const old = new Map([...pane.children].map((node) => [node.dataset.messageId, node]));
  const drawn = view.messages
    .filter((m) => !state.dismissed.has(m.id))
    .map((m) => {
      const text = JSON.stringify(m);
      const kept = old.get(m.id);
      if (kept?.source === text) return kept;
      const node = messageElement(
        m,
        view,
        names,
        (source, customId, values) => act(source, m.id, customId, values),
        () => {
          state.dismissed.add(m.id);
          draw();
        },
      );
      node.source = text;
      return node;
    });
  if (!drawn.length)
    drawn.push(element('p', { class: 'empty' }, 'It is quiet here. Type / to see what the application offers.'));
  pane.replaceChildren(...drawn);
  if (low) pane.scrollTop = pane.scrollHeight;
}

function draw() {
  const { view } = state;
  at('people').replaceChildren(
    ...view.people.map((p) =>
      element('option', { value: p.id, selected: p.id === view.me?.id }, p.global_name ?? p.username),
    ),
  );
  if (view.me)
    at('me-avatar').replaceWith(Object.assign(avatar(view.me.username, view.me.id), { id: 'me-avatar' }));
  drawServers(view);
  if (!view.guild) {
    at('guild-name').textContent = 'No server';
    for (const id of ['channels', 'members', 'roles', 'messages']) at(id).replaceChildren();
    return;
  }
  const channel = view.guild.channels.find((c) => c.id === view.channel_id);
  at('guild-name').textContent = view.guild.name;
  at('channel-name').textContent = channel?.name ?? '';
  at('channel-topic').textContent = channel?.topic ?? '';
  at('box').placeholder =
    channel?.may_send === false
      ? 'You may not write here; / shows commands'
      : `Message #${channel?.name ?? ''}, or / for commands`;
  document.title = `${channel ? `#${channel.name}` : ''} · ${view.guild.name}`;
  drawChannels(view);
  drawPeople(view);
  drawMessages(view);
  for (const each of view.interactions)
    // a form that somebody opened for this person elsewhere, a test for example
    if (
      each.phase === 'form' &&
      !state.shownForms.has(each.id) &&
      !at('modal').open &&
      each.channel_id === view.channel_id
    )
      showForm(each);
  suggestIfOpen();
}
function suggestIfOpen() {
  if (document.activeElement === at('box')) suggest();
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
    history.replaceState(null, '', `#${state.user}/${state.guild}/${state.channel}`);
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

at('people').addEventListener('change', (event) => go({ user: event.target.value, channel: '' }));
for (const name of ['members', 'roles'])
  at(`tab-${name}`).addEventListener('click', () => {
    for (const each of ['members', 'roles']) {
      at(each).hidden = each !== name;
      at(`tab-${each}`).setAttribute('aria-selected', String(each === name));
    }
  });

function listen() {
  const socket = new WebSocket(
    `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/_sandbox/events`,
  );
  socket.onopen = () => {
    at('link').className = 'up';
    read();
  };
  socket.onmessage = (event) => {
    if (event.data.includes('"changed"')) read();
  };
  socket.onclose = () => {
    at('link').className = 'down';
    setTimeout(listen, 1000);
  };
}
await read();
listen();
