// Rendering of texts by the sandbox's page: of a message, of an address, of a command that is being typed. No server is
// needed: these are plain functions.
import { readFile } from 'node:fs/promises';
import { equal, finish, test } from './lib/check.mjs';

/// The page serves it as a module; to Node a .js file here is none.
async function module(name) {
  const source = await readFile(new URL(`../../../apps/sandbox/page/${name}`, import.meta.url), 'utf8');
  return import(`data:text/javascript,${encodeURIComponent(source)}`);
}
const { link, markdown } = await module('markdown.js');
const { completing, parseCommand, typed } = await module('completion.js');

const names = { role: () => 'r', user: () => 'u', channel: () => 'c' };
const html = (text) => markdown(text, names);

await test('markdown is shown, and markup of a stranger is not', () => {
  equal(html('**a** _b_ `c`'), '<strong>a</strong> <em>b</em> <code>c</code>');
  equal(html('<img src=x onerror=alert(1)>'), '&lt;img src=x onerror=alert(1)&gt;');
  equal(html('[x](javascript:alert(1))'), '[x](javascript:alert(1))');
});
await test('a backslash takes its meaning from every sign, as in Discord', () => {
  equal(html('\\*\\*a\\*\\*'), '**a**');
  equal(html('\\<\\@1\\>'), '&lt;@1&gt;');
  equal(html('\\`a\\`'), '`a`');
  equal(html('https\\://x'), 'https://x');
  equal(html('a\\\\b \\a'), 'a\\b \\a');
  equal(html('\\# a'), '# a');
  equal(html('`a` \\` `b`'), '<code>a</code> ` <code>b</code>');
});
await test('the negative control: without the backslash the same signs are markup', () => {
  equal(html('**a**'), '<strong>a</strong>');
  equal(html('<@1>'), '<span class="mention">@u</span>');
});
await test('a name in a mention is a name, whatever its owner called it', () => {
  for (const name of ['*a* **b** __c__ ~~d~~ _e_', '`f`', '[g](https://x/)', '<@1> <b>', '\u00010\u0001', '&lt;'])
    for (const [text, sign] of [
      ['<@&1>', '@'],
      ['<@1>', '@'],
      ['<#1>', '#'],
    ]) {
      const same = { role: () => name, user: () => name, channel: () => name };
      const want = name
        .replaceAll('\u0001', '')
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;');
      equal(markdown(`**${text}**`, same), `<strong><span class="mention">${sign}${want}</span></strong>`);
    }
});
await test('signs in an address are no markdown', () => {
  const link = (url, text) => `<a href="${url}" target="_blank" rel="noreferrer">${text}</a>`;
  equal(html('https://x/__a__/*b*'), link('https://x/__a__/*b*', 'https://x/__a__/*b*'));
  equal(html('[**y**](https://x/__a__)'), link('https://x/__a__', '<strong>y</strong>'));
});
await test('a timestamp is shown in its style, and one that no date holds as it was written', () => {
  const text = (stamp) => html(stamp).replace(/<[^>]*>/g, '');
  const at = new Date(1_900_000_000_000);
  equal(text('<t:1900000000:t>'), at.toLocaleString([], { timeStyle: 'short' }));
  equal(text('<t:1900000000:D>'), at.toLocaleString([], { dateStyle: 'long' }));
  equal(text(`<t:${Math.round(Date.now() / 1000) + 7200}:R>`), 'in 2 hours');
  equal(html('<t:99999999999999:t>'), '&lt;t:99999999999999:t&gt;');
});
await test('only addresses of http, https and discord can be clicked', () => {
  for (const good of ['https://x/', 'http://x', 'discord://-/channels/1']) equal(link(good), good);
  for (const bad of ['javascript:alert(1)', ' java\nscript:alert(1)', 'data:text/html,x', 'file:///x', 'x', undefined])
    equal(link(bad), undefined);
});
await test('of a command that is typed, the option at the end is completed, if its application offers values', () => {
  const options = [{ name: 'what', autocomplete: true }, { name: 'in' }];
  const commands = [{ name: 'lookup', options }, { name: 'x' }];
  const at = (text) => completing(text, commands);
  equal(parseCommand('/lookup what: "spice melange" in:x'), {
    name: 'lookup',
    options: { what: 'spice melange', in: 'x' },
  });
  equal(at('/lookup in: a what: mel'), {
    command: 'lookup',
    option: 'what',
    options: { in: 'a', what: 'mel' },
    before: '/lookup in: a what: ',
  });
  equal(at('/lookup what:').options, { what: '' });
  equal(at('/lookup what: "spice m').options, { what: 'spice m' });
  for (const other of ['lookup what: x', '/lookup', '/lookup what: x ', '/lookup in: x', '/x what: x', '/y what: x'])
    equal(at(other), null, other);
  equal([typed('a b'), typed('a'), typed(5)], ['"a b"', 'a', '5']);
});
finish();
