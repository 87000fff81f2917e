// Workers: what ours does to a queue is what Node.js does to it, and each obeys what the other asks for.
import {DelayedError, RateLimitError, UnrecoverableError, Worker} from 'bullmq';
import assert from 'node:assert/strict';

import {check} from './checks.mjs';
import {moments, nap, patience, until, within} from './lib.mjs';

const many = (count, name = 'x') => Array.from({length: count}, (_, i) => ({name, data: {i}, opts: {jobId: `j${i}`}}));

// The stream of one queue while `script` runs in it, with everything that varies between two runs taken out.
async function story(queue) {
  const client = await queue.client;
  const rows = await client.xrange(`bull:${queue.name}:events`, '-', '+');
  return rows.map(([, fields]) => {
    const made = {};
    for (let i = 0; i < fields.length; i += 2)
      if (fields[i] !== 'delay')
        made[fields[i]] = ['returnvalue', 'data'].includes(fields[i]) ? JSON.parse(fields[i + 1]) : fields[i + 1];
    return made;
  });
}

check('our worker writes the events of a Node.js worker to the stream, word for word', async (at) => {
  const plan = {
    good: {result: {ok: 'yes'}},
    nothing: {result: undefined},
    text: {result: 'żółw 🐢'},
    twice: {opts: {attempts: 2, backoff: 5}, fails: 1},
    retried: {opts: {attempts: 2}, fails: 1},
    bad: {opts: {attempts: 2, backoff: {type: 'fixed', delay: 5}}, fails: 9},
    final: {opts: {attempts: 5}, fails: 9, final: true},
    gone: {opts: {removeOnComplete: true}, result: 1},
    ranked: {opts: {priority: 3}, result: [1, {a: null}]},
    later: {opts: {delay: 20}, result: 0.5},
  };
  const ours = await at.bridge({concurrency: 1});
  const mine = at.queue();
  const other = at.queue(`${at.name}-theirs`);
  const events = await at.events();
  const tries = {};
  await ours.work(async (job) => {
    const {result, fails = 0, final} = plan[job.id];
    tries[job.id] = (tries[job.id] ?? 0) + 1;
    if (job.id === 'good')
      await ours.ask('progress', {id: job.id, value: {half: true}}).then(() => events.until('progress', job.id));
    if (tries[job.id] <= fails)
      return ours.finish(job, {outcome: final ? 'failed_final' : 'failed', reason: 'no'});
    await ours.finish(job, result === undefined ? {} : {value: result});
  });
  const theirTries = {};
  const ends = [];
  const worker = at.keep(new Worker(other.name, async (job) => {
    const {result, fails = 0, final} = plan[job.id];
    theirTries[job.id] = (theirTries[job.id] ?? 0) + 1;
    if (job.id === 'good')
      await job.updateProgress({half: true});
    if (theirTries[job.id] <= fails)
      throw final ? new UnrecoverableError('no') : new Error('no');
    return result;
  }, {connection: mine.opts.connection, concurrency: 1, drainDelay: 1}));
  for (const [id, {opts = {}, fails = 0}] of Object.entries(plan)) {
    const lasts = fails > 2 ? 'failed' : 'completed';
    const ended = new Promise(
      (done) => worker.on(lasts, (job) => job?.id === id && (lasts === 'completed' || job.finishedOn) && done()));
    await mine.add('x', {}, {...opts, jobId: id});
    await other.add('x', {}, {...opts, jobId: id});
    await events.until(lasts, id);
    await within(ended, `end of ${id} in Node.js`);
    ends.push(id);
  }
  const [said, heard] = [await story(mine), await story(other)];
  const byJob = (list, id) => list.filter((each) => each.jobId === id);
  for (const id of ends)
    assert.deepEqual(byJob(said, id), byJob(heard, id));
  // The record of a job, too: for our dead letters' sake a reason is a text, and a stack is our reason.
  for (const id of ends.filter((each) => each !== 'gone')) {
    const [a, b] = [await mine.getJob(id), await other.getJob(id)].map((job) => ({
                                                                         attemptsMade: job.attemptsMade,
                                                                         attemptsStarted: job.attemptsStarted,
                                                                         returnvalue: job.returnvalue,
                                                                         failedReason: job.failedReason,
                                                                         progress: job.progress,
                                                                         stacks: job.stacktrace.length,
                                                                         delay: job.delay,
                                                                         opts: job.opts,
                                                                       }));
    assert.deepEqual({id, ...a}, {id, ...b});
  }
}, {spoil: {fields: {finish: (x) => x.outcome ? {...x, outcome: 'failed_final'} : x}}});

