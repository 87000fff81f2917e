// The traps of BullMQ's conventions, one by one: markers that are taken once, ends that come too late, parents that are
// taken, schedules that must go on, connections that are cut.
import {Queue} from 'bullmq';
import assert from 'node:assert/strict';

import {check} from './checks.mjs';
import {connection, counts, nap, until, within} from './lib.mjs';

// A worker that wakes up by itself (BullMQ's and ours after at most 10 s) must not hide a missing marker.
const deep = {drain_delay_ms: 60_000};
const deepWorker = {drainDelay: 60};
const before_it_heals_ms = 8000;
// Until so many workers of the queue sleep.
async function asleep(at, queue, count) {
  const client = await queue.client;
  const name = `bull:${Buffer.from(at.name).toString('base64')}`;
  await until(async () => {
    const rows = (await client.client('LIST')).split('\n');
    return rows.filter((row) => row.includes(` name=${name}`) && row.includes(' cmd=bzpopmin')).length === count;
  }, `sleep of ${count} workers`);
}

check('one marker wakes every worker that sleeps, of both kinds, one after the other', async (at) => {
  const ours = await at.bridge({...deep, concurrency: 1});
  const theirs = at.queue();
  const here = new Set();
  const meet = async (who) => {
    here.add(who);
    await until(() => here.size === 2, 'other worker');
  };
  await ours.work(async (job) => {
    await meet('us');
    await ours.finish(job);
  });
  at.worker(() => meet('node'), {...deepWorker, concurrency: 1});
  await asleep(at, theirs, 2);
  const added = Date.now();
  await theirs.addBulk([{name: 'x', data: {}}, {name: 'x', data: {}}]);
  await until(() => here.size === 2, 'meeting');
  assert.ok(Date.now() - added < before_it_heals_ms, `${Date.now() - added} ms`);
}, {spoil: {drop: ['worker']}});

for (const who of ['us', 'node'])
  check(`a job that is due far away holds up neither one that is due sooner nor one that comes now (${who})`,
        async (at) => {
          const events = await at.events();
          const ours = await at.bridge(deep);
          const theirs = at.queue();
          who === 'us' ? await ours.work((job) => ours.finish(job)) : at.worker(async () => {}, deepWorker);
          await asleep(at, theirs, 1);
          await theirs.add('x', {}, {jobId: 'far', delay: 3_600_000});
          const client = await theirs.client;
          await until(async () => !(await client.exists(`bull:${at.name}:marker`)), 'taking of the marker');
          await asleep(at, theirs, 1);
          const added = Date.now();
          await ours.tool('add_job', {name: 'x', opts: {jobId: 'soon', delay: 300}});
          await events.until('completed', 'soon');
          await asleep(at, theirs, 1);
          await ours.tool('add_job', {name: 'x', opts: {jobId: 'now'}});
          await events.until('completed', 'now');
          assert.ok(Date.now() - added < before_it_heals_ms, `${Date.now() - added} ms`);
          assert.equal(await theirs.getJobState('far'), 'delayed');
        },
        {spoil: {fields: {add_job: (x) => ({...x, opts: {...x.opts, delay: 3_600_000}})}}});

check('an active job is removed by neither side', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  let job;
  await ours.work((each) => { job = each; });
  await theirs.add('x', {}, {jobId: 'a'});
  await until(() => job, 'job in our worker');
  await assert.rejects((await theirs.getJob('a')).remove(), /locked/);
  assert.equal((await ours.say('remove', {id: 'a'})).code, 'refused');
  await ours.finish(job);
  await events.until('completed', 'a');
}, {spoil: {drop: ['remove']}});

for (const who of ['us', 'node'])
  check(`an end whose lock is gone is none: the job comes back to ${who} and is done once more`, async (at) => {
    const events = await at.events();
    const ours = await at.bridge({concurrency: 1});
    const theirs = at.queue();
    const client = await theirs.client;
    let runs = 0;
    const run = async () => {
      if (++runs === 1)
        await client.del(`bull:${at.name}:a:lock`);
      return runs;
    };
    who === 'us' ? await ours.work(async (job) => ours.finish(job, {value: await run()}))
                 : at.worker(run, {concurrency: 1});
    await ours.tool('add_job', {name: 'x', opts: {jobId: 'a'}});
    assert.equal((await events.until('completed', 'a')).returnvalue, 2);
    const told = events.of('a').filter((each) => ['completed', 'stalled'].includes(each));
    assert.deepEqual(told, ['stalled', 'completed']);
  }, {spoil: who === 'us' ? {bridge: {skip_stalled_check: true}} : {worker: {skipStalledCheck: true}}});

