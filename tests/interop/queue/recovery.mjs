// Recovery after faults: workers that die or freeze, a Redis that forgets its scripts, a marker that is lost.
import {Queue} from 'bullmq';
import assert from 'node:assert/strict';
import {fork} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {check} from './checks.mjs';
import {connection, counts, folder, mortal, mortalWorker, nap, quickWorker, startRedis, until, within} from './lib.mjs';

// A Node.js worker in a process of its own that takes jobs and never ends them.
async function holder(at, options = {}) {
  const made = fork(fileURLToPath(new URL('hold.mjs', import.meta.url)),
                    [at.name, JSON.stringify({connection, ...quickWorker, ...mortalWorker, ...options})]);
  at.closers.push(() => made.kill('SIGKILL'));
  return made;
}

check('stalled: several jobs of our killed worker are processed by Node.js, each once more', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({...mortal, concurrency: 4});
  const theirs = at.queue();
  const held = [];
  await ours.work((job) => held.push(job.id));
  await theirs.addBulk(Array.from({length: 4}, (_, i) => ({name: 'x', data: {}, opts: {jobId: `j${i}`}})));
  await until(() => held.length === 4, 'four jobs in our worker');
  await ours.kill();
  const done = [];
  at.worker(async (job) => void done.push(job.id), {concurrency: 2});
  for (let i = 0; i < 4; i++)
    await events.until('completed', `j${i}`);
  assert.deepEqual(done.sort(), ['j0', 'j1', 'j2', 'j3']);
  for (const id of done)
    assert.equal((await theirs.getJob(id)).stalledCounter, 1);
}, {spoil: {worker: {skipStalledCheck: true}}});

check('stalled: all jobs of a killed Node.js worker are processed by ours', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({concurrency: 4});
  for (let i = 0; i < 4; i++)
    await ours.tool('add_job', {name: 'x', opts: {jobId: `j${i}`}});
  const theirs = await holder(at, {concurrency: 4});
  let took = 0;
  await within(new Promise((all) => theirs.on('message', () => ++took === 4 && all())),
               'four jobs in the other process');
  theirs.kill('SIGKILL');
  const done = [];
  await ours.work((job) => (done.push(job.id), ours.finish(job)));
  for (let i = 0; i < 4; i++)
    await events.until('completed', `j${i}`);
  assert.deepEqual(done.sort(), ['j0', 'j1', 'j2', 'j3']);
}, {spoil: {bridge: {skip_stalled_check: true}}});

for (const side of ['us', 'node'])
  check(`a job that stalls more often than allowed is failed unread by ${side}`, async (at) => {
    const events = await at.events();
    const ours = await at.bridge({stalled_max: side === 'us' ? 0 : 10});
    const theirs = at.queue();
    await ours.tool('add_job', {name: 'x', opts: {jobId: 'poison', attempts: 5}});
    const victim = await holder(at);
    await within(once(victim, 'message'), 'job in the other process');
    victim.kill('SIGKILL');
    let read = 0;
    if (side === 'us')
      await ours.work((job) => (read++, ours.finish(job)));
    else
      at.worker(async () => { read++; }, {maxStalledCount: 0});
    await events.until('failed', 'poison');
    assert.equal(read, 0);
    assert.equal((await theirs.getJob('poison')).failedReason, 'job stalled more than allowable limit');
  }, {spoil: side === 'us' ? {bridge: {stalled_max: 10}} : {worker: {maxStalledCount: 10}}});

check('a job longer than the lock stays with our worker, while a Node.js worker checks and waits for its chance',
      async (at) => {
        const events = await at.events();
        const ours = await at.bridge({lock_ms: 3000, renew_ms: 300});
        const theirs = at.queue();
        const runs = [];
        await ours.work(async (job) => {
          runs.push('us');
          await nap(5000); // More than a life of the lock, and than it takes to be noticed.
          await ours.finish(job, {value: 'ours'});
        });
        await theirs.add('x', {}, {jobId: 'long'});
        await until(() => runs.length, 'job in our worker');
        at.worker(async () => (runs.push('node'), 'theirs'));
        assert.equal((await events.until('completed', 'long')).returnvalue, 'ours');
        assert.deepEqual(runs, ['us']);
      },
      {spoil: {bridge: {skip_lock_renewal: true}}});

check('stalled: our frozen worker loses the job, and its late end changes nothing', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({...mortal, skip_lock_renewal: true, concurrency: 1});
  const theirs = at.queue();
  let job;
  const taken = new Promise((done) => ours.work((each) => done(job = each)));
  await theirs.add('x', {}, {jobId: 'a'});
  await within(taken, 'job in our worker');
  let finish;
  at.worker(() => new Promise((done) => (finish = done)));
  await events.until('stalled', 'a');
  await events.until('active', 'a', 2);
  await ours.finish(job, {value: 'too late'});
  await ours.ask('close');
  assert.equal(await theirs.getJobState('a'), 'active');
  await until(() => finish, 'job in the Node.js worker');
  finish('in time');
  assert.equal((await events.until('completed', 'a')).returnvalue, 'in time');
}, {spoil: {bridge: {skip_lock_renewal: false}}});

