// The whole way of a community bot through the sandbox, by the unmodified discord.js, step by step as ../discord_py and
// ../twilight go it; lib/flow.mjs is the shorter way of a bot that sets a guild up.
// Usage: community.mjs TRANSCRIPT    The transcript is judged afterwards by judge.mjs.
import { equal, expect, finish, test } from './lib/check.mjs';
import { discord, intents, makeClient, once } from './lib/client.mjs';
import { startSandbox } from './lib/sandbox.mjs';

const {
  ActionRowBuilder,
  ApplicationCommandOptionType,
  AttachmentBuilder,
  AuditLogEvent,
  ButtonBuilder,
  ButtonStyle,
  ChannelSelectMenuBuilder,
  ChannelType,
  Events,
  GatewayIntentBits,
  MentionableSelectMenuBuilder,
  MessageFlags,
  MessageType,
  ModalBuilder,
  Partials,
  PermissionFlagsBits,
  RoleSelectMenuBuilder,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
  UserSelectMenuBuilder,
  VideoQualityMode,
} = discord;

const nobody = '123456789012345678';
const compressed = !process.execArgv.some((arg) => arg.includes('without-zlib'));
const name = `discord.js, ${compressed ? 'zlib' : 'plain'}`;
const sandbox = await startSandbox('--transcript', process.argv[2]);
const owner = sandbox.owner_id;
const bots = await sandbox.control('POST', `as/${owner}/guilds/${sandbox.guild_id}/roles`, {
  name: 'bots',
  permissions: '8',
});
await sandbox.control('PUT', `as/${owner}/guilds/${sandbox.guild_id}/members/${sandbox.bot_user_id}/roles/${bots.id}`);

const { client } = makeClient(sandbox, {
  partials: [Partials.Channel],
  intents: [
    ...intents,
    GatewayIntentBits.GuildMessageReactions,
    GatewayIntentBits.GuildWebhooks,
    GatewayIntentBits.GuildInvites,
    GatewayIntentBits.GuildExpressions,
    GatewayIntentBits.DirectMessages,
  ],
});
let guild, channel;
const step = (sentence, run) => test(`${name}: ${sentence}`, run);
const act = (body) => sandbox.control('POST', 'interactions', { user: owner, ...body });

/// A person acts; the interaction arrives meanwhile and `reply` answers it. Gives what the person sees.
async function answered(body, reply) {
  const came = once(client, Events.InteractionCreate);
  const [seen] = await Promise.all([act(body), came.then(reply)]);
  return seen;
}

async function refused(work, status, code) {
  const error = await work.then(
    () => null,
    (why) => why,
  );
  expect(error, `a refusal with ${status} and ${code}`);
  equal([error.status, error.code], [status, code], 'status and code');
}

await step('log in, READY and GUILD_CREATE', async () => {
  const ready = once(client, Events.ClientReady);
  await client.login(sandbox.token);
  await ready;
  guild = client.guilds.cache.get(sandbox.guild_id);
  channel = guild.channels.cache.get(sandbox.channel_id);
  equal(client.user.id, sandbox.bot_user_id, 'user');
  const { sessions } = await sandbox.control('GET', 'gateway');
  equal(
    sessions.map((s) => s.compressed),
    [compressed],
    'compressed',
  );
});

await step('commands: global, of the guild, one, permissions', async () => {
  const T = ApplicationCommandOptionType;
  const option = (key, type) => ({ name: key, description: 'one', type, required: true });
  const made = await client.application.commands.create({
    name: 'everything',
    description: 'One option of every type',
    options: [
      option('text', T.String),
      option('whole', T.Integer),
      option('decimal', T.Number),
      option('flag', T.Boolean),
      option('user', T.User),
      option('role', T.Role),
      option('channel', T.Channel),
      option('anyone', T.Mentionable),
    ],
  });
  await client.application.commands.create({
    name: 'token',
    description: 'Tokens',
    options: [
      {
        name: 'add',
        description: 'Adds one',
        type: T.Subcommand,
        options: [{ ...option('kind', T.String), choices: [{ name: 'ERC-20', value: 'erc20' }] }],
      },
    ],
  });
  equal((await client.application.commands.fetch(made.id)).name, 'everything', 'one command');
  equal((await client.application.commands.fetch()).size, 2, 'global commands');
  const local = await guild.commands.create({ name: 'local', description: 'Here' });
  equal(local.guildId, guild.id, 'guild of the command');
  await refused(client.application.commands.permissions.fetch({ command: made.id, guild: guild.id }), 404, 10066);
});

