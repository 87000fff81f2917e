// Job schedulers: either client adds one, and either worker continues it at the same times.
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';

import {check} from './checks.mjs';
import {counts, nap, until} from './lib.mjs';

// The very library that BullMQ works with.
const {parseExpression} = createRequire(createRequire(import.meta.url).resolve('bullmq'))('cron-parser');

// So many runs of one schedule, and when they were due.
function counter() {
  const made = {runs: []};
  made.note = (job) => made.runs.push({id: job.id, data: job.data, due: Number(job.id.split(':').at(-1))});
  made.until = (count) => until(() => made.runs.length >= count, `${count} runs`);
  return made;
}
const drive = {
  async us(at, note) {
    const ours = await at.bridge();
    await ours.work((job) => (note(job), ours.finish(job)));
    return {close: () => ours.ask('close')};
  },
  async node(at, note) { return at.worker(async (job) => note(job)); },
};
const put = {
  us: (at, ours, theirs, id, repeat, template) =>
    ours.tool('upsert_schedule', {id, repeat, name: template.name, data: template.data, opts: template.opts}),
  node: (at, ours, theirs, id, repeat, template) => theirs.upsertJobScheduler(id, repeat, template),
};
const sides = [['us', 'node'], ['node', 'us'], ['us', 'us']];
const template = {
  name: 'tick',
  data: {tick: 'żółw'},
  opts: {attempts: 2, priority: 3, removeOnComplete: true}
};

for (const [maker, driver] of sides) {
  check(`a schedule with \`every\`, made by ${maker} and driven by ${driver}`, async (at) => {
    const ours = await at.bridge();
    const theirs = at.queue();
    const ticks = counter();
    await put[maker](at, ours, theirs, 's', {every: 200}, template);
    const worker = await drive[driver](at, ticks.note);
    await ticks.until(4);
    await theirs.removeJobScheduler('s');
    await worker.close();
    for (const [i, run] of ticks.runs.entries())
      assert.ok(i === 0 || (run.due - ticks.runs[i - 1].due) % 200 === 0, JSON.stringify(ticks.runs));
    assert.deepEqual(ticks.runs[3].data, template.data);
  }, {spoil: maker === 'us' ? {drop: ['upsert_schedule']} : {drop: ['worker']}});

  check(`a cron pattern with a limit, made by ${maker} and driven by ${driver}`, async (at) => {
    const ours = await at.bridge();
    const theirs = at.queue();
    const ticks = counter();
    await put[maker](at, ours, theirs, 's', {pattern: '* * * * * *', tz: 'Asia/Kolkata', limit: 3}, template);
    const {pattern, limit, tz} = await theirs.getJobScheduler('s');
    assert.deepEqual([pattern, limit, tz], ['* * * * * *', 3, 'Asia/Kolkata']);
    await drive[driver](at, ticks.note);
    await ticks.until(3);
    await nap(1500);
    assert.equal(ticks.runs.length, 3);
    assert.deepEqual(ticks.runs.map((run, i) => (run.due - ticks.runs[0].due) / 1000 >= i && run.due % 1000),
                     [0, 0, 0]);
    assert.equal((await theirs.getJobScheduler('s')).iterationCount, 3);
  }, {
    spoil: maker === 'us' ? {fields: {upsert_schedule: (x) => ({...x, repeat: {...x.repeat, limit: undefined}})}}
                         : {drop: ['worker']}
  });
}

// Without the times, which pass.
async function kept(queue, id) {
  const client = await queue.client;
  const hash = await client.hgetall(`bull:${queue.name}:repeat:${id}`);
  const next = Number(await client.zscore(`bull:${queue.name}:repeat`, id));
  const job = await queue.getJob(`repeat:${id}:${next}`);
  const {delay, timestamp, prevMillis, jobId, ...opts} = job.opts;
  return {
    hash,
    state: await job.getState(),
    name: job.name,
    data: job.data,
    opts,
    key: job.repeatJobKey,
    prevMillis: prevMillis === undefined ? prevMillis : prevMillis - next,
    next
  };
}

