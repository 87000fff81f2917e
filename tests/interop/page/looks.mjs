// The sandbox's page as people meet it: at a desk (1280 px) and on a phone (360 px), with two tabs, with a keyboard,
// and with a screen reader (axe). The bot is discord.js. Pictures lie in build/interop/page.
import { equal, expect, finish, test, until } from '../discord/lib/check.mjs';
import { discord, makeClient, once } from '../discord/lib/client.mjs';
import { startSandbox } from '../discord/lib/sandbox.mjs';
import { chooseIn, launch, pictureFile } from './lib.mjs';
import { findings, fits as fitsOn, isClean, misfits } from './judge.mjs';

const { ChannelType, Events, MessageFlags } = discord;

// ---- a guild with names that are hard to show, and a bot with every kind of component
const sandbox = await startSandbox(...(process.env.PAGE ? ['--page', process.env.PAGE] : []));
const { client } = makeClient(sandbox);
const ready = once(client, Events.ClientReady);
await client.login(sandbox.token);
await ready;
const guild = client.guilds.cache.get(sandbox.guild_id);
const marked = '*Gold* __x__ ~~y~~ `z` <b>';
const gold = await guild.roles.create({ name: marked, colors: { primaryColor: 0x102030 }, hoist: true });
await guild.roles.create({ name: 'L'.repeat(100), colors: { primaryColor: 0x600000 } });
const category = await guild.channels.create({ name: 'Trading post', type: ChannelType.GuildCategory });
const voice = await guild.channels.create({ name: 'Talk', type: ChannelType.GuildVoice, parent: category.id });
const long = await guild.channels.create({ name: `long-${'x'.repeat(90)}`, parent: category.id });
await guild.members.cache.get(sandbox.owner_id).roles.add(gold);
await client.application.commands.set([
  { name: 'panel', description: 'Shows every component that a message can have, with a long description' },
  {
    name: 'resume',
    description: 'Goes on',
    options: [{ type: 3, name: 'session', description: 'Which', required: true }],
  },
]);

const row = (...components) => ({ type: 1, components });
const option = (value) => ({ label: `Tier ${value}`, value, description: `What a member of tier ${value} sees` });
const panel = {
  content: `<@&${gold.id}> is a role, *this* is stressed. See <#${long.id}> before <t:1900000000:t>.`,
  embeds: [
    {
      title: 'Step 3 of 8',
      description: 'Choose what your members see. [Help](https://example.org/a__b__c)',
      color: 0x5865f2,
      fields: [
        { name: 'Members', value: '1 204', inline: true },
        { name: 'Roles', value: '9', inline: true },
        { name: 'Channels', value: '12', inline: true },
      ],
      footer: { text: 'Nothing changes before you press Deploy' },
    },
  ],
  components: [
    row({
      type: 3,
      custom_id: 'tiers',
      placeholder: 'Tiers',
      min_values: 2,
      max_values: 3,
      options: ['1', '2', '3', '4', '5'].map(option),
    }),
    row({ type: 6, custom_id: 'role', placeholder: 'A role' }),
    row({ type: 5, custom_id: 'people', placeholder: 'People', min_values: 0, max_values: 25 }),
    row({ type: 8, custom_id: 'channel', placeholder: 'A voice channel or category', channel_types: [2, 4] }),
    row(
      { type: 2, style: 1, label: 'Enter the name', custom_id: 'form' },
      { type: 2, style: 2, label: 'Back', custom_id: 'back' },
      { type: 2, style: 3, label: 'Deploy', custom_id: 'deploy' },
      { type: 2, style: 4, label: 'Cancel setup', custom_id: 'cancel' },
      { type: 2, style: 5, label: 'Help', url: 'https://example.org' },
    ),
  ],
};
const modal = {
  custom_id: 'named',
  title: 'Name of the community',
  components: [
    {
      type: 18,
      label: 'Name',
      description: '3 to 100 characters',
      component: { type: 4, style: 1, custom_id: 'name' },
    },
    row({ type: 4, style: 2, custom_id: 'about', label: 'What it is about', required: false }),
  ],
};
const taken = []; // Interactions that the application received, in order: {id, custom_id, values}.
client.on(Events.InteractionCreate, async (i) => {
  if (i.isChatInputCommand()) return i.reply({ ...panel, flags: MessageFlags.Ephemeral });
  taken.push({ id: i.id, custom_id: i.customId, values: i.values ?? [] });
  if (i.customId === 'form') return i.showModal(modal);
  if (i.customId === 'named')
    return i.reply({ content: `named ${i.fields.getTextInputValue('name')}`, flags: MessageFlags.Ephemeral });
  if (i.customId === 'back') return null; // no answer: the page says so
  return i.deferUpdate();
});
await sandbox.control('POST', 'clock', { acknowledge_ms: 20_000 });

