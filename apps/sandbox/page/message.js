// One message as DOM: author, text, embeds, and components that work.
import { link, markdown } from './markdown.js';

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'html') node.innerHTML = value;
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export const colour = (number) => `#${(Number(number) & 0xffffff).toString(16).padStart(6, '0')}`;

/// Drawn here, since not every machine has a font with such signs.
export function icon(name, title) {
  const paths = {
    lock: 'M5 7V5a3 3 0 0 1 6 0v2h1v7H4V7zm1.5 0h3V5a1.5 1.5 0 0 0-3 0z',
    crown: 'M2 4l3 3 3-4 3 4 3-3-1 8H3z',
    eye: 'M8 3C4 3 1.5 6.5 1 8c.5 1.5 3 5 7 5s6.5-3.5 7-5c-.5-1.5-3-5-7-5zm0 8a3 3 0 1 1 0-6 3 3 0 0 1 0 6z',
    sound: 'M2 6h3l4-3v10L5 10H2zm9-1a4 4 0 0 1 0 6z',
  };
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', `icon ${name}`);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', paths[name]);
  const label = document.createElementNS('http://www.w3.org/2000/svg', 'title');
  label.textContent = title;
  svg.append(label, path);
  return svg;
}

/// A steady colour and letters for who or what has no picture.
export function avatar(name, id, kind = '') {
  const hue = [...`${name}${id}`].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 360, 7);
  const letters = name
    .split(/\s+/)
    .map((word) => word[0])
    .join('')
    .slice(0, 2)
    .toUpperCase();
  return element('div', { class: `avatar ${kind}`, style: `--hue:${hue}`, title: name }, letters);
}

const styles = { 1: 'primary', 2: 'secondary', 3: 'success', 4: 'danger', 5: 'link', 6: 'primary' };

function button(c, act) {
  const label = `${c.emoji?.name ? `${c.emoji.name} ` : ''}${c.label ?? ''}`;
  if (c.style === 5)
    return element('a', { class: 'button link', href: link(c.url), target: '_blank', rel: 'noreferrer' }, `${label} ↗`);
  return element(
    'button',
    {
      type: 'button',
      class: `button ${styles[c.style] ?? 'secondary'}`,
      disabled: c.disabled,
      'data-custom-id': c.custom_id,
      onclick: (event) => act(event.currentTarget, c.custom_id, []),
    },
    label,
  );
}

/// What a select of users, roles or channels offers.
function offered(c, view) {
  if (c.type === 3) return c.options;
  const roles = view.guild.roles
    .filter((r) => r.id !== view.guild.id)
    .map((r) => ({ label: `@${r.name}`, value: r.id }));
  const users = view.guild.members.map((m) => ({ label: m.nick ?? m.user.username, value: m.user.id }));
  const channels = view.guild.channels
    .filter((ch) => !c.channel_types || c.channel_types.includes(ch.type))
    .map((ch) => ({ label: ch.type === 4 ? ch.name : `#${ch.name}`, value: ch.id }));
  return { 5: users, 6: roles, 7: [...users, ...roles], 8: channels }[c.type] ?? [];
}

function select(c, view, act) {
  const options = offered(c, view);
  const many = (c.max_values ?? 1) > 1;
  const chosen = new Set((c.options ?? []).filter((o) => o.default).map((o) => o.value));
  const list = element('select', {
    class: 'select',
    multiple: many,
    size: many ? Math.min(6, options.length) : undefined,
    disabled: c.disabled,
    'data-custom-id': c.custom_id,
    'aria-label': c.placeholder ?? c.custom_id,
  });
  if (!many)
    list.append(
      element(
        'option',
        { value: '', disabled: true, hidden: true, selected: chosen.size === 0 },
        c.placeholder ?? 'Make a selection',
      ),
    );
  for (const o of options)
    list.append(
      element(
        'option',
        { value: o.value, selected: chosen.has(o.value), title: o.description },
        `${o.emoji?.name ? `${o.emoji.name} ` : ''}${o.label}${o.description ? ` — ${o.description}` : ''}`,
      ),
    );
  const send = () => act(list, c.custom_id, [...list.selectedOptions].map((o) => o.value).filter(Boolean));
  if (!many) {
    list.addEventListener('change', send);
    return list;
  }
  return element(
    'div',
    { class: 'many' },
    list,
    element(
      'button',
      { type: 'button', class: 'button secondary', onclick: send, disabled: c.disabled, 'data-apply': c.custom_id },
      `Choose ${c.min_values ?? 1} to ${c.max_values}`,
    ),
  );
}