check('stalled: a frozen Node.js worker loses the job to ours, and its late end changes nothing', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  let finish;
  const lost = at.worker(() => new Promise((done) => (finish = done)),
                         {...mortalWorker, skipLockRenewal: true, concurrency: 1});
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'a'}});
  await until(() => finish, 'job in the Node.js worker');
  let job;
  const taken = new Promise((done) => ours.work((each) => done(job = each)));
  await events.until('stalled', 'a');
  await within(taken, 'job in our worker');
  const complained = once(lost, 'error');
  finish('too late');
  await within(complained, 'complaint of the worker that lost it');
  assert.equal((await ours.ask('state', {id: 'a'})).state, 'active');
  await ours.finish(job, {value: 'in time'});
  assert.equal((await events.until('completed', 'a')).returnvalue, 'in time');
}, {spoil: {worker: {skipLockRenewal: false}}});

check('a lost marker is recovered by polling', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({drain_delay_ms: 500});
  const theirs = at.queue();
  await ours.work((job) => ours.finish(job));
  await theirs.add('x', {}, {jobId: 'first'});
  await events.until('completed', 'first');
  // A job put into the list by hand: nothing says that it is there.
  const client = await theirs.client;
  await client.hset(`bull:${at.name}:quiet`,
                    {name: 'x', data: '{}', opts: '{"attempts":0}', timestamp: Date.now(), delay: 0, priority: 0});
  await client.multi().lpush(`bull:${at.name}:wait`, 'quiet').del(`bull:${at.name}:marker`).exec();
  await events.until('completed', 'quiet');
}, {spoil: {bridge: {drain_delay_ms: 60_000}}});

check('SCRIPT FLUSH (NOSCRIPT) is recovered by both kinds of worker and producer', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  const client = await theirs.client;
  await ours.work((job) => ours.finish(job));
  at.worker(async () => {});
  for (let i = 0; i < 40; i++) {
    if (i % 5 === 0)
      await client.script('FLUSH');
    await (i % 2 ? ours.tool('add_job', {name: 'x', opts: {jobId: `j${i}`}}) : theirs.add('x', {}, {jobId: `j${i}`}));
  }
  for (let i = 0; i < 40; i++)
    await events.until('completed', `j${i}`);
  assert.deepEqual(await theirs.getJobCounts('completed', 'active', 'failed'), {completed: 40, active: 0, failed: 0});
}, {spoil: {drop: ['add_job']}});

// One node that has all the slots of a cluster: it refuses what is not within one.
async function clusterNode(at) {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const {port} = probe.address();
  const home = join(folder, `cluster-${port}`);
  mkdirSync(home);
  probe.close();
  await once(probe, 'close');
  const bus = port > 50_000 ? port - 10_000 : port + 10_000;
  const path = join(home, 'redis.sock');
  const server = await startRedis(
    path, ['--port', `${port}`, '--bind', '127.0.0.1', '--cluster-enabled', 'yes', '--cluster-port', `${bus}`]);
  at.closers.push(() => {
    server.removeAllListeners('exit');
    server.kill('SIGKILL');
  });
  return path;
}

check('on a node of a Redis Cluster all that we do stays within one slot', async (at) => {
  const path = await clusterNode(at);
  const theirs = at.keep(new Queue(at.name, {connection: {...connection, path}}));
  const client = await theirs.client;
  await client.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16383);
  await until(async () => (await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok'), 'cluster');
  const ours = await at.bridge({concurrency: 1, metrics_points: 2, limiter_max: 100, limiter_ms: 10}, path);
  await ours.events();
  const ran = [];
  await ours.work((job) => {
    ran.push(job.id);
    return ours.finish(job, job.name === 'bad'          ? {outcome: 'failed', reason: 'no'}
                            : ran.at(-2) === ran.at(-1) ? {value: 1}
                            : job.id === 'limited'      ? {outcome: 'limited', wait_ms: 50}
                                                        : {value: 1});
  });
  const child = (jobId) => ({name: 'x', opts: {jobId}});
  await ours.tool(
    'add_flow',
    {flow: {...child('root'), children: [child('kid'), {...child('late'), opts: {jobId: 'late', delay: 50}}]}});
  await ours.tool('add_job', {name: 'bad', opts: {jobId: 'bad', attempts: 2, backoff: 20, priority: 2}});
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'limited', deduplication: {id: 'd'}}});
  await ours.tool('upsert_schedule', {id: 's', repeat: {pattern: '* * * * * *', limit: 1}, name: 'x'});
  const done = () => counts(theirs, 'completed', 'failed', 'active', 'delayed', 'waiting', 'waiting-children');
  await until(async () => {
    const {completed, failed} = await done();
    return completed >= 5 && failed >= 1;
  }, 'end of all jobs');
  assert.deepEqual(await done(), {completed: 5, failed: 1, active: 0, delayed: 0, waiting: 0, 'waiting-children': 0});
  assert.equal((await ours.ask('list', {state: 'dead'})).jobs[0].id, 'bad');
  await ours.ask('replay', {id: 'bad'});
  await ours.ask('pause');
  await ours.tool('obliterate', {force: true});
}, {spoil: {bridge: {name: 'without-braces'}}});
