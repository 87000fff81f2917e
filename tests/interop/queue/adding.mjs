// Producers: what we add is what Node.js adds, to the byte where it matters; who adds does not matter to who works.
import assert from 'node:assert/strict';

import {check} from './checks.mjs';
import {patience, within} from './lib.mjs';

// Every option of BullMQ that a job can have, alone and together.
const optionSets = [
  {},
  {attempts: 5, backoff: {type: 'exponential', delay: 100, jitter: 0.5}},
  {attempts: 2, backoff: 500},
  {delay: 60_000},
  {delay: 60_000, priority: 3},
  {priority: 7},
  {priority: 2_097_152},
  {lifo: true},
  {jobId: 'a:b:c'},
  {timestamp: 1_600_000_000_000},
  {removeOnComplete: true, removeOnFail: 5},
  {removeOnComplete: {age: 3600, count: 100}, removeOnFail: {age: 60}},
  {keepLogs: 4, sizeLimit: 10_000},
  {deduplication: {id: 'same'}},
  {deduplication: {id: 'for-a-while', ttl: 60_000}},
  {deduplication: {id: 'last-wins', ttl: 60_000, extend: true, replace: true}, delay: 60_000},
  {failParentOnFailure: true},
  {ignoreDependencyOnFailure: true},
  {removeDependencyOnFailure: true},
  {continueParentOnFailure: true},
  {telemetry: {metadata: '{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}'}},
  {telemetry: {omitContext: true}},
];

// A job's hash, and where the queue keeps it, without what must differ.
async function kept(queue, id) {
  const client = await queue.client;
  const job = await client.hgetall(`bull:${queue.name}:${id}`);
  delete job.timestamp;
  const opts = JSON.parse(job.opts);
  delete opts.timestamp;
  delete opts.jobId;
  return {...job, opts, data: JSON.parse(job.data), state: await queue.getJobState(id)};
}

// The queue's events since its beginning, ids and times replaced by what they stand for.
async function told(queue, names) {
  const client = await queue.client;
  const rows = await client.xrange(`bull:${queue.name}:events`, '-', '+');
  const known = new Map(names);
  return rows.map(([, fields]) => {
    const made = {};
    for (let i = 0; i < fields.length; i += 2)
      made[fields[i]] = known.get(fields[i + 1]) ?? (fields[i] === 'delay' ? 'later' : fields[i + 1]);
    return made;
  });
}

const ourOptions = (opts) => ({...opts, ...(opts.timestamp ? {} : {timestamp: Date.now()})});

check('a job of ours has the hash and events of one of Node.js, with each option', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  const other = at.queue(`${at.name}-theirs`);
  const names = [];
  for (const [i, opts] of optionSets.entries()) {
    const data = {i, text: 'żółw 🐢', list: [1, 2.5, null, {deep: []}]};
    const mine = await ours.tool('add_job', {name: 'x', data, opts: ourOptions(opts)});
    const {id} = await other.add('x', data, {...opts});
    names.push([mine, `job ${i}`], [id, `job ${i}`]);
    assert.deepEqual(await kept(theirs, mine), await kept(other, id), JSON.stringify(opts));
  }
  assert.deepEqual(await told(theirs, names), await told(other, names));
  assert.deepEqual(await theirs.getJobCounts(), await other.getJobCounts());
}, {smoke: true, spoil: {fields: {add_job: (x) => ({...x, opts: {...x.opts, keepLogs: 1}})}}});

check('job options that Node.js refuses are refused by us', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  const wrong = [
    {jobId: '42'},
    {jobId: 'a:b'},
    {priority: 1.5},
    {priority: 2_097_153},
    {backoff: {type: 'fixed', delay: 1, jitter: 2}},
    {failParentOnFailure: true, ignoreDependencyOnFailure: true},
    {deduplication: {ttl: 5}},
    {sizeLimit: 3},
    {parent: {id: 'nobody', queue: `bull:${at.name}`}},
  ];
  for (const opts of wrong) {
    await assert.rejects(theirs.add('x', {text: 'longer'}, {...opts}), JSON.stringify(opts));
    const answer = await ours.say('add_job', {name: 'x', data: {text: 'longer'}, opts});
    assert.equal(answer.code, opts.parent ? 'not_found' : 'invalid', JSON.stringify(opts));
  }
  assert.equal(await theirs.getJobCountByTypes(), 0);
}, {spoil: {fields: {add_job: (x) => ({...x, opts: {}})}}});

