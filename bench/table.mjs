// Writes the table of results.json into a page, between its two marks; everything else of the page stays as it is.
//   node bench/table.mjs bench/results.json README.md
import {readFileSync, renameSync, writeFileSync} from 'node:fs';

const [results, page] = process.argv.slice(2);
const begin = '<!-- bench/table.mjs writes from here -->', end = '<!-- to here -->';

const number = (x) => (Math.abs(x) >= 1e5 ? `${+(x / 1e3).toPrecision(4)} k` : String(x));
const verdict = {true: 'holds', false: '**missed**', null: ''};
const cells = (row) => [
  row.name, `${number(row.ours)} ${row.unit}`, row.peer === null ? '' : `${row.peer_name}: ${number(row.peer)}`,
  row.ratio === null ? '' : String(row.ratio), (row.goal ?? '').replace('>=', '≥').replace('<=', '≤'),
  verdict[row.holds]
];
const line = (list) => `| ${list.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const rows = JSON.parse(readFileSync(results, 'utf8'));
const commits = [...new Set(rows.map((row) => row.commit))];
const table = [
  line(['figure', 'ours', 'beside it', 'ratio', 'goal', '']), '|---|---|---|---|---|---|',
  ...rows.map(cells).map(line), '',
  `Measured at ${commits.map((commit) => `\`${commit}\``).join(', ')}.`
];

const text = readFileSync(page, 'utf8');
const from = text.indexOf(begin), to = text.indexOf(end);
if (from < 0 || to < from) throw new Error(`${page} lacks the marks "${begin}" and "${end}"`);
writeFileSync(`${page}.new`, `${text.slice(0, from + begin.length)}\n${table.join('\n')}\n${text.slice(to)}`);
renameSync(`${page}.new`, page);
