// Starts the sandbox as a child process and calls its control API.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import readline from 'node:readline';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

function binary() {
  const candidates = [process.env.ARRAKIS_BUILD_DIR, path.join(root, 'build/dev'), path.join(root, 'build/release')]
    .filter(Boolean)
    .map((folder) => path.join(folder, 'apps/sandbox/sandbox'));
  const found = candidates.find(existsSync);
  if (!found) throw new Error(`no sandbox program in ${candidates.join(', ')}; build the target 'sandbox'`);
  return found;
}

export async function startSandbox(...args) {
  const child = spawn(binary(), ['--listen', '127.0.0.1:0', '--print-ready', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => child.once('exit', done));
  // However this process ends, the sandbox ends with it.
  process.once('exit', () => child.kill('SIGKILL'));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(signal, () => process.exit(128));
  const line = await Promise.race([
    new Promise((done) => readline.createInterface({ input: child.stdout }).once('line', done)),
    ended.then((code) => {
      throw new Error(`the sandbox ended with ${code}`);
    }),
  ]);
  const info = JSON.parse(line);

  /// One request to /_sandbox/<path>; the answer's JSON. A status of 400 and more throws.
  async function control(method, where, body) {
    const response = await fetch(`${info.url}/_sandbox/${where}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const json = text ? JSON.parse(text) : null;
    if (response.status >= 400) throw new Error(`${method} ${where}: ${response.status} ${text}`);
    return json;
  }
  /// One plain REST call with the bot's token (or another): {status, headers, body}.
  async function rest(method, where, body, { token = info.token, headers = {} } = {}) {
    const response = await fetch(`${info.api}/v10${where}`, {
      method,
      headers: {
        ...(token ? { authorization: `Bot ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    let json = null;
    try {
      json = text ? JSON.parse(text) : null;
    } catch {
      json = text;
    }
    return { status: response.status, headers: response.headers, body: json };
  }
  async function stop() {
    child.kill('SIGTERM');
    const code = await ended;
    if (code !== 0) throw new Error(`the sandbox ended with ${code}`);
  }
  return { ...info, control, rest, stop, pid: child.pid };
}