await step('slash options of every type, defer, edit, follow-up, files', async () => {
  const role = await guild.roles.create({ name: 'Option' });
  const given = {
    text: 'hello',
    whole: 7,
    decimal: 1.5,
    flag: true,
    user: owner,
    role: role.id,
    channel: channel.id,
    anyone: role.id,
  };
  const shown = await answered({ command: 'everything', options: given }, async (i) => {
    const o = i.options;
    equal(
      [o.getString('text'), o.getInteger('whole'), o.getNumber('decimal'), o.getBoolean('flag')],
      ['hello', 7, 1.5, true],
      'plain options',
    );
    equal(
      [o.getUser('user').id, o.getMember('user').id, o.getRole('role').id, o.getChannel('channel').id],
      [owner, owner, role.id, channel.id],
      'resolved options',
    );
    equal(o.getMentionable('anyone').id, role.id, 'mentionable');
    await i.deferReply({ flags: MessageFlags.Ephemeral });
    equal((await i.editReply('done')).content, 'done', 'edit of the deferred answer');
    const followed = await i.followUp({ content: 'and more', flags: MessageFlags.Ephemeral });
    equal((await i.webhook.editMessage(followed.id, 'and even more')).content, 'and even more', 'edited follow-up');
    await i.webhook.deleteMessage(followed.id);
  });
  equal(shown.phase, 'answered', 'phase');
  await answered({ command: 'token', options: { add: { kind: 'erc20' } } }, async (i) => {
    equal([i.options.getSubcommand(), i.options.getString('kind')], ['add', 'erc20'], 'choice of a subcommand');
    await i.reply({ content: 'ok', files: [new AttachmentBuilder(Buffer.from('report'), { name: 'report.txt' })] });
    const original = await i.fetchReply();
    equal(
      original.attachments.map((a) => [a.name, a.size]),
      [['report.txt', 6]],
      'file of an answer',
    );
    await i.deleteReply();
  });
  await role.delete();
});

await step('autocomplete: what is typed, choices, too long a choice', async () => {
  await client.application.commands.create({
    name: 'lookup',
    description: 'Finds a token',
    options: [
      {
        name: 'name',
        description: 'Which',
        type: ApplicationCommandOptionType.String,
        required: true,
        autocomplete: true,
      },
    ],
  });
  const shown = await answered({ command: 'lookup', typing: 'name', options: { name: 'mel' } }, async (i) => {
    expect(i.isAutocomplete(), 'an autocomplete');
    equal(i.options.getFocused(true).value, 'mel', 'what is typed');
    await refused(i.respond([{ name: 'x'.repeat(101), value: 'x' }]), 400, 50035);
    i.responded = false; // discord.js notes it before it asks.
    await i.respond([{ name: 'Melange', value: 'melange' }]);
  });
  equal([shown.phase, shown.choices], ['answered', [{ name: 'Melange', value: 'melange' }]], 'choices');
});

