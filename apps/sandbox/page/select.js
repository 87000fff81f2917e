// A select menu as Discord shows it: a list with checks that opens over the page. One choice is sent at once, several
// are sent when the list closes.
import { colour, element, icon } from './element.js';

let last = 0; // Ids of menus.
const byId = (a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1);

function roles(guild) {
  return guild.roles
    .filter((r) => r.id !== guild.id)
    .sort((a, b) => b.position - a.position || byId(a, b))
    .map((r) => ({ label: r.name, value: r.id, dot: r.color ? colour(r.color) : '#99aab5' }));
}

function users(members) {
  return members
    .map((m) => ({
      label: m.nick ?? m.user.global_name ?? m.user.username,
      value: m.user.id,
      description: m.user.username,
    }))
    .sort((a, b) => a.label.localeCompare(b.label));
}

/// In the order of the list at the left; the description is the category.
function channels(guild, kinds) {
  const inOrder = (a, b) => (a.type === 2) - (b.type === 2) || a.position - b.position || byId(a, b);
  const under = (parent) => guild.channels.filter((c) => c.type !== 4 && c.parent_id === parent).sort(inOrder);
  const categories = guild.channels.filter((c) => c.type === 4).sort(inOrder);
  return [...under(null), ...categories.flatMap((category) => [category, ...under(category.id)])]
    .filter((c) => !kinds?.length || kinds.includes(c.type))
    .map((c) => ({
      label: c.type === 4 || c.type === 2 ? c.name : `#${c.name}`,
      value: c.id,
      description: c.type === 4 ? 'Category' : categories.find((each) => each.id === c.parent_id)?.name,
    }));
}

/// Returns the options of a select of the component type (3 string, 5 user, 6 role, 7 mentionable, 8 channel).
function offered(c, guild) {
  switch (c.type) {
    case 5:
      return users(guild.members);
    case 6:
      return roles(guild);
    case 7:
      return [...users(guild.members), ...roles(guild)];
    case 8:
      return channels(guild, c.channel_types);
    default:
      return c.options ?? [];
  }
}

const title = (o) => `${o.emoji?.name ? `${o.emoji.name} ` : ''}${o.label}`;

/// Values that are selected by default in the message.
const preset = (c) =>
  new Set([
    ...(c.options ?? []).filter((o) => o.default).map((o) => o.value),
    ...(c.default_values ?? []).map((d) => d.id),
  ]);

/// How many may be chosen, in words.
function bounds(least, most, chosen) {
  const range = least === most ? `exactly ${most}` : least === 0 ? `up to ${most}` : `${least} to ${most}`;
  return `Choose ${range} · ${chosen} chosen`;
}

