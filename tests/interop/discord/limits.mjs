// (2) With its own limiter off discord.js draws a 429 of each scope; with it on it draws none.
import { equal, expect, finish, test } from './lib/check.mjs';
import { makeClient } from './lib/client.mjs';
import { startSandbox } from './lib/sandbox.mjs';

const sandbox = await startSandbox();
const guild = sandbox.guild_id,
  channel = sandbox.channel_id;
const figures = () => sandbox.control('GET', 'statistics');
const forget = () => sandbox.control('DELETE', 'statistics');
const limits = (body) => sandbox.control('POST', 'limits', body);
const generous = { limit: 10_000, window_ms: 1_000 };

/// A client that neither waits before a call nor counts calls of its own.
function reckless() {
  const { client } = makeClient(sandbox, { rest: { globalRequestsPerSecond: Infinity, retries: 0 } });
  client.rest.setToken(sandbox.token);
  const send = (method, path, body) =>
    fetch(`${sandbox.api}/v10${path}`, {
      method,
      headers: { authorization: `Bot ${sandbox.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : undefined,
    });
  return { client, send };
}
/// The scope that discord.js reports for each 429: global, user or shared.
const told = [];
function listen(client) {
  client.rest.on('restDebug', (text) => {
    const scope = text.includes('Encountered unexpected 429') && text.match(/Scope\s*:\s*(\w+)/);
    if (scope) told.push(scope[1]);
  });
}

/// The last 429 of this scope: the next try came no sooner than it said.
async function waited(scope) {
  const seen = await sandbox.control('GET', 'requests?after=0');
  const at = seen.findLastIndex((r) => r.status === 429 && r.scope === scope);
  const again = seen.slice(at + 1).find((r) => r.route === seen[at]?.route);
  expect(again, `a ${scope} 429 and another try`);
  const ms = again.at_ms - seen[at].at_ms;
  expect(ms >= seen[at].retry_after_ms - 1, `a wait of ${seen[at].retry_after_ms} ms, and it was ${ms}`);
}

await test('global scope: a client without its own limiter gets 429s above 50 a second, and all answers', async () => {
  await limits({ buckets: { 'GET /guilds/{guild}/roles': generous } });
  const { client } = reckless();
  listen(client);
  await Promise.all(
    Array.from({ length: 120 }, () => client.rest.get(`/guilds/${guild}/roles`)).concat(
      Array.from({ length: 40 }, (_, i) => client.rest.get(`/channels/${channel}?n=${i}`)),
    ),
  );
  const { rate_limited: refused, peak_per_second: peak } = await figures();
  expect(peak > 50, `more than 50 in a second (${peak})`);
  expect(refused.global > 0, 'a global 429');
  expect(told.includes('global'), 'discord.js to hear of it');
  await forget();
  await limits({ global_per_second: 3 });
  for (let n = 0; n < 5; n += 1) await client.rest.get(`/guilds/${guild}/roles`);
  await waited('global');
});

await test('user scope: a bucket used in parallel answers 429 with headers, and discord.js obeys them', async () => {
  await forget();
  await limits({ global_per_second: 100_000, buckets: { 'GET /guilds/{guild}/roles': null } });
  const { send } = reckless();
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => send('POST', `/channels/${channel}/messages`, { content: `m${i}` })),
  );
  const refused = answers.filter((a) => a.status === 429);
  equal(refused.length, 3, '429s');
  for (const name of [
    'retry-after',
    'x-ratelimit-limit',
    'x-ratelimit-remaining',
    'x-ratelimit-reset',
    'x-ratelimit-reset-after',
    'x-ratelimit-bucket',
    'x-ratelimit-scope',
    'via',
  ])
    expect(refused[0].headers.get(name), `the header ${name}`);
  equal(refused[0].headers.get('x-ratelimit-scope'), 'user', 'scope');
  const body = await refused[0].json();
  equal([body.global, typeof body.retry_after], [false, 'number'], 'body');
  // discord.js, which has not seen this bucket yet, runs into it, waits, and gets through.
  const { client } = reckless();
  listen(client);
  await client.rest.post(`/channels/${channel}/messages`, { body: { content: 'late' } });
  expect(told.includes('user'), 'discord.js to hear of a user 429');
  equal((await figures()).rate_limited.user, 4, 'user 429s');
  await waited('user');
});

await test('shared scope: a limit of the channel itself, which is no invalid request', async () => {
  await forget();
  await limits({
    buckets: { 'POST /channels/{channel}/messages': generous },
    shared: { 'POST /channels/{channel}/messages': { limit: 4, window_ms: 3_000 } },
  });
  const other = await sandbox.control('POST', 'applications', { name: 'neighbour' });
  await sandbox.control('POST', 'invite', { guild, application: other.application_id });
  for (let i = 0; i < 4; i += 1)
    await sandbox.rest('POST', `/channels/${channel}/messages`, { content: 'mine' }, { token: other.token });
  const { client } = reckless();
  listen(client);
  await client.rest.post(`/channels/${channel}/messages`, { body: { content: 'after the neighbour' } });
  expect(told.includes('shared'), 'discord.js to hear of a shared 429');
  await waited('shared');
  const seen = await figures();
  equal(seen.rate_limited.shared, 1, 'shared 429s');
  equal(seen.invalid_requests, 0, 'invalid requests');
});

await test('a third new name of a channel within ten minutes is refused, the same name again is not', async () => {
  await forget();
  await limits({ buckets: { 'PATCH /channels/{channel}': generous } });
  const made = await sandbox.rest('POST', `/guilds/${guild}/channels`, { name: 'first' });
  const rename = async (name) => (await sandbox.rest('PATCH', `/channels/${made.body.id}`, { name })).status;
  for (let i = 0; i < 5; i += 1) equal(await rename('first'), 200, 'the same name');
  equal([await rename('second'), await rename('third'), await rename('fourth')], [200, 200, 429], 'new names');
});

await test('with its own limiter discord.js draws no 429 at all', async () => {
  await forget();
  await limits({
    global_per_second: 50,
    buckets: { 'POST /channels/{channel}/messages': null },
    shared: { 'POST /channels/{channel}/messages': null },
  });
  const { client } = makeClient(sandbox);
  client.rest.setToken(sandbox.token);
  await Promise.all([
    ...Array.from({ length: 7 }, (_, i) =>
      client.rest.post(`/channels/${channel}/messages`, { body: { content: `n${i}` } }),
    ),
    ...Array.from({ length: 60 }, () => client.rest.get('/users/@me')),
  ]);
  const seen = await figures();
  equal(seen.rate_limited, { user: 0, global: 0, shared: 0, banned: 0 }, '429s');
  expect(seen.peak_per_second <= 51, `at most 50 in a second and a tick (${seen.peak_per_second})`);
});

await test('invalid request limit: too many in ten minutes lead to an HTML 429, as from Cloudflare', async () => {
  await forget();
  await limits({ invalid_max: 20 });
  for (let i = 0; i < 20; i += 1) await sandbox.rest('GET', '/users/@me', undefined, { token: 'wrong' });
  const answer = await sandbox.rest('GET', '/users/@me');
  equal(answer.status, 429, 'status');
  expect(answer.headers.get('content-type').startsWith('text/html'), 'HTML');
  equal(answer.headers.get('via'), null, 'via');
  await limits({ invalid_max: 10_000 });
});

await test('faults on demand: 5xx, an answer lost after its effect, a cut connection', async () => {
  await forget();
  const roles = async () =>
    (await sandbox.control('GET', `state?guild=${guild}`)).guilds[0].roles.filter((r) => r.name === 'once').length;
  await sandbox.control('POST', 'faults', { kind: 'status', code: 502, times: 2, path: '/users/@me' });
  const { client } = makeClient(sandbox);
  client.rest.setToken(sandbox.token);
  await client.rest.get('/users/@me'); // retried twice by itself
  await sandbox.control('POST', 'faults', { kind: 'lose_answer', method: 'POST', path: '/guilds/*/roles' });
  let failed = false;
  await sandbox.rest('POST', `/guilds/${guild}/roles`, { name: 'once' }).catch(() => {
    failed = true;
  });
  expect(failed, 'no answer');
  equal(await roles(), 1, 'roles made');
  await sandbox.control('POST', 'faults', { kind: 'cut', method: 'POST', path: '/guilds/*/roles' });
  await sandbox.rest('POST', `/guilds/${guild}/roles`, { name: 'once' }).catch(() => {});
  equal(await roles(), 1, 'roles made after a cut');
  equal((await figures()).effects['POST /guilds/{guild}/roles'], 1, 'effects counted');
});

await sandbox.stop();

finish();
