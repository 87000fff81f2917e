// The guild that a manifest describes, written a second time from its rules, and compared with what discord.js reads.
import { createRequire } from 'node:module';
const { ChannelType, PermissionFlagsBits: may, PermissionsBitField } = createRequire(import.meta.url)('discord.js');

/// VIEW_CHANNEL of Discord's documentation is ViewChannel in discord.js.
const flag = (name) =>
  name
    .toLowerCase()
    .split('_')
    .map((w) => (['tts', 'vad'].includes(w) ? w.toUpperCase() : w[0].toUpperCase() + w.slice(1)))
    .join('');
const types = {
  text: ChannelType.GuildText,
  voice: ChannelType.GuildVoice,
  announcement: ChannelType.GuildAnnouncement,
  forum: ChannelType.GuildForum,
};
/// Discord: no capitals, no punctuation, hyphens for blanks.
const named = (c) =>
  c.type === 'voice'
    ? c.name
    : c.name
        .toLowerCase()
        .replace(/[!-,./:-@[-^`{-~]/g, '')
        .trim()
        .replace(/[\s-]+/g, '-');

/// Tiers close a channel for @everyone and open it for exactly their roles; read only: nobody writes or speaks. Our bot
/// keeps its own access to what is closed.
function overwrites(tiers, readOnly, voice, { guild, bot, manifest, shadow }) {
  const list = [];
  const speak = voice ? may.Speak : may.SendMessages;
  const closed = (tiers.length ? may.ViewChannel : 0n) | (readOnly ? speak : 0n);
  for (const tier of tiers)
    for (const role of manifest.roles.filter((r) => r.tierId === tier))
      list.push({
        id: role.existingRoleId ?? shadow.get(`role ${role.id}`),
        type: 0,
        allow: may.ViewChannel,
        deny: 0n,
      });
  if (!closed) return list;
  return [
    ...list,
    { id: guild.id, type: 0, allow: 0n, deny: closed },
    { id: bot, type: 1, allow: may.ViewChannel | (readOnly ? speak : 0n), deny: 0n },
  ];
}

const shown = (list) => list.map((o) => `${o.id} type ${o.type} allow ${o.allow} deny ${o.deny}`).sort();
const overwritesOf = (channel) =>
  [...channel.permissionOverwrites.cache.values()].map((o) => ({
    id: o.id,
    type: o.type,
    allow: o.allow.bitfield,
    deny: o.deny.bitfield,
  }));

/// Every managed field of every resource that differs, one line each; empty: the guild is what the manifest says.
/// `guild` is a Guild of discord.js with its roles and channels fetched, `shadow` maps "kind resource" to a snowflake.
/// `fields` counts what was compared.
export function differences(manifest, guild, shadow, bot) {
  const lines = [];
  const at = { guild, bot, manifest, shadow };
  let fields = 0;
  const check = (what, field, actual, wanted) => {
    fields += 1;
    const [a, b] = [actual, wanted].map((x) => JSON.stringify(x, (_, v) => (typeof v === 'bigint' ? String(v) : v)));
    if (a !== b) lines.push(`${what}: ${field} is ${a}, should be ${b}`);
  };
  const find = (kind, id, cache) => {
    const found = cache.get(shadow.get(`${kind} ${id}`));
    if (!found)
      lines.push(
        `${kind} ${id}: ${shadow.has(`${kind} ${id}`) ? 'is not in the guild' : 'is not in the shadow state'}`,
      );
    return found;
  };
  for (const wanted of manifest.roles.filter((r) => !r.existingRoleId)) {
    const role = find('role', wanted.id, guild.roles.cache);
    if (!role) continue;
    check(`role ${wanted.id}`, 'name', role.name, wanted.name);
    check(`role ${wanted.id}`, 'color', role.colors.primaryColor, Number.parseInt(wanted.color.slice(1), 16));
    check(`role ${wanted.id}`, 'hoist', role.hoist, wanted.hoist);
    check(`role ${wanted.id}`, 'mentionable', role.mentionable, wanted.mentionable);
    check(
      `role ${wanted.id}`,
      'permissions',
      role.permissions.bitfield,
      PermissionsBitField.resolve(wanted.permissions.map(flag)),
    );
  }
  for (const wanted of manifest.categories) {
    const category = find('category', wanted.id, guild.channels.cache);
    if (!category) continue;
    check(`category ${wanted.id}`, 'name', category.name, wanted.name);
    check(`category ${wanted.id}`, 'type', category.type, ChannelType.GuildCategory);
    check(
      `category ${wanted.id}`,
      'overwrites',
      shown(overwritesOf(category)),
      shown(overwrites(wanted.accessTiers, false, false, at)),
    );
  }
  for (const wanted of manifest.channels) {
    const channel = find('channel', wanted.id, guild.channels.cache);
    if (!channel) continue;
    const category = manifest.categories.find((c) => c.id === wanted.categoryId);
    const voice = wanted.type === 'voice';
    check(`channel ${wanted.id}`, 'name', channel.name, named(wanted));
    check(`channel ${wanted.id}`, 'type', channel.type, types[wanted.type]);
    check(`channel ${wanted.id}`, 'parent', channel.parentId, category ? shadow.get(`category ${category.id}`) : null);
    if (!voice) check(`channel ${wanted.id}`, 'topic', channel.topic ?? '', wanted.topic ?? '');
    const tiers = wanted.accessTiers.length ? wanted.accessTiers : (category?.accessTiers ?? []);
    check(
      `channel ${wanted.id}`,
      'overwrites',
      shown(overwritesOf(channel)),
      shown(overwrites(tiers, wanted.readOnly, voice, at)),
    );
  }
  return { lines, fields };
}