/// `names.guild()` gives the guild as it is when the list opens, `names.people(query)` members beyond those that it
/// holds. `act(element, customId, values)` sends a choice and answers
/// whether it was accepted.
export function select(c, names, act) {
  const least = c.min_values ?? 1;
  const most = c.max_values ?? 1;
  const many = most > 1;
  const id = `menu-${(last += 1)}`;
  const name = c.placeholder ?? 'Make a selection';
  let found = []; // Members that a search brought.
  const all = () => {
    const there = offered(c, names.guild());
    return [...there, ...found.filter((o) => !there.some((each) => each.value === o.value))];
  };
  let options = all();
  let chosen = preset(c);
  let sent = new Set(chosen);
  let active = 0; // Among the options that the filter shows.

  const shown = element('span', { class: 'chosen' });
  const trigger = element(
    'button',
    {
      type: 'button',
      class: 'select',
      role: 'combobox',
      'aria-haspopup': 'listbox',
      'aria-expanded': 'false',
      'aria-controls': id,
      'aria-label': name,
      disabled: c.disabled,
      'data-custom-id': c.custom_id,
    },
    shown,
    icon('down'),
  );
  const list = element('ul', {
    id: `${id}-list`,
    role: 'listbox',
    tabindex: '0',
    'aria-label': name,
    'aria-multiselectable': many ? 'true' : undefined,
  });
  const filter = element('input', {
    type: 'text',
    inputmode: 'search',
    role: 'combobox',
    placeholder: 'Search',
    autocomplete: 'off',
    'aria-label': `Search: ${name}`,
    'aria-expanded': 'true',
    'aria-controls': `${id}-list`,
  });
  const count = element('p', { class: 'bounds', role: 'status' });
  const menu = element(
    'div',
    { class: 'menu', id, popover: 'auto', role: 'group', 'aria-label': name },
    filter,
    list,
    many
      ? element(
          'footer',
          {},
          count,
          element('button', { type: 'button', class: 'button primary', onclick: () => menu.hidePopover() }, 'Done'),
        )
      : null,
  );
  trigger.popoverTargetElement = menu;

  const visible = () => options.filter((o) => title(o).toLowerCase().includes(filter.value.trim().toLowerCase()));

  function drawTrigger() {
    const picked = options.filter((o) => chosen.has(o.value));
    shown.replaceChildren(
      ...(!picked.length
        ? [element('span', { class: 'placeholder' }, name)]
        : many
          ? picked.map((o) => element('span', { class: 'chip' }, title(o)))
          : [title(picked[0])]),
    );
  }

  function drawList() {
    const rows = visible();
    active = Math.max(0, Math.min(active, rows.length - 1));
    list.replaceChildren(
      ...rows.map((o, i) =>
        element(
          'li',
          {
            id: `${id}-${i}`,
            role: 'option',
            class: i === active ? 'active' : '',
            'aria-selected': String(chosen.has(o.value)),
            'aria-disabled': many && !chosen.has(o.value) && chosen.size >= most ? 'true' : undefined,
            'data-value': o.value,
            onclick: () => pick(o.value),
          },
          o.dot ? element('span', { class: 'dot', style: `background:${o.dot}` }) : null,
          element('span', { class: 'name' }, title(o), o.description ? element('small', {}, o.description) : null),
          many || chosen.has(o.value) ? element('span', { class: 'check', 'aria-hidden': 'true' }) : null,
        ),
      ),
    );
    if (!rows.length) list.append(element('li', { role: 'option', 'aria-disabled': 'true' }, 'Nothing found'));
    for (const each of [list, filter])
      each.setAttribute('aria-activedescendant', rows.length ? `${id}-${active}` : '');
    list.children[active]?.scrollIntoView({ block: 'nearest' });
    count.textContent = bounds(least, most, chosen.size);
  }

  function pick(value) {
    active = visible().findIndex((o) => o.value === value);
    if (!many) {
      chosen = new Set([value]);
      menu.hidePopover();
      return;
    }
    if (chosen.has(value)) chosen.delete(value);
    else if (chosen.size < most) chosen.add(value);
    drawList();
    drawTrigger();
  }

  async function apply() {
    const same = chosen.size === sent.size && [...chosen].every((each) => sent.has(each));
    if (same) return;
    const failure = trigger.closest('.message').querySelector('.failure');
    failure.hidden = chosen.size >= least;
    failure.textContent = `Choose at least ${least}: “${name}”.`;
    if (chosen.size < least) return;
    const accepted = await act(
      trigger,
      c.custom_id,
      options.filter((o) => chosen.has(o.value)).map((o) => o.value),
    );
    // One choice can be made again, after a form was cancelled for example.
    sent = many && accepted ? new Set(chosen) : preset(c);
    chosen = new Set(sent);
    drawTrigger();
  }

  function place() {
    const box = trigger.getBoundingClientRect();
    const below = window.innerHeight - box.bottom - 12;
    const above = box.top - 12;
    const up = below < 240 && above > below;
    menu.style.setProperty('--left', `${box.left}px`);
    menu.style.setProperty('--width', `${box.width}px`);
    menu.style.setProperty('--top', up ? 'auto' : `${box.bottom + 4}px`);
    menu.style.setProperty('--bottom', up ? `${window.innerHeight - box.top + 4}px` : 'auto');
    menu.style.setProperty('--height', `${Math.min(360, Math.max(up ? above : below, 160))}px`);
  }

  menu.addEventListener('beforetoggle', (event) => {
    if (event.newState !== 'open') return;
    options = all();
    filter.value = '';
    filter.hidden = options.length <= 10;
    // The browser gives it the focus as the list opens, so that no key that is typed at once is lost.
    list.autofocus = filter.hidden;
    filter.autofocus = !filter.hidden;
    active = Math.max(
      0,
      options.findIndex((o) => chosen.has(o.value)),
    );
    place();
    drawList();
  });
  menu.addEventListener('toggle', (event) => {
    const open = event.newState === 'open';
    trigger.setAttribute('aria-expanded', String(open));
    if (open) {
      list.children[active]?.scrollIntoView({ block: 'nearest' });
    } else if (trigger.isConnected) apply();
  });
  menu.addEventListener('keydown', (event) => {
    const rows = visible();
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.target.tagName === 'BUTTON') return;
    if (event.key in steps && rows.length) active = (active + steps[event.key] + rows.length) % rows.length;
    else if (event.key === 'Home' && event.target === list) active = 0;
    else if (event.key === 'End' && event.target === list) active = rows.length - 1;
    else if (event.key === 'Enter' || (event.key === ' ' && event.target === list)) {
      event.preventDefault();
      if (rows[active]) pick(rows[active].value);
      return;
    } else return;
    event.preventDefault();
    drawList();
  });
  filter.addEventListener('input', async () => {
    active = 0;
    drawList();
    const query = filter.value.trim();
    const { members, member_count: total } = names.guild();
    if (![5, 7].includes(c.type) || !query || total <= members.length) return;
    const more = await names.people(query);
    if (filter.value.trim() !== query) return; // typed on: a later search answers
    found = [...found.filter((o) => chosen.has(o.value)), ...users(more)];
    options = all();
    drawList();
  });
  drawTrigger();
  return element('div', { class: 'choice' }, trigger, menu);
}