for (const who of ['us', 'node'])
  check(`a job that is gone when its work ends leaves ${who} at work, and nothing of it comes back`, async (at) => {
    const events = await at.events();
    const ours = await at.bridge({concurrency: 1});
    const theirs = at.queue();
    let gone = false;
    let begun = false;
    const run = async (id) => {
      if (id !== 'gone')
        return;
      begun = true;
      await until(() => gone, 'removal');
    };
    who === 'us' ? await ours.work(async (job) => (await run(job.id), ours.finish(job)))
                 : at.worker((job) => run(job.id), {concurrency: 1});
    await ours.tool('add_job', {name: 'x', opts: {jobId: 'gone'}});
    await until(() => begun, 'job at work');
    if (who === 'us') {
      await theirs.obliterate({force: true});
    } else {
      await ours.ask('pause');
      assert.equal(await ours.tool('obliterate', {force: true}), 0);
    }
    gone = true;
    await theirs.add('x', {}, {jobId: 'next'});
    await events.until('completed', 'next');
    const client = await theirs.client;
    assert.deepEqual(await client.keys(`bull:${at.name}:gone*`), []);
    assert.deepEqual(await counts(theirs, 'completed', 'active', 'failed'), {completed: 1, active: 0, failed: 0});
  }, {spoil: who === 'us' ? {drop: ['finish']} : {drop: ['obliterate']}});

check('connections that are cut come back, those of either worker and of either producer', async (at) => {
  // A job that was handed out into a cut connection comes back when its lock has ended.
  const ours = await at.bridge({lock_ms: 3000, renew_ms: 300});
  const theirs = at.queue();
  const client = await theirs.client;
  await ours.work((job) => ours.finish(job));
  const worker = at.worker(async () => {}, {lockDuration: 3000});
  for (let i = 0; i < 40; i++) {
    if (i % 10 === 5)
      await client.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    // One whose answer is lost with the connection is added again under its id.
    await (i % 2 ? until(async () => (await ours.say('add_job', {name: 'x', opts: {jobId: `j${i}`}})).ok, `job ${i}`)
                 : theirs.add('x', {}, {jobId: `j${i}`}));
  }
  await until(async () => (await theirs.getJobCountByTypes('completed')) === 40, 'end of all jobs');
  assert.deepEqual(await counts(theirs, 'completed', 'active', 'failed'), {completed: 40, active: 0, failed: 0});
  await worker.close(true); // Its own way to end waits for the answer to a call that was cut.
}, {spoil: {drop: ['add_job'], more_ms: 6000}});

check('a job has one parent: added again it goes to that one, or to a first, and to no second', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  const node = (jobId, children) => ({name: 'x', opts: {jobId}, queueName: at.name, children});
  const flow = (id, child) => node(id, [node(child, [])]);
  await ours.tool('add_flow', {flow: flow('p', 'child')});
  await ours.tool('add_flow', {flow: flow('q', 'other')});
  const of = (jobId, id) => ({jobId, parent: {id, queue: `bull:${at.name}`}});
  await assert.rejects(theirs.add('x', {}, of('child', 'q')), /cannot be replaced/);
  assert.equal((await ours.say('add_job', {name: 'x', opts: of('child', 'q')})).code, 'conflict');
  assert.equal(await theirs.add('x', {}, of('child', 'p')).then((job) => job.id), 'child');
  assert.equal(await ours.tool('add_job', {name: 'x', opts: of('child', 'p')}), 'child');
  // Two that had none.
  await theirs.add('x', {}, {jobId: 'orphan-1'});
  await ours.tool('add_job', {name: 'x', opts: of('orphan-1', 'q')});
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'orphan-2'}});
  await theirs.add('x', {}, of('orphan-2', 'q'));
  const pending = async (id) => (await ours.tool('pending_children', {id})).map((key) => key.split(':').at(-1)).sort();
  assert.deepEqual(await pending('p'), ['child']);
  assert.deepEqual(await pending('q'), ['orphan-1', 'orphan-2', 'other']);
}, {spoil: {fields: {add_job: (x) => ({...x, opts: {jobId: x.opts.jobId}})}}});

for (const [maker, driver] of [['us', 'node'], ['node', 'us'], ['us', 'us']])
  check(`a schedule's next run is there before this one runs: made by ${maker}, driven by ${driver}`, async (at) => {
    const events = await at.events();
    const ours = await at.bridge();
    const theirs = at.queue();
    const seen = [];
    const look = async () => void seen.push(await counts(theirs, 'delayed', 'active'));
    driver === 'us' ? await ours.work(async (job) => (await look(), ours.finish(job))) : at.worker(look);
    maker === 'us' ? await ours.tool('upsert_schedule', {id: 's', repeat: {every: 3_600_000}, name: 'tick'})
                   : await theirs.upsertJobScheduler('s', {every: 3_600_000}, {name: 'tick'});
    await events.until('completed');
    assert.deepEqual(seen, [{delayed: 1, active: 1}]);
  }, {spoil: maker === 'us' ? {drop: ['upsert_schedule']} : {drop: ['worker']}});