check('errors of the scripts have the same text on either side', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  const job = await theirs.add('x', {}, {jobId: 'a'});
  const parent = {id: 'nobody', queue: `bull:${at.name}`};
  for (const [op, fields, same] of [
    ['promote', {id: 'a'}, () => job.promote()],
    ['change_delay', {id: 'a', delay: 5}, () => job.changeDelay(5)],
    ['reprocess', {id: 'a', state: 'failed'}, () => job.retry('failed')],
    ['add_job', {name: 'x', opts: {parent}}, () => theirs.add('x', {}, {parent})],
  ]) {
    const words = await same().then(() => 'done', (error) => error.message);
    assert.equal((await ours.say(op, fields)).text, words);
  }
}, {spoil: {fields: {promote: (x) => ({...x, id: 'b'})}}});

check('an empty jobId is none, and data that we do not take is refused with the reason', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  assert.equal(await ours.tool('add_job', {name: 'x', opts: {jobId: ''}}), '1');
  assert.equal((await theirs.add('x', {}, {jobId: ''})).id, '2');
  for (const [data, why] of [[{text: '\ud800'}, /lone surrogate/], [{text: 'x'.repeat(5e6)}, /at most 1048576/]])
    assert.match((await ours.say('add_job', {name: 'x', data})).text, why);
  assert.equal(await theirs.count(), 2);
}, {spoil: {fields: {add_job: (x) => ({...x, data: {}})}}});

check('addBulk: a bulk of ours arrives whole and in order at Node.js, one of Node.js at us', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({concurrency: 1});
  const theirs = at.queue();
  const jobs = (who) => Array.from({length: 300}, (_, i) => ({name: 'x', data: {i}, opts: {jobId: `${who}-${i}`}}));
  assert.deepEqual(await ours.tool('add_all', {jobs: jobs('we')}), jobs('we').map((each) => each.opts.jobId));
  const order = [];
  const worker = at.worker(async (job) => void order.push(job.id), {concurrency: 1});
  await events.until('completed', 'we-299');
  assert.deepEqual(order, jobs('we').map((each) => each.opts.jobId));
  await at.end(worker);
  order.length = 0;
  await theirs.addBulk(jobs('they'));
  await ours.work((job) => (order.push(job.id), ours.finish(job)));
  await events.until('completed', 'they-299');
  assert.deepEqual(order, jobs('they').map((each) => each.opts.jobId));
}, {spoil: {fields: {add_all: (x) => ({jobs: x.jobs.map((each) => ({...each, opts: {...each.opts, lifo: true}}))})}}});

const ranked = [
  ['p2-a', {priority: 2}],
  ['p1-b', {priority: 1}],
  ['plain-c', {}],
  ['p2-d', {priority: 2}],
  ['lifo-e', {lifo: true}],
  ['plain-f', {}],
  ['p1-g', {priority: 1}],
  ['lifo-h', {lifo: true}],
];
const asRanked = ['lifo-h', 'lifo-e', 'plain-c', 'plain-f', 'p1-b', 'p1-g', 'p2-a', 'p2-d'];
const workerOf = {
  async node(at, note) { at.worker(async (job) => note(job.id), {concurrency: 1}); },
  async us(at, note) {
    const ours = await at.bridge({concurrency: 1});
    await ours.work((job) => (note(job.id), ours.finish(job)));
  },
};
for (const [who, work] of Object.entries(workerOf))
  check(`priorities, order among equals and lifo, added by both, worked by ${who}`, async (at) => {
    const events = await at.events();
    const ours = await at.bridge();
    const theirs = at.queue();
    for (const [i, [jobId, opts]] of ranked.entries())
      i % 2 ? await ours.tool('add_job', {name: 'x', opts: {...opts, jobId}})
            : await theirs.add('x', {}, {...opts, jobId});
    const order = [];
    await work(at, (id) => order.push(id));
    await Promise.all(asRanked.map((id) => events.until('completed', id)));
    assert.deepEqual(order, asRanked);
  }, {spoil: {fields: {add_job: (x) => ({...x, opts: {jobId: x.opts.jobId}})}}});

