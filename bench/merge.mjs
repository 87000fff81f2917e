// Puts what programs of bench/ found into results.json, in place of what the same programs had found before, and shows
// the table.
//   node bench/merge.mjs bench/results.json COMMIT name.json...
import {existsSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {basename} from 'node:path';

import {faultOf} from './rows.mjs';

const [file, commit, ...parts] = process.argv.slice(2);
const subject = (row) => row.name.split(':')[0];
const measured = new Set(parts.map((part) => basename(part, '.json')));
const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
const kept = before.filter((row) => !measured.has(subject(row)));
const found = parts.flatMap((part) => JSON.parse(readFileSync(`build/release/bench/${part}`, 'utf8')))
  .map(({samples, ...row}) => ({...row, commit, samples}));
for (const row of found)
  if (!measured.has(subject(row))) throw new Error(`"${row.name}" does not begin with the name of its program`);
const rows = [...kept, ...found];
for (const row of rows)
  if (faultOf(row)) throw new Error(`"${row.name}" is no row: ${faultOf(row)}`);
writeFileSync(`${file}.new`, `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`);
renameSync(`${file}.new`, file);

const verdict = {true: 'holds', false: 'MISSED', null: ''};
for (const row of rows)
  console.log([
    row.name, `${row.ours} ${row.unit}`, row.peer === null ? '' : `${row.peer} (${row.peer_name})`,
    row.ratio === null ? '' : `ratio ${row.ratio}`, row.goal ?? '', verdict[row.holds]
  ].filter(Boolean).join(' | '));
