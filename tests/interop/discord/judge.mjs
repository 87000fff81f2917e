// Judges a transcript of the sandbox (--transcript): every REST answer and every dispatch of a client's flow is what
// Discord's own descriptions say.  Usage: judge.mjs NAME FILE [--learn]
// schemas/optional.json lists, for each kind, the fields that the descriptions leave optional; every other field is
// required, and the judge must miss it when it is dropped. --learn adds to the list; read what it adds before you
// keep it.
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import readline from 'node:readline';
import { expect, finish, test } from './lib/check.mjs';
import { faultOfAnswer, faultOfDispatch, ruleOf } from './lib/schemas.mjs';

const [name, file, learn] = process.argv.slice(2);
// Of each kind of dispatch and answer the first one, for the mutation check.
const samples = new Map();
const faults = { answer: new Map(), dispatch: new Map() };
const counts = { answer: 0, dispatch: 0 };

function note(kind, fault) {
  counts[kind] += 1;
  if (!fault) return;
  const general = fault.replace(/\d{17,20}/g, 'ID').replace(/it-ID-\w+/g, 'TOKEN');
  faults[kind].set(general, (faults[kind].get(general) ?? 0) + 1);
}

function keep(kind, body, check) {
  if (!samples.has(kind)) samples.set(kind, { body, check });
}

for await (const line of readline.createInterface({ input: createReadStream(file) })) {
  const entry = JSON.parse(line);
  if (entry.answer) {
    note('answer', faultOfAnswer(entry.answer));
    const { method, path, status, text } = entry.answer;
    const rule = ruleOf(method, path, status);
    const body = text && status < 300 ? JSON.parse(text) : null;
    if (rule && body && !Array.isArray(body)) keep(`${rule.expression}`, body, (mutant) =>
      faultOfAnswer({ ...entry.answer, text: JSON.stringify(mutant) }));
  }
  if (entry.dispatch) {
    note('dispatch', faultOfDispatch(entry.dispatch));
    const { t, d: told } = entry.dispatch;
    const kind = t === 'INTERACTION_CREATE' ? `${t} ${told.type}${told.guild_id ? '' : ' direct'}` : t;
    keep(kind, told, (d) => faultOfDispatch({ ...entry.dispatch, d }));
  }
}

for (const kind of ['answer', 'dispatch'])
  await test(`${name}: every ${kind} of ${counts[kind]} validates`, () => {
    expect(counts[kind] > 0, `an ${kind} in the transcript`);
    const found = [...faults[kind]].map(([fault, times]) => `${times} x ${fault}`);
    for (const line of found) console.log(`        ${line.slice(0, 400)}`);
    expect(!found.length, `no faults, and there are ${found.length} kinds`);
  });

/// Every field of a body at any depth, of a list those of its first element: [path, the body without it].
function* dropped(body, path = '') {
  for (const [key, value] of Object.entries(body)) {
    const at = Array.isArray(body) ? `${path}[]` : path ? `${path}.${key}` : key;
    if (!Array.isArray(body)) {
      const { [key]: _, ...mutant } = body;
      yield [at.replace(/\d{17,20}/g, '*'), mutant];
    }
    if (value === null || typeof value !== 'object') continue;
    for (const [inner, mutant] of dropped(value, at)) {
      const whole = Array.isArray(body) ? [...body] : { ...body };
      whole[key] = mutant;
      yield [inner, whole];
    }
    if (Array.isArray(body)) break;
  }
}

const list = new URL('schemas/optional.json', import.meta.url);
const optional = JSON.parse(readFileSync(list));
await test(`${name}: mutation: of ${samples.size} kinds each required field is missed when it is dropped`, () => {
  let missed = 0;
  let free = 0;
  const unnoticed = [];
  for (const [kind, { body, check }] of samples)
    for (const [path, mutant] of dropped(body)) {
      if (check(mutant) !== '') missed += 1;
      else if (optional[kind]?.includes(path)) free += 1;
      else unnoticed.push([kind, path]);
    }
  console.log(`        ${missed} required fields missed, ${free} are optional`);
  if (learn === '--learn') {
    for (const [kind, path] of unnoticed) optional[kind] = [...(optional[kind] ?? []), path].sort();
    const lines = Object.keys(optional)
      .sort()
      .map((kind) => `${JSON.stringify(kind)}:${JSON.stringify(optional[kind])}`);
    writeFileSync(list, `{${lines.join(',\n')}}\n`);
  }
  expect(!unnoticed.length, `to miss ${JSON.stringify(unnoticed.slice(0, 20))}`);
});
finish();
