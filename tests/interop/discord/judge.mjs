// Judges a transcript of the sandbox (--transcript): every REST answer and every dispatch of a client's flow is what
// Discord's own descriptions say.  Usage: judge.mjs NAME FILE
import { createReadStream } from 'node:fs';
import readline from 'node:readline';
import { expect, finish, test } from './lib/check.mjs';
import { faultOfAnswer, faultOfDispatch, ruleOf } from './lib/schemas.mjs';

const [name, file] = process.argv.slice(2);
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
    keep(entry.dispatch.t, entry.dispatch.d, (d) => faultOfDispatch({ ...entry.dispatch, d }));
  }
}

for (const kind of ['answer', 'dispatch'])
  await test(`${name}: every ${kind} of ${counts[kind]} validates`, () => {
    expect(counts[kind] > 0, `an ${kind} in the transcript`);
    const found = [...faults[kind]].map(([fault, times]) => `${times} x ${fault}`);
    for (const line of found) console.log(`        ${line.slice(0, 400)}`);
    expect(!found.length, `no faults, and there are ${found.length} kinds`);
  });

// A field that the descriptions leave optional may go unnoticed; a kind of which no field is missed is not checked.
await test(`${name}: mutation: of each of ${samples.size} kinds a dropped field is caught`, () => {
  let caught = 0, all = 0;
  for (const [kind, { body, check }] of samples) {
    const keys = Object.keys(body);
    const noticed = keys.filter((key) => {
      const mutant = { ...body };
      delete mutant[key];
      return check(mutant) !== '';
    });
    caught += noticed.length;
    all += keys.length;
    expect(noticed.length > 0 || kind === 'RESUMED' || keys.length === 0, `a dropped field of ${kind} to be caught`);
  }
  console.log(`        ${caught} of ${all} fields`);
});
finish();
