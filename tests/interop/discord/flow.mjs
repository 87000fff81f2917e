// (1) The unmodified discord.js performs the whole flow. Run once as it is (zlib-stream) and once with -r
// lib/without-zlib.cjs.
import { equal, expect, finish, test } from './lib/check.mjs';
import { flow } from './lib/flow.mjs';
import { startSandbox } from './lib/sandbox.mjs';

const compressed = !process.execArgv.some((arg) => arg.includes('without-zlib'));
const sandbox = await startSandbox();
console.log(`discord.js ${compressed ? 'with zlib-stream' : 'without compression'}`);
const { client } = await flow(sandbox);

await test('the transport was what this run is about, and nothing was refused', async () => {
  const { sessions } = await sandbox.control('GET', 'gateway');
  equal(
    sessions.map((s) => s.compressed),
    [compressed],
    'compressed',
  );
  const figures = await sandbox.control('GET', 'statistics');
  equal(figures.rate_limited, { user: 0, global: 0, shared: 0, banned: 0 }, '429s');
  equal(figures.invalid_requests, 0, 'invalid requests');
  equal(figures.duplicates, {}, 'duplicate names');
  expect(figures.peak_per_second <= 50, 'at most 50 in any second');
});
await client.destroy();
await test('the sandbox ends cleanly', () => sandbox.stop());
finish();
