// The daily business of the product, both ways; most of it is the smoke of `make test`.
import {FlowProducer} from 'bullmq';
import assert from 'node:assert/strict';
import {fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';

import {check, spoiled} from './checks.mjs';
import {connection, documentedSettings, moments, mortal, mortalWorker, nap, patience, quickWorker, until, within} from
  './lib.mjs';

check('our job is done by a Node.js worker, with its data and options, and QueueEvents sees all of it', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const data = {community: 'ç-1', version: 2, text: 'żółw 🐢', big: 12345678901, list: [1, 2.5, null, true]};
  const {id} = await ours.ask('add', {name: 'SYNTHESIZE_COMMUNITY', data, id: 'synth-1'});
  assert.equal(id, 'synth-1');
  let seen;
  at.worker(async (job) => {
    seen = {name: job.name, data: job.data, opts: job.opts};
    return {ok: 'yes'};
  });
  const end = await events.until('completed', id);
  assert.deepEqual(seen.data, data);
  assert.equal(seen.name, 'SYNTHESIZE_COMMUNITY');
  assert.equal(seen.opts.attempts, 3);
  assert.deepEqual(seen.opts.backoff, {type: 'arrakis', delay: 5000});
  assert.deepEqual(end.returnvalue, {ok: 'yes'});
  assert.deepEqual(events.of(id), ['added', 'waiting', 'active', 'completed']);
  assert.deepEqual((await ours.ask('show', {id})).job.return_value, {ok: 'yes'});
}, {smoke: true});

check('the arrakis back-off of docs/queue.md makes a Node.js worker wait d, then 5 d, then fail', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const begun = [];
  at.worker(async () => {
    begun.push(Date.now());
    throw new Error('not today');
  }, {settings: await documentedSettings()});
  await ours.ask('add', {name: 'x', id: 'a', backoff: {type: 'arrakis', delay: 100}});
  await events.until('failed', 'a');
  assert.equal(begun.length, 3);
  assert.ok(begun[1] - begun[0] >= 100, `first wait ${begun[1] - begun[0]}`);
  assert.ok(begun[2] - begun[1] >= 500, `second wait ${begun[2] - begun[1]}`);
  await events.until('retries-exhausted', 'a');
  const {job} = await ours.ask('show', {id: 'a'});
  assert.equal(job.failed_reason, 'not today');
  assert.equal(job.attempts_made, 3);
});

check('our delayed and prioritized jobs reach Node.js in time and in order', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const order = [];
  for (const [id, priority] of [['low', 9], ['high', 1], ['mid', 5]])
    await ours.ask('add', {name: 'x', id, priority});
  let laterAt = 0;
  at.worker(async (job) => {
    order.push(job.id);
    if (job.id === 'later')
      laterAt = Date.now();
  });
  await events.until('completed', 'low');
  const added = Date.now();
  await ours.ask('add', {name: 'x', id: 'later', delay: 500});
  await events.until('completed', 'later');
  assert.deepEqual(order, ['high', 'mid', 'low', 'later']);
  assert.ok(laterAt - added >= 500 && laterAt - added < patience / 2, `after ${laterAt - added} ms`);
});

check('a duplicate jobId is not added again, by either side', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  await ours.ask('add', {name: 'x', id: 'one', data: {by: 'us'}});
  await theirs.add('x', {by: 'them'}, {jobId: 'one'});
  await events.until('duplicated', 'one');
  await theirs.add('x', {by: 'them'}, {jobId: 'two'});
  await ours.ask('add', {name: 'x', id: 'two', data: {by: 'us'}});
  await events.until('duplicated', 'two');
  assert.deepEqual((await theirs.getJob('one')).data, {by: 'us'});
  assert.deepEqual((await ours.ask('show', {id: 'two'})).job.data, {by: 'them'});
  assert.equal((await ours.ask('counts')).waiting, 2);
  assert.equal((await ours.say('add', {name: 'x', id: '42'})).code, 'invalid');
});