await step('buttons, every select, update, modal', async () => {
  const role = await guild.roles.create({ name: 'Chosen' });
  const row = (...items) => new ActionRowBuilder().addComponents(...items);
  const message = await channel.send({
    content: 'choose',
    components: [
      row(
        new ButtonBuilder().setCustomId('go').setLabel('Go').setStyle(ButtonStyle.Primary),
        new ButtonBuilder().setCustomId('form').setLabel('Form').setStyle(ButtonStyle.Secondary),
        new ButtonBuilder().setURL('https://example.org').setLabel('Look').setStyle(ButtonStyle.Link),
      ),
      row(
        new StringSelectMenuBuilder()
          .setCustomId('chain')
          .setMaxValues(2)
          .addOptions(...['Berachain', 'Ethereum', 'Base'].map((n) => ({ label: n, value: n }))),
      ),
      row(new UserSelectMenuBuilder().setCustomId('who')),
      row(new RoleSelectMenuBuilder().setCustomId('role')),
      row(new ChannelSelectMenuBuilder().setCustomId('where')),
    ],
  });
  const more = await channel.send({
    content: 'or',
    components: [row(new MentionableSelectMenuBuilder().setCustomId('any'))],
  });
  for (const [on, id, values, seen] of [
    [message, 'chain', ['Berachain', 'Base'], (i) => i.values],
    [message, 'who', [owner], (i) => [...i.users.keys()]],
    [message, 'role', [role.id], (i) => [...i.roles.keys()]],
    [message, 'where', [channel.id], (i) => [...i.channels.keys()]],
    [more, 'any', [role.id], (i) => [...i.roles.keys()]],
  ]) {
    const shown = await answered({ message: on.id, custom_id: id, values }, async (i) => {
      equal(seen(i), values, id);
      await i.deferUpdate();
      await i.editReply({ content: id });
    });
    equal(shown.message.content, id, 'content');
  }
  const went = await answered({ message: message.id, custom_id: 'go' }, (i) => i.update({ content: 'went' }));
  equal(went.message.content, 'went', 'update');
  const field = new TextInputBuilder()
    .setCustomId('address')
    .setLabel('Address')
    .setStyle(TextInputStyle.Short)
    .setMinLength(42)
    .setMaxLength(42);
  const modal = new ModalBuilder().setCustomId('contract').setTitle('Contract').addComponents(row(field));
  const form = await answered({ message: message.id, custom_id: 'form' }, (i) => i.showModal(modal));
  equal(form.phase, 'form', 'phase');
  const thanks = await answered({ form_of: form.id, fields: { address: `0x${'a'.repeat(40)}` } }, async (i) => {
    equal(i.fields.getTextInputValue('address').length, 42, 'length');
    await i.reply({ content: 'thanks', flags: MessageFlags.Ephemeral });
  });
  equal(thanks.message.content, 'thanks', 'answer to a form');
  await role.delete();
});

