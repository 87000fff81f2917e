// merge.mjs and table.mjs, as bench/run calls them, and the results that lie here.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

import {faultOf, fields} from './rows.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const begin = '<!-- bench/table.mjs writes from here -->', end = '<!-- to here -->';
const commit = '0123456789ab';
const measured = (name, more = {}) => ({
  name,
  unit: 'jobs/s',
  ours: 2,
  peer: 1,
  peer_name: 'a peer',
  ratio: 2,
  goal: 'ratio >= 1.4',
  holds: true,
  samples: {ours: [1, 2, 3], peer: [1, 1, 1]},
  ...more,
});
const alone = {peer: null, peer_name: null, ratio: null, goal: null, holds: null, samples: {ours: [1, 2, 3], peer: []}};
const row = ({samples, ...rest}) => ({...rest, commit, samples});

/// A folder with results, found rows and a page; what the scripts say, and what they leave.
function place(t, {results, found = {}, page}) {
  const folder = mkdtempSync(join(tmpdir(), 'arrakis-figures-'));
  t.after(() => rmSync(folder, {recursive: true, force: true}));
  mkdirSync(join(folder, 'build/release/bench'), {recursive: true});
  const put = (name, what) => writeFileSync(join(folder, name), typeof what === 'string' ? what : JSON.stringify(what));
  if (results)
    put('results.json', results);
  for (const [name, rows] of Object.entries(found))
    put(`build/release/bench/${name}.json`, rows);
  if (page !== undefined)
    put('page.md', page);
  const run = (script, ...words) =>
    spawnSync(process.execPath, [join(here, script), ...words], {cwd: folder, encoding: 'utf8'});
  return {
    merge: (...names) => run('merge.mjs', 'results.json', commit, ...names.map((name) => `${name}.json`)),
    table: () => run('table.mjs', 'results.json', 'page.md'),
    results: () => JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')),
    page: () => readFileSync(join(folder, 'page.md'), 'utf8'),
  };
}

test('merge: figures take the place of those that their program had, others stay, each row has its ten fields', (t) => {
  const other = row(measured('wizard: kept', {...alone}));
  const at = place(t, {
    results: [row(measured('queue: old')), other],
    found: {queue: [measured('queue: new'), measured('queue: alone', alone)]},
  });
  assert.equal(at.merge('queue').status, 0);
  assert.deepEqual(at.results(), [other, row(measured('queue: new')), row(measured('queue: alone', alone))]);
  for (const each of at.results())
    assert.deepEqual(Object.keys(each), fields);
});

test('merge: the first results need no file, and what is missed is said', (t) => {
  const at = place(t, {found: {queue: [measured('queue: slow', {ratio: 1, ours: 1, holds: false})]}});
  const {status, stdout} = at.merge('queue');
  assert.equal(status, 0);
  assert.match(stdout, /queue: slow \| 1 jobs\/s .* MISSED/);
  assert.equal(at.results().length, 1);
});

test('merge: what is no row, or of another program, is refused, and the file stays as it was', (t) => {
  const kept = [row(measured('queue: kept'))];
  const {unit, ...without} = measured('queue: x');
  const wrong = {
    'of another program': measured('wizard: x'),
    'lacks a field': without,
    'has one more': measured('queue: x', {note: 'x'}),
    'too few rounds': measured('queue: x', {samples: {ours: [1, 2], peer: [1, 1]}}),
    'a peer without a name': measured('queue: x', {peer_name: null}),
    'samples of nobody': measured('queue: x', {...alone, samples: {ours: [1, 2, 3], peer: [1, 1, 1]}}),
    'a goal without a verdict': measured('queue: x', {holds: null}),
    'no figure': measured('queue: x', {ours: null}),
  };
  for (const [what, each] of Object.entries(wrong)) {
    const at = place(t, {results: kept, found: {queue: [each]}});
    assert.notEqual(at.merge('queue').status, 0, what);
    assert.deepEqual(at.results(), kept, what);
  }
});

test('table: it fills what is between the marks and nothing else, and twice is the same as once', (t) => {
  const results = [
    row(measured('queue: a | b')), row(measured('queue: c', {ours: 123_456, goal: 'ours <= 5 ms', holds: false})),
    {...row(measured('wizard: d', alone)), commit: 'ba9876543210-dirty'}
  ];
  const at = place(t, {results, page: `before\n${begin}\nstale\n${end}\nafter\n`});
  assert.equal(at.table().status, 0);
  const once = at.page();
  assert.ok(once.startsWith(`before\n${begin}\n| figure |`) && once.endsWith(`\n${end}\nafter\n`), once);
  assert.ok(!once.includes('stale'));
  for (const line of ['| queue: a \\| b | 2 jobs/s | a peer: 1 | 2 | ratio ≥ 1.4 | holds |',
                      '| queue: c | 123.5 k jobs/s | a peer: 1 | 2 | ours ≤ 5 ms | **missed** |',
                      '| wizard: d | 2 jobs/s |  |  |  |  |',
                      'Measured at `0123456789ab`, `ba9876543210-dirty`.'])
    assert.ok(once.includes(`\n${line}\n`), `${line} in ${once}`);
  assert.equal(at.table().status, 0);
  assert.equal(at.page(), once);
});

test('table: a page without the marks is left as it is', (t) => {
  for (const page of ['nothing', `${end}\n${begin}\n`]) {
    const at = place(t, {results: [row(measured('queue: a'))], page});
    assert.notEqual(at.table().status, 0);
    assert.equal(at.page(), page);
  }
});

test('the results that lie here are rows whose figures agree, and README.md shows them', (t) => {
  const rows = JSON.parse(readFileSync(join(here, 'results.json'), 'utf8'));
  const near = (a, b) => Math.abs(a - b) <= 0.002 * Math.abs(b); // Each is rounded to four digits.
  const middle = (list) => {
    const sorted = [...list].sort((a, b) => a - b), half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  };
  for (const each of rows) {
    assert.equal(faultOf(each), '', each.name);
    assert.ok(near(each.ours, middle(each.samples.ours)), `${each.name}: the median of ours`);
    if (each.peer !== null)
      assert.ok(near(each.peer, middle(each.samples.peer)) && near(each.ratio, each.ours / each.peer), each.name);
    const [, of, than, limit] = /^(ratio|ours) (>=|<=) ([\d.]+)/.exec(each.goal) ?? [];
    if (of && !near(each[of], Number(limit)))
      assert.equal(each.holds, than === '>=' ? each[of] > Number(limit) : each[of] < Number(limit), each.name);
  }
  const folder = mkdtempSync(join(tmpdir(), 'arrakis-figures-'));
  t.after(() => rmSync(folder, {recursive: true, force: true}));
  const page = join(folder, 'README.md');
  cpSync(join(here, '../README.md'), page);
  execFileSync(process.execPath, [join(here, 'table.mjs'), join(here, 'results.json'), page]);
  assert.equal(readFileSync(page, 'utf8'), readFileSync(join(here, '../README.md'), 'utf8'));
});