check('a Node.js job is done by our worker: waitUntilFinished, value, progress, logs, worker name', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({worker_name: 'pod-1'});
  const theirs = at.queue();
  await ours.work(async (job) => {
    await ours.ask('progress', {id: job.id, value: {current: 1, of: 2}});
    await events.until('progress', job.id);
    await ours.finish(job, {value: {made: job.data.n * 2}});
  });
  const job = await theirs.add('x', {n: 21, text: 'żółw'});
  assert.deepEqual(await within(job.waitUntilFinished(events), 'end'), {made: 42});
  const read = await theirs.getJob(job.id);
  assert.deepEqual(read.progress, {current: 1, of: 2});
  assert.equal(read.processedBy, 'pod-1');
  assert.equal(read.attemptsMade, 1);
  // Each side reads its clock before its call leaves, so the job may be taken a little before it was added.
  assert.ok(read.finishedOn >= read.processedOn && read.processedOn >= read.timestamp - 1000);
  const workers = await theirs.getWorkers();
  assert.equal(workers.length, 1);
  assert.ok(workers[0].rawname.endsWith(':w:pod-1'), workers[0].rawname);
}, {smoke: true});

check('a failed attempt is retried by our worker with the back-off that the job carries: fixed, exponential, arrakis',
      async (at) => {
        const events = await at.events();
        const ours = await at.bridge();
        const theirs = at.queue();
        const begun = {};
        await ours.work(async (job) => {
          (begun[job.id] ??= []).push(Date.now());
          await ours.finish(job, job.attempts_made < 2 ? {outcome: 'failed', reason: `no ${job.attempts_made + 1}`}
                                                       : {value: 'yes'});
        });
        const wants = {fixed: [150, 150], exponential: [150, 300], arrakis: [150, 750]};
        for (const type of Object.keys(wants))
          await theirs.add('x', {}, {jobId: type, attempts: 3, backoff: {type, delay: 150}});
        for (const [type, waits] of Object.entries(wants)) {
          await events.until('completed', type);
          assert.deepEqual(events.of(type).filter((each) => each !== 'waiting'),
                           ['added', 'active', 'delayed', 'active', 'delayed', 'active', 'completed']);
          waits.forEach((wait, i) => {
            const took = begun[type][i + 1] - begun[type][i];
            assert.ok(took >= wait && took < wait + patience / 2, `${type}: ${took} instead of ${wait}`);
          });
          const job = await theirs.getJob(type);
          assert.equal(job.attemptsMade, 3);
          assert.deepEqual(job.stacktrace, ['no 1', 'no 2']);
          assert.ok((await theirs.getJobLogs(type)).logs[0].startsWith('attempt 1 of 3 failed, next in 150 ms: no 1'));
        }
      },
      {smoke: true});

check('retry without back-off runs at once, and lifo stays in front', async (at) => {
  const events = await at.events();
  const theirs = at.queue();
  const ours = await at.bridge({concurrency: 1});
  const order = [];
  await theirs.addBulk([
    {name: 'x', data: {}, opts: {jobId: 'first', attempts: 2, lifo: true}},
    {name: 'x', data: {}, opts: {jobId: 'second'}}
  ]);
  await ours.work(async (job) => {
    order.push(job.id);
    await ours.finish(job, order.length === 1 ? {outcome: 'failed', reason: 'again'} : {});
  });
  await events.until('completed', 'second');
  await events.until('completed', 'first');
  assert.equal(order.length, 3);
  assert.equal(order[0], order[1]);
});

check(
  'attempts used up: waitUntilFinished rejects with our reason; the dead letter is there, and a replay goes to Node.js',
  async (at) => {
    const events = await at.events();
    const ours = await at.bridge();
    const theirs = at.queue();
    const letters = at.queue(`${at.name}-dlq`);
    await ours.work((job) => ours.finish(job, {outcome: 'failed', reason: 'PERMISSION_ERROR: see /srv/app/main.cpp'}));
    const job = await theirs.add('ASSIGN_ROLE', {guildId: '1', userId: '77', communityId: 'c-1'},
                                 {jobId: 'gone', attempts: 2, backoff: {type: 'fixed', delay: 10}});
    await assert.rejects(within(job.waitUntilFinished(events), 'end'), /PERMISSION_ERROR/);
    await events.until('retries-exhausted', 'gone');
    const letter = await letters.getJob('gone');
    assert.equal(await letter.getState(), 'waiting');
    assert.equal(letter.name, 'ASSIGN_ROLE');
    assert.deepEqual(letter.data.payload, {guildId: '1', userId: '[redacted]', communityId: 'c-1'});
    assert.deepEqual(letter.data.error, {code: 'PERMISSION_ERROR', message: 'see [path]'});
    assert.equal(letter.data.attemptsMade, 2);
    assert.equal(letter.data.communityId, 'c-1');
    assert.equal((await ours.ask('list', {state: 'dead'})).jobs[0].id, 'gone');
    await ours.ask('close');
    await ours.ask('replay', {id: 'gone'});
    let data;
    at.worker(async (again) => { data = again.data; });
    await events.until('completed', 'gone');
    assert.equal(data.userId, '77'); // The job itself, not its redacted letter.
    assert.equal((await ours.ask('list', {state: 'dead'})).jobs.length, 0);
  },
  {smoke: true});

