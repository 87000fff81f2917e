// (4) What discord.js does when the gateway closes, resets, forgets or falls silent: the table that our own
// shard is held to.
import { equal, expect, finish, sleep, test, until } from './lib/check.mjs';
import { makeClient, once } from './lib/client.mjs';
import { startSandbox } from './lib/sandbox.mjs';

const smoke = process.argv.includes('smoke');
const sandbox = await startSandbox();
// Many logins in a short time are the subject here, not the limits of a login.
await sandbox.control('POST', 'limits', {
  gateway: false,
  buckets: { 'GET /gateway/bot': { limit: 1000, window_ms: 1000 } },
});
const order = (body) => sandbox.control('POST', 'gateway', body);
const counts = () => sandbox.control('GET', 'gateway');
const renamed = (name) => sandbox.control('PATCH', `as/${sandbox.owner_id}/guilds/${sandbox.guild_id}`, { name });

async function login(options) {
  const made = makeClient(sandbox, options);
  const ready = once(made.client, 'clientReady', undefined, 60_000);
  await made.client.login(sandbox.token);
  await ready;
  return made;
}
const connected = async (shards = 1) => (await counts()).sessions.filter((s) => s.connected).length === shards;

const { client } = await login();
let name = 0;
/// An event that happens while the client is away must still arrive.
async function resumes(disturb) {
  const before = await counts();
  await disturb();
  name += 1;
  const told = once(client, 'guildUpdate', (_, now) => now.name === `Tabr ${name}`);
  await renamed(`Tabr ${name}`);
  await told;
  await until(async () => (await counts()).resumes === before.resumes + 1, 'a resume');
  equal((await counts()).identifies, before.identifies, 'identifies');
}

for (const code of smoke ? [4000] : [1001, 1011, 4000, 4001, 4002, 4009, 4999])
  await test(`close ${code}: resumed, and the event in between is replayed`, () =>
    resumes(() => order({ action: 'close', code })));
await test('a cut socket: RESUME succeeds', () => resumes(() => order({ action: 'cut' })));
await test('op 7 (Reconnect): the client reconnects and resumes', () =>
  resumes(() => order({ action: 'reconnect' })));
await test('op 9 (Invalid Session, true): RESUME on the same socket', () =>
  resumes(() => order({ action: 'invalidate', resumable: true })));
await test('op 1 (Heartbeat) from the server: an immediate heartbeat', async () => {
  const before = (await counts()).heartbeats;
  await order({ action: 'ask_heartbeat' });
  await until(async () => (await counts()).heartbeats > before, 'a heartbeat');
});

async function starts_anew(disturb) {
  const before = await counts();
  const created = once(client, 'raw', (frame) => frame.t === 'GUILD_CREATE');
  await disturb();
  await created;
  await until(() => connected(), 'the session to be connected');
  equal((await counts()).identifies, before.identifies + 1, 'identifies');
}
await test('op 9 (Invalid Session, false): a new IDENTIFY', () =>
  starts_anew(() => order({ action: 'invalidate', resumable: false })));
for (const code of smoke ? [] : [1000, 4003, 4007, 4008])
  await test(`close ${code}: a new session`, () => starts_anew(() => order({ action: 'close', code })));
if (!smoke)
  await test('RESUME refused (op 9, false): a new IDENTIFY', () =>
    starts_anew(async () => {
      await order({ refuse_resumes: 1 });
      await order({ action: 'close', code: 4000 });
    }));
await client.destroy();

for (const code of smoke ? [4004, 4014] : [4004, 4010, 4011, 4012, 4013, 4014])
  await test(`close ${code}: fatal, no way back`, async () => {
    const { client: doomed } = await login();
    const ended = once(doomed, 'shardDisconnect');
    const reason = once(doomed, 'shardError').catch(() => {});
    const before = await counts();
    await order({ action: 'close', code });
    equal((await ended).code, code, 'close code');
    await reason;
    await sleep(700);
    equal((await counts()).connections, before.connections, 'connections');
    await doomed.destroy();
  });

