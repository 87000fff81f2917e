// Interactions over signed HTTP, checked by the library that applications use (discord-interactions), and a restart.
import http from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { verifyKey } from 'discord-interactions';
import { equal, expect, finish, test } from './lib/check.mjs';
import { startSandbox } from './lib/sandbox.mjs';

const state = mkdtempSync(path.join(tmpdir(), 'sandbox-'));
process.once('exit', () => rmSync(state, { recursive: true, force: true }));
let sandbox = await startSandbox('--state', state);
await sandbox.rest('PUT', `/applications/${sandbox.application_id}/commands`, [
  { name: 'onboard', description: 'start' },
]);

const heard = [];
/// An application's endpoint; `trusting` takes every signature for good.
function serve({ trusting = false, answer = () => ({ type: 4, data: { content: 'by HTTP', flags: 64 } }) } = {}) {
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    const good = await verifyKey(
      raw,
      request.headers['x-signature-ed25519'],
      request.headers['x-signature-timestamp'],
      sandbox.public_key,
    );
    if (!good && !trusting) {
      response.writeHead(401).end('bad signature');
      return;
    }
    const body = JSON.parse(raw);
    heard.push({ type: body.type, good });
    const reply = body.type === 1 ? { type: 1 } : await answer(body);
    if (!reply) {
      response.writeHead(202).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  });
  return new Promise((done) =>
    server.listen(0, '127.0.0.1', () =>
      done({ url: `http://127.0.0.1:${server.address().port}/webhooks/discord`, close: () => server.close() }),
    ),
  );
}
const setEndpoint = (url) => sandbox.control('POST', 'endpoint', { url });

await test('an endpoint that takes a wrong signature is refused', async () => {
  const server = await serve({ trusting: true });
  let why = '';
  await setEndpoint(server.url).catch((error) => {
    why = String(error);
  });
  expect(why.includes('401'), `a refusal that names the 401 (${why})`);
  server.close();
});

await test('an endpoint that checks is accepted after a good and a bad PING', async () => {
  heard.length = 0;
  const server = await serve();
  await setEndpoint(server.url);
  equal(heard, [{ type: 1, good: true }], 'what it accepted');
  const seen = await sandbox.control('POST', 'interactions', { command: 'onboard' });
  equal([seen.phase, seen.message.content, seen.message.flags], ['answered', 'by HTTP', 64], 'answer');
  server.close();
});

await test('202 leaves the answer to the callback route; silence fails after three seconds', async () => {
  const server = await serve({
    answer: async (body) => {
      setTimeout(
        () =>
          sandbox.rest(
            'POST',
            `/interactions/${body.id}/${body.token}/callback`,
            { type: 4, data: { content: 'later' } },
            { token: '' },
          ),
        50,
      );
      return null;
    },
  });
  await setEndpoint(server.url);
  equal((await sandbox.control('POST', 'interactions', { command: 'onboard' })).message.content, 'later', 'answer');
  server.close();
  await sandbox.control('POST', 'clock', { acknowledge_ms: 300 });
  const dead = await sandbox.control('POST', 'interactions', { command: 'onboard' });
  equal([dead.phase, dead.error], ['failed', 'The application did not respond'], 'what the person sees');
  await sandbox.control('POST', 'clock', { acknowledge_ms: 3000 });
  await setEndpoint('');
});

await test('a restart keeps guilds, roles, messages, commands and token, and ids go on upwards', async () => {
  const guild = sandbox.guild_id;
  const role = await sandbox.rest('POST', `/guilds/${guild}/roles`, { name: 'kept' });
  const before = await sandbox.control('GET', `state?guild=${guild}`);
  await sandbox.stop();
  const old = sandbox;
  sandbox = await startSandbox('--state', state);
  for (const key of ['token', 'application_id', 'public_key', 'guild_id', 'owner_id', 'channel_id'])
    equal(sandbox[key], old[key], key);
  const after = await sandbox.control('GET', `state?guild=${guild}`);
  equal(after.guilds, before.guilds, 'guild');
  equal(after.applications, before.applications, 'applications');
  const next = await sandbox.rest('POST', `/guilds/${guild}/roles`, { name: 'next' });
  expect(BigInt(next.body.id) > BigInt(role.body.id), 'a later id');
});

await sandbox.stop();
finish();
