// Writes the C++ file that holds BullMQ's Lua scripts (see bullmq.cmake). Arguments: the header that names the wanted
// ones, and the file to write. The package is fetched once into build/tools/bullmq; its hash is verified each time.
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

const version = '5.66.4';
// `npm view bullmq@5.66.4 dist.integrity`; the same as in tests/interop/package-lock.json.
const integrity = 'sha512-y2VRk2z7d1YNI2JQDD7iThoD0X/0iZZ3VEp8lqT5s5U0XDl9CIjXp1LQgmE9EKy6ReHtzmYXS1f328PnUbZGtQ==';
// The portable limit of a C++ string literal ([implimits]).
const literalMax = 65535;

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const [header, output] = process.argv.slice(2);
if (!header || !output)
  fail('usage: bullmq.mjs HEADER OUTPUT.cpp');

function fail(why) {
  console.error(`bullmq.mjs: ${why}`);
  process.exit(1);
}

const hashOf = (bytes) => `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

// The verified tarball, from the build folder or else from the registry through npm.
function tarball() {
  const folder = join(root, 'build/tools/bullmq');
  const file = join(folder, `bullmq-${version}.tgz`);
  if (!existsSync(file) || hashOf(readFileSync(file)) !== integrity) {
    mkdirSync(folder, {recursive: true});
    const work = mkdtempSync(join(folder, 'fetch-'));
    try {
      execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', work, `bullmq@${version}`], {
        cwd: work,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const [name] = readdirSync(work).filter((each) => each.endsWith('.tgz'));
      const fetched = join(work, name ?? '');
      const found = hashOf(readFileSync(fetched));
      if (found !== integrity)
        fail(`bullmq@${version} is not the package that was pinned: ${found}`);
      renameSync(fetched, file);
    } finally {
      rmSync(work, {recursive: true, force: true});
    }
  }
  return file;
}

function unpacked() {
  const folder = mkdtempSync(join(root, 'build/tools/bullmq/unpack-'));
  execFileSync('tar', ['xzf', tarball(), '-C', folder, 'package/LICENSE', 'package/dist/cjs/scripts']);
  return folder;
}

// "moveToActive" with 11 keys is move_to_active_11; "getStateV2" is get_state_v2_8.
const nameOf = (script, keys) => `${script.replace(/(?<=[a-z0-9])[A-Z]/g, (c) => `_${c}`).toLowerCase()}_${keys}`;

function script(name, text, file) {
  if (Buffer.byteLength(text) > literalMax || text.includes(')lua"'))
    fail(`${file}: no C++ literal can hold it`);
  return {name, text, sha1: createHash('sha1').update(text).digest('hex')};
}

function scripts(folder) {
  const found = new Map();
  for (const file of readdirSync(folder).filter((name) => /-\d+\.js$/.test(name))) {
    const source = readFileSync(join(folder, file), 'utf8');
    const parts =
      /const content = `([^`]*)`;\nexports\.\w+ = \{\n\s+name: '(\w+)',\n\s+content,\n\s+keys: (\d+),\n\};/.exec(
        source);
    // In a template literal these would make the text differ from the value that Node.js sends.
    if (!parts || /\$\{|\\/.test(parts[1]))
      fail(`${file}: not of the form that this step reads`);
    const [, text, name, keys] = parts;
    found.set(nameOf(name, keys), script(name, text, file));
  }
  return found;
}

// A script of ours in which one of BullMQ's stands whole: `complete_14` is complete.lua beside the header. It may ask
// for the functions alone, so BullMQ's text goes in up to the line that is named, and from that line on.
function ours(name, from) {
  const [, short] = /^(\w+)_\d+$/.exec(name);
  const file = `${short}.lua`;
  const source = join(dirname(resolve(header)), file);
  if (!existsSync(source))
    return undefined;
  const template = readFileSync(source, 'utf8');
  const split = /^ *--# before: (.*)$/m.exec(template)?.[1];
  const halves = from.text.split(`\n${split}\n`);
  if (halves.length !== 2)
    fail(`${from.name} of bullmq ${version} has no line, or several, of: ${split}`);
  const text = template.replace(/^ *--# before: .*$/m, () => halves[0])
                 .replace(/^ *--# after$/m, () => `${split}\n${halves[1]}`);
  return script(short, text, file);
}

const folder = (mkdirSync(join(root, 'build/tools/bullmq'), {recursive: true}), tarball(), unpacked());
try {
  const licence = readFileSync(join(folder, 'package/LICENSE'), 'utf8').trim();
  if (!readFileSync(join(root, 'NOTICE'), 'utf8').includes(licence))
    fail('NOTICE does not carry the licence of the package');
  const found = scripts(join(folder, 'package/dist/cjs/scripts'));
  const wanted = [...readFileSync(header, 'utf8').matchAll(/^extern const redis::script (\w+);/gm)].map(
    (match) => match[1]);
  const include = resolve(header).slice(root.length + 1);
  let text = `// Written by config/build/bullmq.mjs out of npm's bullmq ${version} (MIT, see NOTICE).\n#include "${
    include}"\n\n`;
  text += 'namespace arrakis::queue::lua {\n';
  for (const each of wanted) {
    const made = found.get(each) ?? ours(each, found.get('move_to_finished_14'));
    if (!made)
      fail(`bullmq ${version} has no script ${each}; it has ${[...found.keys()].sort().join(' ')}`);
    text += `const redis::script ${each}{"${made.name}", "${made.sha1}", R"lua(${made.text})lua"};\n`;
  }
  text += '} // namespace arrakis::queue::lua\n';
  mkdirSync(dirname(output), {recursive: true});
  writeFileSync(`${output}.new`, text);
  renameSync(`${output}.new`, output);
} finally {
  rmSync(folder, {recursive: true, force: true});
}