check('a job scheduler of ours has the keys of one of Node.js, and so has its first job', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  const other = at.queue(`${at.name}-theirs`);
  const tomorrow = Date.now() + 86_400_000;
  const all = {
    every: {every: 3_600_000},
    limited: {every: 3_600_000, limit: 5},
    later: {every: 3_600_000, startDate: tomorrow, endDate: tomorrow + 86_400_000},
    pattern: {pattern: '0 15 3 * * *'},
    zoned: {pattern: '30 4 * * mon-fri', tz: 'America/New_York', limit: 9},
    dated: {pattern: '*/5 * * * *', startDate: tomorrow, endDate: tomorrow + 86_400_000},
    now: {pattern: '0 0 1 1 *', immediately: true},
  };
  for (const [id, repeat] of Object.entries(all)) {
    await ours.tool('upsert_schedule', {id, repeat, ...template});
    await other.upsertJobScheduler(id, {...repeat}, structuredClone(template));
    const [mine, wanted] = [await kept(theirs, id), await kept(other, id)];
    assert.ok(Math.abs(mine.next - wanted.next) < 5000, `${id}: ${mine.next - wanted.next}`);
    if (Math.abs(mine.next - wanted.next) > 0)
      assert.ok(id === 'now' || (repeat.every && !repeat.startDate), id);
    if (repeat.every && !repeat.startDate) // Slots begin when they were made.
      delete mine.hash.offset, delete wanted.hash.offset, delete mine.opts.repeat.offset,
        delete wanted.opts.repeat.offset;
    delete mine.next, delete wanted.next;
    assert.deepEqual(mine, wanted, id);
  }
  const ids = (await theirs.getJobSchedulers()).map((each) => each.key).sort();
  assert.deepEqual(ids, Object.keys(all).sort());
  const flat = await ours.tool('schedules');
  assert.deepEqual(flat.filter((_, i) => i % 2 === 0).sort(), ids);
}, {spoil: {fields: {upsert_schedule: (x) => ({...x, repeat: {...x.repeat, tz: 'Asia/Tokyo'}})}}});

check('job schedulers are changed and removed by the other side; bad options are refused alike', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  await theirs.upsertJobScheduler('a', {every: 60_000}, template);
  const daily = {pattern: '0 0 * * *', tz: 'UTC'};
  await ours.tool('upsert_schedule', {id: 'a', repeat: daily, ...template, name: 'changed'});
  const changed = await theirs.getJobScheduler('a');
  assert.deepEqual([changed.name, changed.pattern, changed.every], ['changed', '0 0 * * *', undefined]);
  assert.equal(await theirs.getJobSchedulersCount(), 1);
  const [, job] = await theirs.getDelayed().then((list) => [list.length, list[0]]);
  await assert.rejects(job.remove(), /belongs to a job scheduler/);
  assert.equal((await ours.say('remove', {id: job.id})).code, 'refused');
  await ours.tool('remove_schedule', {id: 'a'});
  assert.equal(await theirs.getJobScheduler('a'), undefined);
  assert.equal((await ours.say('remove_schedule', {id: 'a'})).code, 'not_found');
  await ours.tool('upsert_schedule', {id: 'b', repeat: {every: 60_000}, ...template});
  assert.equal(await theirs.removeJobScheduler('b'), true);
  assert.deepEqual(await ours.tool('schedules'), []);
  for (const repeat of [{}, {every: 5, pattern: '* * * * *'}, {pattern: '* * * *  * * *'}, {pattern: '61 * * * *'},
                        {pattern: '0 0 31 2 *'}, {pattern: '* * * * *', tz: 'Mars/Base'},
                        {pattern: '* * * * *', immediately: true, startDate: 5}]) {
    await assert.rejects(theirs.upsertJobScheduler('c', {...repeat}, template), JSON.stringify(repeat));
    assert.equal((await ours.say('upsert_schedule', {id: 'c', repeat, ...template})).code, 'invalid',
                 JSON.stringify(repeat));
  }
}, {spoil: {drop: ['remove_schedule']}});

check('a job scheduler of Node.js with an endDate ends in our worker, and repeatable jobs go on in it', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  const ticks = counter();
  await ours.work((job) => (job.name === 'old' && ticks.note(job), ours.finish(job)));
  const end = Date.now() + 2500;
  await theirs.upsertJobScheduler('ends', {every: 200, endDate: end}, {name: 'ends'});
  await theirs.add('old', {n: 1}, {repeat: {every: 150, limit: 3}});
  await ticks.until(3);
  await nap(Math.max(0, end - Date.now()) + 500);
  assert.equal(ticks.runs.length, 3);
  const rest = () => counts(theirs, 'delayed', 'waiting', 'active');
  await until(async () => Object.values(await rest()).every((each) => each === 0), 'end of all runs');
  const ended = new Set(events.seen.filter((each) => each.event === 'completed').map((each) => each.jobId));
  const due = [...ended].filter((id) => id.startsWith('repeat:ends:')).map((id) => Number(id.split(':').at(-1)));
  // The run after the last one may have been made just before the end.
  assert.ok(due.length >= 2 && due.every((each) => each <= end + 200), `${due} until ${end}`);
}, {spoil: {drop: ['finish']}});

