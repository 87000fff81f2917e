// One message as DOM: author, text, embeds, and components that work.
import { avatar, colour, element, icon } from './element.js';
import { link, markdown } from './markdown.js';
import { select } from './select.js';

const styles = { 1: 'primary', 2: 'secondary', 3: 'success', 4: 'danger', 5: 'link', 6: 'primary' };

function button(c, act) {
  const label = `${c.emoji?.name ? `${c.emoji.name} ` : ''}${c.label ?? ''}`;
  if (c.style === 5)
    return element(
      'a',
      { class: 'button link', href: link(c.url), target: '_blank', rel: 'noreferrer' },
      `${label} ↗`,
    );
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

function component(c, names, act) {
  switch (c.type) {
    case 1:
      return element('div', { class: 'row' }, ...c.components.map((each) => component(each, names, act)));
    case 2:
      return button(c, act);
    case 3:
    case 5:
    case 6:
    case 7:
    case 8:
      return select(c, names, act);
    case 9:
      return element(
        'div',
        { class: 'section' },
        element('div', {}, ...c.components.map((each) => component(each, names, act))),
        c.accessory ? component(c.accessory, names, act) : null,
      );
    case 10:
      return element('div', { class: 'text', html: markdown(c.content, names) });
    case 14:
      return element('hr', { class: c.divider === false ? 'bare' : '' });
    case 17:
      return element(
        'div',
        { class: 'container', style: c.accent_color ? `--accent:${colour(c.accent_color)}` : undefined },
        ...c.components.map((each) => component(each, names, act)),
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
export function messageElement(m, names, act, dismiss) {
  const author = names.guild().members.find((each) => each.user.id === m.author.id);
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
    const node = component(c, names, act);
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
