// The node:test files of bench/, with the closing line of all the others here.
import {readdirSync} from 'node:fs';
import {run} from 'node:test';
import {fileURLToPath} from 'node:url';

const folder = fileURLToPath(new URL('../../../bench/', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.test.mjs')).map((name) => folder + name);
let passed = 0, failed = 0;
for await (const {type, data} of run({files, concurrency: true})) {
  if (!['test:pass', 'test:fail'].includes(type) || files.includes(data.name)) continue; // A file is no test.
  const ok = type === 'test:pass';
  ok ? passed += 1 : failed += 1;
  console.log(`${ok ? 'ok' : 'not ok'} bench: ${data.name}`);
  if (!ok)
    console.log(`    ${data.details.error.cause ?? data.details.error}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