// Random patterns from a printed seed.
function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  return {below, of: (list) => list[below(list.length)], next};
}
const fields = [[0, 59], [0, 59], [0, 23], [1, 31], [1, 12], [0, 7]];
const months = ['jan', 'FEB', 'mar', 'Apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'MON', 'tue', 'Wed', 'thu', 'fri', 'sat'];
const ofWeek = (dice) => [() => dice.of(days),
                          () => 'mon-fri',
                          () => `${dice.below(7)}L`,
                          () => `${dice.below(7)}#${1 + dice.below(5)}`,
                          () => '?',
                          () => '1,3L',
                          () => '5-7',
];
function field(dice, i) {
  const [min, max] = fields[i];
  const one = () => min + dice.below(max - min + 1);
  const forms = [
    () => '*',
    () => '*',
    () => `${one()}`,
    () => {
      const a = one(), b = one();
      return `${Math.min(a, b)}-${Math.max(a, b)}`;
    },
    () => `*/${1 + dice.below(i === 0 || i === 1 ? 30 : 8)}`,
    () => `${one()}/${1 + dice.below(20)}`,
    () => {
      const a = one(), b = one();
      return `${Math.min(a, b)}-${Math.max(a, b)}/${1 + dice.below(6)}`;
    },
    () => Array.from({length: 2 + dice.below(3)}, one).join(','),
    ...(i === 3 ? [() => 'L', () => `${one()},L`, () => '?'] : []),
    ...(i === 4 ? [() => dice.of(months), () => 'jan-mar,oct'] : []),
    ...(i === 5 ? ofWeek(dice) : []),
    ...(i === 2 ? [() => '1', () => '2', () => '1,2,3', () => '0'] : []),
  ];
  return dice.of(forms)();
}
const odd = [
  '@daily',
  '@hourly',
  '@weekly',
  '@monthly',
  '@yearly',
  '',
  '5',
  '* *',
  '0 0 29 2 *',
  '0 12 31 4,6 *',
  '0 0 30 2 *',
  '* * * * L',
  '-5 * * * *',
  '1- * * * *',
  '/5 * * * *',
  '1,,2 * * * *',
  '5-1 * * * *',
  '* * * * mon#9',
  '* * * * 1,2#3',
  'a * * * *',
  '*/0 * * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '* * * foo *',
  '1/2/3 * * * *',
  '0-59/15 0 * * *',
  '* * L-3 * *',
  '0 0 1-7 * 1',
  '0 0 1,15 * 5',
  '0 30 2 * * *',
  '0 30 1 * * *',
  '0 */20 1-2 * * *',
  '  5   4 * * *  '
];
const zones = [
  'UTC', 'Europe/Warsaw', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/Sao_Paulo',
  'Africa/Cairo', 'Pacific/Apia', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Chatham', 'UTC+5:30', 'UTC-3',
  'America/Havana'
];
// Where clocks are turned, and where they are not.
const moments = [
  '2026-03-29T00:30:00Z', '2026-10-25T00:10:30.500Z', '2026-03-08T05:59:59.999Z', '2026-11-01T04:00:00Z',
  '2026-04-04T14:00:00Z', '2026-10-03T15:00:00Z', '2026-02-28T23:59:59Z', '2028-02-28T12:00:00Z',
  '2026-12-31T23:00:00Z', '2018-11-03T22:00:00Z', '2018-02-17T20:00:00Z', '2026-04-23T20:00:00Z',
  '2026-10-29T18:00:00Z', '2026-11-24T08:40:00.123Z'
].map((each) => Date.parse(each));

// PATTERNS=10000 SEED=7 PATIENCE=30 for a longer run (in minutes).
const patterns = Number(process.env.PATTERNS ?? 300);
check(
  'cron patterns by chance come at the times that BullMQ\'s own library gives, across the turns of the clock',
  async (at) => {
    const ours = await at.bridge();
    const seed = Number(process.env.SEED ?? 20_261_124);
    const dice = chance(seed);
    const count = 4;
    for (let i = 0; i < patterns; i++) {
      const six = dice.below(2);
      const pattern =
        i < odd.length ? odd[i] : [0, 1, 2, 3, 4, 5].slice(six ? 0 : 1).map((each) => field(dice, each)).join(' ');
      const tz = dice.of(zones);
      const after = dice.of(moments) + (dice.below(3) ? 0 : dice.below(86_400_000));
      const end = dice.below(6) ? undefined : after + dice.below(40) * 86_400_000;
      let wanted;
      try {
        let now = after;
        wanted = [];
        while (wanted.length < count) {
          // As BullMQ asks: a new reading for each run; where the end was passed there is none.
          if (end && now > end)
            break;
          const interval =
            parseExpression(pattern, {tz, currentDate: new Date(now), ...(end ? {endDate: new Date(end)} : {})});
          let next;
          try {
            next = interval.next().getTime();
          } catch {
            break;
          }
          wanted.push(now = next);
        }
      } catch {
        wanted = 'invalid';
      }
      const answer = await ours.say('times_of', {repeat: {pattern, tz, ...(end ? {endDate: end} : {})}, after, count});
      // Both refuse patterns that cannot be parsed; an empty pattern belongs to neither.
      const got = answer.ok ? answer.value : answer.code;
      if (pattern.trim() !== '')
        assert.deepEqual(
          got, wanted, `seed ${seed}, ${i}: '${pattern}' in ${tz} after ${new Date(after).toISOString()} until ${end}`);
    }
  },
  {spoil: {fields: {times_of: (x) => ({...x, repeat: {...x.repeat, tz: 'UTC'}})}}});