await step('channels of every type, overwrites, moves, 404s', async () => {
  const role = await guild.roles.create({
    name: 'Naib',
    colors: { primaryColor: 0xffd700 },
    hoist: true,
    reason: 'arrakis ñonce',
  });
  const hidden = [
    { id: guild.id, deny: [PermissionFlagsBits.ViewChannel] },
    { id: role.id, allow: [PermissionFlagsBits.ViewChannel, PermissionFlagsBits.SendMessages] },
    { id: client.user.id, allow: [PermissionFlagsBits.ViewChannel] },
  ];
  const make = (options) => guild.channels.create(options);
  const parent = await make({
    name: 'NAIB COUNCIL',
    type: ChannelType.GuildCategory,
    permissionOverwrites: hidden,
  });
  const text = await make({
    name: 'Council Rock',
    parent,
    topic: 'the seven',
    rateLimitPerUser: 5,
    defaultThreadRateLimitPerUser: 10,
    permissionOverwrites: hidden,
  });
  const voice = await make({
    name: 'Voice',
    type: ChannelType.GuildVoice,
    parent,
    bitrate: 32000,
    userLimit: 9,
    rtcRegion: 'rotterdam',
    videoQualityMode: VideoQualityMode.Full,
  });
  const news = await make({ name: 'News', type: ChannelType.GuildAnnouncement, parent });
  const stage = await make({ name: 'Stage', type: ChannelType.GuildStageVoice, parent });
  const forum = await make({
    name: 'Questions',
    type: ChannelType.GuildForum,
    parent,
    topic: 'ask',
    availableTags: [{ name: 'open' }],
  });
  const media = await make({ name: 'Pictures', type: ChannelType.GuildMedia, parent });
  const made = [text, voice, news, stage, forum, media];
  const fetched = await guild.channels.fetch();
  equal(
    made.map((c) => fetched.get(c.id).type),
    [0, 2, 5, 13, 15, 16],
    'types',
  );
  equal([text.name, text.topic, text.rateLimitPerUser], ['council-rock', 'the seven', 5], 'text');
  equal(text.defaultThreadRateLimitPerUser, 10, 'slow mode of threads');
  equal(
    [voice.bitrate, voice.userLimit, voice.rtcRegion, voice.videoQualityMode],
    [32000, 9, 'rotterdam', VideoQualityMode.Full],
    'voice',
  );
  equal(text.permissionOverwrites.cache.size, 3, 'overwrites');
  equal(
    forum.availableTags.map((t) => t.name),
    ['open'],
    'tags',
  );
  await guild.channels.setPositions([
    { channel: text.id, position: 5 },
    { channel: news.id, position: 0, parent: null, lockPermissions: false },
  ]);
  await news.setParent(parent, { lockPermissions: true });
  await text.permissionOverwrites.edit(role, { SendMessages: false }, { reason: 'quiet' });
  await text.permissionOverwrites.delete(role);
  const edited = await voice.edit({ bitrate: 64000, userLimit: 0, rtcRegion: null });
  equal([edited.bitrate, edited.userLimit, edited.rtcRegion], [64000, 0, null], 'edited voice');
  const log = await guild.fetchAuditLogs({ type: AuditLogEvent.ChannelUpdate, limit: 50 });
  expect(
    log.entries.some((e) => e.changes.some((c) => ['position', 'parent_id'].includes(c.key))),
    'a move in the audit log',
  );
  const born = await guild.fetchAuditLogs({ type: AuditLogEvent.RoleCreate, limit: 5 });
  expect(
    born.entries.every((e) => e.changes.every((c) => c.old === undefined)),
    'no old value of a creation',
  );
  await refused(client.channels.fetch(nobody), 404, 10003);
  await refused(client.rest.get(`/guilds/${guild.id}/roles/${nobody}`), 404, 10011);
  await refused(client.guilds.fetch(nobody), 404, 10004);
  await refused(guild.members.fetch(nobody), 404, 10007);
  for (const each of [...made.reverse(), parent]) await each.delete();
  await role.delete();
});

await step('messages: reply, mentions, nonce, files, reactions, pins, bulk delete', async () => {
  const first = await channel.send({ content: 'first', nonce: 'n-1' });
  equal(first.nonce, 'n-1', 'nonce');
  const answer = await first.reply(`hi <@${owner}>`);
  equal([answer.type, answer.reference.messageId], [MessageType.Reply, first.id], 'reply');
  equal([...answer.mentions.users.keys()].sort(), [owner, client.user.id].sort(), 'mentions');
  equal((await answer.fetchReference()).id, first.id, 'referenced message');
  const silent = await channel.send({ content: `hi <@${owner}>`, allowedMentions: { parse: [] } });
  equal(silent.mentions.users.size, 0, 'nobody is rung');
  const files = await channel.send({
    files: [3, 5].map(
      (n) => new AttachmentBuilder(Buffer.from('a'.repeat(n)), { name: `${n}.txt`, description: 'so' }),
    ),
  });
  equal(
    files.attachments.map((a) => [a.name, a.size, a.description]),
    [
      ['3.txt', 3, 'so'],
      ['5.txt', 5, 'so'],
    ],
    'files without a text',
  );
  expect(
    files.attachments.every((a) => a.url.startsWith('http') && a.proxyURL && a.contentType),
    'addresses',
  );
  const kept = await files.edit({ attachments: [files.attachments.last()] });
  equal(
    kept.attachments.map((a) => a.name),
    ['5.txt'],
    'attachments after an edit',
  );
  const told = once(client, Events.MessageReactionAdd, (r) => r.message.id === first.id);
  await first.react('👍');
  await told;
  const reacted = await channel.messages.fetch({ message: first.id, force: true });
  equal(
    reacted.reactions.cache.map((r) => [r.emoji.name, r.count, r.me]),
    [['👍', 1, true]],
    'reactions',
  );
  equal([...(await reacted.reactions.cache.first().users.fetch()).keys()], [client.user.id], 'who reacted');
  await reacted.reactions.cache.first().users.remove();
  await first.pin();
  const pins = await channel.messages.fetchPins();
  equal(
    pins.items.map((p) => p.message.id),
    [first.id],
    'pins',
  );
  await first.unpin();
  await refused(channel.messages.fetch(nobody), 404, 10008);
  await channel.bulkDelete([answer, silent]);
  await files.delete();
});

