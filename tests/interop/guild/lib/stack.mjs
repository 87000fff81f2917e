// Starts `demo` (sandbox, EVM node, arrakisd with its own PostgreSQL and Redis) in a folder of its own, and asks it.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

function program(name) {
  const candidates = [process.env.ARRAKIS_BUILD_DIR, path.join(root, 'build/dev'), path.join(root, 'build/release')]
    .filter(Boolean).map((folder) => path.join(folder, 'apps', name, name));
  const found = candidates.find(existsSync);
  if (!found) throw new Error(`no program '${name}' in ${candidates.join(', ')}; build it`);
  return found;
}

/// `empty`: without the onboarding that demo performs by itself.
export async function startStack({ empty = false, patience = 180_000 } = {}) {
  // Short, because Unix sockets lie in it; open, because arrakisd gives up being root and must still reach it.
  const folder = mkdtempSync('/tmp/stack-');
  chmodSync(folder, 0o755);
  const anvil = process.env.ANVIL || execFileSync(path.join(root, 'apps/demo/evm/setup'), { encoding: 'utf8' }).trim();
  const child = spawn(program('demo'), [folder], { stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, STATE: folder, ANVIL: anvil, EMPTY: empty ? '1' : '', ONCE: '', FRESH: '',
           DISCORD_PORT: '0' } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => { said += bytes; });
  const ended = new Promise((done) => child.once('close', (code, signal) => done(code ?? signal)));
  let over = false;
  ended.then(() => { over = true; });
  // However this process ends, demo is asked to end, and it ends all that it started.
  process.once('exit', () => {
    if (over) return;
    child.kill('SIGTERM');
    console.log(`        (the folder of this run stays for a look: ${folder})`);
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(signal, () => process.exit(128));

  const file = path.join(folder, 'stack.json');
  const end = Date.now() + patience;
  let card;
  while (!card) {
    if (over || Date.now() > end) {
      const code = over ? await ended : 'no stack.json in time';
      throw new Error(`demo did not come up (${code}); it said:\n${said.slice(-3000)}`);
    }
    await new Promise((done) => setTimeout(done, 50));
    try { card = JSON.parse(readFileSync(file, 'utf8')); } catch { /* not there yet, or half written */ }
  }

  /// One request to the sandbox's /_sandbox/<where>; a status of 400 and more throws.
  async function sandbox(method, where, body) {
    const response = await fetch(`${card.discord}/_sandbox/${where}`, { method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await response.text();
    if (response.status >= 400) throw new Error(`${method} ${where}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /// Runs arrakisctl; gives {code, out}.
  const ctl = (...words) => new Promise((done) => execFile(program('arrakisctl'), words,
    { env: { ...process.env, ARRAKIS_NODE_STATE_FOLDER: path.join(folder, 'arrakis') } },
    (error, out, err) => done({ code: error ? error.code : 0, out: out + err })));

  /// `arrakisctl community show`: the record's id and the shadow state, "kind resource" to snowflake.
  async function community() {
    const { code, out } = await ctl('--json', 'community', 'show', card.guild);
    if (code !== 0) throw new Error(`arrakisctl community show: ${out}`);
    const shown = JSON.parse(out);
    const shadow = new Map(shown.resources.map((r) => [`${r.kind} ${r.resource}`, r.id]));
    return { id: shown.id, newest: shown.newest_deployment, shadow, text: out };
  }

  const manifestFile = (id, version) =>
    path.join(folder, 'arrakis/objects/manifests', id, 'versions', `v${String(version).padStart(6, '0')}.json`);

  /// Ends everything; gives demo's exit code. The folder goes with it unless KEEP=1.
  async function stop() {
    child.kill('SIGTERM');
    const code = await ended;
    if (!process.env.KEEP) rmSync(folder, { recursive: true, force: true });
    return code;
  }
  return { ...card, folder, sandbox, ctl, community, manifestFile, stop, said: () => said };
}

/// All that a person reads in a message.
export function textOf(message) {
  return [message.content, ...(message.embeds ?? []).flatMap((e) => [e.title, e.description,
    ...(e.fields ?? []).flatMap((f) => [f.name, f.value]), e.footer?.text])].filter(Boolean).join('\n');
}
