// Operators: what Node.js does to a queue of ours, we do to one of Node.js, and both find the same afterwards.
import {createBullBoard} from '@bull-board/api';
import {BullMQAdapter} from '@bull-board/api/bullMQAdapter';
import {ExpressAdapter} from '@bull-board/express';
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer} from 'node:http';

import {check} from './checks.mjs';
import {counts, within} from './lib.mjs';

const add = {
  us: (ours, theirs, name, opts) => ours.tool('add_job', {name, data: {by: 'us'}, opts}),
  node: async (ours, theirs, name, opts) => (await theirs.add(name, {by: 'node'}, {...opts})).id,
};
// Each verb as either side says it.
const verbs = {
  us: (at, ours) => ({
    promote: (id) => ours.tool('promote', {id}),
    changeDelay: (id, delay) => ours.tool('change_delay', {id, delay}),
    changePriority: (id, priority) => ours.tool('change_priority', {id, priority}),
    updateData: (id, data) => ours.tool('update_data', {id, data}),
    remove: (id) => ours.tool('remove', {id}),
    retry: (id, state) => ours.tool('reprocess', {id, state}),
    retryAll: () => ours.tool('move_all', {state: 'failed'}),
    promoteAll: () => ours.tool('move_all', {state: 'delayed'}),
    drain: (delayed) => ours.tool('drain', {delayed}),
    clean: (state, limit) => ours.tool('clean', {state, limit}),
    pause: () => ours.ask('pause'),
    async obliterate(force) {
      while (await ours.tool('obliterate', {force, count: 3}))
        ;
    },
  }),
  node: (at, ours, theirs) => ({
    promote: async (id) => (await theirs.getJob(id)).promote(),
    changeDelay: async (id, delay) => (await theirs.getJob(id)).changeDelay(delay),
    changePriority: async (id, priority) => (await theirs.getJob(id)).changePriority({priority}),
    updateData: async (id, data) => (await theirs.getJob(id)).updateData(data),
    remove: async (id) => (await theirs.getJob(id)).remove(),
    retry: async (id, state) => (await theirs.getJob(id)).retry(state),
    retryAll: () => theirs.retryJobs(),
    promoteAll: () => theirs.promoteJobs(),
    drain: (delayed) => theirs.drain(delayed),
    clean: (state, limit) => theirs.clean(0, limit, state),
    pause: () => theirs.pause(),
    obliterate: (force) => theirs.obliterate({force, count: 3}),
  }),
};
const sides = [['us', 'node'], ['node', 'us'], ['us', 'us']];
const dull = {
  fields: {add_job: (x) => ({...x, opts: {jobId: x.opts.jobId}})}
};

for (const [maker, hand] of sides)
  check(
    `jobs of ${maker} are promoted, moved in time and rank, given other data and removed by ${hand}`, async (at) => {
      const events = await at.events();
      const ours = await at.bridge();
      const theirs = at.queue();
      const say = verbs[hand](at, ours, theirs);
      for (const id of ['a', 'b', 'c'])
        await add[maker](ours, theirs, 'x', {jobId: id, delay: 60_000});
      await say.promote('a');
      assert.equal(await theirs.getJobState('a'), 'waiting');
      await say.changeDelay('b', 120_000);
      const moved = await theirs.getJob('b');
      assert.equal(moved.delay, 120_000);
      const client = await theirs.client;
      const due = Number(await client.zscore(`bull:${at.name}:delayed`, 'b')) / 4096;
      assert.ok(due - Date.now() > 100_000, `${due - Date.now()}`);
      await say.changePriority('a', 5);
      assert.equal(await theirs.getJobState('a'), 'prioritized');
      await say.updateData('c', {new: ['żółw']});
      assert.deepEqual((await ours.ask('show', {id: 'c'})).job.data, {new: ['żółw']});
      await say.remove('c');
      await events.until('removed', 'c');
      assert.equal(await theirs.getJob('c'), undefined);
      // And what cannot be is refused by both.
      const refused = hand === 'us' ? ours.say('promote', {id: 'a'}).then((x) => assert.equal(x.code, 'conflict'))
                                    : assert.rejects(say.promote('a'));
      await refused;
    }, {spoil: maker === 'us' ? dull : {drop: ['promote']}});