function component(c, view, names, act) {
  switch (c.type) {
    case 1:
      return element('div', { class: 'row' }, ...c.components.map((each) => component(each, view, names, act)));
    case 2:
      return button(c, act);
    case 3:
    case 5:
    case 6:
    case 7:
    case 8:
      return select(c, view, act);
    case 9:
      return element(
        'div',
        { class: 'section' },
        element('div', {}, ...c.components.map((each) => component(each, view, names, act))),
        c.accessory ? component(c.accessory, view, names, act) : null,
      );
    case 10:
      return element('div', { class: 'text', html: markdown(c.content, names) });
    case 14:
      return element('hr', { class: c.divider === false ? 'bare' : '' });
    case 17:
      return element(
        'div',
        { class: 'container', style: c.accent_color ? `--accent:${colour(c.accent_color)}` : undefined },
        ...c.components.map((each) => component(each, view, names, act)),
      );
    default:
      return null;
  }
}

function embed(e, names) {
  const fields = (e.fields ?? []).map((f) =>
    element(
      'div',
      { class: f.inline ? 'field inline' : 'field' },
      element('div', { class: 'field-name', html: markdown(f.name, names) }),
      element('div', { class: 'field-value', html: markdown(f.value, names) }),
    ),
  );
  return element(
    'article',
    { class: 'embed', style: `--accent:${e.color === undefined ? '#1e1f22' : colour(e.color)}` },
    e.author ? element('div', { class: 'embed-author' }, e.author.name) : null,
    e.title ? element('div', { class: 'embed-title', html: markdown(e.title, names) }) : null,
    e.description ? element('div', { class: 'text', html: markdown(e.description, names) }) : null,
    fields.length ? element('div', { class: 'fields' }, ...fields) : null,
    e.footer ? element('div', { class: 'embed-footer' }, e.footer.text) : null,
  );
}

const clock = (text) => new Date(text).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

/// `act(element, customId, values)` is called for every click and choice; `dismiss()` hides an ephemeral message.
export function messageElement(m, view, names, act, dismiss) {
  const author = view.guild.members.find((each) => each.user.id === m.author.id);
  const tint = names.colourOf(author);
  const used = m.interaction_metadata;
  const body = element(
    'div',
    { class: 'body' },
    element(
      'div',
      { class: 'by' },
      element(
        'span',
        { class: 'author', style: tint ? `color:${tint}` : undefined },
        author?.nick ?? m.author.global_name ?? m.author.username,
      ),
      m.author.bot ? element('span', { class: 'tag' }, 'APP') : null,
      element('time', { datetime: m.timestamp }, clock(m.timestamp)),
    ),
  );
  if (m.flags & 128)
    body.append(
      element(
        'div',
        { class: 'text thinking' },
        `${m.author.username} is thinking`,
        element('span', { class: 'dots' }, '…'),
      ),
    );
  if (m.content) body.append(element('div', { class: 'text', html: markdown(m.content, names) }));
  if (m.edited_timestamp)
    (body.querySelector(':scope > .text') ?? body.firstChild).append(
      element('span', { class: 'edited', title: m.edited_timestamp }, ' (edited)'),
    );
  for (const e of m.embeds) body.append(embed(e, names));
  for (const file of m.attachments) body.append(element('div', { class: 'file' }, file.filename ?? 'file'));
  for (const c of m.components) {
    const node = component(c, view, names, act);
    if (node) body.append(node);
  }
  body.append(element('p', { class: 'failure', role: 'alert', hidden: true }));
  if (m.flags & 64)
    body.append(
      element(
        'div',
        { class: 'only-you' },
        icon('eye', 'Only you'),
        ' Only you can see this · ',
        element('button', { type: 'button', class: 'plain', onclick: dismiss }, 'Dismiss message'),
      ),
    );
  return element(
    'article',
    { class: `message${m.flags & 64 ? ' ephemeral' : ''}`, 'data-message-id': m.id },
    used?.name
      ? element(
          'div',
          { class: 'used' },
          element('b', {}, used.user.global_name ?? used.user.username),
          ' used ',
          element('span', { class: 'mention' }, `/${used.name}`),
        )
      : null,
    avatar(m.author.username, m.author.id),
    body,
  );
}
