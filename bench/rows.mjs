// Checks a row of results.json; README.md explains its fields.
export const fields = [
  'name', 'unit', 'ours', 'peer', 'peer_name', 'ratio', 'goal', 'holds', 'commit', 'samples'
];

const text = (x) => typeof x === 'string' && x !== '';
const number = (x) => typeof x === 'number' && Number.isFinite(x);
const numbers = (x) => Array.isArray(x) && x.every(number);
const rounds_min = 3;

/// Why this is no row; empty: it is one.
export function faultOf(row) {
  const found = Object.keys(row);
  if (found.join() !== fields.join())
    return `its fields are ${found}, not ${fields}`;
  if (!text(row.name) || !row.name.includes(': ') || !text(row.unit))
    return 'it lacks a name "program: figure" or a unit';
  const {ours, peer} = row.samples ?? {};
  if (!number(row.ours) || !numbers(ours) || !numbers(peer) || ours.length < rounds_min)
    return `it lacks a figure of ours, or the samples of ${rounds_min} rounds`;
  const beside = peer.length > 0;
  const has = [number(row.peer), text(row.peer_name), number(row.ratio)];
  if (beside ? has.includes(false) : [row.peer, row.peer_name, row.ratio].some((each) => each !== null))
    return 'peer, peer_name, ratio and the samples of the peer are there together, or null and none';
  if (row.goal === null ? row.holds !== null : !text(row.goal) || typeof row.holds !== 'boolean')
    return 'goal and holds are there together, or both null';
  return /^[0-9a-f]{12}(-dirty)?$/.test(row.commit) ? '' : `its commit is ${row.commit}`;
}
