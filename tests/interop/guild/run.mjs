// The finished guild, read by the unmodified discord.js, against the manifest in the object store, whose signature is
// verified here; and what happens when either is tampered with.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { equal, expect, finish, test } from '../discord/lib/check.mjs';
import { makeClient, once } from '../discord/lib/client.mjs';
import { differences } from './lib/compare.mjs';
import { canonical, fault } from './lib/signed.mjs';
import { startStack, textOf } from './lib/stack.mjs';

const { AuditLogEvent, Events } = createRequire(import.meta.url)('discord.js');
let stack, community, keys, file, bytes, manifest, guild;
const { id, shadow } = await (async () => {
  await test('one onboarding completes', async () => {
    stack = await startStack();
    community = await stack.community();
    expect(
      community.newest?.version === 1 && community.newest.state === 'completed',
      `a completed deployment, not: ${community.text}`,
    );
  });
  if (!community) finish();
  return community;
})();

await test('RFC 8785: our canonical form here gives the vectors of the RFC', async () => {
  equal(
    canonical({
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\\"\/',
      literals: [null, true, false],
    }),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    'section 3.2.2',
  );
  equal(
    canonical({ '\u20ac': 1, '\r': 2, '\ufb33': 3, 1: 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }),
    '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    'section 3.2.3',
  );
});

await test('the manifest in the object store verifies under the public key, in Node.js', async () => {
  keys = JSON.parse((await stack.ctl('manifest', 'keys')).out);
  file = stack.manifestFile(id, 1);
  bytes = readFileSync(file, 'utf8');
  equal(fault(bytes, keys), null, 'fault');
  manifest = JSON.parse(bytes).content;
  equal([JSON.parse(bytes).version, JSON.parse(bytes).communityId], [1, id], 'version and community');
});

await test('negative control: a manifest with one changed byte anywhere does not verify', async () => {
  let tried = 0;
  for (let i = 0; i < bytes.length - 1; i += 7) {
    // the last byte is the line's end
    const changed = bytes[i] === '1' ? '2' : '1';
    expect(
      fault(bytes.slice(0, i) + changed + bytes.slice(i + 1), keys) !== null || isUnsigned(i),
      `a fault at byte ${i}: ${bytes.slice(i - 20, i + 20)}`,
    );
    tried += 1;
  }
  expect(tried > 100, 'many places');
});
/// createdBy stands in the object for people; the signature covers community, version, content, previous and time.
function isUnsigned(i) {
  const from = bytes.indexOf('"createdBy":"');
  return i >= from && i < bytes.indexOf('",', from);
}

await test('negative control: a manifest changed on disk is refused by arrakisctl, accepted when mended', async () => {
  equal((await stack.ctl('manifest', 'verify', id)).code, 0, 'code before');
  writeFileSync(file, bytes.replace('"hoist":true', '"hoist":false'));
  const seen = await stack.ctl('manifest', 'verify', id);
  writeFileSync(file, bytes);
  expect(seen.code !== 0 && /not verify|corrupt|not what|digest/.test(seen.out), `a refusal, not: ${seen.out}`);
  equal((await stack.ctl('manifest', 'verify', id)).code, 0, 'code after');
});

const { client } = makeClient({ api: `${stack.discord}/api` });
await test('discord.js logs in and finds the guild', async () => {
  const ready = once(client, Events.ClientReady);
  await client.login(stack.token);
  await ready;
  guild = client.guilds.cache.get(stack.guild);
  expect(guild, 'the guild');
  await Promise.all([guild.roles.fetch(undefined, { force: true }), guild.channels.fetch(undefined, { force: true })]);
});
if (!guild || !manifest) finish();

await test('every managed field of every role, category and channel equals the manifest', async () => {
  const { lines, fields } = differences(manifest, guild, shadow, stack.bot);
  equal(lines, [], 'differences');
  console.log(
    `        ${manifest.roles.length} roles, ${manifest.categories.length} categories, ` +
      `${manifest.channels.length} channels, ${fields} fields`,
  );
  expect(manifest.roles.length >= 3 && manifest.channels.length >= 5 && fields > 30, 'a guild worth comparing');
});

await test('the shadow state names the resources of the manifest and nothing else, each once', async () => {
  const wanted = [
    ...manifest.roles.filter((r) => !r.existingRoleId).map((r) => `role ${r.id}`),
    ...manifest.categories.map((c) => `category ${c.id}`),
    ...manifest.channels.map((c) => `channel ${c.id}`),
  ];
  equal([...shadow.keys()].sort(), wanted.sort(), 'resources');
  equal(new Set(shadow.values()).size, wanted.length, 'different snowflakes');
});

await test('the role of a better tier stands above that of a lesser one, and all below the bot', async () => {
  const order = [...manifest.tiers]
    .sort((a, b) => a.minRank - b.minRank)
    .map((t) => guild.roles.cache.get(shadow.get(`role ${manifest.roles.find((r) => r.tierId === t.id).id}`)));
  for (let i = 1; i < order.length; ++i)
    expect(order[i - 1].comparePositionTo(order[i]) > 0, `${order[i - 1].name} above ${order[i].name}`);
  expect(guild.members.me.roles.highest.comparePositionTo(order[0]) > 0, 'the bot above all');
});

await test('the audit log tells of each role and channel once, by our bot, with a reason', async () => {
  for (const [type, prefix] of [
    [AuditLogEvent.RoleCreate, 'role '],
    [AuditLogEvent.ChannelCreate, 'c'],
  ]) {
    const { entries } = await guild.fetchAuditLogs({ type, limit: 100 });
    for (const [key, snowflake] of shadow)
      if (key.startsWith(prefix)) {
        const told = entries.filter((e) => e.targetId === snowflake);
        equal([told.size, told.first()?.executorId], [1, stack.bot], key);
        expect(told.first().reason?.includes('rrakis'), `a reason, not ${told.first().reason}`);
      }
  }
});

const ask = async () =>
  textOf(
    (
      await stack.sandbox('POST', 'interactions', {
        command: 'reconcile',
        user: stack.owner,
        guild: stack.guild,
        channel: stack.channel,
      })
    ).message,
  );
await test('/reconcile sees that the server matches the plan', async () => {
  const said = await ask();
  expect(said.includes('Matches the plan'), `a match, not: ${said}`);
});

await test('negative control: of one role renamed by hand comparison and /reconcile report just that', async () => {
  const wanted = manifest.roles[1];
  const role = shadow.get(`role ${wanted.id}`);
  const rename = async (name) => {
    const told = once(client, Events.GuildRoleUpdate, (_, now) => now.id === role && now.name === name);
    await stack.sandbox('PATCH', `as/${stack.owner}/guilds/${stack.guild}/roles/${role}`, { name });
    await told;
  };
  await rename('Harkonnen');
  equal(
    differences(manifest, guild, shadow, stack.bot).lines,
    [`role ${wanted.id}: name is "Harkonnen", should be ${JSON.stringify(wanted.name)}`],
    'differences',
  );
  const said = await ask();
  expect(
    said.includes('Differs from the plan') && said.includes(wanted.name) && said.includes('name'),
    `the drift, not: ${said}`,
  );
  console.log(
    `        ${said
      .split('\n')
      .filter((line) => line.startsWith('•'))
      .join(' ')}`,
  );
  await rename(wanted.name);
  expect((await ask()).includes('Matches the plan'), 'a match after mending');
});

await client.destroy();
await test('everything ends cleanly', async () => {
  const code = await stack.stop();
  equal(code, 0, `demo said:\n${stack.said().slice(-3000)}\nexit code`);
});
finish();
