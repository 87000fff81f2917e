// Our HTTP server behind Debian's HAProxy and nginx: both read the same requests out of the same bytes, and one hostile
// client takes nothing from an honest one.
import { generateKeyPairSync, sign } from 'node:crypto';
import net from 'node:net';
import { equal, expect, finish, test, until } from '../discord/lib/check.mjs';
import { exchange, framingCases, startArrakisd, startHaproxy, startNginx, startProbe } from './lib.mjs';

// --- Framing

/// A target in absolute form and its path are the same request.
const path = (target) => target.replace(/^https?:\/\/[^/?]*/i, '').replace(/^(?!\/|\*)/, '/');
const written = ({ method, target, body }) => `${method} ${path(target)} ${body}`;

/// Sends every case through `proxy`, and gives those of which `backend` saw other requests than the proxy sent on. A
/// request that the backend refused was seen by nobody: `status` is its refusal.
async function differences(proxy, backend, cases) {
  const out = [];
  let passed = 0;
  for (const [number, { name, bytes }] of cases.entries()) {
    const from = { seen: backend.seen.length, forwarded: proxy.forwarded.length };
    // A case that the proxy waits on ends with the proxy's own time-out.
    await exchange(proxy.port, bytes);
    const marker = `/marker-${number}`;
    await exchange(proxy.port, `GET ${marker} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const until_marker = (list, start) => {
      const at = list.findIndex(({ target }, index) => index >= start && path(target) === marker);
      return at < 0 ? null : list.slice(start, at);
    };
    await until(() => until_marker(backend.seen, from.seen) && until_marker(proxy.forwarded, from.forwarded),
                `the marker of case '${name}'`, 10_000).catch(() => {});
    const seen = (until_marker(backend.seen, from.seen) ?? backend.seen.slice(from.seen)).map(written);
    const sent = (until_marker(proxy.forwarded, from.forwarded) ?? proxy.forwarded.slice(from.forwarded))
      .filter(({ status }) => status === 200).map(written);
    passed += sent.length > 0;
    if (JSON.stringify(seen.sort()) !== JSON.stringify(sent.sort())) out.push({ name, seen, sent });
  }
  return { out, passed };
}

/// A careless backend, the negative control: it knows no Transfer-Encoding, so a chunked body is its next request.
async function startCareless() {
  const seen = [];
  const server = net.createServer((socket) => {
    let waiting = '';
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      waiting += piece.toString('latin1');
      for (;;) {
        const end = waiting.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = waiting.slice(0, end);
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        if (waiting.length < end + 4 + length) return;
        const [method, target] = head.replace(/^(\r\n)+/, '').split(' ');
        seen.push({ method, target: target ?? '',
                    body: Buffer.from(waiting.slice(end + 4, end + 4 + length), 'latin1').toString('hex') });
        waiting = waiting.slice(end + 4 + length);
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      }
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { port: server.address().port, seen, stop: () => server.close() };
}

const cases = framingCases();
for (const [name, startProxy] of [['HAProxy', startHaproxy], ['nginx', startNginx]])
  await test(`framing: ${name} sends on what we see, and nothing else is seen`, async () => {
    const lanes = 6; // Each with a proxy of its own: most of the time passes with waiting.
    const results = await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
      const backend = await startProbe();
      const proxy = await startProxy(backend.port);
      const result = await differences(proxy, backend, cases.filter((_, index) => index % lanes === lane));
      await proxy.stop();
      await backend.stop();
      return result;
    }));
    equal(results.flatMap(({ out }) => out), [], 'cases that the two read differently');
    const passed = results.reduce((sum, one) => sum + one.passed, 0);
    expect(passed >= 20, `at least 20 cases that ${name} sends on (${passed})`);
    console.log(`        ${passed} of ${cases.length} cases were sent on, the others refused`);
  });

// nginx sends no chunked body on: it gives each a length, which even a careless backend understands.
await test('framing: negative control: behind HAProxy a backend that ignores Transfer-Encoding is found', async () => {
  const backend = await startCareless();
  const proxy = await startHaproxy(backend.port);
  const few = cases.filter(({ name }) => /^(a plain request|chunked, and a request behind it)$/.test(name));
  const { out } = await differences(proxy, backend, few);
  equal(out.map(({ name }) => name), ['chunked, and a request behind it'], 'cases that the two read differently');
  await proxy.stop();
  backend.stop();
});

// --- One hostile and one honest client

const hostile = '127.0.0.2', honest = '127.0.0.3';
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const limits = {
  ARRAKIS_DISCORD_PUBLIC_KEY: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'),
  ARRAKIS_HTTP_CONNECTIONS_PER_ADDRESS: '16',
  ARRAKIS_HTTP_UNAUTHENTICATED_BYTES: '8388608',
};

function post(headers, length) {
  return `POST /webhooks/discord HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${length}\r\n\r\n`;
}
const seconds = () => String(Math.floor(Date.now() / 1000));

/// A PING as Discord signs it; the status of the answer.
async function ping(port) {
  const body = JSON.stringify({ id: '1', application_id: '2', type: 1, token: 't', version: 1 });
  const at = seconds(), signature = sign(null, Buffer.from(at + body), privateKey).toString('hex');
  const headers = `Connection: close\r\nX-Signature-Ed25519: ${signature}\r\nX-Signature-Timestamp: ${at}\r\n`;
  const answer = await exchange(port, post(headers, body.length) + body, { from: honest, patience: 10_000 });
  return answer.slice(9, 12);
}
async function health(port, from) {
  const answer = await exchange(port, 'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
                                { from, patience: 10_000 });
  return answer.slice(9, 12);
}

/// Opens `count` connections that send half of what may be an interaction, and holds them. `refused()`: how many
/// of them heard 429 or 503, or were cut without a word.
function attack(port, count) {
  let refused = 0;
  const sockets = [];
  for (let i = 0; i < count; ++i) {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: hostile });
    socket.on('error', () => {});
    let answered = false;
    socket.on('data', (piece) => {
      refused += !answered && /^HTTP\/1.1 (429|503) /.test(piece.toString('latin1'));
      answered = true;
    });
    socket.once('close', () => { refused += !answered; });
    socket.write(post(`X-Signature-Ed25519: ${'a'.repeat(128)}\r\nX-Signature-Timestamp: ${seconds()}\r\n`, 200_000));
    socket.write('x'.repeat(150_000));
    sockets.push(socket);
  }
  return { refused: () => refused, stop: () => sockets.forEach((socket) => socket.destroy()) };
}

async function survives(port, count, atLeast) {
  equal(await ping(port), '200', 'Discord before the attack');
  const attacker = attack(port, count);
  await until(() => attacker.refused() >= atLeast, `${atLeast} refusals`, 10_000);
  for (let i = 0; i < 5; ++i) equal(await ping(port), '200', 'Discord during the attack');
  equal(await health(port, honest), '200', 'health during the attack');
  equal(await health(port, hostile), '200', 'health from where the attack comes');
  attacker.stop();
}

await test('connections per address: directly, one hostile address is refused and Discord is served', async () => {
  const arrakisd = await startArrakisd(limits);
  await survives(arrakisd.port, 100, 84);
  expect(arrakisd.lines.some((line) => line.includes('"event":"http.refused"')), 'a line of the log about it');
  await arrakisd.stop();
});

await test('connections per address: through HAProxy, which is trusted, the same', async () => {
  const arrakisd = await startArrakisd({ ...limits, ARRAKIS_HTTP_TRUSTED_PROXIES: '127.0.0.1' });
  const proxy = await startHaproxy(arrakisd.port, { buffered: false });
  await survives(proxy.port, 100, 84);
  await proxy.stop();
  await arrakisd.stop();
});

await test('connections per address: negative control: with an untrusted HAProxy Discord is refused', async () => {
  const arrakisd = await startArrakisd(limits);
  const proxy = await startHaproxy(arrakisd.port, { buffered: false });
  const attacker = attack(proxy.port, 100);
  await until(() => attacker.refused() >= 84, '84 refusals', 10_000);
  const status = await ping(proxy.port);
  expect(/^(429|502)$/.test(status), `Discord to be refused, or cut (${status})`);
  attacker.stop();
  await proxy.stop();
  await arrakisd.stop();
});

finish();