// ---- people
const browser = await launch();
const faults = [];
async function tab(context, wide = true) {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.setViewportSize(wide ? { width: 1280, height: 800 } : { width: 360, height: 740 });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error') faults.push(line.text());
  });
  await page.goto(sandbox.url);
  await page.locator('#link.up').waitFor({ state: 'attached' });
  return page;
}
const context = () => browser.newContext({ reducedMotion: 'reduce' });
const shown = (page) => page.locator('#messages .message.ephemeral').last();
const part = (page, id) => shown(page).locator(`[data-custom-id="${id}"]`);
const menu = (page) => page.locator('.menu:popover-open');
const picture = (page, name) => page.screenshot({ path: pictureFile(`looks-${name}`) });
async function openPanel(page) {
  const before = await page.locator('[data-custom-id="form"]').count();
  await page.fill('#box', '/panel');
  await page.press('#box', 'Enter');
  await until(async () => (await page.locator('[data-custom-id="form"]').count()) > before, 'the panel');
}
/// Waits until the tab has drawn every event that the sandbox sent.
async function settled(page) {
  const text = `settled ${Math.random()}`;
  await guild.systemChannel.send(text);
  await page.getByText(text).waitFor({ state: 'attached' });
}

// ---- forms
await test('modal: opens in the tab that asked for it; cancelled or submitted, it is gone in every tab', async () => {
  const both = await context();
  const [one, two] = [await tab(both), await tab(both)];
  const open = async () => [await one.locator('dialog[open]').count(), await two.locator('dialog[open]').count()];
  await openPanel(one);
  await part(one, 'form').click();
  await one.locator('dialog[open]').waitFor();
  await settled(two);
  equal(await open(), [1, 0], 'open forms in the two tabs');
  await one.getByRole('button', { name: 'Cancel', exact: true }).click();
  // The negative control: to the sandbox the form is still open, as for Discord: clients report no “Cancel”.
  const { id } = taken.at(-1);
  equal((await sandbox.control('GET', `interactions/${id}`)).phase, 'form', 'the phase of the cancelled form');
  for (const each of [one, two]) {
    await each.reload();
    await part(each, 'form').waitFor();
    await settled(each);
  }
  equal(await open(), [0, 0], 'open forms after “Cancel” and a reload');

  await part(one, 'form').click();
  await one.fill('dialog[open] [name="name"]', 'Dune');
  await one.getByRole('button', { name: 'Submit' }).click();
  await one.getByText('named Dune').waitFor();
  await one.locator('dialog[open]').waitFor({ state: 'detached' });
  for (const each of [one, two]) {
    await each.reload();
    await each.getByText('named Dune').waitFor();
    await settled(each);
  }
  equal(await open(), [0, 0], 'open forms after “Submit” and a reload');

  await one.locator('.message', { hasText: 'named Dune' }).getByRole('button', { name: 'Dismiss' }).click();
  await two.getByText('named Dune').waitFor({ state: 'detached' });
  await two.reload();
  await part(two, 'form').waitFor();
  equal(await two.getByText('named Dune').count(), 0, 'a dismissed message after a reload of the other tab');
  await both.close();
});