check('rateLimit: a limit set in one job stops every worker of both kinds, and the job runs again', async (at) => {
  const events = await at.events();
  // BullMQ's workers mind a limit only when they have a limiter, however wide.
  const ours = await at.bridge({concurrency: 1, limiter_max: 1000, limiter_ms: 10});
  const theirs = at.queue();
  const runs = [];
  let limited = false;
  await ours.work(async (job) => {
    if (job.id === 'j0' && !limited) {
      limited = true;
      runs.push(['limit', Date.now()]);
      return ours.finish(job, {outcome: 'limited', wait_ms: 2500});
    }
    runs.push([job.id, Date.now()]);
    await ours.finish(job);
  });
  await theirs.addBulk(many(1));
  await until(() => limited, 'limit');
  const limiter = {max: 1000, duration: 10};
  at.worker(async (job) => void runs.push([job.id, Date.now()]), {concurrency: 4, limiter});
  await events.until('waiting', 'j0', 2);
  assert.ok(await ours.tool('rate_limit_ttl') > 0);
  assert.ok(await theirs.getRateLimitTtl() > 0);
  await theirs.addBulk(many(5).slice(1));
  for (let i = 0; i < 5; i++)
    await events.until('completed', `j${i}`);
  const [[, start], ...rest] = runs;
  for (const [id, time] of rest)
    assert.ok(time - start >= 2490, `${id} after ${time - start} ms`);
  assert.equal((await theirs.getJob('j0')).attemptsMade, 1); // Stepping back uses no attempt.
}, {spoil: {fields: {finish: (x) => ({...x, outcome: undefined})}}});

check('rateLimit: a limit that a Node.js worker sets stops ours; either side removes one', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({limiter_max: 1000, limiter_ms: 10});
  const theirs = at.queue();
  let limited = 0;
  const worker = at.worker(async () => {
    limited = Date.now();
    await theirs.rateLimit(3000);
    throw new RateLimitError();
  }, {concurrency: 1, limiter: {max: 1000, duration: 10}});
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'a'}});
  await events.until('waiting', 'a', 2);
  await at.end(worker);
  let began = 0;
  await ours.work((job) => (began = Date.now(), ours.finish(job)));
  await events.until('completed', 'a');
  assert.ok(began - limited >= 2990, `${began - limited}`);
  // A rate limit of an hour, removed at once. A worker that met it would poll again only after 30 s, Node.js's too.
  await ours.ask('close');
  await ours.tool('rate_limit', {wait_ms: 3_600_000});
  assert.ok(await theirs.getRateLimitTtl() > 3_000_000);
  await theirs.removeRateLimitKey();
  assert.equal(await ours.tool('rate_limit_ttl'), -2); // Redis's own word for a key that is not there.
  assert.equal(await theirs.getRateLimitTtl(), -2);
  await theirs.rateLimit(3_600_000);
  assert.ok(await ours.tool('rate_limit_ttl') > 3_000_000);
  await ours.tool('remove_rate_limit');
  await theirs.add('x', {}, {jobId: 'b'});
  await ours.work((job) => ours.finish(job));
  await events.until('completed', 'b');
}, {spoil: {drop: ['remove_rate_limit']}});

