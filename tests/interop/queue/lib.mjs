// Fixtures of the checks of the queue: our side as a child process, the package with everything to close, a Redis.
import {Queue, QueueEvents, Worker} from 'bullmq';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath, pathToFileURL} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../../..');
export const bridgeProgram =
  join(process.env.ARRAKIS_BUILD_DIR ?? join(root, 'build/dev'), 'tests/interop/queue_bridge/queue_bridge');
// The longest that a step may take; PATIENCE: in minutes, for a search that is meant to last.
export const patience = process.env.PATIENCE ? process.env.PATIENCE * 60_000 : 20_000;
// A negative control is expected to wait in vain: it does so for a shorter time.
let limit = patience;
export const hurry = (ms) => { limit = Math.min(ms, patience); };
// Independent of TMPDIR: a socket's path may have 107 bytes.
export const folder = mkdtempSync('/tmp/arrakis-queue-');
process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
export const socket = join(folder, 'redis.sock');
export const connection = {
  path: socket,
  maxRetriesPerRequest: null
};
// Short poll intervals for the workers, and locks that are longer than any delay of a busy machine.
const quick = {
  lock_ms: 30_000,
  renew_ms: 1000,
  stalled_check_ms: 100,
  drain_delay_ms: 1000,
  error_pause_ms: 20
};
export const quickWorker = {
  lockDuration: 30_000,
  stalledInterval: 100,
  drainDelay: 1,
  maxStalledCount: 10
};
// Of one that is to lose its jobs: its locks end soon, and it does not take the jobs back itself.
export const mortal = {
  lock_ms: 600,
  renew_ms: 100,
  skip_stalled_check: true
};
export const mortalWorker = {
  lockDuration: 600,
  skipStalledCheck: true
};

