// Our queue against the unmodified npm package bullmq, both ways. Ours is driven through queue_bridge (see its README).
//   tests/interop/queue/run.mjs [smoke]     smoke: the checks marked so, for `make test`; else each check and each
//                                         negative control
// ONLY=text: the checks whose name has it. VERBOSE=1: stacks, and why each negative control failed.
// UNSPOILED=1: negative controls with nothing spoiled, which must pass: so they fail by what they spoil, not by their
// shorter patience.
import './adding.mjs';
import './basics.mjs';
import './flows.mjs';
import './operating.mjs';
import './recovery.mjs';
import './schedules.mjs';
import './traps.mjs';
import './working.mjs';

import {existsSync} from 'node:fs';

import {checks} from './checks.mjs';
import {bridgeProgram, hurry, Place, startRedis, strays, within} from './lib.mjs';

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
    await within(run(place), 'end of the check', 3);
    return strays[0];
  } catch (error) {
    return error;
  } finally {
    await place.close();
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
      const began = Date.now();
      const error = await outcome(each, new Place(`interop-${number}`));
      each.took = Date.now() - began;
      note(!error, each.name, error && words(error));
    }
    const unspoiled = Boolean(process.env.UNSPOILED);
    for (const [number, each] of smokeOnly ? [] : chosen.filter(({spoil}) => spoil).entries()) {
      // A step that comes at all comes within the time of the whole check.
      hurry((each.spoil.more_ms ?? 1000) + 2 * each.took);
      const error = await outcome(each, new Place(`negative-control-${number}`, unspoiled ? {} : each.spoil));
      if (unspoiled)
        note(!error, `unspoiled: ${each.name}`, error && words(error));
      else // With what it watches spoiled, a check must fail.
        note(error, `negative control: ${each.name}`,
             process.env.VERBOSE && error ? error.message : error ? '' : 'it passed');
    }
  } finally {
    server.removeAllListeners('exit');
    server.kill('SIGKILL');
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}

await main();
