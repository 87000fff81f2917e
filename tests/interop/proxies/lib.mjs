// Starts Debian's HAProxy and nginx, and programs of ours behind them, in folders of their own.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';
import { until } from '../discord/lib/check.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export function program(where) {
  const candidates = [process.env.ARRAKIS_BUILD_DIR, path.join(root, 'build/dev'), path.join(root, 'build/release')]
    .filter(Boolean)
    .map((folder) => path.join(folder, where));
  const found = candidates.find(existsSync);
  if (!found) throw new Error(`no program in ${candidates.join(', ')}; build it`);
  return found;
}

const children = new Set();
const folders = [];
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(signal, () => process.exit(128));

export function makeFolder() {
  const folder = mkdtempSync('/tmp/proxies-');
  chmodSync(folder, 0o755); // Whoever gives up being root must still reach it.
  folders.push(folder);
  return folder;
}

/// A child whose lines of standard output and error gather in `lines`.
export function start(command, words, { env = {}, onLine = () => {} } = {}) {
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const lines = [];
  for (const stream of [child.stdout, child.stderr])
    readline.createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      onLine(line);
    });
  children.add(child);
  const ended = new Promise((done) => child.once('close', (code) => {
    children.delete(child);
    done(code);
  }));
  child.once('error', (error) => lines.push(String(error)));
  return {
    lines,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/// Returns a port that was free a moment ago, because neither proxy can choose one and report it.
const freePort = () => new Promise((done) => {
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

const accepts = (port) => new Promise((done) => {
  const socket = net.connect(port, '127.0.0.1');
  socket.once('connect', () => done(true)).once('error', () => done(false));
  socket.once('connect', () => socket.destroy());
});

async function listening(proxy, port) {
  await until(() => accepts(port), `a proxy that listens; it said: ${proxy.lines.slice(-5).join(' | ')}`, 15_000);
  return proxy;
}

/// `forwarded`: what it sent on, oldest first: {method, target, body (hex), status}.
export async function startHaproxy(backend, { buffered = true } = {}) {
  const port = await freePort(), folder = makeFolder(), forwarded = [];
  writeFileSync(path.join(folder, 'haproxy.cfg'), `global
  log stdout len 65535 format raw local0
defaults
  mode http
  log global
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout http-request ${buffered ? '1s' : '30s'}
  http-reuse always
frontend outside
  bind 127.0.0.1:${port}
  option forwardfor
  ${buffered ? 'option http-buffer-request' : ''}
  http-request set-var(txn.body) req.body,hex
  http-request set-var(txn.target) url,hex
  log-format FORWARDED\\ %s\\ %HM\\ %[var(txn.target)]\\ -%[var(txn.body)]\\ %ST
  default_backend inside
backend inside
  server ours 127.0.0.1:${backend}
`);
  const proxy = start('/usr/sbin/haproxy', ['-db', '-f', path.join(folder, 'haproxy.cfg')], {
    onLine(line) {
      const [word, server, method, target, body, status] = line.split(' ');
      if (word !== 'FORWARDED' || server !== 'ours') return;
      forwarded.push({ method, target: Buffer.from(target, 'hex').toString('latin1'),
                       body: body.replace(/^--?/, '').toLowerCase(), status: Number(status) });
    },
  });
  return { port, forwarded, ...(await listening(proxy, port)) };
}

/// The bytes that log_format wrote with escape=default.
const unescaped = (text) =>
  text.replace(/\\x([0-9A-F]{2})/g, (_, digits) => String.fromCharCode(parseInt(digits, 16)));

/// As startHaproxy.
export async function startNginx(backend) {
  const port = await freePort(), folder = makeFolder(), log = path.join(folder, 'access.log');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  writeFileSync(path.join(folder, 'nginx.conf'), `
daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
events {}
http {
  ${temporary}
  log_format ours '$upstream_status\t$request_method\t$request_uri\t$request_body';
  access_log ${log} ours;
  upstream inside { server 127.0.0.1:${backend}; keepalive 4; }
  server {
    listen 127.0.0.1:${port};
    client_header_timeout 1s; client_body_timeout 1s; client_body_buffer_size 1m; client_max_body_size 1m;
    location / {
      proxy_pass http://inside; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`);
  const proxy = start('/usr/sbin/nginx', ['-e', 'stderr', '-p', folder, '-c', path.join(folder, 'nginx.conf')]);
  await listening(proxy, port);
  return { port, ...proxy, get forwarded() {
    return readFileSync(log, 'latin1').split('\n').slice(0, -1).map((line) => line.split('\t'))
      .filter(([status]) => status !== '-')
      .map(([status, method, target, body]) => ({ method, target: unescaped(target), status: Number(status),
        body: body === '-' ? '' : Buffer.from(unescaped(body), 'latin1').toString('hex') }));
  } };
}

/// Our server with its record: `seen`, as {method, target, body (hex)}.
export async function startProbe() {
  const seen = [];
  let port = 0;
  const probe = start(program('tests/interop/http_probe/http_probe'), [], {
    onLine(line) {
      const what = JSON.parse(line);
      if (what.port) port = what.port;
      else seen.push({ method: what.method, target: Buffer.from(what.target, 'hex').toString('latin1'),
                       body: what.body });
    },
  });
  await until(() => port, 'the port of http_probe');
  return { port, seen, ...probe };
}

export function framingCases() {
  const printed = execFileSync(program('tests/interop/http_probe/http_probe'), ['--cases'], { encoding: 'utf8' });
  return printed.trimEnd().split('\n').map((line) => JSON.parse(line))
    .map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes, 'hex') }));
}

/// arrakisd alone, with PostgreSQL and Redis of its own; `url` and `adminUrl` are where it listens.
export async function startArrakisd(env) {
  const folder = path.join(makeFolder(), 'state');
  const child = start(program('apps/arrakisd/arrakisd'), [], { env: {
    ARRAKIS_NODE_STATE_FOLDER: folder, ARRAKIS_HTTP_PORT: '0', ARRAKIS_HTTP_ADMIN_PORT: '0', ...env } });
  const card = await until(() => {
    try {
      return child.lines.some((line) => line.includes('"event":"process.ready"')) &&
        JSON.parse(readFileSync(path.join(folder, 'arrakisd.json'), 'utf8'));
    } catch {
      return false;
    }
  }, 'arrakisd; its last lines are in the error', 60_000).catch((error) => {
    throw new Error(`${error.message}\n${child.lines.slice(-10).join('\n')}`);
  });
  return { port: Number(new URL(card.url).port), url: card.url, adminUrl: card.admin_url, ...child };
}

/// Sends `bytes` over one connection from `from` and gives what comes back until it ends; `patience` bounds a
/// connection that the other end keeps open.
export function exchange(port, bytes, { from = '127.0.0.1', patience = 2_500 } = {}) {
  return new Promise((done) => {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: from });
    const got = [];
    const timer = setTimeout(() => socket.destroy(), patience);
    socket.on('data', (piece) => got.push(piece));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      done(Buffer.concat(got).toString('latin1'));
    });
    socket.write(bytes);
  });
}