check('a final failure is not retried, and Node.js can retry it by hand', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  let times = 0;
  await ours.work((job) => ours.finish(job, ++times === 1 ? {outcome: 'failed_final', reason: 'no'} : {value: 1}));
  await theirs.add('x', {}, {jobId: 'a', attempts: 5});
  await events.until('failed', 'a');
  assert.equal(times, 1);
  const job = await theirs.getJob('a');
  await job.retry('failed');
  await events.until('completed', 'a');
});

check('a postponed job waits without using an attempt', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  let times = 0;
  await ours.work((job) => ours.finish(job, ++times < 3 ? {outcome: 'postponed', wait_ms: 50} : {}));
  await theirs.add('x', {}, {jobId: 'frozen', attempts: 1});
  await events.until('completed', 'frozen');
  assert.equal((await theirs.getJob('frozen')).attemptsMade, 1);
  assert.equal(times, 3);
});

check('a delayed Node.js job wakes our sleeping worker when it is due', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({drain_delay_ms: 15_000});
  const theirs = at.queue();
  let began = 0;
  await ours.work((job) => ((began = Date.now()), ours.finish(job)));
  const added = Date.now();
  await theirs.add('x', {}, {jobId: 'later', delay: 400});
  await events.until('completed', 'later');
  assert.ok(began - added >= 400 && began - added < patience / 2, `after ${began - added} ms`);
});

check('removeOnComplete and removeOnFail of a job are obeyed', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  await ours.work((job) => ours.finish(job, job.name === 'bad' ? {outcome: 'failed_final', reason: 'no'} : {}));
  await theirs.add('good', {}, {jobId: 'a', removeOnComplete: true});
  await theirs.add('bad', {}, {jobId: 'b', removeOnFail: {count: 0}});
  await theirs.add('good', {}, {jobId: 'c'});
  for (const [kind, id] of [['completed', 'a'], ['failed', 'b'], ['completed', 'c']])
    await events.until(kind, id);
  assert.equal(await theirs.getJob('a'), undefined);
  assert.equal(await theirs.getJob('b'), undefined);
  assert.equal(await (await theirs.getJob('c')).getState(), 'completed');
});

check('pause and resume from either side are obeyed by the other', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  await ours.ask('pause');
  await events.until('paused');
  assert.equal(await theirs.isPaused(), true);
  // A worker that takes a job during the pause is seen: the job became active before the pause ended.
  const heeded = async (id) => {
    await events.until('completed', id);
    const told = events.seen.filter((each) => !each.jobId || each.jobId === id).map((each) => each.event);
    assert.ok(told.lastIndexOf('resumed') < told.indexOf('active'), told.join());
  };
  await theirs.add('x', {}, {jobId: 'a'});
  const worker = at.worker(async () => {});
  await worker.waitUntilReady();
  await nap(200); // The worker polls and finds no job that it may take.
  assert.equal((await ours.ask('counts')).paused, 1);
  await ours.ask('resume');
  await heeded('a');
  await at.end(worker);

  await theirs.pause();
  assert.equal((await ours.ask('counts')).is_paused, true);
  await ours.ask('add', {name: 'x', id: 'b'});
  await ours.work((job) => ours.finish(job));
  await nap(200);
  assert.equal((await ours.ask('state', {id: 'b'})).state, 'waiting');
  await theirs.resume();
  await heeded('b');
}, {smoke: true});

check('stalled: the job of a killed Node.js worker is processed by ours', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs =
    fork(fileURLToPath(new URL('hold.mjs', import.meta.url)),
         [at.name, JSON.stringify({connection, ...quickWorker, ...mortalWorker})]);
  at.closers.push(() => theirs.kill('SIGKILL'));
  await ours.ask('add', {name: 'x', id: 'a'});
  await within(once(theirs, 'message'), 'job in the other process');
  theirs.kill('SIGKILL');
  await ours.work((job) => ours.finish(job, {value: 'saved'}));
  await events.until('stalled', 'a');
  assert.equal((await events.until('completed', 'a')).returnvalue, 'saved');
});