for (const [maker, hand] of sides)
  check(`ended jobs of ${maker} are run again by ${hand}, one or all, and delayed ones all promoted`, async (at) => {
    const events = await at.events();
    const ours = await at.bridge();
    const theirs = at.queue();
    const say = verbs[hand](at, ours, theirs);
    let broken = true;
    const worker = at.worker(async (job) => {
      if (broken && job.name === 'bad')
        throw new Error('no');
    });
    for (let i = 0; i < 5; i++)
      await add[maker](ours, theirs, 'bad', {jobId: `f${i}`});
    await add[maker](ours, theirs, 'good', {jobId: 'c'});
    for (let i = 0; i < 5; i++)
      await events.until('failed', `f${i}`);
    await events.until('completed', 'c');
    broken = false;
    await say.retry('f0', 'failed');
    await events.until('completed', 'f0');
    await say.retry('c', 'completed');
    await events.until('completed', 'c', 2);
    await say.retryAll();
    for (let i = 1; i < 5; i++)
      await events.until('completed', `f${i}`);
    await at.end(worker);
    for (let i = 0; i < 3; i++)
      await add[maker](ours, theirs, 'x', {jobId: `d${i}`, delay: 60_000});
    await say.promoteAll();
    assert.deepEqual(await counts(theirs, 'delayed', 'waiting'), {delayed: 0, waiting: 3});
  }, {spoil: {drop: maker === 'us' ? ['add_job'] : ['move_all']}});

for (const [maker, hand] of sides)
  check(`a queue of ${maker} is drained, cleaned and obliterated by ${hand}`, async (at) => {
    const events = await at.events();
    const ours = await at.bridge({metrics_points: 3});
    const theirs = at.queue();
    const say = verbs[hand](at, ours, theirs);
    await ours.work((job) => ours.finish(job, job.name === 'bad' ? {outcome: 'failed_final', reason: 'no'} : {}));
    for (let i = 0; i < 6; i++)
      await add[maker](ours, theirs, i % 2 ? 'bad' : 'good', {jobId: `j${i}`, keepLogs: 3});
    for (let i = 0; i < 6; i++)
      await events.until(i % 2 ? 'failed' : 'completed', `j${i}`);
    await ours.ask('close');
    const fill = async () => {
      await add[maker](ours, theirs, 'x', {jobId: 'w'});
      await add[maker](ours, theirs, 'x', {jobId: 'p', priority: 2});
      await add[maker](ours, theirs, 'x', {jobId: 'd', delay: 60_000});
    };
    await fill();
    await say.drain(false);
    assert.deepEqual(await counts(theirs, 'waiting', 'prioritized', 'delayed'),
                     {waiting: 0, prioritized: 0, delayed: 1});
    await fill();
    await say.drain(true);
    assert.deepEqual(await counts(theirs, 'waiting', 'prioritized', 'delayed'),
                     {waiting: 0, prioritized: 0, delayed: 0});
    assert.deepEqual((await say.clean('completed', 2)).length, 2);
    assert.deepEqual((await say.clean('failed', 0)).sort(), ['j1', 'j3', 'j5']);
    await events.until('cleaned');
    assert.deepEqual(await theirs.getJobCounts('completed', 'failed'), {completed: 1, failed: 0});
    await fill();
    if (hand === 'us')
      assert.equal((await ours.say('obliterate')).code, 'conflict'); // Not paused. Node.js pauses by itself.
    await say.pause();
    await say.obliterate(false);
    const client = await theirs.client;
    assert.deepEqual(await client.keys(`bull:${at.name}:*`), []);
  }, {spoil: maker === 'us' ? {drop: ['add_job']} : {drop: ['drain', 'clean']}});