// The maximum of concurrent jobs, over all workers.
function severalWorkers() {
  let now = 0;
  const made = {
    most: 0,
    async visit() {
      made.most = Math.max(made.most, ++now);
      await nap(30);
      --now;
    },
  };
  return made;
}
for (const by of ['us', 'node'])
  check(`the global concurrency set by ${by} holds for all workers together`, async (at) => {
    const events = await at.events();
    const ours = await at.bridge({concurrency: 4});
    const theirs = at.queue();
    by === 'us' ? await ours.tool('set_global_concurrency', {max: 2}) : await theirs.setGlobalConcurrency(2);
    const guests = severalWorkers();
    await ours.work(async (job) => {
      await guests.visit();
      await ours.finish(job);
    });
    at.worker(() => guests.visit(), {concurrency: 4});
    await theirs.addBulk(many(24));
    for (let i = 0; i < 24; i++)
      await events.until('completed', `j${i}`);
    assert.ok(guests.most <= 2, `${guests.most} at once`);
    by === 'us' ? await ours.tool('set_global_concurrency') : await theirs.removeGlobalConcurrency();
    assert.equal(await theirs.getGlobalConcurrency(), null);
  }, {spoil: by === 'us' ? {drop: ['set_global_concurrency']} : {mute: ['setGlobalConcurrency']}});

for (const by of ['us', 'node'])
  check(`the global rate limit set by ${by} holds for all workers together`, async (at) => {
    const events = await at.events();
    const ours = await at.bridge();
    const theirs = at.queue();
    by === 'us' ? await ours.tool('set_global_rate_limit', {max: 3, duration_ms: 400})
                : await theirs.setGlobalRateLimit(3, 400);
    await ours.work((job) => ours.finish(job));
    at.worker(async () => {});
    await theirs.addBulk(many(9));
    for (let i = 0; i < 9; i++)
      await events.until('completed', `j${i}`);
    const taken = await moments(theirs, 'active');
    for (const first of [0, 3])
      assert.ok(taken[first + 3] - taken[first] >= 395, `three in 400 ms, not ${taken.map((each) => each - taken[0])}`);
    by === 'us' ? await ours.tool('set_global_rate_limit') : await theirs.removeGlobalRateLimit();
    assert.equal(await theirs.getGlobalRateLimit(), null);
  }, {spoil: by === 'us' ? {drop: ['set_global_rate_limit']} : {mute: ['setGlobalRateLimit']}});

check('our worker: removeOnComplete and removeOnFail of job and worker limit the ended jobs', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({concurrency: 1, keep_completed_max: 3, keep_failed_max: 2});
  const theirs = at.queue();
  await ours.work((job) => ours.finish(job, job.name === 'bad' ? {outcome: 'failed_final', reason: 'no'} : {}));
  await theirs.addBulk(many(8, 'good'));
  await theirs.addBulk(many(16, 'bad').slice(8));
  await events.until('failed', 'j15');
  assert.deepEqual(await theirs.getJobCounts('completed', 'failed'), {completed: 3, failed: 2});
  assert.equal(await theirs.getJob('j0'), undefined);
  // A job's own options win; with an age, older jobs are removed when the next one ends.
  await theirs.add('good', {}, {jobId: 'one', removeOnComplete: 1});
  await events.until('completed', 'one');
  assert.deepEqual((await theirs.getCompleted()).map((job) => job.id), ['one']);
  await nap(1100);
  await theirs.add('good', {}, {jobId: 'aged', removeOnComplete: {age: 1, count: 100}});
  await events.until('completed', 'aged');
  assert.deepEqual((await theirs.getCompleted()).map((job) => job.id), ['aged']);
}, {spoil: {bridge: {keep_completed_max: -1}}});

