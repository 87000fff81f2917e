// Standard input: the generator's schema. Standard output: the same without prose, with what the generator gets
// wrong mended.
import { readFileSync } from 'node:fs';

const schema = JSON.parse(readFileSync(0, 'utf8'));
// Bit sets are enums in the types, but combinations of them are what is sent.
const bits = new Set(['flags', 'public_flags', 'system_channel_flags']);

function mend(node, key) {
  if (Array.isArray(node)) return node.map((each) => mend(each));
  if (node === null || typeof node !== 'object') return node;
  const out = {};
  for (const [name, value] of Object.entries(node)) {
    if (
      ['description', '$comment', 'deprecated', 'title', 'markdownDescription', 'default'].includes(name) &&
      typeof value !== 'object'
    )
      continue;
    if (name === 'enum' && Array.isArray(value) && value.length === 0) continue; // an empty one admits nothing
    out[name] =
      name === 'properties'
        ? Object.fromEntries(Object.entries(value).map(([field, sub]) => [field, mend(sub, field)]))
        : mend(value, name);
  }
  return bits.has(key) && (out.type || out.$ref || out.enum) ? { type: 'integer' } : out;
}

/// Keeps the definitions that are reached from the root, under short names.
function shorten(root) {
  const names = new Map();
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (typeof node.$ref === 'string') {
      const name = decodeURIComponent(node.$ref.replace('#/definitions/', ''));
      if (!names.has(name)) {
        names.set(name, `d${names.size}`);
        visit(root.definitions[name]);
      }
      node.$ref = `#/definitions/${names.get(name)}`;
    }
    for (const value of Object.values(node)) visit(value);
  };
  const frames = root.definitions.Frames;
  visit(frames);
  return {
    $schema: root.$schema,
    definitions: Object.fromEntries([...names].map(([name, short]) => [short, root.definitions[name]])),
    frames: frames.properties,
  };
}

process.stdout.write(`${JSON.stringify(shorten(mend(schema)))}\n`);