check('stalled: the job of our killed worker is processed by a Node.js worker', async (at) => {
  const events = await at.events();
  const ours = await at.bridge(mortal);
  const theirs = at.queue();
  let took;
  const taken = new Promise((done) => (took = done));
  await ours.work(() => took());
  await theirs.add('x', {}, {jobId: 'a', attempts: 3});
  await within(taken, 'job in our worker');
  await ours.kill();
  at.worker(async () => 'saved');
  await events.until('stalled', 'a');
  assert.equal((await events.until('completed', 'a')).returnvalue, 'saved');
  assert.equal((await theirs.getJob('a')).stalledCounter, 1);
});

check('lock renewal: a job longer than the lock stays with its worker while others check for stalled', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({lock_ms: 3000, renew_ms: 300});
  const theirs = at.queue();
  at.worker(async () => { throw new Error('it was not mine'); }, {autorun: false}).startStalledCheckTimer();
  await ours.work(async (job) => {
    await nap(5000); // More than a life of the lock, and than it takes to be noticed.
    await ours.finish(job);
  });
  await theirs.add('x', {}, {jobId: 'a'});
  await events.until('completed', 'a');
  assert.ok(!events.of('a').includes('stalled'), events.of('a').join());
});

check('two hundred jobs shared by both kinds of worker are each done once', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({concurrency: 8});
  const theirs = at.queue();
  const done = new Map();
  const note = (id, by) => done.set(id, [...(done.get(id) ?? []), by]);
  await ours.work((job) => (note(job.id, 'us'), ours.finish(job)));
  at.worker(async (job) => note(job.id, 'them'), {concurrency: 8});
  const half = Array.from({length: 100}, (_, i) => ({name: 'x', data: {i}, opts: {jobId: `n${i}`}}));
  const adding = theirs.addBulk(half);
  for (let i = 0; i < 100; i++)
    await ours.ask('add', {name: 'x', id: `o${i}`, data: {i}});
  await adding;
  for (let i = 0; i < 100; i++)
    for (const kind of ['n', 'o'])
      await events.until('completed', `${kind}${i}`);
  assert.equal(done.size, 200);
  for (const [id, by] of done)
    assert.equal(by.length, 1, `${id} by ${by}`);
  assert.deepEqual(new Set([...done.values()].flat()), new Set(['us', 'them']));
});

check('one limiter applies to both kinds of worker', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({limiter_max: 3, limiter_ms: 400});
  const theirs = at.queue();
  await ours.work((job) => ours.finish(job));
  at.worker(async () => {}, {limiter: {max: 3, duration: 400}});
  await theirs.addBulk(Array.from({length: 9}, (_, i) => ({name: 'x', data: {}, opts: {jobId: `j${i}`}})));
  for (let i = 0; i < 9; i++)
    await events.until('completed', `j${i}`);
  const taken = await moments(theirs, 'active');
  for (const first of [0, 3])
    assert.ok(taken[first + 3] - taken[first] >= 395, `three in 400 ms, not ${taken.map((each) => each - taken[0])}`);
});

check('a job scheduler made by Node.js is driven by our worker', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  const seen = [];
  await ours.work((job) => (seen.push(job.data), ours.finish(job)));
  await theirs.upsertJobScheduler('tick', {every: 150, limit: 4}, {name: 'x', data: {tick: true}});
  await until(() => seen.length >= 4, 'four runs');
  assert.equal(seen.length, 4);
  assert.deepEqual(seen[3], {tick: true});
  const scheduler = await theirs.getJobScheduler('tick');
  assert.ok(!scheduler || scheduler.iterationCount >= 4, JSON.stringify(scheduler));
});

check('a flow of Node.js is run by our worker: children first, then the parent with their values', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const order = [];
  await ours.work((job) => (order.push(job.name), ours.finish(job, {value: job.name})));
  const flows = at.keep(new FlowProducer({connection}));
  const tree = await flows.add({
    name: 'parent',
    queueName: at.name,
    data: {},
    opts: {jobId: 'parent'},
    children: ['one', 'two'].map((name) => ({name, queueName: at.name, data: {}, opts: {jobId: `child-${name}`}})),
  });
  await events.until('completed', 'parent');
  assert.deepEqual(order.slice(0, 2).sort(), ['one', 'two']);
  assert.equal(order[2], 'parent');
  assert.deepEqual(Object.values(await tree.job.getChildrenValues()).sort(), ['one', 'two']);
});

