// The sandbox's page in headless Chromium: a person types a command, chooses, clicks, fills in a form; the bot
// is discord.js.
import { equal, expect, finish, test } from './lib/check.mjs';
import { discord, intents, makeClient, once } from './lib/client.mjs';
import { startSandbox } from './lib/sandbox.mjs';
import { chooseIn, launch } from '../page/lib.mjs';

const {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  ChannelType,
  Events,
  MessageFlags,
  ModalBuilder,
  PermissionFlagsBits,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
} = discord;

const sandbox = await startSandbox();
const { client } = makeClient(sandbox, {
  intents: [...intents, discord.GatewayIntentBits.DirectMessages],
  partials: [discord.Partials.Channel], // Else discord.js drops messages of a direct channel that it has not seen.
});
const ready = once(client, Events.ClientReady);
await client.login(sandbox.token);
await ready;
const guild = client.guilds.cache.get(sandbox.guild_id);
await client.application.commands.set([
  { name: 'onboard', description: 'Set this server up', default_member_permissions: '8', contexts: [0] },
  { name: 'resume', description: 'Go on', options: [{ type: 3, name: 'session_id', description: 'Which' }] },
  {
    name: 'lookup',
    description: 'Find something',
    contexts: [0, 1],
    options: [{ type: 3, name: 'what', description: 'What', required: true, autocomplete: true }],
  },
]);

const row = (...parts) => new ActionRowBuilder().addComponents(...parts);
const wizard = () => ({
  embeds: [{ title: 'Set up', description: 'Step **1** <script>window.broken = true</script>', color: 0x5865f2 }],
  components: [
    row(
      new StringSelectMenuBuilder()
        .setCustomId('wizard:chain:1')
        .setPlaceholder('Choose a chain')
        .addOptions({ label: 'Berachain', value: '80094' }, { label: 'Ethereum', value: '1' }),
    ),
    row(
      new ButtonBuilder().setCustomId('wizard:continue:1').setLabel('Continue').setStyle(ButtonStyle.Primary),
      new ButtonBuilder()
        .setCustomId('wizard:back:1')
        .setLabel('Back')
        .setStyle(ButtonStyle.Secondary)
        .setDisabled(true),
      new ButtonBuilder().setCustomId('wizard:silent:1').setLabel('Silent').setStyle(ButtonStyle.Danger),
    ),
  ],
});
client.on(Events.InteractionCreate, async (i) => {
  if (i.isAutocomplete()) {
    const goods = [
      { name: 'Melange', value: 'spice melange' },
      { name: 'Water', value: 'water' },
    ];
    await i.respond(goods.filter((each) => each.name.toLowerCase().startsWith(i.options.getFocused().toLowerCase())));
  } else if (i.isChatInputCommand() && i.commandName === 'lookup') {
    await i.reply(`found ${i.options.getString('what')}`);
  } else if (i.isChatInputCommand() && i.commandName === 'resume') {
    await i.reply({ content: `resumed ${i.options.getString('session_id')}`, flags: MessageFlags.Ephemeral });
  } else if (i.isChatInputCommand()) {
    await i.deferReply({ flags: MessageFlags.Ephemeral });
    await i.editReply(wizard());
  } else if (i.isStringSelectMenu()) await i.update({ content: `You chose **${i.values[0]}**` });
  else if (i.customId === 'wizard:continue:1') {
    await i.showModal(
      new ModalBuilder()
        .setCustomId('asset:1')
        .setTitle('Contract address')
        .addComponents(
          row(
            new TextInputBuilder()
              .setCustomId('address')
              .setLabel('Address')
              .setStyle(TextInputStyle.Short)
              .setMinLength(42)
              .setMaxLength(42),
          ),
        ),
    );
  } else if (i.isModalSubmit())
    await i.reply({ content: `noted ${i.fields.getTextInputValue('address')}`, flags: MessageFlags.Ephemeral });
});

const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1360, height: 850 } });
page.setDefaultTimeout(30_000);
const faults = [];
page.on('pageerror', (error) => faults.push(error.message));
page.on('console', (line) => {
  if (line.type() === 'error') faults.push(line.text());
});
const part = (id) => page.locator(`[data-custom-id="${id}"]`);

await test('the guild is shown: server, channel, members, roles from highest to lowest', async () => {
  await page.goto(sandbox.url);
  await page.getByRole('button', { name: 'Sietch Tabr' }).waitFor();
  equal(await page.textContent('#channel-name'), 'general', 'channel');
  equal(await page.locator('.member').count(), 6, 'members');
  await page.click('#tab-roles');
  equal(await page.locator('.role-name').allTextContents(), ['Arrakis', '@everyone'], 'roles');
});

await test('a role that a member gets stands below the name, with its colour, and goes when it is taken', async () => {
  const role = await sandbox.control('POST', `as/${sandbox.owner_id}/guilds/${sandbox.guild_id}/roles`, {
    name: 'Naib',
    color: 0x3498db,
  });
  const member = `as/${sandbox.owner_id}/guilds/${sandbox.guild_id}/members/${sandbox.owner_id}/roles/${role.id}`;
  await sandbox.control('PUT', member);
  await page.click('#tab-members');
  const shown = page.locator(`[data-user-id="${sandbox.owner_id}"] [data-role-of-member]`);
  await shown.waitFor();
  equal(await shown.allTextContents(), ['Naib'], 'roles of the member');
  await sandbox.control('DELETE', member);
  await shown.waitFor({ state: 'detached' });
  await sandbox.control('DELETE', `as/${sandbox.owner_id}/guilds/${sandbox.guild_id}/roles/${role.id}`);
});