for (const [maker, hand] of sides)
  check(`a failed job of ${maker} is run again by ${hand} with its attempts used up, or anew`, async (at) => {
    const events = await at.events();
    const ours = await at.bridge();
    const theirs = at.queue();
    at.worker(async () => {
      throw new Error('no');
    });
    const counted = async () => {
      const job = await theirs.getJob('a');
      return [job.attemptsMade, job.attemptsStarted];
    };
    const again = async (made, started) => {
      const ended = events.seen.filter((each) => each.event === 'failed').length;
      if (hand === 'us')
        await ours.tool('reprocess', {id: 'a', state: 'failed', reset_made: made, reset_started: started});
      else
        await (await theirs.getJob('a')).retry('failed', {resetAttemptsMade: made, resetAttemptsStarted: started});
      await events.until('failed', 'a', ended + 1);
      return counted();
    };
    await add[maker](ours, theirs, 'x', {jobId: 'a', attempts: 2});
    await events.until('failed', 'a');
    assert.deepEqual(await counted(), [2, 2]);
    assert.deepEqual(await again(false, false), [3, 3]); // Its last attempt had failed: one more.
    assert.deepEqual(await again(true, false), [2, 5]);
    assert.deepEqual(await again(true, true), [2, 2]);
    assert.deepEqual(await again(false, true), [3, 1]);
  }, {spoil: hand === 'us' ? {fields: {reprocess: (x) => ({...x, reset_made: false})}} : {worker: {autorun: false}}});

for (const who of ['us', 'node'])
  check(`a queue is maxed while so many are active as ${who} allows for all, on both sides`, async (at) => {
    const events = await at.events();
    const ours = await at.bridge({concurrency: 1});
    const theirs = at.queue();
    const maxed = async () => [Boolean(await ours.tool('is_maxed')), Boolean(await theirs.isMaxed())];
    who === 'us' ? await ours.tool('set_global_concurrency', {max: 1}) : await theirs.setGlobalConcurrency(1);
    assert.deepEqual(await maxed(), [false, false]);
    let took;
    const taken = new Promise((done) => (took = done));
    await ours.work((job) => took(job));
    await theirs.add('x', {}, {jobId: 'a'});
    const job = await within(taken, 'job in our worker');
    assert.deepEqual(await maxed(), [true, true]);
    who === 'us' ? await ours.tool('set_global_concurrency', {max: 2}) : await theirs.setGlobalConcurrency(2);
    assert.deepEqual(await maxed(), [false, false]);
    who === 'us' ? await ours.tool('set_global_concurrency', {max: 1}) : await theirs.setGlobalConcurrency(1);
    await ours.finish(job);
    await events.until('completed', 'a');
    assert.deepEqual(await maxed(), [false, false]);
  }, {spoil: who === 'us' ? {drop: ['set_global_concurrency']} : {drop: ['is_maxed']}});

check('a queue with active jobs is obliterated only by force, by either side', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  let took;
  const taken = new Promise((done) => (took = done));
  await ours.work(() => took());
  await theirs.add('x', {}, {jobId: 'held'});
  await within(taken, 'job in our worker');
  await theirs.pause();
  assert.equal((await ours.say('obliterate')).code, 'refused');
  await assert.rejects(theirs.obliterate(), /active/);
  await ours.kill();
  const after = await at.bridge();
  assert.equal(await after.tool('obliterate', {force: true}), 0);
}, {spoil: {drop: ['worker', 'obliterate']}});