await test('the gateway itself refuses a wrong token, a wrong shard, and intents that are not allowed', async () => {
  const { WebSocket } = await import('ws');
  const closeCodeFor = (d) =>
    new Promise((done) => {
      const socket = new WebSocket(`${sandbox.gateway}/?v=10&encoding=json`);
      socket.on('message', (text) => {
        if (JSON.parse(text).op === 10) socket.send(JSON.stringify(d));
      });
      socket.on('close', (code) => done(code));
    });
  const identify = (over) => ({ op: 2, d: { token: sandbox.token, intents: 3, properties: {}, ...over } });
  equal(await closeCodeFor(identify({ token: 'wrong' })), 4004, 'wrong token');
  equal(await closeCodeFor(identify({ shard: [2, 2] })), 4010, 'shard');
  equal(await closeCodeFor(identify({ intents: 1 << 30 })), 4013, 'intents');
  equal(await closeCodeFor({ op: 99 }), 4003, 'unknown opcode before identify');
  equal(await closeCodeFor({ op: 8, d: {} }), 4003, 'before identify');
  await sandbox.control('POST', 'endpoint', { privileged_intents: false });
  equal(await closeCodeFor(identify({})), 4014, 'privileged');
  await sandbox.control('POST', 'endpoint', { privileged_intents: true });
});

await test('no Heartbeat ACK (op 11): the client closes the zombied connection and resumes', async () => {
  await order({ heartbeat_ms: 1_000 });
  const { client: third, record } = await login();
  const before = await counts();
  await order({ acknowledge: false });
  await until(async () => (await counts()).resumes > before.resumes, 'a resume');
  await order({ acknowledge: true, heartbeat_ms: 41_250 });
  expect(
    record.events.some((text) => text.includes('Zombie')),
    'discord.js to call it a zombie',
  );
  await third.destroy();
});

await test('a guild that stays unavailable delays readiness only by its timeout', async () => {
  await order({ hold_guild_create: true });
  const began = Date.now();
  const { client: patient } = await login({ waitGuildTimeout: 800 });
  expect(Date.now() - began >= 700, 'the wait');
  const created = once(patient, 'raw', (frame) => frame.t === 'GUILD_CREATE');
  await order({ action: 'release_guilds' });
  await created;
  await patient.destroy();
});

await test('two shards: each receives the events of its own guilds', async () => {
  await order({ max_concurrency: 16, shards: 2 });
  for (let i = 0; i < 4; i += 1) {
    await sandbox.control('POST', 'guilds', { name: `g${i}` });
    await sleep(2); // ids of another millisecond fall on another shard
  }
  const { client: pair } = await login({ shards: 'auto' });
  equal(pair.ws.shards.size, 2, 'shards');
  equal(pair.guilds.cache.size, 5, 'guilds');
  for (const guild of pair.guilds.cache.values())
    equal(guild.shardId, Number((BigInt(guild.id) >> 22n) % 2n), 'shard of a guild');
  await order({ action: 'close', code: 4000, shard: 1 });
  await until(() => connected(2), 'both shards again');
  await pair.destroy();
  await order({ shards: 1 });
});

await test('a kicked bot receives GUILD_DELETE, and is refused in the guild', async () => {
  const { client: guest } = await login();
  const guild = [...guest.guilds.cache.values()].find((g) => g.name === 'g0');
  const gone = once(guest, 'guildDelete', (g) => g.id === guild.id);
  await sandbox.control('DELETE', `as/${sandbox.owner_id}/guilds/${guild.id}/members/${sandbox.bot_user_id}`);
  await gone;
  equal((await sandbox.rest('GET', `/guilds/${guild.id}/roles`)).body.code, 50001, 'code');
  await guest.destroy();
});

if (!smoke)
  await test('max_concurrency: discord.js waits between two shards, and no IDENTIFY is refused', async () => {
    await sandbox.control('POST', 'limits', { gateway: true });
    await order({ max_concurrency: 1 });
    const before = await counts();
    const { client: two } = await login({
      shards: [0, 1],
      shardCount: 2,
      ws: { buildIdentifyThrottler: undefined },
    });
    await until(() => connected(2), 'both shards');
    equal((await counts()).invalid_sessions, before.invalid_sessions, 'invalid sessions');
    await two.destroy();
  });

await sandbox.stop();
finish();
