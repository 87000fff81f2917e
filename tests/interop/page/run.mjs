// A person at the sandbox's page: /onboard with edits from the review to the finished guild, then version 2; beside a
// role of the same name that the admin had made before. Pictures of the way lie in build/interop/page.
import { readFileSync } from 'node:fs';
import { equal, expect, finish, test, until } from '../discord/lib/check.mjs';
import { startStack } from '../guild/lib/stack.mjs';
import { fits, isClean } from './judge.mjs';
import { openPage } from './lib.mjs';

const stack = await startStack({ empty: true });
const person = await openPage(`${stack.discord}/`);
const { page } = person;
const guildNow = async () => (await stack.sandbox('GET', `state?guild=${stack.guild}`)).guilds[0];
const manifest = (community, version) =>
  JSON.parse(readFileSync(stack.manifestFile(community.id, version), 'utf8')).content;
let own, first, second;

await test('the page shows the guild before anything was done to it', async () => {
  own = await stack.sandbox('POST', `as/${stack.owner}/guilds/${stack.guild}/roles`, {
    name: 'Gold',
    color: 0x123456,
    hoist: false,
    mentionable: true,
    permissions: '1024',
  });
  await page.click('#tab-roles');
  await page.locator(`[data-role-id="${own.id}"]`).waitFor();
  expect(![...(await person.roles()).values()].includes('Silver'), 'no role of a tier');
  await page.fill('#box', '/');
  await page.locator('[data-command="onboard"]').waitFor();
  await person.picture('01-commands');
});

await test('/onboard, typed and clicked through, comes to the review', async () => {
  await person.type('/onboard');
  await person.sees('Step 1 of 8');
  await person.press('Enter the name');
  await page.locator('dialog[open]').waitFor();
  await person.picture('02-form');
  await person.fill({ name: 'Dune @everyone' });
  await person.sees('Leave out: @everyone');
  await person.picture('02-refused');
  await person.press('Correct it');
  equal(await person.typed('name'), 'Dune @everyone', 'the name in the form');
  await person.fill({ name: 'Dune Trader' });
  await person.sees('Dune Trader');
  expect(!(await person.text()).includes('Leave out'), 'no refusal any more');
  await person.press('Continue');
  await person.sees('Step 2 of 8');
  await person.choose('chain', ['sandbox']);
  await person.sees('Sandbox');
  await person.picture('03-chain');
  await person.press('Continue');
  await person.sees('Step 3 of 8');
  await person.choose('asset-type', ['erc20']);
  await person.fill({ address: stack.erc20.replace(/.$/, 'z'), min_balance: '100' });
  await person.sees('Contract address');
  await person.picture('04-mistyped');
  await person.press('Correct it');
  equal(await person.typed('min_balance'), '100', 'the balance in the form');
  equal(await person.typed('address'), stack.erc20.replace(/.$/, 'z'), 'the address in the form');
  await person.fill({ address: stack.erc20 });
  await person.sees('SPICE');
  await person.picture('04-asset');
  await person.press('Continue');
  await person.sees('Step 4 of 8');
  await person.choose('tier-template', ['simple']);
  await person.sees('Bronze rank');
  await person.press('Continue');
  await person.sees('Step 5 of 8');
  await person.press('Continue');
  await person.sees('Step 6 of 8');
  await person.choose('channel-template', ['standard']);
  await person.sees('vip-chat');
  await person.press('Continue');
  await person.sees('Step 7 of 8');
  expect(
    (await person.text()).includes('The bot has the permissions it needs'),
    'a plan that can be deployed',
  );
  await person.picture('05-review');
});