check('a job of ours ends for waitUntilFinished of Node.js, one of Node.js for us', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  await ours.work(
    (job) => ours.finish(job, job.id === 'bad' ? {outcome: 'failed_final', reason: 'it broke'} : {value: [1, null]}));
  const {Job} = await import('bullmq');
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'good'}});
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'bad'}});
  const [good, bad] = await Promise.all(['good', 'bad'].map((id) => Job.fromId(theirs, id)));
  assert.deepEqual(await within(good.waitUntilFinished(events), 'end'), [1, null]);
  await assert.rejects(within(bad.waitUntilFinished(events), 'end'), /it broke/);
  assert.deepEqual(await ours.tool('end_of', {id: 'good'}), [1, '[1,null]']);
  assert.deepEqual(await ours.tool('end_of', {id: 'bad'}), [2, 'it broke']);
  await theirs.add('x', {}, {jobId: 'later', delay: 60_000});
  assert.deepEqual(await ours.tool('end_of', {id: 'later'}), [0]);
}, {spoil: {drop: ['finish']}});

// The board's own HTTP interface, on a queue that holds nothing but what we made.
async function board(at, queue) {
  const adapter = new ExpressAdapter();
  adapter.setBasePath('/board');
  createBullBoard({queues: [new BullMQAdapter(queue)], serverAdapter: adapter});
  const {default: express} = await import('express');
  const app = express();
  app.use('/board', adapter.getRouter());
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  at.closers.push(() => new Promise((done) => {
                    server.closeAllConnections();
                    server.close(done);
                  }));
  const base = `http://127.0.0.1:${server.address().port}/board/api`;
  return {
    async list(state) {
      const answer = await fetch(
        `${base}/queues?activeQueue=${encodeURIComponent(queue.name)}&status=${state}&page=1&jobsPerPage=20`);
      assert.equal(answer.status, 200);
      return (await answer.json()).queues[0];
    },
    async logs(id) { return (await fetch(`${base}/queues/${encodeURIComponent(queue.name)}/${id}/logs`)).json(); },
    async put(path) {
      return (await fetch(`${base}/queues/${encodeURIComponent(queue.name)}/${path}`, {method: 'PUT'})).status;
    },
  };
}

check('bull-board lists our jobs, shows their logs, retries, promotes, removes, pauses and resumes', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({worker_name: 'pod-1'});
  const theirs = at.queue();
  let broken = true;
  await ours.work(async (job) => {
    if (job.name === 'bad' && broken)
      return ours.finish(job, {outcome: 'failed_final', reason: 'it broke'});
    await ours.ask('progress', {id: job.id, value: 50});
    await ours.finish(job, {value: {n: 1}});
  });
  await ours.tool('add_job', {name: 'good', data: {text: 'żółw'}, opts: {jobId: 'g'}});
  await ours.tool('add_job', {name: 'bad', opts: {jobId: 'b'}});
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'later', delay: 60_000}});
  await events.until('completed', 'g');
  await events.until('failed', 'b');
  const page = await board(at, theirs);
  const done = await page.list('completed');
  assert.deepEqual([done.counts.completed, done.counts.failed, done.counts.delayed], [1, 1, 1]);
  assert.deepEqual([done.jobs[0].id, done.jobs[0].data, done.jobs[0].returnValue, done.jobs[0].processedBy],
                   ['g', {text: 'żółw'}, {n: 1}, 'pod-1']);
  const failedPage = await page.list('failed');
  assert.equal(failedPage.jobs[0].failedReason, 'it broke');
  assert.match((await page.logs('b')).join(), /failed for good: it broke/);
  broken = false;
  assert.equal(await page.put('b/retry'), 204);
  await events.until('completed', 'b');
  assert.equal(await page.put('later/promote'), 204);
  await events.until('completed', 'later');
  assert.equal(await page.put('pause'), 200);
  assert.equal((await ours.ask('counts')).is_paused, true);
  assert.equal(await page.put('resume'), 200);
  assert.equal(await page.put('b/clean'), 204);
  assert.equal(await theirs.getJob('b'), undefined);
}, {smoke: true, spoil: {fields: {finish: (x) => ({...x, reason: x.reason && 'no'})}}});