check('our jobs: removeOnComplete and removeOnFail are obeyed by a Node.js worker', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  at.worker(async (job) => {
    if (job.name === 'bad')
      throw new Error('no');
  }, {concurrency: 1});
  for (const [jobId, name, opts] of [['a', 'good', {removeOnComplete: true}], ['b', 'bad', {removeOnFail: true}],
                                     ['c', 'good', {removeOnComplete: {count: 1}}],
                                     ['d', 'good', {removeOnComplete: {count: 1}}],
                                     ['e', 'bad', {removeOnFail: {age: 100, count: 7}}]]) {
    await ours.tool('add_job', {name, opts: {...opts, jobId}});
    await events.until(name === 'bad' ? 'failed' : 'completed', jobId);
  }
  assert.deepEqual((await theirs.getCompleted()).map((job) => job.id), ['d']);
  assert.deepEqual((await theirs.getFailed()).map((job) => job.id), ['e']);
}, {spoil: {fields: {add_job: (x) => ({...x, opts: {jobId: x.opts.jobId}})}}});

check('logs: rows of both sides are one list; keepLogs is obeyed by whoever writes', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({concurrency: 1});
  const theirs = at.queue();
  await theirs.add('x', {}, {jobId: 'a', keepLogs: 2, attempts: 4});
  await ours.work(
    (job) => ours.finish(job, job.attempts_made < 3 ? {outcome: 'failed', reason: `no ${job.attempts_made}`} : {}));
  await events.until('completed', 'a');
  const {logs, count} = await theirs.getJobLogs('a');
  assert.deepEqual([count, logs.map((row) => row.slice(-4))], [2, ['no 1', 'no 2']]);
  await ours.ask('close');
  at.worker(async (job) => {
    for (const row of ['one', 'two', 'three'])
      await job.log(row);
  });
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'b', keepLogs: 2}});
  await events.until('completed', 'b');
  assert.deepEqual(await ours.tool('logs', {id: 'b'}), ['two', 'three']);
  assert.equal(await ours.tool('log', {id: 'b', row: 'four'}), 3);
  assert.equal(await ours.tool('log', {id: 'b', row: 'five', keep: 2}), 2);
  await theirs.addJobLog('b', 'six', 2);
  assert.deepEqual((await theirs.getJobLogs('b')).logs, ['five', 'six']);
  assert.equal((await ours.say('log', {id: 'nobody', row: 'x'})).code, 'not_found');
}, {spoil: {fields: {add_job: (x) => ({...x, opts: {jobId: x.opts.jobId}})}}});

check('progress travels both ways', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  await ours.events();
  const worker = at.worker(async (job) => {
    for (const each of [10, 'half', {of: [1, 2]}])
      await job.updateProgress(each);
  });
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'a'}});
  await events.until('completed', 'a');
  await at.end(worker);
  assert.deepEqual((await ours.ask('show', {id: 'a'})).job.progress, {of: [1, 2]});
  const heard = () => ours.seen.filter((each) => each.event === 'progress').map((each) => JSON.parse(each.data));
  await until(() => heard().length >= 3, 'progress at our reader');
  assert.deepEqual(heard(), [10, 'half', {of: [1, 2]}]);
  await ours.work(async (job) => {
    for (const value of [20, 'most', {of: [2, 2]}])
      await ours.ask('progress', {id: job.id, value});
    await events.until('progress', 'b', 3);
    await ours.finish(job);
  });
  await theirs.add('x', {}, {jobId: 'b'});
  await events.until('completed', 'b');
  assert.deepEqual(
    events.seen.filter((each) => each.event === 'progress' && each.jobId === 'b').map((each) => each.data),
    [20, 'most', {of: [2, 2]}]);
}, {spoil: {drop: ['progress']}});

