// compile.mjs FOLDER: prints {compiler, openzeppelin, contracts: {name: bytecode}} of contracts/*.sol. FOLDER holds the
// node_modules with solc and OpenZeppelin (see regenerate).
import {readFileSync, readdirSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join, resolve} from 'node:path';

const folder = resolve(process.argv[2]);
const require = createRequire(join(folder, 'package.json'));
const solc = require('solc');
const sources = join(import.meta.dirname, 'contracts');
const names = readdirSync(sources).filter((name) => name.endsWith('.sol')).sort();

const input = {
  language: 'Solidity',
  sources: Object.fromEntries(names.map((name) => [name, {content: readFileSync(join(sources, name), 'utf8')}])),
  settings: {
    optimizer: {enabled: true, runs: 200},
    metadata: {bytecodeHash: 'none', appendCBOR: false}, // The same bytes wherever it is compiled.
    outputSelection: {'*': {'*': ['evm.bytecode.object']}},
  },
};
const read = (path) => ({contents: readFileSync(join(folder, 'node_modules', path), 'utf8')});
const output = JSON.parse(solc.compile(JSON.stringify(input), {import: read}));
const faults = (output.errors ?? []).filter((e) => e.severity === 'error');
if (faults.length > 0) {
  console.error(faults.map((e) => e.formattedMessage).join('\n'));
  process.exit(1);
}
const contracts = Object.fromEntries(names.map((name) => {
  const contract = name.replace(/\.sol$/, '');
  return [contract, '0x' + output.contracts[name][contract].evm.bytecode.object];
}));
const openzeppelin = JSON.parse(read('@openzeppelin/contracts/package.json').contents).version;
console.log(JSON.stringify({compiler: solc.version(), openzeppelin, contracts}, null, 1));
