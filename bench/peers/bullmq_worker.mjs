// The peer of queue_bench: BullMQ's own producer and worker, set as ours are. It takes its orders from a list in Redis
// and pushes what each took: {"what": "fill" | "drain", "count": jobs (in each server), "bulk": jobs in one call,
// "sockets": [...]} -> {"seconds", "cpu_us"}.
//   node bench/peers/bullmq_worker.mjs SOCKET    (of the Redis with the orders; ends with {"what": "end"})
import {createRequire} from 'node:module';

// The packages lie in build/interop (tests/interop/setup), which is no parent of this file.
const require = createRequire(new URL('../../build/interop/package.json', import.meta.url));
const {Queue, Worker} = require('bullmq');
const Redis = require('ioredis');

const name = '{bench}';
const keepCompleted = {age: 24 * 3600}; // As our worker's.
const jobOptions = {attempts: 3, backoff: {type: 'arrakis', delay: 5000}};
const workerOptions = {
  concurrency: 50,
  autorun: false,
  lockDuration: 8000,
  lockRenewTime: 2000,
  stalledInterval: 2000,
  maxStalledCount: 10,
  removeOnComplete: keepCompleted,
};
const at = (path) => ({path, maxRetriesPerRequest: null});

const stopwatch = () => {
  const began = process.hrtime.bigint();
  const used = process.cpuUsage();
  return () => {
    const {user, system} = process.cpuUsage(used);
    return {seconds: Number(process.hrtime.bigint() - began) / 1e9, cpu_us: user + system};
  };
};

async function fill({count, bulk, sockets}) {
  const queue = new Queue(name, {connection: at(sockets[0])});
  await queue.waitUntilReady();
  const took = stopwatch();
  for (let left = count; left > 0; left -= bulk)
    await queue.addBulk(
      Array.from({length: Math.min(bulk, left)}, (_, i) => ({name: 'noop', data: {n: left - i}, opts: jobOptions})));
  const result = took();
  await queue.close();
  return result;
}

async function drain({count, sockets}) {
  const workers = sockets.map((path) => new Worker(name, async () => null, {...workerOptions, connection: at(path)}));
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  const ended = workers.map((worker) => new Promise((resolve, reject) => {
    let left = count;
    worker.on('completed', () => { if (--left === 0) resolve(); });
    worker.on('failed', (_, error) => reject(error));
    worker.on('error', reject);
  }));
  const took = stopwatch();
  for (const worker of workers) worker.run();
  await Promise.all(ended);
  const result = took();
  await Promise.all(workers.map((worker) => worker.close()));
  return result;
}

const orders = new Redis(at(process.argv[2]));
for (;;) {
  const order = JSON.parse((await orders.blpop('bench:orders', 0))[1]);
  if (order.what === 'end') break;
  await orders.rpush('bench:answers', JSON.stringify(await (order.what === 'fill' ? fill(order) : drain(order))));
}
await orders.quit();