check('our reader of events receives the events of QueueEvents', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({concurrency: 1});
  const theirs = at.queue();
  await ours.events();
  await ours.work((job) =>
                    ours.finish(job, job.name === 'bad' ? {outcome: 'failed_final', reason: 'no'} : {value: {n: 1}}));
  await theirs.add('good', {}, {jobId: 'a', deduplication: {id: 'd'}, delay: 50});
  await theirs.add('good', {}, {jobId: 'again', deduplication: {id: 'd'}});
  await theirs.add('good', {}, {jobId: 'a'});
  await events.until('completed', 'a');
  await theirs.add('bad', {}, {jobId: 'b'});
  await events.until('failed', 'b');
  await theirs.pause();
  await theirs.resume();
  await theirs.clean(0, 10, 'failed');
  await events.until('cleaned');
  await until(() => ours.seen.some((each) => each.event === 'cleaned'), 'cleaning at our reader');
  const names = (list) => list.map((each) => [each.event, each.jobId]).filter(([name]) => name !== 'debounced');
  assert.deepEqual(names(ours.seen), names(events.seen));
}, {spoil: {drop: ['finish'], bridge: {}}});

check('getMetrics: our counts a minute are read by Node.js, its own by us', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({metrics_points: 5});
  const theirs = at.queue();
  await ours.work((job) => ours.finish(job, job.name === 'bad' ? {outcome: 'failed_final', reason: 'no'} : {}));
  await theirs.addBulk(many(7));
  await theirs.add('bad', {}, {jobId: 'bad'});
  for (const id of many(7).map((each) => each.opts.jobId))
    await events.until('completed', id);
  await events.until('failed', 'bad');
  assert.equal((await theirs.getMetrics('completed')).meta.count, 7);
  assert.equal((await theirs.getMetrics('failed')).meta.count, 1);
  // A minute passes, as Redis sees it: the next end closes it.
  const client = await theirs.client;
  await client.hincrby(`bull:${at.name}:metrics:completed`, 'prevTS', -60_000);
  await theirs.add('good', {}, {jobId: 'late'});
  await events.until('completed', 'late');
  // The clock of the machine may have come to a new minute on the way: the seven are then in several.
  const sum = (data) => data.reduce((all, each) => all + Number(each), 0);
  const minutes = await theirs.getMetrics('completed');
  assert.deepEqual([minutes.meta.count, sum(minutes.data)], [8, 7]);
  await ours.ask('close');
  at.worker(async () => {}, {metrics: {maxDataPoints: 5}});
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'theirs'}});
  await events.until('completed', 'theirs');
  const [[count], data] = await ours.tool('metrics', {kind: 'completed'});
  assert.equal(count, '9');
  assert.ok([7, 8].includes(sum(data)), `${data}`);
}, {spoil: {bridge: {metrics_points: 0}}});

check('getWorkers: workers are listed by name on both sides, QueueEvents and producers are not', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({worker_name: 'pod-1'});
  const theirs = at.queue();
  const nameless = await at.bridge();
  await ours.work((job) => ours.finish(job));
  await nameless.work((job) => nameless.finish(job));
  const worker = at.worker(async () => {}, {name: 'node-1'});
  await worker.waitUntilReady();
  const wanted = [at.name, `${at.name}:w:node-1`, `${at.name}:w:pod-1`].join();
  const plain = (row) => {
    const name = row.replace(/^.*?bull:/, '');
    const [code, ...rest] = name.split(':');
    return [Buffer.from(code, 'base64').toString(), ...rest].join(':');
  };
  await until(async () => {
    const seen = (await theirs.getWorkers()).map((each) => plain(each.rawname)).sort();
    const listed = (await ours.tool('workers')).map((row) => plain(/ name=(\S+)/.exec(row)[1])).sort();
    return seen.join() === wanted && listed.join() === wanted;
  }, `list of ${wanted}`);
  assert.equal(await theirs.getWorkersCount(), 3);
  assert.ok(events);
}, {spoil: {bridge: {worker_name: ''}}});

