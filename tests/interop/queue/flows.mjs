// Flows: parents wait for their children, whichever client adds them and whichever worker runs them.
import {FlowProducer, WaitingChildrenError, Worker} from 'bullmq';
import assert from 'node:assert/strict';

import {check} from './checks.mjs';
import {connection, quickWorker, within} from './lib.mjs';

// The same tree for either producer.
const node = (at, jobId, children = [], opts = {}) =>
  ({name: jobId, queueName: at.name, data: {of: jobId}, opts: {...opts, jobId}, children});
const make = {
  us: (at, ours, tree) => ours.tool('add_flow', {flow: tree}),
  node: (at, ours, tree) => at.keep(new FlowProducer({connection})).add(structuredClone(tree)),
};
// Does every job of the queue; those called bad* fail. Notes the order.
const work = {
  async us(at, order) {
    const ours = await at.bridge({concurrency: 1});
    await ours.work(async (job) => {
      order.push(job.id);
      if (job.id === 'root')
        await ours.tool('remove_unprocessed_children', {id: job.id});
      return ours.finish(job, job.id.startsWith('bad') ? {outcome: 'failed_final', reason: 'broken'}
                                                       : {value: {by: job.id}});
    });
  },
  async node(at, order) {
    at.worker(async (job) => {
      order.push(job.id);
      if (job.id === 'root')
        await job.removeUnprocessedChildren();
      if (job.id.startsWith('bad'))
        throw new Error('broken');
      return {by: job.id};
    }, {concurrency: 1});
  },
};
const sides = [['us', 'node'], ['node', 'us'], ['us', 'us']];
const withoutRules = ({flow}) => {
  const plain = (each) => ({...each, opts: {jobId: each.opts.jobId}, children: each.children.map(plain)});
  return {flow: plain(flow)};
};
const withoutChildren = ({flow}) => ({flow: {...flow, children: []}});

for (const [maker, doer] of sides)
  check(
    `a flow of three levels, made by ${maker} and done by ${doer}: children first, values to their parents`,
    async (at) => {
      const events = await at.events();
      const ours = await at.bridge();
      const theirs = at.queue();
      await make[maker](at, ours, node(at, 'root', [
                          node(at, 'left', [node(at, 'l1'), node(at, 'l2', [], {priority: 2})]),
                          node(at, 'right', [], {delay: 100}),
                        ]));
      assert.equal(await theirs.getJobState('root'), 'waiting-children');
      assert.deepEqual((await ours.tool('pending_children', {id: 'left'})).sort(),
                       ['l1', 'l2'].map((id) => `bull:${at.name}:${id}`));
      const flows = at.keep(new FlowProducer({connection}));
      const tree = await flows.getFlow({id: 'root', queueName: at.name});
      assert.deepEqual(tree.children.map((each) => each.job.id).sort(), ['left', 'right']);
      assert.deepEqual(tree.children.find((each) => each.job.id === 'left').children.map((each) => each.job.id).sort(),
                       ['l1', 'l2']);
      assert.equal(tree.children[0].job.parentKey, `bull:${at.name}:root`);
      const order = [];
      await work[doer](at, order);
      await events.until('completed', 'root');
      const before = (a, b) => assert.ok(order.indexOf(a) < order.indexOf(b), order.join());
      for (const [child, parent] of [['l1', 'left'], ['l2', 'left'], ['left', 'root'], ['right', 'root']])
        before(child, parent);
      const root = await theirs.getJob('root');
      assert.deepEqual(await root.getChildrenValues(),
                       Object.fromEntries(['left', 'right'].map((id) => [`bull:${at.name}:${id}`, {by: id}])));
      const flat = await ours.tool('children_values', {id: 'left'});
      assert.deepEqual(
        Object.fromEntries(Array.from({length: flat.length / 2}, (_, i) => [flat[2 * i], JSON.parse(flat[2 * i + 1])])),
        Object.fromEntries(['l1', 'l2'].map((id) => [`bull:${at.name}:${id}`, {by: id}])));
      assert.equal(events.of('root').filter((each) => each === 'waiting-children').length, 1);
    },
    {
      smoke: maker === 'us' && doer === 'node',
      spoil: maker === 'us' ? {fields: {add_flow: withoutChildren}} : {drop: ['worker', 'finish']}
    });

check('a flow of ours over two queues is done by a worker of each side', async (at) => {
  const ours = await at.bridge();
  const other = `${at.name}-children`;
  await ours.tool('add_flow', {
    flow: {...node(at, 'root'), children: [{...node(at, 'a'), queueName: other}, {...node(at, 'b'), queueName: other}]}
  });
  const worker = at.keep(new Worker(other, async (job) => `by node: ${job.id}`, {connection, ...quickWorker}));
  const events = await at.events();
  let values;
  await ours.work(async (job) => {
    values = await ours.tool('children_values', {id: job.id});
    await ours.finish(job);
  });
  await events.until('completed', 'root');
  assert.equal(values.length, 4);
  assert.ok(worker && values.includes('"by node: a"'));
}, {spoil: {fields: {add_flow: withoutChildren}}});