// Deduplication: each mode with both sides adding under one id.
const add = {
  us: async (ours, theirs, data, opts) => ours.tool('add_job', {name: 'x', data, opts}),
  node: async (ours, theirs, data, opts) => (await theirs.add('x', data, {...opts})).id,
};
const pairs = [['us', 'node'], ['node', 'us'], ['us', 'us']];
const noDeduplication = {
  fields: {add_job: (x) => ({...x, opts: {...x.opts, deduplication: undefined}})}
};

check('deduplication (simple mode) until the job ends: of ours by Node.js, of Node.js by us', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  for (const [round, [first, second]] of pairs.entries()) {
    const opts = {deduplication: {id: `simple-${round}`}};
    const id = await add[first](ours, theirs, {n: 1}, opts);
    assert.equal(await add[second](ours, theirs, {n: 2}, opts), id);
    const seen = await events.until('deduplicated', id);
    assert.equal(seen.deduplicationId, `simple-${round}`);
    assert.equal(await ours.tool('deduplication_job_id', {id: `simple-${round}`}), id);
    assert.equal(await theirs.getDeduplicationJobId(`simple-${round}`), id);
    assert.deepEqual((await theirs.getJob(id)).data, {n: 1});
    let end;
    if (round === 0) {
      end = at.worker(async () => {});
    } else if (round === 1) {
      await ours.work((job) => ours.finish(job));
      end = {close: () => ours.ask('close')};
    }
    if (!end)
      continue;
    await events.until('completed', id);
    await at.end(end);
    assert.equal(await theirs.getDeduplicationJobId(`simple-${round}`), null);
  }
}, {spoil: noDeduplication});

check('deduplication (throttle mode): the same id within its ttl is one job, after it another', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  for (const [round, [first, second]] of pairs.entries()) {
    const opts = {deduplication: {id: `throttle-${round}`, ttl: 60_000}};
    const key = `bull:${at.name}:de:throttle-${round}`;
    const id = await add[first](ours, theirs, {n: 1}, opts);
    assert.equal(await add[second](ours, theirs, {n: 2}, opts), id);
    const client = await theirs.client;
    const left = await client.pttl(key);
    assert.ok(left > 0 && left <= 60_000, `${left}`);
    await client.pexpire(key, 1);
    while (await client.exists(key))
      ;
    assert.notEqual(await add[second](ours, theirs, {n: 3}, opts), id);
  }
}, {spoil: noDeduplication});

check('deduplication (debounce mode): the last job replaces the delayed one, and extends the ttl', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  for (const [round, [first, second]] of pairs.entries()) {
    const opts = {deduplication: {id: `debounce-${round}`, ttl: 90_000, extend: true, replace: true}, delay: 90_000};
    const client = await theirs.client;
    const key = `bull:${at.name}:de:debounce-${round}`;
    const old = await add[first](ours, theirs, {n: 1}, opts);
    await client.pexpire(key, 60_000);
    const id = await add[second](ours, theirs, {n: 2}, opts);
    assert.notEqual(id, old);
    await events.until('removed', old);
    const seen = await events.until('deduplicated', id);
    assert.equal(seen.deduplicatedJobId, old);
    assert.equal(await theirs.getJob(old), undefined);
    assert.deepEqual((await theirs.getJob(id)).data, {n: 2});
    assert.ok(await client.pttl(key) > 60_000, 'the time begins anew');
    // Without `extend` the time goes on.
    await client.pexpire(key, 60_000);
    const {extend, ...rest} = opts.deduplication;
    await add[second](ours, theirs, {n: 3}, {...opts, deduplication: rest});
    const left = await client.pttl(key);
    assert.ok(left > 0 && left <= 60_000, `the time goes on: ${left}`);
  }
}, {spoil: noDeduplication});