// ---- selects
const desk = await tab(await context());
await test('selects: several values with min_values and max_values, sent once when the list closes', async () => {
  await openPanel(desk);
  const tiers = part(desk, 'tiers');
  const tier = (value) => menu(desk).locator(`[data-value="${value}"]`);
  const before = taken.length;
  await tiers.click();
  await tier('1').click();
  await menu(desk).getByText('Choose 2 to 3 · 1 chosen').waitFor();
  await desk.keyboard.press('Escape');
  await shown(desk).getByText('Choose at least 2').waitFor();
  equal(taken.length, before, 'what was sent with one choice of two');

  await tiers.click();
  await tier('3').click();
  await tier('4').click();
  equal(await tier('2').getAttribute('aria-disabled'), 'true', 'a fourth choice');
  await tier('2').click({ force: true });
  equal(await menu(desk).locator('[aria-selected="true"]').count(), 3, 'checks');
  await picture(desk, 'desk-several');
  await isClean(desk, 'the list of several');
  await desk.locator('#channel-header').click({ position: { x: 300, y: 20 } }); // a click beside it closes it
  await until(() => taken.length > before, 'the choice');
  // The application deferred and edits nothing: the select is free at once, not when the page has waited for 20 s.
  await until(async () => !(await desk.locator('.busy').count()), 'the end of waiting', 15_000);
  equal((await sandbox.control('GET', `interactions/${taken.at(-1).id}`)).phase, 'deferred', 'the phase');
  equal(await tiers.locator('.chip').allTextContents(), ['Tier 1', 'Tier 3', 'Tier 4'], 'what the closed select shows');
  await tiers.click();
  await desk.keyboard.press('Escape');
  await part(desk, 'role').click(); // nothing else was sent before this choice
  await menu(desk).locator(`[data-value="${gold.id}"]`).click();
  await until(() => taken.length >= before + 2, 'the role');
  equal(
    taken.slice(before).map(({ custom_id, values }) => [custom_id, values]),
    [
      ['tiers', ['1', '3', '4']],
      ['role', [gold.id]],
    ],
    'what the application was told',
  );
});

await test('selects: with the keyboard alone open, move, choose, close', async () => {
  const before = taken.length;
  await part(desk, 'tiers').focus();
  await desk.keyboard.press('Enter');
  await menu(desk).waitFor();
  for (const key of ['Home', ' ', 'End', ' ', 'Escape']) await desk.keyboard.press(key);
  await until(() => taken.length > before, 'the choice');
  equal(taken.at(-1).values, ['3', '4', '5'], 'the choice');
  expect(await part(desk, 'tiers').evaluate((node) => node === document.activeElement), 'the focus back at the select');
});

