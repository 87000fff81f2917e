// A test harness of one screen: sentences, a count, an exit code.
import { isDeepStrictEqual } from 'node:util';

let passed = 0;
const failures = [];

export async function test(sentence, run) {
  const began = Date.now();
  try {
    await run();
    passed += 1;
    console.log(`  ok    ${sentence} (${Date.now() - began} ms)`);
  } catch (error) {
    failures.push(sentence);
    console.log(
      `  FAIL  ${sentence}\n        ${String(error?.stack ?? error)
        .split('\n')
        .slice(0, 6)
        .join('\n        ')}`,
    );
  }
}

export function expect(condition, what) {
  if (!condition) throw new Error(`expected ${what}`);
}

export function equal(actual, wanted, what = 'value') {
  if (!isDeepStrictEqual(actual, wanted))
    throw new Error(`${what}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(actual)}`);
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/// Waits until `look` returns a true value, and returns it.
export async function until(look, what, ms = 30_000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(20);
  }
}

/// Prints the closing line and ends the process.
export function finish() {
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exit(failures.length ? 1 : 0);
}
