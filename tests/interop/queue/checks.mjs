// The list of checks. A check is a sentence, what it does at a place (lib.mjs), and how it can fail:
//   smoke   part of `make test`
//   spoil   its negative control, with which it must fail: {bridge, worker: options; drop: requests of the bridge that
//           never arrive; fields: {request: f}, which changes a request; mute: methods of a Node.js queue that do
//           nothing; add: f, which changes the options of what it adds; more_ms: patience beside that of run.mjs, of a
//           check that by chance takes longer than it has just taken}
export const checks = [];
export const check = (name, run, {smoke = false, spoil} = {}) => checks.push({name, run, smoke, spoil});
// Sets the negative control of the one check whose name begins with `start`.
export function spoiled(start, spoil) {
  const found = checks.filter(({name}) => name.startsWith(start));
  if (found.length !== 1)
    throw new Error(`${found.length} checks begin with '${start}'`);
  found[0].spoil = spoil;
}