// A parent with one failed and one good child. A parent that goes on early drops the children that still wait:
// with them it could not be completed.
const rules = {
  failParentOnFailure: {state: 'failed', reason: 'child bull:NAME:bad failed'},
  ignoreDependencyOnFailure: {state: 'completed', ignored: true},
  removeDependencyOnFailure: {state: 'completed'},
  continueParentOnFailure: {state: 'completed', ignored: true, early: true},
  none: {state: 'waiting-children', stuck: true},
};
for (const [rule, wanted] of Object.entries(rules))
  for (const [maker, doer] of sides)
    check(`a child that fails, ${rule}: made by ${maker}, done by ${doer}`, async (at) => {
      const events = await at.events();
      const ours = await at.bridge();
      const theirs = at.queue();
      // With continueParentOnFailure the parent goes before its other child is due.
      await make[maker](at, ours, node(at, 'root', [
                          node(at, 'bad', [], rule === 'none' ? {} : {[rule]: true}),
                          node(at, 'good', [], wanted.early ? {delay: 60_000} : {}),
                        ]));
      await work[doer](at, []);
      await events.until('failed', 'bad');
      if (!wanted.early)
        await events.until('completed', 'good');
      if (!wanted.stuck)
        await events.until(wanted.state, 'root');
      const root = await theirs.getJob('root');
      assert.equal(await root.getState(), wanted.state);
      if (wanted.reason)
        assert.equal(root.failedReason, wanted.reason.replace('NAME', at.name));
      const key = `bull:${at.name}:bad`;
      assert.deepEqual(await root.getIgnoredChildrenFailures(), wanted.ignored ? {[key]: 'broken'} : {});
      const ignored = await ours.tool('ignored_children_failures', {id: 'root'});
      assert.deepEqual(ignored, wanted.ignored ? [key, 'broken'] : []);
      assert.deepEqual(await ours.tool('failed_children', {id: 'root'}), rule === 'failParentOnFailure' ? [key] : []);
    }, {spoil: maker === 'us' && rule !== 'none' ? {fields: {add_flow: withoutRules}} : undefined});

check('failParentOnFailure goes up through the levels, over either worker', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  const rule = {failParentOnFailure: true};
  await make.us(at, ours, node(at, 'root', [node(at, 'middle', [node(at, 'bad', [], rule)], rule)]));
  await work.node(at, []);
  await events.until('failed', 'root');
  assert.equal((await theirs.getJob('middle')).failedReason, `child bull:${at.name}:bad failed`);
  await make.node(at, ours, node(at, 'root2', [node(at, 'middle2', [node(at, 'bad2', [], rule)], rule)]));
  await work.us(at, []);
  await events.until('failed', 'root2');
  assert.match((await theirs.getJob('root2')).failedReason, /^child bull:.*:middle2 failed$/);
}, {spoil: {fields: {add_flow: withoutRules}}});

check(
  'a job of our worker waits for children that it adds while it runs, and goes on with their values', async (at) => {
    const events = await at.events();
    const ours = await at.bridge({concurrency: 1});
    const theirs = at.queue();
    const runs = [];
    await ours.work(async (job) => {
      if (job.name === 'child')
        return ours.finish(job, {value: 'done'});
      runs.push(await ours.tool('children_values', {id: job.id}));
      if (runs.length > 1)
        return ours.finish(job, {value: runs[1].length / 2});
      for (const child of ['c1', 'c2'])
        await ours.tool('add_job',
                        {name: 'child', opts: {jobId: child, parent: {id: job.id, queue: `bull:${at.name}`}}});
      await ours.finish(job, {outcome: 'children'});
    });
    const job = await theirs.add('parent', {}, {jobId: 'p', attempts: 1});
    assert.equal(await within(job.waitUntilFinished(events), 'end of the parent'), 2);
    assert.deepEqual(events.of('p'),
                     ['added', 'waiting', 'active', 'waiting-children', 'waiting', 'active', 'completed']);
    assert.equal((await theirs.getJob('p')).attemptsMade, 1);
  }, {spoil: {fields: {finish: (x) => ({...x, outcome: undefined})}}});

check('moveToWaitingChildren without a pending child goes on at once', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  let runs = 0;
  await ours.work((job) => ours.finish(job, ++runs < 3 ? {outcome: 'children'} : {value: job.data}));
  await theirs.add('x', {kept: true}, {jobId: 'p'});
  assert.deepEqual((await events.until('completed', 'p')).returnvalue, {kept: true});
  assert.equal(runs, 3);
  assert.ok(!events.of('p').includes('waiting-children'));
}, {spoil: {fields: {finish: (x) => ({...x, outcome: x.outcome && 'failed_final'})}}});

