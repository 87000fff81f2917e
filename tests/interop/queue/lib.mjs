// What the checks of the queue stand on: our side as a child process, the package with everything to close, a Redis.
import {QueueEvents, Queue, Worker} from 'bullmq';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath, pathToFileURL} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../../..');
export const bridgeProgram = join(process.env.ARRAKIS_BUILD_DIR ?? join(root, 'build/dev'),
                                  'tests/interop/queue_bridge/queue_bridge');
export const patience = 20_000;
export const folder = mkdtempSync(join(tmpdir(), 'arrakis-queue-'));
export const socket = join(folder, 'redis.sock');
export const connection = {
  path: socket,
  maxRetriesPerRequest: null
};
const quick = {
  lock_ms: 600,
  renew_ms: 100,
  stalled_check_ms: 100,
  drain_delay_ms: 1000,
  error_pause_ms: 20
};
export const quickWorker = {
  lockDuration: 600,
  stalledInterval: 100,
  drainDelay: 1,
  maxStalledCount: 10
};

export const within = (promise, what, ms = patience) => {
  let timer;
  const late = new Promise(
    (_, reject) => { timer = setTimeout(() => reject(new Error(`no ${what} within ${ms} ms`)), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

// Our side: a child process that speaks JSON lines.
class Bridge {
  #process;
  #open = new Map();
  #last = 0;
  onProcess = () => {};

  static async open(name, options = {}) {
    const made = new Bridge();
    await made.#start(name, options);
    return made;
  }
  async #start(name, options) {
    this.#process = spawn(bridgeProgram, [], {stdio: ['pipe', 'pipe', process.env.VERBOSE ? 'inherit' : 'ignore']});
    createInterface({input: this.#process.stdout}).on('line', (line) => {
      const said = JSON.parse(line);
      if (said.event === 'process')
        return void this.onProcess(said, this);
      this.#open.get(said.seq)?.(said);
      this.#open.delete(said.seq);
    });
    await this.ask('open', {url: `unix://${socket}`, options: {name, ...quick, ...options}});
  }
  async say(op, fields = {}) {
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
  finish(job, fields = {}) { return this.say('finish', {id: job.id, ...fields}); }
  async work(onProcess) {
    this.onProcess = onProcess;
    await this.ask('worker');
  }
  async kill() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null)
      return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}

// One check: a queue of its own, and everything that must be closed afterwards.
export class Place {
  closers = [];
  constructor(name) { this.name = `{${name}}`; }
  keep(thing) {
    this.closers.push(() => thing.close());
    return thing;
  }
  queue(name = this.name) { return this.keep(new Queue(name, {connection})); }
  async bridge(options) {
    const made = await Bridge.open(this.name, options);
    this.closers.push(() => made.kill());
    return made;
  }
  async events() {
    const made = this.keep(new QueueEvents(this.name, {connection}));
    await made.waitUntilReady();
    made.setMaxListeners(0);
    made.seen = [];
    for (const each of ['added', 'waiting', 'active', 'delayed', 'completed', 'failed', 'stalled', 'progress',
                        'retries-exhausted', 'duplicated', 'paused', 'resumed'])
      made.on(each, (args) => made.seen.push({event: each, ...args}));
    made.of = (id) => made.seen.filter((each) => each.jobId === id).map((each) => each.event);
    // The first event of the kind about the job, past or to come.
    made.until = (kind, id, count = 1) => {
      const found = () => made.seen.filter((each) => each.event === kind
                                                  && (id === undefined || each.jobId === id))[count - 1];
      return within(
        new Promise((done) => {
          const look = () => found() && done(found());
          made.on(kind, look);
          look();
        }),
        `event ${kind} of ${id}; seen ${JSON.stringify(made.seen.map((each) => `${each.event}:${each.jobId}`))}`,
      );
    };
    return made;
  }
  worker(processor, options = {}) {
    return this.keep(new Worker(this.name, processor, {connection, ...quickWorker, ...options}));
  }
  async close() {
    for (const closer of this.closers.reverse())
      await closer();
  }
}

// The settings that docs/queue.md tells its readers to give to a Node.js worker, as written there.
export async function documentedSettings() {
  const block = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs/queue.md'), 'utf8'))[1];
  const source = block.replace(/^import .*$/m, '').replace(/^new Worker[\s\S]*$/m, '');
  const file = join(folder, 'settings.mjs');
  writeFileSync(file, source);
  return (await import(pathToFileURL(file).href)).settings;
}

export async function startRedis() {
  const server = spawn(
    'redis-server',
    ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--maxmemory-policy', 'noeviction'],
    {stdio: ['ignore', 'pipe', 'inherit']});
  await within(
    new Promise((ready, reject) => {
      createInterface({input: server.stdout}).on('line', (line) => line.includes('ready to accept') && ready());
      server.on('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
    }),
    'Redis',
  );
  return server;
}
