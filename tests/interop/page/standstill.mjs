// A person at the sandbox's page when something stands still: a session that closed, a queue that is paused, a
// permission that went, a community that is frozen. Pictures at a desk (1280 px) and on a phone (360 px) lie in
// build/interop/page.
import { execFileSync } from 'node:child_process';
import { equal, expect, finish, test, until } from '../discord/lib/check.mjs';
import { startStack } from '../guild/lib/stack.mjs';
import { fits, isClean } from './judge.mjs';
import { openPage } from './lib.mjs';

const stack = await startStack({ empty: true });
const person = await openPage(`${stack.discord}/`, { width: 1280, height: 800 });
const { page } = person;

const redis = (...words) =>
  execFileSync('redis-cli', ['-s', `${stack.folder}/arrakis/run/redis.sock`, ...words], { encoding: 'utf8' }).trim();
const ctl = async (...words) => {
  const { code, out } = await stack.ctl(...words);
  equal(code, 0, `arrakisctl ${words.join(' ')}: ${out}`);
};
const messages = () => page.locator('#messages .message.ephemeral').count();
async function type(command) {
  const before = await messages();
  await person.type(command);
  await until(async () => (await messages()) > before, `an answer to ${command}`);
}
async function both(name) {
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page, name);
  await person.picture(`standstill-${name}-360`);
  await page.setViewportSize({ width: 1280, height: 800 });
  await isClean(page, name);
  await person.picture(`standstill-${name}-1280`);
}

await test('a draft is resumed after its session has closed, with every answer', async () => {
  await type('/onboard');
  await person.sees('Step 1 of 8');
  await person.press('Enter the name');
  await person.fill({ name: 'Dune Draft' });
  await person.sees('Dune Draft');
  await person.press('Continue');
  await person.choose('chain', ['sandbox']);
  await person.press('Continue');
  await person.choose('asset-type', ['erc20']);
  await person.fill({ address: stack.erc20, min_balance: '100' });
  await person.sees('SPICE');
  await person.sees('your draft is kept for 7 days');
  equal(redis('PEXPIRE', `wizard:${stack.owner}:${stack.guild}`, '1'), '1', 'the session, whose time is over now');
  await until(() => redis('EXISTS', `wizard:${stack.owner}:${stack.guild}`) === '0', 'the end of the session');
  const before = await messages();
  await person.press('Back');
  await until(async () => (await messages()) > before, 'an answer');
  await person.sees('/resume opens your draft');
  await type('/resume');
  await person.sees('Your draft is open again');
  await person.sees('Step 3 of 8');
  await person.sees('SPICE');
  await both('draft');
});

await test('the review says what is new, what is there already and what members will see', async () => {
  await stack.sandbox('POST', `as/${stack.owner}/guilds/${stack.guild}/channels`, { name: 'vip-chat', type: 0 });
  await person.press('Continue');
  await person.choose('tier-template', ['simple']);
  await person.press('Continue');
  await person.sees('Step 5 of 8');
  await person.press('Continue');
  await person.choose('channel-template', ['standard']);
  await person.press('Continue');
  await person.sees('Step 7 of 8');
  await person.press('Check again');
  await person.sees('a second #vip-chat');
  await person.sees('+3 roles');
  await person.sees('What members see');
  await both('review');
});

await test('progress: a paused queue is shown, and each “Check progress” changes the message', async () => {
  await ctl('jobs', 'pause');
  await person.press('Deploy');
  await person.sees('Queued');
  await person.press('Check progress');
  await person.sees('has paused all deployments');
  const first = await person.text();
  await until(
    async () => {
      await person.press('Check progress');
      return (await person.text()) !== first;
    },
    'another time in the message',
    20_000,
  );
  await both('progress');
});

const botRole = async () => {
  const guild = (await stack.sandbox('GET', `state?guild=${stack.guild}`)).guilds[0];
  return guild.roles.find((r) => r.tags?.bot_id === stack.bot);
};
await test('a permission that went fails the deployment with its cause; given back, Retry finishes it', async () => {
  const role = await botRole();
  const permissions = (value) =>
    stack.sandbox('PATCH', `as/${stack.owner}/guilds/${stack.guild}/roles/${role.id}`, { permissions: value });
  await permissions('1024');
  await ctl('jobs', 'resume');
  await person.sees('could not be built');
  await person.sees('Manage Roles');
  await both('failed');
  await permissions(role.permissions);
  await person.press('Retry');
  await person.sees('is ready');
});

await test('a frozen community disables Deploy and says why, until it is thawed', async () => {
  await ctl('community', 'freeze', stack.guild, 'spam wave');
  await type('/onboard');
  await person.sees('at version 1');
  await person.sees('This community is frozen (spam wave)');
  const deploy = person.wizard().getByRole('button', { name: 'Deploy', exact: true });
  expect(await deploy.isDisabled(), 'Deploy cannot be pressed');
  await both('frozen');
  await ctl('community', 'thaw', stack.guild);
  await person.press('Check again');
  await until(async () => !(await deploy.isDisabled()), 'Deploy');
});

await test('no JavaScript error in the page, and everything ends cleanly', async () => {
  equal(person.faults, [], 'faults');
  await person.browser.close();
  equal(await stack.stop(), 0, 'exit code');
});
finish();
