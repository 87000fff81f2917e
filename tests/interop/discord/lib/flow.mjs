// The way of a guild-building bot through Discord, in 21 steps, by the unmodified discord.js; a person clicks.
import { equal, expect, test } from './check.mjs';
import { discord, makeClient, once } from './client.mjs';

const {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  ChannelType,
  Events,
  MessageFlags,
  ModalBuilder,
  PermissionFlagsBits,
  SlashCommandBuilder,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
} = discord;

const panel = () => ({
  content: 'choose',
  embeds: [
    { title: 'Wizard', description: 'Step 1', color: 0x5865f2, fields: [{ name: 'chain', value: '80094' }] },
  ],
  components: [
    new ActionRowBuilder().addComponents(
      new ButtonBuilder().setCustomId('wizard:continue:1').setLabel('Continue').setStyle(ButtonStyle.Primary),
      new ButtonBuilder()
        .setCustomId('wizard:back:1')
        .setLabel('Back')
        .setStyle(ButtonStyle.Secondary)
        .setDisabled(true),
    ),
    new ActionRowBuilder().addComponents(
      new StringSelectMenuBuilder()
        .setCustomId('wizard:chain:1')
        .setPlaceholder('Chain')
        .addOptions({ label: 'Berachain', value: '80094' }, { label: 'Ethereum', value: '1' }),
    ),
  ],
});

const form = () =>
  new ModalBuilder()
    .setCustomId('asset-address:1')
    .setTitle('Contract address')
    .addComponents(
      new ActionRowBuilder().addComponents(
        new TextInputBuilder()
          .setCustomId('address')
          .setLabel('Address')
          .setStyle(TextInputStyle.Short)
          .setMinLength(42)
          .setMaxLength(42),
      ),
    );

