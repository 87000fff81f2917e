// Our queue against the unmodified npm package bullmq, both ways. Ours is driven through queue_bridge (see its README).
//   tests/interop/queue/run.mjs [smoke]     smoke: the checks marked so, for `make test`; else each check, then each
//   twin ONLY=text: the checks whose name has it. VERBOSE=1: stacks, and why each twin failed.
import './adding.mjs';
import './basics.mjs';
import './flows.mjs';
import './operating.mjs';
import './recovery.mjs';
import './schedules.mjs';
import './working.mjs';

import {existsSync, rmSync} from 'node:fs';

import {checks} from './checks.mjs';
import {bridgeProgram, folder, hurry, patience, Place, startRedis, strays, within} from './lib.mjs';

const smokeOnly = process.argv[2] === 'smoke';
let passed = 0;
let failed = 0;
const note = (ok, what, why = '') => {
  ok ? passed += 1 : failed += 1;
  console.log(`${ok ? 'ok' : 'not ok'} queue: ${what}${why && `\n    ${why.replaceAll('\n', '\n    ')}`}`);
};

// The error that it ended with; undefined: it passed.
async function outcome({run}, place) {
  strays.length = 0;
  try {
    await within(run(place), 'end of the check', 3 * patience);
    return strays[0];
  } catch (error) {
    return error;
  } finally {
    await within(place.close(), 'end of the clients', patience).catch((error) => console.log(`    ${error.message}`));
  }
}

const words = (error) => process.env.VERBOSE ? error.stack : error.message;

async function main() {
  if (!existsSync(bridgeProgram))
    throw new Error(`${bridgeProgram} is not built: tools/build dev queue_bridge`);
  const server = await startRedis();
  try {
    const chosen = checks.filter((each) => (!smokeOnly || each.smoke) && each.name.includes(process.env.ONLY ?? ''));
    for (const [number, each] of chosen.entries()) {
      const error = await outcome(each, new Place(`interop-${number}`));
      note(!error, each.name, error && words(error));
    }
    // With what it watches spoiled, a check must fail.
    hurry(10);
    for (const [number, each] of smokeOnly ? [] : chosen.filter(({twin}) => twin).entries()) {
      const error = await outcome(each, new Place(`twin-${number}`, each.twin));
      note(error, `twin: ${each.name}`, process.env.VERBOSE && error ? error.message : error ? '' : 'it passed');
    }
  } finally {
    server.removeAllListeners('exit');
    server.kill('SIGKILL');
    rmSync(folder, {recursive: true, force: true});
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}

await main();
