// The peer of gateway_bench: the unmodified discord.js at our recorded gateway. It reads the same fields as our
// handler, by its cheapest accessors, and prints what it took as one line of JSON.
//   node [-r tests/interop/discord/lib/without-zlib.cjs] bench/peers/gateway_client.mjs PORT WHAT WARM_UP COUNT
// WHAT: messages | members | guilds. Without zlib-sync discord.js speaks to the gateway uncompressed.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';

// The packages lie in build/interop (tests/interop/setup), which is no parent of this file.
const require = createRequire(new URL('../../build/interop/package.json', import.meta.url));
const {Client, GatewayIntentBits} = require('discord.js');

const [port, what] = process.argv.slice(2);
const [warmUp, count] = process.argv.slice(4).map(Number);
const client = new Client({
  intents: ['Guilds', 'GuildMembers', 'GuildMessages', 'MessageContent'].map((name) => GatewayIntentBits[name]),
  waitGuildTimeout: 600_000,
  rest: {api: `http://127.0.0.1:${port}/api`},
  ws: {buildIdentifyThrottler: async () => ({waitForIdentify: async () => {}})},
});

const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
const began = process.hrtime.bigint();
let start = began;
let used = process.cpuUsage();
function finish(seen, checksum) {
  const {user, system} = process.cpuUsage(used);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  console.log(JSON.stringify({seconds, cpu_us: user + system, seen, checksum, resident_kb: resident()}));
  process.exit(0);
}

let seen = 0;
let checksum = 0;
function note(value) {
  seen += 1;
  if (seen === warmUp) {
    start = process.hrtime.bigint();
    used = process.cpuUsage();
    checksum = 0;
    return;
  }
  checksum += value();
  if (seen === warmUp + count) finish(seen - warmUp, checksum);
}
const tail = (id) => Number(id.slice(-6));
const ofMember = (member) => {
  let sum = tail(member.guild.id) + tail(member.id) + (member.pending ? 1 : 0);
  for (const role of member._roles) sum += tail(role);
  return sum;
};

if (what === 'messages')
  client.on('messageCreate', (message) =>
    note(
      () =>
        tail(message.id) + tail(message.channelId) + tail(message.guildId) + tail(message.author.id) +
        message.content.length + (message.author.bot ? 1 : 0)));
if (what === 'members') {
  client.on('guildMemberUpdate', (_, member) => note(() => ofMember(member)));
  client.on('guildMemberAvailable', (member) => note(() => ofMember(member)));
}
if (what === 'guilds')
  client.once('clientReady', () => {
    for (const id of client.guilds.cache.keys()) checksum += tail(id);
    finish(client.guilds.cache.size, checksum);
  });
await client.login('token');