/// Runs all steps; gives the record of every REST answer and dispatch, and the clients still logged in.
export async function flow(sandbox) {
  const { client, record } = makeClient(sandbox);
  const guildId = sandbox.guild_id;
  const act = (body) => sandbox.control('POST', 'interactions', { user: sandbox.owner_id, ...body });
  let guild, message, clicked, opened, role, category;

  await test('1-3 login: READY, GUILD_CREATE, clientReady', async () => {
    const ready = once(client, Events.ClientReady);
    await client.login(sandbox.token);
    await ready;
    guild = client.guilds.cache.get(guildId);
    equal(guild?.name, 'Sietch Tabr', 'guild name');
    equal(client.user.id, sandbox.bot_user_id, 'user');
    expect(guild.members.me, 'the bot among the members');
  });

  await test('4-5 commands: the global and the guild overwrite', async () => {
    const onboard = new SlashCommandBuilder()
      .setName('onboard')
      .setDescription('Set this server up')
      .setDefaultMemberPermissions(PermissionFlagsBits.Administrator);
    const resume = new SlashCommandBuilder()
      .setName('resume')
      .setDescription('Go on')
      .addStringOption((o) => o.setName('session_id').setDescription('Which'));
    const global = await client.application.commands.set([onboard, resume]);
    equal([...global.values()].map((c) => c.name).sort(), ['onboard', 'resume'], 'names');
    const local = await client.application.commands.set(
      [new SlashCommandBuilder().setName('local').setDescription('Here')],
      guildId,
    );
    equal(local.first().guildId, guildId, 'guild of the command');
  });

  await test('6-8 slash, deferReply, editReply with a button and a select', async () => {
    const came = once(client, Events.InteractionCreate);
    const shown = act({ command: 'onboard' });
    const interaction = await came;
    expect(interaction.isChatInputCommand(), 'a slash command');
    equal(interaction.commandName, 'onboard', 'name');
    expect(interaction.memberPermissions.has(PermissionFlagsBits.Administrator), "the owner's permissions");
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    await interaction.editReply(panel());
    const seen = await shown;
    equal(seen.phase, 'answered', 'phase');
    message = seen.message;
    expect(message.flags === 64, 'an ephemeral message without the loading flag');
  });

  await test('9-11 select, deferUpdate, editReply', async () => {
    const came = once(client, Events.InteractionCreate);
    const shown = act({ message: message.id, custom_id: 'wizard:chain:*', values: ['80094'] });
    const interaction = await came;
    expect(interaction.isStringSelectMenu(), 'a select');
    equal(interaction.values, ['80094'], 'values');
    await interaction.deferUpdate();
    await interaction.editReply({ content: 'Berachain' });
    equal((await shown).message.content, 'Berachain', 'content');
  });

  await test('12-13 button, showModal', async () => {
    const came = once(client, Events.InteractionCreate);
    const shown = act({ message: message.id, custom_id: 'wizard:continue:1' });
    const interaction = await came;
    expect(interaction.isButton(), 'a button');
    await interaction.showModal(form());
    clicked = await shown;
    equal(clicked.phase, 'form', 'phase');
  });

  await test('14-16 MODAL_SUBMIT, reply withResponse, followUp', async () => {
    const came = once(client, Events.InteractionCreate);
    const shown = act({ form_of: clicked.id, fields: { address: '0x' + 'a'.repeat(40) } });
    const interaction = await came;
    expect(interaction.isModalSubmit(), 'a form');
    equal(interaction.fields.getTextInputValue('address').length, 42, 'length');
    const response = await interaction.reply({
      content: 'thanks',
      flags: MessageFlags.Ephemeral,
      withResponse: true,
    });
    equal(response.resource.message.content, 'thanks', 'message of the response');
    opened = await interaction.followUp({ content: 'and one more', flags: MessageFlags.Ephemeral });
    equal(opened.content, 'and one more', 'follow-up');
    equal((await shown).phase, 'answered', 'phase');
  });

  await test('17 role: created with its fields and announced', async () => {
    const told = once(client, Events.GuildRoleCreate, (r) => r.name === 'Naib');
    role = await guild.roles.create({
      name: 'Naib',
      colors: { primaryColor: 0xffd700 },
      hoist: true,
      reason: 'arrakis ñonce',
    });
    await told;
    equal([role.name, role.colors.primaryColor, role.hoist], ['Naib', 0xffd700, true], 'role');
  });

  await test('18-19 category, and a channel with overwrites in it', async () => {
    category = await guild.channels.create({ name: 'NAIB COUNCIL', type: ChannelType.GuildCategory });
    const told = once(client, Events.ChannelCreate, (c) => c.name === 'council-rock');
    const channel = await guild.channels.create({
      name: 'Council Rock',
      type: ChannelType.GuildText,
      parent: category.id,
      topic: 'the seven',
      permissionOverwrites: [
        { id: guild.id, deny: [PermissionFlagsBits.ViewChannel] },
        { id: role.id, allow: [PermissionFlagsBits.ViewChannel, PermissionFlagsBits.SendMessages] },
        { id: client.user.id, allow: [PermissionFlagsBits.ViewChannel] },
      ],
    });
    await told;
    equal([channel.name, channel.parentId, channel.topic], ['council-rock', category.id, 'the seven'], 'channel');
    equal(channel.permissionOverwrites.cache.size, 3, 'overwrites');
  });

  await test('20 member role add, and GUILD_MEMBER_UPDATE tells of it', async () => {
    const chani = (await sandbox.control('GET', 'state')).users.find((u) => u.username === 'chani');
    const member = await guild.members.fetch(chani.id);
    const told = once(client, Events.GuildMemberUpdate, (_, now) => now.id === chani.id);
    await member.roles.add(role.id, 'tier reached');
    await told;
    expect(member.roles.cache.has(role.id), 'the role on the member');
    await member.roles.remove(role.id);
  });

  await test('21 members.fetch: op 8 and GUILD_MEMBERS_CHUNK', async () => {
    const members = await guild.members.fetch();
    equal(members.size, 6, 'members');
  });

  await test('and: audit log, message, edits, deletions', async () => {
    const log = await guild.fetchAuditLogs({ type: discord.AuditLogEvent.RoleCreate });
    const entry = log.entries.find((e) => e.target?.id === role.id);
    equal([entry.executorId, entry.reason], [client.user.id, 'arrakis ñonce'], 'audit entry');
    const sent = await guild.systemChannel.send('hello');
    await sent.edit('hello again');
    await guild.systemChannel.messages.fetch(sent.id);
    await sent.delete();
    await role.edit({ name: 'Naib of the sietch', permissions: [PermissionFlagsBits.ViewChannel] });
    await guild.roles.fetch();
    await guild.channels.fetch();
    const again = await guild.channels.fetch(category.id);
    await again.edit({ name: 'COUNCIL' });
    await again.permissionOverwrites.edit(guild.id, { SendMessages: false });
    const short = await guild.roles.create({ name: 'short-lived' });
    await short.delete();
  });

  return { client, record };
}
