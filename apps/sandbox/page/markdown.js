// The part of Discord's markdown that bots use. Text is escaped first; only tags of ours get into the page.
const escape = (text) =>
  text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]);

function inline(text, names) {
  return text
    .replace(/&lt;@&amp;(\d+)&gt;/g, (_, id) => `<span class="mention">@${escape(names.role(id))}</span>`)
    .replace(/&lt;@!?(\d+)&gt;/g, (_, id) => `<span class="mention">@${escape(names.user(id))}</span>`)
    .replace(/&lt;#(\d+)&gt;/g, (_, id) => `<span class="mention">#${escape(names.channel(id))}</span>`)
    .replace(/&lt;t:(\d+)(?::[tTdDfFR])?&gt;/g, (_, s) => `<time>${new Date(s * 1000).toLocaleString()}</time>`)
    .replace(/\[([^\]]+)\]\((https?:[^\s)]+)\)/g, '<a href="$2" target="_blank" rel="noreferrer">$1</a>')
    .replace(/(^|[\s(])(https?:\/\/[^\s<)]+)/g, '$1<a href="$2" target="_blank" rel="noreferrer">$2</a>')
    .replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')
    .replace(/__(.+?)__/g, '<u>$1</u>')
    .replace(/~~(.+?)~~/g, '<s>$1</s>')
    .replace(/(^|[^*])\*([^*\s][^*]*)\*/g, '$1<em>$2</em>')
    .replace(/(^|\W)_([^_\s][^_]*)_(?=\W|$)/g, '$1<em>$2</em>');
}

function line(text, names) {
  const heading = text.match(/^(#{1,3}) (.+)/);
  if (heading) return `<strong class="h${heading[1].length}">${inline(heading[2], names)}</strong>`;
  if (text.startsWith('-# ')) return `<small>${inline(text.slice(3), names)}</small>`;
  if (text.startsWith('&gt; ')) return `<span class="quote">${inline(text.slice(5), names)}</span><!--block-->`;
  const item = text.match(/^(\s*)[-*] (.+)/);
  if (item) return `<span class="item">${inline(item[2], names)}</span>`;
  return inline(text, names);
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
    .map((l) => line(l, names))
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
