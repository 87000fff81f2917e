// The list of checks. A check is a sentence, what it does at a place (lib.mjs), and how it can fail:
//   smoke   part of `make test`
//   ours    what our side does in it: produces, works, operates, reads (for the table of README.md)
//   twin    what is spoiled so that it must fail: {bridge, worker: options; drop: requests of the bridge that never
//           arrive; fields: {request: f}, which changes what it asks for; processor: f, which wraps the Node.js one}
export const checks = [];
export const check = (name, run, {smoke = false, twin} = {}) => checks.push({name, run, smoke, twin});