check('back-offs of our jobs in a Node.js worker, and the jitter of Node.js in ours', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  const begun = {};
  const note = (job) => (begun[job.id] ??= []).push(Date.now());
  const worker = at.worker(async (job) => {
    note(job);
    if (begun[job.id].length < 3)
      throw new Error('no');
  });
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'fixed', attempts: 3, backoff: 150}});
  await ours.tool('add_job',
                  {name: 'x', opts: {jobId: 'exponential', attempts: 3, backoff: {type: 'exponential', delay: 150}}});
  await events.until('completed', 'fixed');
  await events.until('completed', 'exponential');
  await at.end(worker);
  await ours.work((job) =>
                    (note(job), ours.finish(job, begun[job.id].length < 3 ? {outcome: 'failed', reason: 'no'} : {})));
  await theirs.add('x', {}, {jobId: 'jitter', attempts: 3, backoff: {type: 'fixed', delay: 200, jitter: 0.5}});
  await events.until('completed', 'jitter');
  const waits = (id) => begun[id].slice(1).map((time, i) => time - begun[id][i]);
  for (const [id, least] of [['fixed', [150, 150]], ['exponential', [150, 300]], ['jitter', [100, 100]]])
    waits(id).forEach((wait, i) =>
                        assert.ok(wait >= least[i] && wait < least[i] + patience / 2, `${id}: ${waits(id)}`));
  const planned = events.seen.filter((each) => each.event === 'delayed' && each.jobId === 'jitter');
  assert.equal(planned.length, 2);
}, {spoil: {fields: {add_job: (x) => ({...x, opts: {...x.opts, backoff: 1}})}}});

for (const who of ['us', 'node'])
  check(`a back-off of a type of its own is what the worker's strategy says, which may end the job (${who})`,
        async (at) => {
    const events = await at.events();
    const waits = {soon: 50, never: -1};
    const ours = await at.bridge({custom_back_off: waits});
    const theirs = at.queue();
    if (who === 'us')
      await ours.work((job) => ours.finish(job, {outcome: 'failed', reason: 'no'}));
    else
      at.worker(async () => {
        throw new Error('no');
      }, {settings: {backoffStrategy: (made, type) => waits[type]}});
    // One of each side: a plain delay would not end within the check's time.
    const opts = (jobId, type) => ({jobId, attempts: 3, backoff: {type, delay: 3_600_000}});
    await theirs.add('x', {}, opts('a', 'soon'));
    await ours.tool('add_job', {name: 'x', opts: opts('b', 'never')});
    await ours.tool('add_job', {name: 'x', opts: opts('c', 'soon')});
    await theirs.add('x', {}, opts('d', 'never'));
    for (const [id, made] of [['a', 3], ['b', 1], ['c', 3], ['d', 1]]) {
      assert.equal((await events.until('failed', id)).failedReason, 'no');
      assert.equal((await theirs.getJob(id)).attemptsMade, made, id);
    }
  }, {spoil: who === 'us' ? {bridge: {custom_back_off: undefined}}
                         : {worker: {settings: {backoffStrategy: () => 3_600_000}}}});

check('moveToDelayed: a job delayed by its Node.js worker is taken by ours when it is due', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  let due = 0;
  const worker = at.worker(async (job, token) => {
    due = Date.now() + 500;
    await job.moveToDelayed(due, token);
    throw new DelayedError();
  });
  await ours.tool('add_job', {name: 'x', opts: {jobId: 'a'}});
  await events.until('delayed', 'a');
  await at.end(worker);
  let began = 0;
  await ours.work((job) => (began = Date.now(), ours.finish(job)));
  await events.until('completed', 'a');
  assert.ok(began >= due, `${began - due}`);
}, {spoil: {drop: ['finish']}});

check('a closing worker of ours leaves the next job to Node.js', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({concurrency: 1});
  const theirs = at.queue();
  let took;
  const taken = new Promise((done) => (took = done));
  await ours.work((job) => took(job));
  await theirs.addBulk(many(2));
  const job = await within(taken, 'job in our worker');
  const closing = ours.say('close');
  await nap(300);
  await ours.finish(job);
  await closing;
  assert.equal(await theirs.getJobState('j0'), 'completed');
  assert.equal(await theirs.getJobState('j1'), 'waiting');
  at.worker(async () => 'by node');
  assert.equal((await events.until('completed', 'j1')).returnvalue, 'by node');
}, {spoil: {drop: ['close']}});