await step('direct messages: one channel, both ways, and refused when they are closed', async () => {
  const user = await client.users.fetch(owner);
  const direct = await user.createDM();
  equal((await user.createDM(true)).id, direct.id, 'the same channel again');
  const looked = await client.channels.fetch(direct.id, { force: true });
  equal([looked.type, looked.recipientId], [ChannelType.DM, owner], 'channel');
  const heard = once(client, Events.MessageCreate, (m) => m.content === 'salaam');
  const sent = await user.send('salaam');
  equal((await heard).guildId, null, 'no guild');
  equal((await sent.edit('salaam again')).content, 'salaam again', 'edit');
  const said = once(client, Events.MessageCreate, (m) => m.author.id === owner && m.channelId === direct.id);
  await sandbox.control('POST', `as/${owner}/channels/${direct.id}/messages`, { content: 'and to you' });
  const letter = await said;
  equal([letter.content, letter.inGuild()], ['and to you', false], 'what the person writes');
  equal([...(await direct.messages.fetch({ limit: 10 })).keys()], [letter.id, sent.id], 'newest first');
  const found = await answered({ command: 'lookup', options: { name: 'melange' }, channel: direct.id }, async (i) => {
    equal([i.inGuild(), i.user.id, i.channelId], [false, owner, direct.id], 'a command in a direct channel');
    await i.reply('found');
  });
  equal(found.message.content, 'found', 'answer');
  const gone = once(client, Events.MessageDelete, (m) => m.id === sent.id);
  await sent.delete();
  await gone;
  await refused(letter.delete(), 403, 50003);
  await sandbox.control('POST', 'direct', { user: owner, open: false });
  await refused(user.send('?'), 403, 50007);
  await sandbox.control('POST', 'direct', { user: owner, open: true });
});

