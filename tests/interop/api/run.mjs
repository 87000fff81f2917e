// The HTTP API of arrakisd against its own description: /openapi.json of both ports by a public validator of OpenAPI
// 3.1, and every answer by the schema that the description gives for it.
import { generateKeyPairSync, sign } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { equal, expect, finish, test } from '../discord/lib/check.mjs';
import { startArrakisd } from '../proxies/lib.mjs';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const daemon = await startArrakisd({
  ARRAKIS_DISCORD_PUBLIC_KEY: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex') });

/// Why a document is no OpenAPI 3.1; empty: it is.
async function faultsOf(document) {
  const validator = new Validator();
  const found = await validator.validate(structuredClone(document));
  return found.valid && validator.version === '3.1' ? '' : JSON.stringify(found.errors ?? validator.version);
}

/// Judges a body by the schema of the answer with this status; throws what is wrong.
function judge(document, operation, status, type, text) {
  const answer = operation.responses[status] ?? operation.responses.default;
  const content = answer.content?.[type];
  expect(content, `${status} with ${type} among ${Object.keys(answer.content ?? {})}`);
  const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }));
  const body = type.startsWith('application/json') ? JSON.parse(text) : text;
  const check = ajv.compile({ ...content.schema, components: document.components });
  expect(check(body), `${status}: ${JSON.stringify(check.errors)} in ${text.slice(0, 200)}`);
}

async function ask(url, document, path, method, { wanted, ...request } = {}) {
  const got = await fetch(url + path, { method: method.toUpperCase(), ...request });
  if (wanted) equal(got.status, wanted, `${method} ${path}`);
  judge(document, document.paths[path][method], got.status, got.headers.get('content-type'), await got.text());
  return got;
}

/// An interaction as Discord signs it.
function signed(body) {
  const at = String(Math.floor(Date.now() / 1000));
  const signature = sign(null, Buffer.from(at + body), privateKey).toString('hex');
  return { body, headers: { 'Content-Type': 'application/json', 'X-Signature-Ed25519': signature,
                            'X-Signature-Timestamp': at } };
}

for (const [name, url] of Object.entries({ public: daemon.url, admin: daemon.adminUrl })) {
  const document = await (await fetch(`${url}/openapi.json`)).json();

  await test(`${name} port: it describes itself in OpenAPI 3.1; negative control: broken, it is refused`, async () => {
    equal(await faultsOf(document), '', 'faults');
    const broken = structuredClone(document);
    delete Object.values(broken.paths)[0].get?.responses;
    delete broken.info.title;
    expect(await faultsOf(broken) !== '', 'a fault');
  });

  await test(`every answer of the ${name} port has the schema that its description gives`, async () => {
    for (const [path, operations] of Object.entries(document.paths))
      for (const method of Object.keys(operations)) {
        if (method === 'get') await ask(url, document, path, method);
        const wrong = method === 'get' ? 'DELETE' : 'GET'; // A refusal has the default schema.
        const refused = await fetch(url + path, { method: wrong });
        equal(refused.status, 405, `${wrong} ${path}`);
        judge(document, operations[method], 'default', refused.headers.get('content-type'), await refused.text());
      }
  });

  await test(`the ${name} port: negative control: another body is not what the description says`, () => {
    const operation = Object.values(document.paths)[0].get;
    if (!operation) return;
    let refused = false;
    try { judge(document, operation, 200, 'application/json', '[]'); } catch { refused = true; }
    expect(refused, 'a refusal');
  });
}

await test('webhook: a PING, a signed body that it cannot read, and a stranger are answered as described', async () => {
  const document = await (await fetch(`${daemon.url}/openapi.json`)).json();
  const ping = JSON.stringify({ id: '1', application_id: '2', type: 1, token: 't', version: 1 });
  const go = (wanted, request) => ask(daemon.url, document, '/webhooks/discord', 'post', { wanted, ...request });
  await go(200, signed(ping));
  await go(400, signed('{"type":77}'));
  await go(401, { body: ping, headers: { 'Content-Type': 'application/json' } });
  await go(415, { ...signed(ping), headers: { ...signed(ping).headers, 'Content-Type': 'text/plain' } });
  await go(406, { ...signed(ping), headers: { ...signed(ping).headers, Accept: 'text/html' } });
});

await daemon.stop?.();
finish();
