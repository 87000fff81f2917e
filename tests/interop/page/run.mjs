// A person at the sandbox's page: /onboard with edits from the review to the finished guild, then version 2; beside a
// role of the same name that the admin had made before. Pictures of the way lie in build/interop/page.
import { readFileSync } from 'node:fs';
import { equal, expect, finish, test, until } from '../discord/lib/check.mjs';
import { startTown } from '../guild/lib/town.mjs';
import { fits, isClean } from './judge.mjs';
import { openPage } from './lib.mjs';

const town = await startTown({ empty: true });
const person = await openPage(`${town.discord}/`);
const { page } = person;
const guildNow = async () => (await town.sandbox('GET', `state?guild=${town.guild}`)).guilds[0];
const manifest = (community, version) =>
  JSON.parse(readFileSync(town.manifestFile(community.id, version), 'utf8')).content;
let own, first, second;

await test('the page shows the guild before anything was done to it', async () => {
  own = await town.sandbox('POST', `as/${town.owner}/guilds/${town.guild}/roles`, {
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
  await person.fill({ name: 'Dune Trader' });
  await person.sees('Dune Trader');
  await person.press('Continue');
  await person.sees('Step 2 of 8');
  await person.choose('chain', ['sandbox']);
  await person.sees('Sandbox');
  await person.picture('03-chain');
  await person.press('Continue');
  await person.sees('Step 3 of 8');
  await person.choose('asset-type', ['erc20']);
  await person.fill({ address: town.erc20, min_balance: '100' });
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
  equal(await page.inputValue('dialog[open] [name="name"]'), 'Dune Trader', 'the name in the form');
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
  first = await town.community();
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
    .filter((e) => [10, 30].includes(e.action_type) && e.user_id === town.bot)
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
  second = await town.community();
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
  await town.sandbox('DELETE', `as/${town.owner}/channels/${general}`);
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
  second = await town.community();
  const made = second.shadow.get('channel ch-general');
  expect(made !== general && (await person.channels()).has(made), 'the channel in the list');
});

await test('somebody without a tier does not see the closed channels', async () => {
  await page.selectOption('#people', { label: 'jamis' });
  const closed = second.shadow.get('channel ch-vip-chat');
  await page.locator(`[data-channel-id="${closed}"]`).waitFor({ state: 'detached' });
  expect((await person.channels()).has(second.shadow.get('channel ch-general')), 'the open ones');
  await person.picture('10-another-person');
});

await test('at phone size the wizard is used as at a desk: commands, choices, review, deployment', async () => {
  await page.selectOption('#people', town.owner);
  await page.locator('.message.ephemeral').last().waitFor();
  await page.setViewportSize({ width: 360, height: 740 });
  const messages = await page.locator('#messages .message.ephemeral').count();
  await page.fill('#box', '/');
  await page.locator('[data-command="onboard"]').waitFor();
  await fits(page, 'the commands');
  await person.picture('11-phone-commands');
  await person.type('/onboard');
  await until(async () => (await page.locator('#messages .message.ephemeral').count()) > messages, 'an answer');
  await person.sees('at version 2');
  await fits(page, 'the review');
  await person.picture('12-phone-review');
  await person.press('Name');
  await page.locator('dialog[open]').waitFor();
  await fits(page, 'the form');
  await person.picture('13-phone-form');
  await person.fill({ name: 'Dune by phone' });
  await person.sees('Dune by phone');
  await person.press('Channels');
  await person.sees('Step 6 of 8');
  await fits(page, 'the channels');
  await person.picture('14-phone-channels');
  await person.choose('channel-template', ['minimal']);
  await page.locator('#messages .message.ephemeral').last().filter({ hasNotText: 'vip-chat' }).waitFor();
  await person.press('Done');
  await person.sees('Step 7 of 8');
  await person.press('Deploy');
  await person.sees('version 3');
  await person.sees('is ready');
  await fits(page, 'the end of the deployment');
  await person.picture('15-phone-ready');
  await page.setViewportSize({ width: 1280, height: 800 });
  await isClean(page, 'the same at a desk');
  await person.picture('16-desk-ready');
});

await test('no script fault on the way, and everything ends cleanly', async () => {
  equal(person.faults, [], 'faults');
  await person.browser.close();
  equal(await town.stop(), 0, 'exit code');
});
finish();