await step('bans, invites, webhooks, emojis, threads, search', async () => {
  const find = async (query) => (await guild.members.search({ query, limit: 5 })).first();
  const chani = await find('chan');
  equal(chani.user.username, 'chani', 'search');
  const harah = await find('harah');
  await guild.bans.create(harah, { reason: 'spice thief' });
  equal((await guild.bans.fetch(harah.id)).reason, 'spice thief', 'ban');
  equal((await guild.bans.fetch()).size, 1, 'bans');
  await guild.bans.remove(harah.id);
  await refused(guild.bans.fetch({ user: harah.id, force: true }), 404, 10026);
  await sandbox.control('POST', 'members', { guild: guild.id, user: harah.id });
  const invite = await guild.invites.create(channel, { maxAge: 600, maxUses: 3, unique: true });
  equal((await client.fetchInvite(invite.code)).code, invite.code, 'invite');
  equal([...(await guild.invites.fetch()).keys()], [invite.code], 'invites');
  await invite.delete();
  const hook = await channel.createWebhook({ name: 'Herald' });
  const told = await hook.send({ content: 'from afar', username: 'Voice' });
  equal([told.author.username, told.webhookId], ['Voice', hook.id], 'webhook message');
  await hook.editMessage(told.id, 'from near');
  await hook.deleteMessage(told.id);
  equal([...(await guild.fetchWebhooks()).keys()], [hook.id], 'webhooks');
  await hook.delete();
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(32)]);
  const emoji = await guild.emojis.create({ name: 'spice', attachment: png });
  await emoji.edit({ name: 'melange' });
  equal(
    (await guild.emojis.fetch()).map((e) => e.name),
    ['melange'],
    'emojis',
  );
  const note = await channel.send('start');
  await note.react(emoji);
  await emoji.delete();
  const thread = await note.startThread({ name: 'talk', autoArchiveDuration: 60 });
  equal([thread.id, thread.parentId], [note.id, channel.id], 'thread of a message');
  await thread.send('inside');
  await thread.members.add(chani);
  expect((await thread.members.fetch()).has(client.user.id), 'members of the thread');
  equal([...(await guild.channels.fetchActiveThreads()).threads.keys()], [thread.id], 'active threads');
  await thread.setArchived(true);
  equal([...(await channel.threads.fetchArchived()).threads.keys()], [thread.id], 'archived threads');
  await thread.delete();
  const quiet = await channel.threads.create({ name: 'quiet', type: ChannelType.PrivateThread });
  await quiet.delete();
  const forum = await guild.channels.create({ name: 'Posts', type: ChannelType.GuildForum });
  const post = await forum.threads.create({ name: 'question', message: { content: 'why?' } });
  equal((await post.fetchStarterMessage()).id, post.id, 'first message of a post');
  await forum.delete();
});

await step('members and roles, op 8', async () => {
  const chani = (await guild.members.search({ query: 'chani' })).first();
  const role = await guild.roles.create({ name: 'Granted' });
  const told = once(client, Events.GuildMemberUpdate, (_, now) => now.id === chani.id);
  await chani.roles.add(role, 'tier reached');
  await told;
  await chani.roles.remove(role);
  const edited = await chani.edit({ nick: 'Sihaya', roles: [role] });
  equal([edited.nickname, edited.roles.cache.has(role.id)], ['Sihaya', true], 'member');
  equal([...(await guild.members.fetch({ user: [chani.id] })).keys()], [chani.id], 'op 8 with one id');
  equal((await guild.members.list({ limit: 1000 })).size, 6, 'members by pages');
  equal((await guild.members.fetch()).size, 6, 'op 8 for all');
  await guild.roles.setPositions([{ role: role.id, position: 1 }]);
  const elder = await role.edit({ name: 'Elder', permissions: [PermissionFlagsBits.ViewChannel], mentionable: true });
  equal([elder.name, elder.mentionable], ['Elder', true], 'role');
  await role.delete();
});

await step('resume after a close and after op 7', async () => {
  for (const order of [{ action: 'close', code: 4000 }, { action: 'reconnect' }]) {
    const resumed = once(client, Events.ShardResume);
    await sandbox.control('POST', 'gateway', order);
    await resumed;
  }
  const told = once(client, Events.MessageCreate, (m) => m.content === 'still here');
  await channel.send('still here');
  await told;
});

await step('250 roles and no more', async () => {
  // Discord allows 250 creations in 48 h, which the steps before have used in part.
  await sandbox.control('POST', 'limits', {
    buckets: { 'POST /guilds/{guild}/roles': { limit: 1000, window_ms: 1000 } },
    global_per_second: 1000,
  });
  const there = (await guild.roles.fetch()).size;
  for (let n = there; n < 250; n += 1) await guild.roles.create({ name: `role-${n}` });
  equal((await guild.roles.fetch()).size, 250, 'roles');
  await refused(guild.roles.create({ name: 'one too many' }), 400, 30005);
  await sandbox.control('DELETE', 'limits');
});

await client.destroy();
await step('the sandbox ends cleanly', () => sandbox.stop());
finish();