await test('typing / suggests the commands of this person, and Enter starts one', async () => {
  await page.fill('#box', '/on');
  await page.locator('[data-command="onboard"]').waitFor();
  equal(await page.locator('[data-command]').count(), 1, 'suggestions');
  await page.fill('#box', '/onboard');
  await page.press('#box', 'Enter');
  await part('wizard:continue:1').waitFor();
  expect(await page.locator('.message.ephemeral .only-you').isVisible(), 'the note that only you see it');
  expect(await part('wizard:back:1').isDisabled(), 'a disabled button');
  equal(await page.evaluate(() => window.broken), undefined, 'a script in a text');
});

await test('a choice, a form with its limits, and an application that does not answer', async () => {
  await chooseIn(part('wizard:chain:1'), ['80094']);
  await page.getByText('You chose').waitFor();
  await part('wizard:continue:1').click();
  await page.locator('dialog[open]').waitFor();
  await part('address').fill(`0x${'ab'.repeat(20)}`);
  await page.getByRole('button', { name: 'Submit' }).click();
  await page.getByText('noted 0x').waitFor();
  await sandbox.control('POST', 'clock', { acknowledge_ms: 300 });
  await part('wizard:silent:1').click();
  await page.getByText('The application did not respond').waitFor();
  await sandbox.control('POST', 'clock', { acknowledge_ms: 3000 });
});

await test('an option is typed after its name', async () => {
  await page.fill('#box', '/resume session_id: abc');
  await page.press('#box', 'Enter');
  await page.getByText('resumed abc').waitFor();
});

await test('an application offers values while an option is typed; the one that is chosen is sent', async () => {
  await page.fill('#box', '/lookup what: ');
  await page.locator('[data-choice="water"]').waitFor();
  await page.fill('#box', '/lookup what: mel');
  await page.locator('[data-choice="water"]').waitFor({ state: 'detached' });
  await page.locator('[data-choice="spice melange"]').waitFor();
  await page.press('#box', 'Enter');
  equal(await page.inputValue('#box'), '/lookup what: "spice melange" ', 'what stands in the box');
  await page.locator('[data-command="lookup"]').waitFor();
  await page.press('#box', 'Enter');
  await page.getByText('found spice melange').waitFor();
});

await test('direct messages: somebody is chosen, a message goes and comes, a command works', async () => {
  await page.click('[data-guild-id="@me"]');
  await page.click(`[data-direct-user="${client.user.id}"]`);
  await page.locator('.channel.active', { hasText: 'Arrakis' }).waitFor();
  equal(await page.getAttribute('#box', 'placeholder'), 'Message @Arrakis, or / for commands', 'placeholder');
  const heard = once(client, Events.MessageCreate);
  await page.fill('#box', 'between us');
  await page.press('#box', 'Enter');
  await page.locator('.message', { hasText: 'between us' }).waitFor();
  const message = await heard;
  equal(message.guildId, null, 'the guild of a direct message');
  await message.reply('heard you');
  await page.locator('.message', { hasText: 'heard you' }).waitFor();
  await page.fill('#box', '/');
  await page.locator('[data-command="lookup"]').waitFor();
  equal(await page.locator('[data-command="onboard"]').count(), 0, 'a command of guilds alone');
  await page.fill('#box', '/lookup what: water ');
  await page.press('#box', 'Enter');
  await page.getByText('found water').waitFor();
  await page.reload();
  await page.getByText('found water').waitFor(); // The address holds the place.
  await page.click(`[data-guild-id="${guild.id}"]`);
  await page.getByText('found spice melange').waitFor();
  await page.click('#tab-roles'); // The reload closed it.
});

await test('what a bot builds appears by itself: role with colour, category, private channel, message', async () => {
  const role = await guild.roles.create({ name: 'Naib', colors: { primaryColor: 0xffd700 }, hoist: true });
  const category = await guild.channels.create({ name: 'NAIB COUNCIL', type: ChannelType.GuildCategory });
  await guild.channels.create({
    name: 'council-rock',
    parent: category.id,
    permissionOverwrites: [
      { id: guild.id, deny: [PermissionFlagsBits.ViewChannel] },
      { id: client.user.id, allow: [PermissionFlagsBits.ViewChannel] },
    ],
  });
  await page.locator(`[data-role-id="${role.id}"]`).waitFor();
  equal(
    await page.locator(`[data-role-id="${role.id}"] .dot`).evaluate((dot) => getComputedStyle(dot).backgroundColor),
    'rgb(255, 215, 0)',
    'colour',
  );
  await page.locator('.category', { hasText: 'NAIB COUNCIL' }).waitFor();
  await page.locator('.channel', { hasText: 'council-rock' }).waitFor();
  await guild.systemChannel.send('hello **sietch**');
  await page.locator('.message strong', { hasText: 'sietch' }).waitFor();
});

await test('another person sees no private channel, no ephemeral message, and only their commands', async () => {
  await page.selectOption('#people', { label: 'jamis' });
  await page.locator('.channel', { hasText: 'council-rock' }).waitFor({ state: 'detached' });
  equal(await page.locator('.message.ephemeral').count(), 0, 'ephemeral messages');
  await page.fill('#box', '/');
  await page.locator('[data-command="resume"]').waitFor();
  equal(await page.locator('[data-command="onboard"]').count(), 0, '/onboard');
  await page.fill('#box', 'I am here');
  await page.press('#box', 'Enter');
  await page.locator('.message .author', { hasText: 'jamis' }).waitFor();
});

await test('no JavaScript error in the page', () => equal(faults, [], 'faults'));
await browser.close();
await client.destroy();
await sandbox.stop();
finish();
