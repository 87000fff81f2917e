// (3) Every REST answer and every dispatch of the flow is what Discord's own descriptions say; a field dropped
// is caught.
import { equal, expect, finish, test } from './lib/check.mjs';
import { makeClient, once } from './lib/client.mjs';
import { flow } from './lib/flow.mjs';
import { startSandbox } from './lib/sandbox.mjs';
import { faultOfAnswer, faultOfDispatch, ruleOf } from './lib/schemas.mjs';

const sandbox = await startSandbox();
const { client, record } = await flow(sandbox);

await test(`every one of ${record.rest.length} REST answers validates`, () => {
  const faults = record.rest.map(faultOfAnswer).filter(Boolean);
  if (faults.length) throw new Error(`${faults.length} faults\n${[...new Set(faults)].join('\n')}`);
});

await test(`every one of ${record.frames.length} dispatches validates`, () => {
  const faults = record.frames
    .filter((f) => f.op === 0)
    .map(faultOfDispatch)
    .filter(Boolean);
  if (faults.length) throw new Error(`${faults.length} faults\n${[...new Set(faults)].join('\n')}`);
  const kinds = new Set(record.frames.map((f) => f.t));
  for (const kind of [
    'READY',
    'GUILD_CREATE',
    'INTERACTION_CREATE',
    'GUILD_ROLE_CREATE',
    'GUILD_ROLE_UPDATE',
    'GUILD_ROLE_DELETE',
    'CHANNEL_CREATE',
    'CHANNEL_UPDATE',
    'GUILD_MEMBER_UPDATE',
    'GUILD_MEMBERS_CHUNK',
    'MESSAGE_CREATE',
    'MESSAGE_UPDATE',
    'MESSAGE_DELETE',
    'GUILD_AUDIT_LOG_ENTRY_CREATE',
  ])
    expect(kinds.has(kind), `a ${kind} in the flow`);
});

await test('refusals validate too: 400, 401, 403, 404, 429', async () => {
  const g = `/guilds/${sandbox.guild_id}`;
  const refused = [
    ['POST', `${g}/roles`, { name: 5 }, {}, 400],
    ['GET', g, undefined, { token: 'wrong' }, 401],
    ['POST', `${g}/roles`, { permissions: '8' }, {}, 403],
    ['PATCH', `${g}/roles/123456789012345678`, { name: 'x' }, {}, 404],
    ['POST', '/interactions/123456789012345678/nonsense/callback', { type: 5 }, {}, 404],
  ];
  for (const [method, path, body, how, status] of refused) {
    const answer = await sandbox.rest(method, path, body, how);
    equal(answer.status, status, `${method} ${path}`);
    equal(faultOfAnswer({ method, path, status, text: JSON.stringify(answer.body) }), '', `${method} ${path}`);
  }
  await sandbox.control('POST', 'faults', { kind: 'rate_limit', scope: 'shared', path: `${g}/roles` });
  const limited = await sandbox.rest('GET', `${g}/roles`);
  equal(limited.status, 429, 'status');
  equal(
    faultOfAnswer({ method: 'GET', path: `${g}/roles`, status: 429, text: JSON.stringify(limited.body) }),
    '',
    '429',
  );
});

/// Drops each key of an object once; gives the names of those whose loss the check noticed.
function caught(object, check) {
  return Object.keys(object).filter((key) => {
    const mutant = { ...object };
    delete mutant[key];
    return check(mutant) !== '';
  });
}

await test('mutation: a required field dropped from a REST answer is caught', () => {
  const wanted = {
    GuildRoleResponse: ['id', 'name', 'permissions', 'position', 'color', 'hoist', 'managed', 'mentionable'],
    GuildChannelResponse: ['id', 'type', 'guild_id', 'name', 'position'],
    MessageResponse: ['id', 'channel_id', 'author', 'content', 'timestamp', 'embeds', 'components', 'flags'],
    InteractionCallbackResponse: ['interaction'],
    GatewayBotResponse: ['url', 'shards', 'session_start_limit'],
  };
  let mutants = 0,
    found = 0;
  for (const [name, keys] of Object.entries(wanted)) {
    const sample = record.rest.find(
      (r) => r.status < 300 && ruleOf(r.method, r.path, r.status)?.expression === name,
    );
    expect(sample, `a sample of ${name}`);
    const body = JSON.parse(sample.text);
    const noticed = caught(body, (mutant) => faultOfAnswer({ ...sample, text: JSON.stringify(mutant) }));
    mutants += Object.keys(body).length;
    found += noticed.length;
    for (const key of keys) expect(noticed.includes(key), `${name} without ${key} to be caught`);
  }
  console.log(`        ${found} of ${mutants} mutants caught; the rest is optional in the document`);
});

await test('mutation: a required field dropped from a dispatch is caught', () => {
  const wanted = {
    READY: ['v', 'user', 'guilds', 'session_id', 'resume_gateway_url', 'application'],
    GUILD_CREATE: [
      'id',
      'name',
      'owner_id',
      'roles',
      'channels',
      'members',
      'joined_at',
      'member_count',
      'threads',
    ],
    GUILD_ROLE_CREATE: ['guild_id', 'role'],
    GUILD_MEMBER_UPDATE: ['guild_id', 'user', 'roles'],
    CHANNEL_CREATE: ['id', 'type'],
    GUILD_MEMBERS_CHUNK: ['guild_id', 'members', 'chunk_index', 'chunk_count'],
    MESSAGE_CREATE: ['id', 'channel_id', 'author', 'content', 'timestamp'],
    GUILD_AUDIT_LOG_ENTRY_CREATE: ['id', 'action_type', 'guild_id'],
    INTERACTION_CREATE: [
      'id',
      'application_id',
      'token',
      'guild_id',
      'channel_id',
      'member',
      'data',
      'context',
      'app_permissions',
    ],
  };
  let mutants = 0,
    found = 0;
  for (const [name, keys] of Object.entries(wanted)) {
    const sample = record.frames.find((f) => f.t === name);
    const noticed = caught(sample.d, (mutant) => faultOfDispatch({ t: name, d: mutant }));
    mutants += Object.keys(sample.d).length;
    found += noticed.length;
    for (const key of keys)
      expect(noticed.includes(key), `${name} without ${key} to be caught (caught: ${noticed})`);
  }
  console.log(`        ${found} of ${mutants} mutants caught`);
  for (const kind of [3, 5]) {
    const sample = record.frames.find((f) => f.t === 'INTERACTION_CREATE' && f.d.type === kind);
    expect(
      faultOfDispatch({ t: sample.t, d: { ...sample.d, data: { ...sample.d.data, custom_id: undefined } } }) !== '',
      'custom_id to be missed',
    );
  }
  const click = record.frames.find((f) => f.t === 'INTERACTION_CREATE' && f.d.type === 3);
  const { message, ...without } = click.d;
  expect(faultOfDispatch({ t: click.t, d: without }) !== '', 'message to be missed');
});

await client.destroy();
await test('negative control: an emulator that leaves session_id out of READY does not pass', async () => {
  await sandbox.control('POST', 'limits', { enabled: false, gateway: false });
  await sandbox.control('POST', 'gateway', { ready_without: 'session_id' });
  const second = makeClient(sandbox);
  const ready = once(second.client, 'clientReady');
  await second.client.login(sandbox.token);
  await ready; // discord.js alone does not notice
  const frame = second.record.frames.find((f) => f.t === 'READY');
  expect(faultOfDispatch(frame).includes('session_id'), 'the missing session_id to be named');
  await second.client.destroy();
});
await sandbox.stop();
finish();