check('a job scheduler whose job is active is not given a second one for the same time, by either side', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  const repeat = {pattern: '0 0 1 1 *', tz: 'UTC', limit: 1}; // No next run takes its place.
  const [id] = await ours.tool('upsert_schedule', {id: 's', repeat, name: 'tick'});
  let began;
  await ours.work((job) => { began = job.id; });
  await (await theirs.getJob(id)).promote();
  assert.equal(await until(() => began, 'run'), id);
  assert.equal((await ours.say('upsert_schedule', {id: 's', repeat, name: 'tick'})).code, 'conflict');
  await assert.rejects(theirs.upsertJobScheduler('s', repeat, {name: 'tick'}), /[Jj]ob ID already exists|collision/);
}, {spoil: {drop: ['worker']}});

check('a job scheduler whose next two job ids are taken is refused by either side', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  const every = 3_600_000;
  const repeat = {every, startDate: Date.now() + every}; // Its first run; no job of the schedule's own is there.
  await ours.tool('add_job', {name: 'x', opts: {jobId: `repeat:s:${repeat.startDate}`}});
  await theirs.add('x', {}, {jobId: `repeat:t:${repeat.startDate}`});
  // With one of them taken it begins with the other.
  const [id] = await ours.tool('upsert_schedule', {id: 's', repeat, name: 'tick'});
  assert.equal(id, `repeat:s:${repeat.startDate + every}`);
  const job = await theirs.upsertJobScheduler('t', repeat, {name: 'tick'});
  assert.equal(job.id, `repeat:t:${repeat.startDate + every}`);
  await theirs.add('x', {}, {jobId: `repeat:u:${repeat.startDate}`});
  await ours.tool('add_job', {name: 'x', opts: {jobId: `repeat:u:${repeat.startDate + every}`}});
  const refused = await ours.say('upsert_schedule', {id: 'u', repeat, name: 'tick'});
  assert.deepEqual([refused.code, /slots already have jobs/.test(refused.text)], ['conflict', true]);
  await assert.rejects(theirs.upsertJobScheduler('u', repeat, {name: 'tick'}), /slots already have jobs/);
  assert.deepEqual((await theirs.getJobSchedulers()).map((each) => each.key).sort(), ['s', 't']);
}, {spoil: {drop: ['add_job']}});

check('a job that our worker postpones is done by a Node.js worker when it is due', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  let due = 0;
  await ours.work((job) => {
    due = Date.now() + 500;
    return ours.finish(job, {outcome: 'postponed', wait_ms: 500});
  });
  await theirs.add('x', {}, {jobId: 'a', attempts: 1});
  await events.until('delayed', 'a');
  await ours.ask('close');
  let began = 0;
  at.worker(async () => { began = Date.now(); });
  await events.until('completed', 'a');
  assert.ok(began >= due, `${began - due}`);
  assert.equal((await theirs.getJob('a')).attemptsMade, 1);
}, {spoil: {fields: {finish: (x) => ({...x, outcome: undefined})}}});

check('a closing Node.js worker leaves the next job to ours', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  let go;
  const worker = at.worker(() => new Promise((done) => { go = done; }), {concurrency: 1});
  for (const jobId of ['j0', 'j1'])
    await ours.tool('add_job', {name: 'x', opts: {jobId}});
  await until(() => go, 'job in the Node.js worker');
  const closing = at.end(worker);
  go('by node');
  await within(closing, 'end of the worker');
  assert.equal((await ours.ask('state', {id: 'j0'})).state, 'completed');
  assert.equal((await ours.ask('state', {id: 'j1'})).state, 'waiting');
  await ours.work((job) => ours.finish(job, {value: 'by us'}));
  assert.equal((await events.until('completed', 'j1')).returnvalue, 'by us');
}, {spoil: {drop: ['finish']}});

for (const who of ['us', 'node'])
  check(`the stream of events is cut at the length that ${who} has set, whoever writes`, async (at) => {
    const name = `{${at.name.slice(1, -1)}-short}`;
    const key = `bull:${name}:events`;
    const client = await at.queue().client;
    const many = (by) => Array.from({length: 300}, (_, i) => ({name: 'x', data: {}, opts: {jobId: `${by}-${i}`}}));
    // A later client leaves what the first has set.
    let ours, theirs;
    const come = {
      us: async () => { ours = await at.bridge({name, events_max: who === 'us' ? 50 : 10_000}); },
      node: async () => {
        const set = who === 'node' ? {streams: {events: {maxLen: 50}}} : {skipMetasUpdate: true};
        theirs = at.keep(new Queue(name, {connection, ...set}));
        await theirs.waitUntilReady();
      },
    };
    const kept = () => client.hget(`bull:${name}:meta`, 'opts.maxLenEvents');
    await come[who]();
    await until(kept, 'length of the stream');
    await come[who === 'us' ? 'node' : 'us']();
    await nap(200);
    assert.equal(await kept(), '50');
    await ours.tool('add_all', {jobs: many('we')});
    await theirs.addBulk(many('they'));
    // Redis cuts by whole nodes, which have a hundred entries.
    const length = await client.xlen(key);
    assert.ok(length >= 50 && length <= 250, `${length}`);
    assert.equal((await ours.ask('counts')).waiting, 600);
  }, {spoil: who === 'us' ? {bridge: {events_max: 10_000}} : {drop: ['add_all']}});