check('a Node.js job that waits for children is woken by ours', async (at) => {
  const events = await at.events();
  const theirs = at.queue();
  const ours = await at.bridge();
  const other = `${at.name}-children`;
  const kids = await (async () => {
    const place = Object.create(at, {name: {value: other}});
    return place.bridge();
  })();
  await kids.work((job) => kids.finish(job, {value: job.id}));
  at.worker(async (job, token) => {
    const values = Object.values(await job.getChildrenValues());
    if (values.length)
      return values;
    await ours.tool('add_flow', {
      flow: {name: 'child', queueName: other, opts: {jobId: 'kid', parent: {id: job.id, queue: job.queueQualifiedName}}}
    });
    if (await job.moveToWaitingChildren(token))
      throw new WaitingChildrenError();
  });
  await theirs.add('x', {}, {jobId: 'p'});
  assert.deepEqual((await events.until('completed', 'p')).returnvalue, ['kid']);
}, {spoil: {drop: ['finish']}});

check('a parent with a failed or a pending child is not completed by our worker either', async (at) => {
  const events = await at.events();
  const ours = await at.bridge({concurrency: 1});
  const theirs = at.queue();
  const parent = (id) => ({parent: {id, queue: `bull:${at.name}`}});
  await ours.work(async (job) => {
    if (job.id === 'pending' && job.attempts_made === 0)
      await ours.tool('add_job', {name: 'x', opts: {jobId: 'kid', delay: 60_000, ...parent('pending')}});
    if (job.id === 'pending' && job.attempts_made === 1)
      await theirs.getJob('kid').then((kid) => kid.remove());
    if (job.id === 'unlucky') {
      // A child that has failed already, as its worker would record it.
      const client = await theirs.client;
      await client.zadd(`bull:${at.name}:unlucky:unsuccessful`, Date.now(), `bull:${at.name}:gone`);
    }
    await ours.finish(job, {value: 1});
  });
  await theirs.add('x', {}, {jobId: 'pending', attempts: 2});
  await events.until('completed', 'pending');
  assert.match((await theirs.getJob('pending')).stacktrace.join(),
               /Job pending has pending dependencies. moveToFinished/);
  await theirs.add('x', {}, {jobId: 'unlucky', attempts: 5});
  await events.until('failed', 'unlucky');
  const failed = await theirs.getJob('unlucky');
  assert.equal(failed.failedReason,
               'Cannot complete job unlucky because it has at least one failed child. moveToFinished');
  assert.equal(failed.attemptsMade, 1);
}, {spoil: {drop: ['add_job']}});

check('children: either side removes one (removeChildDependency), and all unprocessed ones', async (at) => {
  const events = await at.events();
  const ours = await at.bridge();
  const theirs = at.queue();
  await make.node(at, ours, node(at, 'a', [node(at, 'a1', [], {delay: 60_000}), node(at, 'a2', [], {delay: 60_000})]));
  const key = `bull:${at.name}:a`;
  assert.equal(await ours.tool('remove_child_dependency', {id: 'a1', parent_key: key}), 0);
  assert.equal(await ours.tool('remove_child_dependency', {id: 'a1', parent_key: key}), 1);
  assert.equal(await theirs.getJobState('a'), 'waiting-children');
  await (await theirs.getJob('a2')).removeChildDependency();
  await events.until('waiting', 'a');
  await make.us(at, ours, node(at, 'b', [node(at, 'b1'), node(at, 'b2')]));
  await ours.tool('remove_unprocessed_children', {id: 'b'});
  assert.equal(await theirs.getJob('b1'), undefined);
  await make.us(at, ours, node(at, 'c', [node(at, 'c1')]));
  await (await theirs.getJob('c')).removeUnprocessedChildren();
  assert.equal(await theirs.getJob('c1'), undefined);
  await make.node(at, ours, node(at, 'd', [node(at, 'd1')]));
  await ours.tool('remove', {id: 'd', children: true});
  assert.equal(await theirs.getJob('d1'), undefined);
}, {spoil: {drop: ['remove_unprocessed_children']}});

check('a flow is added whole or not at all, though Redis forgets its scripts', async (at) => {
  const ours = await at.bridge();
  const theirs = at.queue();
  const client = await theirs.client;
  for (let i = 0; i < 20; ++i) {
    await client.script('FLUSH');
    await make.us(at, ours, node(at, `p${i}`, [
                    node(at, `k${i}`), node(at, `l${i}`, [], {delay: 60_000}), node(at, `m${i}`, [], {priority: 1})
                  ]));
    assert.equal((await ours.tool('pending_children', {id: `p${i}`})).length, 3);
  }
  const wrong = await ours.say('add_flow', {flow: node(at, 'q', [node(at, 'q1'), node(at, '17')])});
  assert.equal(wrong.code, 'invalid');
  assert.equal(await theirs.getJob('q'), undefined);
  assert.equal(await theirs.getJob('q1'), undefined);
}, {spoil: {fields: {add_flow: withoutChildren}}});