await test('edits from the review return to it: name, tiers (roles follow), channels; or no change', async () => {
  await person.press('Name');
  equal(await person.typed('name'), 'Dune Trader', 'the name in the form');
  await person.fill({ name: 'Dune Traders' });
  await person.sees('Dune Traders');
  await person.press('Tiers');
  await person.sees('Step 4 of 8');
  await person.choose('tier-template', ['standard']);
  await person.sees('Diamond rank');
  await person.picture('06-edit-of-tiers');
  await person.press('Done');
  await person.sees('Step 7 of 8');
  const review = await person.text();
  for (const each of ['Dune Traders', 'Diamond', 'Platinum', 'Gold', 'Silver', 'Bronze', 'new role “Diamond”'])
    expect(review.includes(each), `${each} in the review`);
  await person.press('Channels');
  await person.sees('Step 6 of 8');
  await person.choose('channel-template', ['minimal']);
  await page.locator('#messages .message.ephemeral').last().filter({ hasNotText: 'vip-chat' }).waitFor();
  await person.press('Done');
  await person.sees('Step 7 of 8');
  await person.press('Roles');
  await person.sees('Step 5 of 8');
  await person.press('Back to review');
  await person.sees('Step 7 of 8');
  expect(
    !(await person.text()).includes('vip-chat') && (await person.text()).includes('announcements'),
    'the channels of the edit',
  );
});

await test('Deploy builds the guild, and the lists show it', async () => {
  await person.press('Deploy');
  await person.sees('is ready', 60_000);
  await person.picture('07-ready');
  first = await stack.community();
  const want = manifest(first, 1);
  const [roles, channels] = [await person.roles(), await person.channels()];
  for (const role of want.roles) equal(roles.get(first.shadow.get(`role ${role.id}`)), role.name, `role ${role.id}`);
  for (const channel of want.channels)
    expect(
      channels.get(first.shadow.get(`channel ${channel.id}`))?.includes(channel.name),
      `channel ${channel.id} in the list`,
    );
  equal([want.roles.length, want.channels.length], [5, 3], 'roles and channels');
});

/// Every role and channel that our bot made, and no other, stands in the shadow state; what is left over, too.
async function namesEverySnowflake(community) {
  const guild = await guildNow();
  const made = guild.audit
    .filter((e) => [10, 30].includes(e.action_type) && e.user_id === stack.bot)
    .map((e) => e.target_id);
  equal([...community.shadow.values()].sort(), made.sort(), 'snowflakes of the shadow state and of what the bot made');
  const there = new Set([...guild.roles, ...guild.channels].map((x) => x.id));
  for (const [key, id] of community.shadow) expect(there.has(id), `${key} in the guild`);
}
await test('the shadow state names every snowflake that was made', () => namesEverySnowflake(first));

async function isLeftAlone(community) {
  const { roles } = await guildNow();
  const now = roles.find((r) => r.id === own.id);
  const fields = (r) => [r.id, r.name, r.color, r.hoist, r.mentionable, r.permissions];
  equal(fields(now), fields(own), "the admin's role");
  equal(roles.filter((r) => r.name === 'Gold').length, 2, 'roles of this name');
  expect(![...community.shadow.values()].includes(own.id), 'it is not in the shadow state');
  expect(community.shadow.get('role role-gold') !== own.id, "the tier's role is another one");
}
await test("the admin's role of the same name is left alone", () => isLeftAlone(first));

await test('/onboard again opens the community: another channel template makes version 2', async () => {
  const messages = await page.locator('#messages .message.ephemeral').count();
  await person.type('/onboard');
  await until(async () => (await page.locator('#messages .message.ephemeral').count()) > messages, 'an answer');
  await person.sees('at version 1');
  await person.picture('08-edit-of-the-community');
  await person.press('Channels');
  await person.sees('Step 6 of 8');
  await person.choose('channel-template', ['standard']);
  await person.sees('vip-chat');
  await person.press('Done');
  await person.sees('Step 7 of 8');
  await person.press('Deploy');
  await person.sees('is ready', 60_000);
  await person.sees('version 2');
});

await test('what version 2 lacks is listed, and still there', async () => {
  second = await stack.community();
  const voice = first.shadow.get('channel ch-voice');
  await person.sees('still in your server');
  await person.sees(voice);
  expect((await person.channels()).has(voice), 'the channel in the list');
  await person.picture('09-version-2');
});

await test('version 2: what stays keeps its snowflake, what is new is there, the shadow names all', async () => {
  const want = manifest(second, 2);
  const [channels, categories] = [await person.channels(), await person.categories()];
  for (const [key, id] of first.shadow)
    if (key.startsWith('role ') || ['channel ch-announcements', 'channel ch-general'].includes(key))
      equal(second.shadow.get(key), id, key);
  for (const channel of want.channels)
    expect(channels.has(second.shadow.get(`channel ${channel.id}`)), `channel ${channel.id} in the list`);
  for (const category of want.categories)
    equal(categories.get(second.shadow.get(`category ${category.id}`)), category.name, `category ${category.id}`);
  await namesEverySnowflake(second);
});
await test("the admin's role of the same name is still left alone", () => isLeftAlone(second));