check('getJobState and getJobCounts of both sides agree on every state', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({concurrency: 1});
  const theirs = at.queue();
  let took;
  const taken = new Promise((done) => (took = done));
  await ours.work((job) => (job.name === 'hold'
                              ? took()
                              : ours.finish(job, job.name === 'bad' ? {outcome: 'failed_final', reason: 'no'} : {})));
  await theirs.add('good', {}, {jobId: 'is-completed'});
  await theirs.add('bad', {}, {jobId: 'is-failed'});
  await events.until('completed', 'is-completed');
  await events.until('failed', 'is-failed');
  await theirs.add('hold', {}, {jobId: 'is-active'});
  await within(taken, 'active job');
  await ours.ask('add', {name: 'x', id: 'is-waiting'});
  await ours.ask('add', {name: 'x', id: 'is-delayed', delay: 60_000});
  await ours.ask('add', {name: 'x', id: 'is-prioritized', priority: 3});
  // A job named like a key of the queue would be written over it.
  assert.equal((await ours.say('add', {name: 'x', id: 'completed'})).code, 'invalid');
  const mine = await ours.ask('counts');
  const {waiting, active, delayed, completed, failed, prioritized} = await theirs.getJobCounts();
  assert.deepEqual({waiting, active, delayed, completed, failed, prioritized},
                   {waiting: 1, active: 1, delayed: 1, completed: 1, failed: 1, prioritized: 1});
  for (const state of ['waiting', 'active', 'delayed', 'completed', 'failed', 'prioritized']) {
    assert.equal(mine[state], 1, state);
    assert.equal((await ours.ask('state', {id: `is-${state}`})).state, state);
    assert.equal(await (await theirs.getJob(`is-${state}`)).getState(), state);
    assert.deepEqual((await ours.ask('list', {state})).jobs.map((job) => job.id), [`is-${state}`]);
  }
});

// How each of them fails.
const add = (change) => ({fields: {add: (x) => ({...x, ...change(x)})}});
const finish = (change) => ({fields: {finish: (x) => ({...x, ...change(x)})}});
spoiled('our job is done by a Node.js worker', add(() => ({data: {}})));
spoiled('the arrakis back-off', add(() => ({backoff: {type: 'fixed', delay: 100}})));
spoiled('our delayed and prioritized jobs', add(() => ({priority: 0})));
spoiled('a duplicate jobId', add((x) => ({id: `${x.id}-more`})));
spoiled('a Node.js job is done by our worker', {bridge: {worker_name: ''}});
spoiled('a failed attempt is retried', finish((x) => ({outcome: x.outcome && 'failed_final'})));
spoiled('retry without back-off', {add: ({jobId}) => ({jobId}), ...finish(() => ({outcome: undefined}))});
spoiled('attempts used up', {drop: ['replay']});
spoiled('a final failure is not retried', finish((x) => ({outcome: x.outcome && 'failed'})));
spoiled('a postponed job', finish((x) => ({outcome: x.outcome && 'failed'})));
spoiled('a delayed Node.js job wakes', {add: ({jobId}) => ({jobId})});
spoiled('removeOnComplete and removeOnFail', {add: ({jobId}) => ({jobId})});
spoiled('pause and resume from either side', {drop: ['pause', 'resume']});
spoiled('stalled: the job of a killed Node.js', {bridge: {skip_stalled_check: true}});
spoiled('stalled: the job of our killed', {worker: {skipStalledCheck: true}});
spoiled('lock renewal: a job longer than the lock stays with its worker', {bridge: {skip_lock_renewal: true}});
spoiled('two hundred jobs', add(() => ({id: 'same'})));
spoiled('one limiter applies', {bridge: {limiter_max: 1000}});
spoiled('a job scheduler made by Node.js is driven', {drop: ['worker']});
spoiled('a flow of Node.js is run by our worker', finish(() => ({value: undefined})));
spoiled('getJobState and getJobCounts', add((x) => ({delay: 60_000})));