check('deduplication with `extend` alone keeps the first job and prolongs its time', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  const client = await theirs.client;
  for (const [round, [first, second]] of pairs.entries()) {
    const opts = {deduplication: {id: `extend-${round}`, ttl: 90_000, extend: true}};
    const id = await add[first](ours, theirs, {n: 1}, opts);
    await client.pexpire(`bull:${at.name}:de:extend-${round}`, 60_000);
    assert.equal(await add[second](ours, theirs, {n: 2}, opts), id);
    assert.ok(await client.pttl(`bull:${at.name}:de:extend-${round}`) > 60_000);
  }
}, {spoil: noDeduplication});

check('a deduplication is ended by either side', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  const opts = {deduplication: {id: 'once'}};
  const first = await ours.tool('add_job', {name: 'x', opts});
  await theirs.removeDeduplicationKey('once');
  const second = await ours.tool('add_job', {name: 'x', opts});
  assert.notEqual(second, first);
  assert.equal(await ours.tool('remove_deduplication_key', {id: 'once', job: 'another'}), 0);
  assert.equal(await ours.tool('remove_deduplication_key', {id: 'once', job: second}), 1);
  const {id} = await theirs.add('x', {}, opts);
  assert.notEqual(id, second);
}, {spoil: {drop: ['remove_deduplication_key']}});

for (const [who, work] of Object.entries(workerOf))
  check(
    `a delayed job that falls due while the queue is paused waits for the end of the pause (${who})`, async (at) => {
      const events = await at.events();
      const ours = await at.bridge();
      const theirs = at.queue();
      const began = [];
      await work(at, (id) => began.push([id, Date.now()]));
      await ours.tool('add_job', {name: 'x', opts: {jobId: 'mine', delay: 3000}});
      await theirs.add('x', {}, {jobId: 'theirs', delay: 3000});
      const due = Date.now() + 3000;
      who === 'us' ? await theirs.pause() : await ours.ask('pause');
      const client = await theirs.client;
      await new Promise((done) => setTimeout(done, due - Date.now() + 300));
      assert.deepEqual(began, []);
      const resumed = Date.now();
      who === 'us' ? await theirs.resume() : await ours.ask('resume');
      await events.until('completed', 'mine');
      await events.until('completed', 'theirs');
      for (const [id, time] of began)
        assert.ok(time >= resumed && time - resumed < patience / 2, `${id} ${time - resumed} ms after`);
      assert.equal(await client.llen(`bull:${at.name}:paused`), 0);
    }, {spoil: {drop: ['pause', 'resume'], mute: ['pause']}});

check('delayed jobs that became due without a worker are processed in the order of their times', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({concurrency: 1});
  const theirs = at.queue();
  for (const [i, delay] of [90, 10, 50, 30, 70].entries())
    i % 2 ? await ours.tool('add_job', {name: 'x', opts: {jobId: `in-${delay}`, delay, timestamp: 1_700_000_000_000}})
          : await theirs.add('x', {}, {jobId: `in-${delay}`, delay, timestamp: 1_700_000_000_000});
  const order = [];
  await ours.work((job) => (order.push(job.id), ours.finish(job)));
  await Promise.all([10, 30, 50, 70, 90].map((delay) => events.until('completed', `in-${delay}`)));
  assert.deepEqual(order, ['in-10', 'in-30', 'in-50', 'in-70', 'in-90']);
}, {spoil: {fields: {add_job: (x) => ({...x, opts: {...x.opts, delay: 100 - x.opts.delay}})}}});

check('all keys of a queue and of its dead letters share one slot of a cluster', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({metrics_points: 3});
  const theirs = at.queue();
  await ours.work((job) => ours.finish(job, {outcome: 'failed_final', reason: 'no'}));
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'a', deduplication: {id: 'd', ttl: 60_000}}});
  await ours.tool('upsert_schedule', {id: 's', repeat: {every: 60_000}, name: 'x'});
  await events.until('failed', 'a');
  const client = await theirs.client;
  const keys = await client.keys(`*${at.name}*`);
  assert.ok(keys.length > 10, keys.join());
  for (const key of keys)
    assert.ok(key.startsWith(`bull:${at.name}:`) || key.startsWith(`bull:${at.name}-dlq:`), key);
  assert.match(at.name, /^\{.+\}$/);
}, {spoil: {bridge: {metrics_points: 0}, drop: ['add_job', 'upsert_schedule']}});