await test('/reconcile, Apply, confirmed: what was deleted by hand is back', async () => {
  const general = second.shadow.get('channel ch-general');
  await stack.sandbox('DELETE', `as/${stack.owner}/channels/${general}`);
  await page.locator(`[data-channel-id="${general}"]`).waitFor({ state: 'detached' });
  const messages = await page.locator('#messages .message.ephemeral').count();
  await person.type('/reconcile');
  await until(async () => (await page.locator('#messages .message.ephemeral').count()) > messages, 'an answer');
  await person.sees('deleted in Discord');
  await isClean(page, 'the plan of /reconcile');
  await person.picture('17-reconcile');
  await person.press('Apply');
  await person.sees('Apply these changes?');
  await person.picture('18-apply');
  await person.press('Yes, apply');
  await person.sees('matches its plan again', 30_000);
  await person.picture('19-applied');
  second = await stack.community();
  const made = second.shadow.get('channel ch-general');
  expect(made !== general && (await person.channels()).has(made), 'the channel in the list');
});

await test('own tiers, a refused one corrected, and a channel that was there make version 3', async () => {
  const market = await stack.sandbox('POST', `as/${stack.owner}/guilds/${stack.guild}/channels`, {
    name: 'market',
    type: 0,
    topic: 'ours',
  });
  await page.setViewportSize({ width: 1280, height: 1000 });
  const messages = await page.locator('#messages .message.ephemeral').count();
  await person.type('/onboard');
  await until(async () => (await page.locator('#messages .message.ephemeral').count()) > messages, 'an answer');
  await person.sees('at version 2');
  await person.press('Tiers');
  await person.sees('Rank orders your members');
  await person.press('Add a tier');
  await page.locator('dialog[open]').waitFor();
  await isClean(page, 'the form of a tier');
  await person.picture('20-form-of-a-tier');
  await person.fill({ name: 'Shrimps', ranks: '9-1', amount: '', color: 'teal', hoist: 'yes' });
  await person.sees('`51+` for rank 51'.replaceAll('`', ''));
  await person.picture('21-refused-tier');
  await person.press('Correct it');
  equal(
    [await person.typed('name'), await person.typed('ranks'), await person.typed('color')],
    ['Shrimps', '9-1', 'teal'],
    'what was typed',
  );
  await person.fill({ ranks: '501+' });
  await person.sees('Shrimps rank 501 and below');
  await person.choose('tier-color', ['Purple']);
  await person.sees('Purple #9B59B6');
  await person.choose('tier-pick', ['bronze']);
  await person.press('Change Bronze');
  await person.fill({ name: 'Copper', ranks: '', amount: '0.5' });
  await person.sees('Copper at least 0.5 SPICE');
  const unmoved = await person.text();
  await person.press('Move up');
  await page.waitForFunction(
    (text) => [...document.querySelectorAll('#messages .message.ephemeral')].at(-1).innerText !== text,
    unmoved,
  ); // Before, the answer would close the menu that is opened next.
  await person.choose('tier-pick', ['platinum']);
  await person.press('Remove Platinum');
  await person.sees('Platinum removed');
  await isClean(page, 'the tiers');
  await person.picture('22-own-tiers');
  await person.press('Done');
  await person.sees('Step 7 of 8');
  await person.press('Roles');
  await person.sees('Step 5 of 8');
  await person.choose('role-tier', ['gold']);
  await person.picture('23-roles');
  await person.press('Done');
  await person.sees('Step 7 of 8');
  await person.press('Channels');
  await person.sees('Step 6 of 8');
  await person.choose('channel-pick', ['2']);
  await person.sees('Make a new channel'); // Its menu has come: before, it was the category's.
  await person.choose('channel-use', [market.id]);
  await person.sees('as it is');
  await isClean(page, 'the channels');
  await person.picture('24-channel-that-was-there');
  await person.press('Done');
  await person.sees('Step 7 of 8');
  await person.press('Deploy');
  await person.sees('version 3');
  await person.sees('is ready', 60_000);
  const third = await stack.community();
  const want = manifest(third, 3);
  equal(
    want.tiers.map((t) => [t.id, t.name, t.minRank, t.threshold]),
    [
      ['diamond', 'Diamond', 1, undefined],
      ['gold', 'Gold', 21, undefined],
      ['bronze', 'Copper', 1, '0.5'],
      ['silver', 'Silver', 51, undefined],
      ['shrimps', 'Shrimps', 501, undefined],
    ],
    'tiers',
  );
  equal(want.channels.find((c) => c.id === 'ch-general').existingChannelId, market.id, 'the chosen channel');
  const now = await guildNow();
  const made = (id) => now.roles.find((r) => r.id === third.shadow.get(`role ${id}`));
  equal([made('role-shrimps').name, made('role-shrimps').color], ['Shrimps', 0x9b59b6], 'the new role');
  equal(made('role-bronze').name, 'Copper', 'the renamed role');
  equal(made('role-bronze').id, second.shadow.get('role role-bronze'), 'the same role');
  const untouched = now.channels.find((c) => c.id === market.id);
  const { name, topic, permission_overwrites: overwrites } = untouched;
  equal([name, topic, overwrites.length], ['market', 'ours', 0], 'the channel');
  await isLeftAlone(third);
});

