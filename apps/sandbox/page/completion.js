// Parses a command while the user types it.

/// "/resume session_id: abc" → its name and options.
export function parseCommand(text) {
  const [name, ...rest] = text.slice(1).trim().split(/\s+/);
  const options = {};
  for (const [, key, value] of rest.join(' ').matchAll(/([\w-]+):\s*("[^"]*"|\S+)/g))
    options[key] = value.replace(/^"|"$/g, '');
  return { name, options };
}

/// The option at whose value the text ends, where its application offers values for it; else null. `before` is what
/// stands before that value.
export function completing(text, commands) {
  const found = /([\w-]+):\s*("[^"]*|[^\s"]*)$/.exec(text);
  if (!text.startsWith('/') || !found) return null;
  const { name, options } = parseCommand(text);
  const [, option, value] = found;
  const offers = commands.find((c) => c.name === name)?.options?.some((o) => o.name === option && o.autocomplete);
  if (!offers) return null;
  return {
    command: name,
    option,
    options: { ...options, [option]: value.replace(/^"/, '') },
    before: `${text.slice(0, found.index)}${option}: `,
  };
}

/// A value as it is typed: in quotation marks if it has spaces.
export const typed = (value) => (/\s/.test(value) ? `"${value}"` : String(value));
