// The part of Discord's markdown that bots use. Text is escaped first; only tags of ours get into the page.
const escape = (text) =>
  text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]);

/// A name as it is: nothing in it means anything, whatever its owner called it.
const literal = (name) => escape(String(name).replaceAll('\u0001', ''));

const styles = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
};
/// Seconds of the largest unit first, for "in 5 minutes".
const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/// <t:SECONDS:STYLE>; undefined for a time that no date holds.
function time(seconds, style) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  const full = date.toLocaleString([], styles.F);
  const away = Math.round((date - Date.now()) / 1000);
  const [unit, length] = units.find(([, each]) => Math.abs(away) >= each) ?? units.at(-1);
  const text =
    style === 'R'
      ? new Intl.RelativeTimeFormat([], { numeric: 'auto' }).format(Math.round(away / length), unit)
      : date.toLocaleString([], styles[style ?? 'f']);
  return `<time datetime="${date.toISOString()}" title="${escape(full)}">${escape(text)}</time>`;
}

/// `kept(html)` puts finished HTML aside, so that no later rule reads it as markdown.
function inline(text, names, kept) {
  const mention = (sign, name) => kept(`<span class="mention">${sign}${literal(name)}</span>`);
  const open = (url) => kept(`<a href="${url}" target="_blank" rel="noreferrer">`);
  return text
    .replace(/&lt;@&amp;(\d+)&gt;/g, (_, id) => mention('@', names.role(id)))
    .replace(/&lt;@!?(\d+)&gt;/g, (_, id) => mention('@', names.user(id)))
    .replace(/&lt;#(\d+)&gt;/g, (_, id) => mention('#', names.channel(id)))
    .replace(/&lt;t:(-?\d+)(?::([tTdDfFR]))?&gt;/g, (all, s, style) => {
      const html = time(s, style);
      return html ? kept(html) : all;
    })
    .replace(/\[([^\]]+)\]\((https?:[^\s)]+)\)/g, (_, label, url) => `${open(url)}${label}${kept('</a>')}`)
    .replace(/(^|[\s(])(https?:\/\/[^\s<)]+)/g, (_, before, url) => `${before}${open(url)}${kept(`${url}</a>`)}`)
    .replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')
    .replace(/__(.+?)__/g, '<u>$1</u>')
    .replace(/~~(.+?)~~/g, '<s>$1</s>')
    .replace(/(^|[^*])\*([^*\s][^*]*)\*/g, '$1<em>$2</em>')
    .replace(/(^|\W)_([^_\s][^_]*)_(?=\W|$)/g, '$1<em>$2</em>');
}

function line(text, names, kept) {
  const heading = text.match(/^(#{1,3}) (.+)/);
  if (heading) return `<strong class="h${heading[1].length}">${inline(heading[2], names, kept)}</strong>`;
  if (text.startsWith('-# ')) return `<small>${inline(text.slice(3), names, kept)}</small>`;
  if (text.startsWith('&gt; '))
    return `<span class="quote">${inline(text.slice(5), names, kept)}</span><!--block-->`;
  const item = text.match(/^(\s*)[-*] (.+)/);
  if (item) return `<span class="item">${inline(item[2], names, kept)}</span>`;
  return inline(text, names, kept);
}

/// HTML of a message's text. `names` resolves mentions: role(id), user(id), channel(id).
export function markdown(text, names) {
  // Code is taken out first: nothing in it means anything. \u0001 cannot be typed.
  const code = [];
  const kept = (html) => `\u0001${code.push(html) - 1}\u0001`;
  const restored = (html) => html.replace(/\u0001(\d+)\u0001/g, (_, i) => restored(code[i]));
  const prose = text
    .replaceAll('\u0001', '')
    .replace(/\\([\\`])/g, (_, sign) => kept(escape(sign)))
    .replace(/```(?:[a-z]*\n)?([\s\S]*?)```\n?/g, (_, inner) => kept(`<pre>${escape(inner)}</pre>`))
    .replace(/`([^`\n]+)`/g, (_, inner) => kept(`<code>${escape(inner)}</code>`))
    .replace(/\\([!-/:-@[-`{-~])/g, (_, sign) => kept(escape(sign)));
  const html = escape(prose)
    .split('\n')
    .map((l) => line(l, names, kept))
    .reduce((all, l) => all + (all === '' || all.endsWith('<!--block-->') ? '' : '\n') + l, '');
  return restored(html);
}

/// An address that may be clicked; whatever else a message holds leads nowhere.
export function link(url) {
  try {
    return ['http:', 'https:', 'discord:'].includes(new URL(url).protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}