await test('somebody without a tier does not see the closed channels', async () => {
  await page.selectOption('#people', { label: 'jamis' });
  const closed = second.shadow.get('channel ch-vip-chat');
  await page.locator(`[data-channel-id="${closed}"]`).waitFor({ state: 'detached' });
  expect((await person.channels()).has(second.shadow.get('channel ch-general')), 'the open ones');
  await person.picture('10-another-person');
});

await test('at phone size the wizard is used as at a desk: commands, choices, review, deployment', async () => {
  await page.selectOption('#people', stack.owner);
  await page.locator('.message.ephemeral').last().waitFor();
  await page.setViewportSize({ width: 360, height: 740 });
  const messages = await page.locator('#messages .message.ephemeral').count();
  await page.fill('#box', '/');
  await page.locator('[data-command="onboard"]').waitFor();
  await fits(page, 'the commands');
  await person.picture('11-phone-commands');
  await person.type('/onboard');
  await until(async () => (await page.locator('#messages .message.ephemeral').count()) > messages, 'an answer');
  await person.sees('at version 3');
  await fits(page, 'the review');
  await person.picture('12-phone-review');
  await person.press('Name');
  await page.locator('dialog[open]').waitFor();
  await fits(page, 'the form');
  await person.picture('13-phone-form');
  await person.fill({ name: 'Dune by phone' });
  await person.sees('Dune by phone');
  await person.press('Name');
  await person.fill({ name: 'D @here' });
  await person.sees('Leave out: @here');
  await fits(page, 'a refusal');
  await person.picture('13-phone-refused');
  await person.press('Tiers');
  await person.sees('Step 4 of 8');
  await fits(page, 'the tiers');
  await person.picture('14-phone-tiers');
  await person.press('Add a tier');
  await page.locator('dialog[open]').waitFor();
  await fits(page, 'the form of a tier');
  await person.picture('14-phone-form-of-a-tier');
  await person.fill({ name: 'Holders', ranks: '', amount: '0.1' });
  await person.sees('Holders at least 0.1 SPICE');
  await person.press('Done');
  await person.sees('Step 7 of 8');
  await person.press('Channels');
  await person.sees('Step 6 of 8');
  await fits(page, 'the channels');
  await person.picture('14-phone-channels');
  await person.choose('channel-template', ['minimal']);
  await page.locator('#messages .message.ephemeral').last().filter({ hasNotText: 'vip-chat' }).waitFor();
  await person.press('Done');
  await person.sees('Step 7 of 8');
  await person.press('Deploy');
  await person.sees('version 4');
  await person.sees('is ready');
  await fits(page, 'the end of the deployment');
  await person.picture('15-phone-ready');
  await page.setViewportSize({ width: 1280, height: 800 });
  await isClean(page, 'the same at a desk');
  await person.picture('16-desk-ready');
});

await test('no JavaScript error in the page, and everything ends cleanly', async () => {
  equal(person.faults, [], 'faults');
  await person.browser.close();
  equal(await stack.stop(), 0, 'exit code');
});
finish();