await test('selects of roles, people and channels offer what the guild has when they open', async () => {
  const values = async (id) => {
    await part(desk, id).click();
    await menu(desk).waitFor();
    const all = await menu(desk)
      .locator('[data-value]')
      .evaluateAll((list) => list.map((node) => node.dataset.value));
    await desk.keyboard.press('Escape');
    await menu(desk).waitFor({ state: 'detached' });
    return all;
  };
  const highestFirst = () =>
    [...guild.roles.cache.values()]
      .filter((r) => r.id !== guild.id)
      .sort((a, b) => b.rawPosition - a.rawPosition || (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
      .map((r) => r.id);
  equal(await values('role'), highestFirst(), 'roles');
  equal((await values('people')).sort(), [...guild.members.cache.keys()].sort(), 'people');
  const kinds = [ChannelType.GuildVoice, ChannelType.GuildCategory];
  const wanted = [...guild.channels.cache.values()].filter((c) => kinds.includes(c.type)).map((c) => c.id);
  expect(wanted.includes(voice.id) && wanted.includes(category.id), 'the ones made here');
  equal((await values('channel')).sort(), wanted.sort(), 'voice channels and categories');
  // An untouched message offers what was created after it was written, and nothing that was removed since.
  const late = await guild.channels.create({ name: 'Late', type: ChannelType.GuildVoice });
  const role = await guild.roles.create({ name: 'Late role' });
  await settled(desk);
  expect((await values('channel')).includes(late.id), 'the new channel');
  expect((await values('role')).includes(role.id), 'the new role');
  await role.delete();
  await settled(desk);
  expect(!(await values('role')).includes(role.id), 'no role that is gone');
});

await test('selects: a list of more than ten can be searched', async () => {
  for (let i = 0; i < 12; i += 1) await guild.roles.create({ name: `Rank ${i}` });
  await settled(desk);
  await part(desk, 'role').click();
  await menu(desk).getByPlaceholder('Search').fill('rank 1');
  equal(await menu(desk).locator('[data-value]').count(), 3, 'ranks 1, 10 and 11');
  await picture(desk, 'desk-roles');
  await isClean(desk, 'the list with a search');
  await desk.keyboard.press('ArrowDown');
  const before = taken.length;
  await desk.keyboard.press('Enter');
  await until(() => taken.length > before, 'the choice');
  expect(guild.roles.cache.get(taken.at(-1).values[0]).name.startsWith('Rank 1'), 'the second of what was found');
});

await test('selects: values not sent yet survive a redraw of the page', async () => {
  await part(desk, 'tiers').click();
  await menu(desk).locator('[data-value="5"]').click(); // it was chosen before
  await settled(desk);
  equal(await menu(desk).count(), 1, 'open lists');
  equal(await menu(desk).locator('[data-value="5"]').getAttribute('aria-selected'), 'false', 'the choice');
  await menu(desk).locator('[data-value="5"]').click();
  await desk.keyboard.press('Escape');
});

// ---- names
await test('names of roles are names, not markdown', async () => {
  const mention = shown(desk).locator('.text .mention').first();
  equal(await mention.textContent(), `@${marked}`, 'the mention');
  equal(await mention.locator('*').count(), 0, 'elements in it');
  equal(
    await shown(desk).locator('.text em').textContent(),
    'this',
    'the negative control: a text with the same signs',
  );
  equal(await shown(desk).locator('.text a').getAttribute('href'), 'https://example.org/a__b__c', 'an address');
  await part(desk, 'role').click();
  expect((await menu(desk).locator('.name').allTextContents()).includes(marked), 'the name in the list of roles');
  await desk.keyboard.press('Escape');
  equal(await desk.locator(`#members .group-name`).first().textContent(), `${marked} — 1`, 'the name of the group');
});

// ---- the newest message
await test('the message in view, the newest or an older one, stays when the window changes its size', async () => {
  const page = await tab(await context());
  for (let i = 0; i < 5; i += 1) await guild.systemChannel.send('A long line of text. '.repeat(90));
  await openPanel(page);
  const hidden = () =>
    page.evaluate(() => {
      const pane = document.getElementById('messages');
      return Math.round(pane.scrollHeight - pane.scrollTop - pane.clientHeight);
    });
  const sizes = [
    [360, 740],
    [1280, 800],
    [1280, 420],
    [700, 900],
    [360, 500],
  ];
  equal(await hidden(), 0, 'pixels below the end at first');
  for (const [width, height] of sizes) {
    await page.setViewportSize({ width, height });
    await until(async () => (await hidden()) === 0, `the newest message at ${width} px`);
    await picture(page, `newest-${width}x${height}`);
  }
  await page.locator('#messages .message').nth(1).scrollIntoViewIfNeeded();
  await until(async () => (await hidden()) > 1_000, 'an older message');
  await page.setViewportSize({ width: 1280, height: 800 });
  await settled(page);
  expect((await hidden()) > 1_000, 'the reader of an older message stays there');
  await page.context().close();
});

// ---- what axe finds
await test('at a desk axe finds nothing: messages, commands, form, failure, members, roles', async () => {
  await isClean(desk, 'the messages');
  await picture(desk, 'desk-panel');
  await desk.fill('#box', '/');
  await desk.locator('[data-command="panel"]').waitFor();
  await isClean(desk, 'the commands');
  await picture(desk, 'desk-commands');
  await desk.fill('#box', '');
  await part(desk, 'form').click();
  await desk.locator('dialog[open]').waitFor();
  await isClean(desk, 'the form');
  await picture(desk, 'desk-form');
  await desk.getByRole('button', { name: 'Cancel', exact: true }).click();
  await part(desk, 'back').click();
  await desk.locator('.busy').waitFor();
  await isClean(desk, 'a button that waits');
  await sandbox.control('POST', 'clock', { acknowledge_ms: 200 });
  await shown(desk).getByText('The application did not respond').waitFor();
  await sandbox.control('POST', 'clock', { acknowledge_ms: 20_000 });
  await until(
    () =>
      desk
        .locator('.busy')
        .count()
        .then((n) => n === 0),
    'the end of the click',
  );
  await isClean(desk, 'a failure');
  await desk.click('#tab-roles');
  await isClean(desk, 'the roles');
  await picture(desk, 'desk-roles-pane');
});
await test('negative control: axe finds a pale text, a field without a label and a picture without words', async () => {
  await desk.evaluate(() => {
    document.documentElement.style.setProperty('--dim', '#5c5f66');
    document.getElementById('box').removeAttribute('aria-label');
    document.getElementById('box').removeAttribute('placeholder');
    document.getElementById('link').removeAttribute('aria-label');
    document.getElementById('link').removeAttribute('title');
  });
  const rules = new Set((await findings(desk)).map((each) => each.split(':')[0]));
  for (const rule of ['color-contrast', 'role-img-alt']) expect(rules.has(rule), `${rule} among ${[...rules]}`);
  expect(
    [...rules].some((r) => ['label', 'aria-input-field-name'].includes(r)),
    `a field's label among ${[...rules]}`,
  );
  await desk.context().close();
});

// ---- on a phone
const phone = await tab(await context(), false);
const panes = (page) =>
  page.evaluate(() => ['sidebar', 'chat', 'people-pane'].filter((id) => document.getElementById(id).checkVisibility()));
async function fits(page, what) {
  await fitsOn(page, what);
  await picture(page, `phone-${what}`);
}

await test('on a phone one pane at a time: messages, channels, people; “back” leads to the messages', async () => {
  equal(await panes(phone), ['chat'], 'panes at first');
  await fits(phone, 'messages');
  await phone.getByRole('button', { name: 'Servers and channels' }).click();
  equal(await panes(phone), ['sidebar'], 'panes');
  expect(await phone.locator('#servers').isVisible(), 'the servers');
  await fits(phone, 'channels');
  await phone.locator(`[data-channel-id="${long.id}"]`).click();
  equal(await panes(phone), ['chat'], 'panes after a channel was chosen');
  await until(async () => (await phone.textContent('#channel-name')).startsWith('long-'), 'the channel');
  await fits(phone, 'long-channel');
  await phone.getByRole('button', { name: 'Members and roles' }).click();
  equal(await panes(phone), ['people-pane'], 'panes');
  await fits(phone, 'members');
  await phone.click('#tab-roles');
  await fits(phone, 'roles');
  await phone.goBack();
  equal(await panes(phone), ['chat'], 'panes after “back”');
  await phone.getByRole('button', { name: 'Servers and channels' }).click();
  await phone.getByRole('button', { name: 'Back to the messages' }).click();
  equal(await panes(phone), ['chat'], 'panes after the arrow');
});

await test('on a phone a command, its message, its lists and its form fit and work', async () => {
  await phone.getByRole('button', { name: 'Servers and channels' }).click();
  await phone.locator('.channel', { hasText: 'general' }).click();
  await phone.fill('#box', '/');
  await phone.locator('[data-command="panel"]').waitFor();
  await fits(phone, 'commands');
  await openPanel(phone);
  await fits(phone, 'panel');
  const before = taken.length;
  await part(phone, 'tiers').click();
  await menu(phone).locator('[data-value="2"]').click();
  await fits(phone, 'several');
  await menu(phone).locator('[data-value="4"]').click();
  await menu(phone).getByRole('button', { name: 'Done' }).click();
  await until(() => taken.length > before, 'the choice');
  equal(taken.at(-1).values, ['2', '4'], 'the choice');
  await chooseIn(part(phone, 'people'), [sandbox.owner_id]);
  await until(() => taken.at(-1).custom_id === 'people', 'the person');
  await part(phone, 'role').click();
  await fits(phone, 'list-of-roles');
  await phone.keyboard.press('Escape');
  await part(phone, 'form').click();
  await phone.locator('dialog[open]').waitFor();
  await fits(phone, 'form');
  await phone.fill('dialog[open] [name="name"]', 'From a phone');
  await phone.getByRole('button', { name: 'Submit' }).click();
  await phone.getByText('named From a phone').waitFor();
});

await test('negative control: without the rules for small screens three panes reach outside the screen', async () => {
  await phone.evaluate(() => {
    for (const sheet of document.styleSheets)
      for (let i = sheet.cssRules.length - 1; i >= 0; i -= 1)
        if (sheet.cssRules[i].conditionText?.includes('max-width')) sheet.deleteRule(i);
  });
  equal(await panes(phone), ['sidebar', 'chat', 'people-pane'], 'panes');
  expect(
    (await misfits(phone)).some((each) => each.startsWith('outside the screen')),
    'something outside the screen',
  );
});

await test('in a large guild a search reaches people that the page does not hold', async () => {
  await sandbox.control('POST', 'users', { name: 'fremen', count: 260, guild: guild.id });
  const page = await tab(await context());
  await openPanel(page);
  equal(await page.locator('#members .member').count(), 200, 'people on the page');
  const before = taken.length;
  await part(page, 'people').click();
  const last = menu(page).locator('[data-value]', { hasText: 'fremen260' });
  equal(await last.count(), 0, 'the negative control: who is not among them is not offered at first');
  await menu(page).getByPlaceholder('Search').fill('fremen26');
  await last.first().click();
  await menu(page).getByRole('button', { name: 'Done' }).click();
  await until(() => taken.length > before, 'the choice');
  equal(guild.members.cache.get(taken.at(-1).values[0])?.user.username, 'fremen260', 'the person');
});

await test('no JavaScript error in the page', () => equal(faults, [], 'faults'));
await browser.close();
await client.destroy();
await sandbox.stop();
finish();