// `what`: words, or what says them when they are needed; `times`: of a step's patience.
export const within = (promise, what, times = 1) => {
  const ms = limit * times;
  let timer;
  const late = new Promise((_, reject) => {
    const end = () => reject(new Error(`no ${typeof what === 'function' ? what() : what} within ${ms} ms`));
    timer = setTimeout(end, ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

const bridgeGone = {
  ok: false,
  code: 'gone',
  text: 'the bridge has ended'
};
// Errors of promises that nobody awaits: those of processors. Errors of a bridge that was ended do not count.
export const strays = [];
process.on('unhandledRejection', (error) => error.message?.includes(bridgeGone.text) || strays.push(error));

process.on('SIGTERM', () => process.exit(1));

// Our side: a child process that speaks JSON lines.
class Bridge {
  #process;
  #open = new Map();
  #last = 0;
  onProcess = () => {};
  seen = []; // Of the queue's events, after `events`.

  static async open(name, options = {}, spoil = {}, at = socket) {
    const made = new Bridge();
    made.spoil = spoil;
    await made.#start(name, options, at);
    return made;
  }
  async #start(name, options, at) {
    this.#process = spawn(bridgeProgram, [], {stdio: ['pipe', 'pipe', process.env.VERBOSE ? 'inherit' : 'ignore']});
    this.#process.stdin.on('error', () => {}); // It was killed while it was spoken to.
    createInterface({input: this.#process.stdout}).on('line', (line) => {
      const said = JSON.parse(line);
      if (said.event === 'process')
        return void this.onProcess(said, this);
      if (said.event === 'seen')
        return void this.seen.push(said.what);
      if (said.event === 'reading')
        return void this.reading?.();
      this.#open.get(said.seq)?.(said);
      this.#open.delete(said.seq);
    });
    const all = {name, ...quick, ...options, ...this.spoil.bridge};
    await this.ask('open', {url: `unix://${at}`, options: all});
  }
  async say(op, fields = {}) {
    if (this.spoil.drop?.includes(op))
      return {ok: true, value: null, id: 'dropped', jobs: [], job: {}};
    fields = this.spoil.fields?.[op]?.(fields) ?? fields;
    if (this.#gone())
      return bridgeGone;
    const seq = ++this.#last;
    const answer = new Promise((done) => this.#open.set(seq, done));
    this.#process.stdin.write(`${JSON.stringify({seq, op, ...fields})}\n`);
    return within(answer, `answer to ${op}`);
  }
  async ask(op, fields) {
    const answer = await this.say(op, fields);
    if (!answer.ok)
      throw new Error(`${op}: ${answer.code}: ${answer.text}`);
    return answer;
  }
  // An operator's request (queue::admin); its value.
  async tool(op, fields) { return (await this.ask(op, fields)).value; }
  async events() {
    const reading = new Promise((done) => { this.reading = done; });
    await this.ask('events');
    await within(reading, 'our reader of events');
  }
  finish(job, fields = {}) { return this.say('finish', {id: job.id, ...fields}); }
  async work(onProcess) {
    this.onProcess = onProcess;
    await this.ask('worker');
  }
  #gone() { return this.#process.exitCode !== null || this.#process.signalCode !== null; }
  async kill() {
    if (this.#gone())
      return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
    this.#open.forEach((done) => done(bridgeGone));
  }
}

export const nap = (ms) => new Promise((done) => setTimeout(done, ms));
// Looks until `found` gives something true, and gives it back.
export async function until(found, what) {
  for (const end = Date.now() + limit;; await nap(10)) {
    const got = await found();
    if (got)
      return got;
    if (Date.now() > end)
      throw new Error(`no ${what} within ${limit} ms`);
  }
}
// When Redis wrote down the events of a kind, in ms of its own clock, the first one first.
export async function moments(queue, kind) {
  const client = await queue.client;
  const rows = await client.xrange(`bull:${queue.name}:events`, '-', '+');
  return rows.filter(([, fields]) => fields[fields.indexOf('event') + 1] === kind)
    .map(([id]) => Number(id.split('-')[0]));
}
// The counts of these states alone: `waiting` brings `paused` along in the package.
export const counts = async (queue, ...states) => {
  const all = await queue.getJobCounts(...states);
  return Object.fromEntries(states.map((each) => [each, all[each]]));
};

// One check: a queue of its own, and everything that must be closed afterwards.
export class Place {
  closers = [];
  constructor(name, spoil = {}) {
    this.name = `{${name}}`;
    this.spoil = spoil; // The changes of a negative control to both sides.
  }
  keep(thing) {
    this.closers.push(() => thing.close());
    return thing;
  }
  queue(name = this.name) {
    const made = this.keep(new Queue(name, {connection}));
    for (const method of this.spoil.mute ?? [])
      made[method] = async () => null;
    const add = made.add.bind(made);
    if (this.spoil.add)
      made.add = (job, data, opts) => add(job, data, this.spoil.add(opts));
    return made;
  }
  async bridge(options, at) {
    const made = await Bridge.open(this.name, options, this.spoil, at);
    this.closers.push(() => made.kill());
    return made;
  }
  async events() {
    const made = this.keep(new QueueEvents(this.name, {connection}));
    await made.waitUntilReady();
    made.setMaxListeners(0);
    made.seen = [];
    for (const each of ['added', 'waiting', 'active', 'delayed', 'completed', 'failed', 'stalled', 'progress',
                        'retries-exhausted', 'duplicated', 'deduplicated', 'removed', 'waiting-children', 'drained',
                        'cleaned', 'paused', 'resumed'])
      made.on(each, (args) => made.seen.push({event: each, ...args}));
    made.of = (id) => made.seen.filter((each) => each.jobId === id).map((each) => each.event);
    // The first event of the kind about the job, past or to come.
    made.until = (kind, id, count = 1) => {
      const found = () =>
        made.seen.filter((each) => each.event === kind && (id === undefined || each.jobId === id))[count - 1];
      return within(
        new Promise((done) => {
          const look = () => found() && done(found());
          made.on(kind, look);
          look();
        }),
        () => `event ${kind} of ${id}; seen ${made.seen.map((each) => `${each.event}:${each.jobId}`)}`,
      );
    };
    return made;
  }
  worker(processor, options = {}) {
    const how = {connection, ...quickWorker, ...options, ...this.spoil.worker};
    const made = this.keep(new Worker(this.name, processor, how));
    made.on('error', () => {}); // A killed Redis, a lost lock: the check itself sees what comes of it.
    return made;
  }
  // Ends one thing before the others.
  async end(thing) {
    await thing.close();
    thing.close = async () => {};
  }
  async close() {
    for (const closer of this.closers.reverse())
      await within(closer(), 'end of a client').catch((error) => console.log(`    ${error.message}`));
  }
}

// The settings of a Node.js worker from docs/queue.md, verbatim.
export async function documentedSettings() {
  const block = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs/queue.md'), 'utf8'))[1];
  const source = block.replace(/^import .*$/m, '').replace(/^new Worker[\s\S]*$/m, '');
  const file = join(folder, 'settings.mjs');
  writeFileSync(file, source);
  return (await import(pathToFileURL(file).href)).settings;
}

// A Redis on `at`, a socket of its own; `more`: further options of the server.
export async function startRedis(at = socket, more = ['--port', '0']) {
  const common = ['--unixsocket', at, '--dir', dirname(at), '--save', '', '--maxmemory-policy', 'noeviction'];
  const server = spawn('redis-server', [...common, ...more], {stdio: ['ignore', 'pipe', 'inherit']});
  process.on('exit', () => server.kill('SIGKILL')); // However this process ends.
  await within(
    new Promise((ready, reject) => {
      createInterface({input: server.stdout}).on('line', (line) => line.includes('ready to accept') && ready());
      server.on('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
    }),
    'Redis',
  );
  return server;
}
