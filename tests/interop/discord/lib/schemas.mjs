// Validators: REST answers by Discord's own OpenAPI document (the npm package discord-api-spec: zod schemas
// and, in its type
// file, which one belongs to which answer), gateway dispatches by JSON Schemas made from discord-api-types.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import * as z from 'zod/mini';

// ../../setup gave this file an ending under which it can be imported; the package's own export cannot.
const folder = new URL('../../node_modules/discord-api-spec/build/', import.meta.url);
const spec = await import(new URL('discord-api-spec.zod.mjs', folder));
const types = readFileSync(new URL('discord-api-spec.ts', folder), 'utf8');

/// [{method, pattern, status, expression}] of all answers that the document names.
function readAnswers() {
  const answers = [];
  const paths = types.slice(types.indexOf('export interface Paths {'));
  for (const [, path, block] of paths.matchAll(/\n {2}"(\/[^"]*)": \{(.*?)\n {2}\};/gs))
    for (const [, method, inner] of block.matchAll(/\n {4}(get|put|post|patch|delete): \{(.*?)\n {4}\};/gs)) {
      const responses = inner.match(/\n {6}responses: \{(.*?)\n {6}\};/s)?.[1] ?? '';
      for (const [, status, expression] of responses.matchAll(/"(\d{3}|\dXX)":\s*(.*?);(?:\n|$)/gs))
        answers.push({
          method: method.toUpperCase(),
          status,
          expression: expression.replace(/\s+/g, ' ').trim(),
          path,
          // A literal segment such as @original is preferred to a parameter by sorting below.
          pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
        });
    }
  return answers.sort((a, b) => a.path.split('{').length - b.path.split('{').length);
}
const answers = readAnswers();

/// Splits a union at its bars, but not inside parentheses.
function alternatives(expression) {
  const parts = [''];
  let depth = 0;
  for (const c of expression) {
    if (c === '(') depth += 1;
    if (c === ')') depth -= 1;
    if (c === '|' && depth === 0) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts.map((part) => part.trim()).filter(Boolean);
}

function compile(expression) {
  if (expression.startsWith('{ [key: string]: number')) return z.record(z.string(), z.number());
  const parts = alternatives(expression).map((part) => {
    if (part === 'null') return z.null();
    if (part === 'unknown') return z.unknown();
    if (part.endsWith('[]')) return z.array(compile(part.slice(0, -2)));
    if (part.startsWith('(') && part.endsWith(')')) return compile(part.slice(1, -1));
    const schema = spec[`${part}Schema`];
    if (!schema) throw new Error(`no schema for ${part}`);
    return schema;
  });
  return parts.length === 1 ? parts[0] : z.union(parts);
}

/// The document's rule for an answer: {method, path, status, expression: "GuildRoleResponse"}; undefined without one.
export function ruleOf(method, path, status) {
  const clean = decodeURIComponent(path.split('?')[0]);
  const fits = (a) => a.method === method && a.pattern.test(clean);
  return (
    answers.find((a) => fits(a) && a.status === String(status)) ??
    answers.find((a) => fits(a) && status >= 400 && a.status === `${Math.floor(status / 100)}XX`)
  );
}

const compiled = new Map();
/// Returns what is wrong with a body by the document's expression; an empty text when nothing is.
function faultOfBody(expression, text) {
  if (!compiled.has(expression)) compiled.set(expression, compile(expression));
  // zod's date-times end with Z; Discord writes +00:00.
  const body = JSON.parse(text.replace(/(\d{2}:\d{2}:\d{2}\.\d+)\+00:00/g, '$1Z'));
  withKnownTypes(body);
  if (body?.errors) body.errors = withNumbers(body.errors);
  const result = compiled.get(expression).safeParse(body);
  if (result.success) return '';
  const issue = deepest(result.error.issues);
  return `(${expression}): ${issue.path.join('.')}: ${issue.message}`;
}

/// Faults of a REST answer in words; an empty text when it is right.
export function faultOfAnswer({ method, path, status, text }) {
  const rule = ruleOf(method, path, status);
  if (!rule) return `${method} ${path}: the document knows no answer ${status}`;
  if (status === 204) return text ? `${method} ${path}: 204 with a body` : '';
  const fault = faultOfBody(rule.expression, text);
  return fault && `${method} ${path} ${status} ${fault}`;
}

/// The document's list of channel types lacks 16 (media), which is like 15 (forum); a command's option may name it too.
function withKnownTypes(body) {
  for (const each of [body].flat()) {
    if (each?.type === 16 && each.available_tags) each.type = 15;
    if (!Array.isArray(each?.options)) continue;
    for (const option of each.options)
      if (option.channel_types) option.channel_types = option.channel_types.filter((type) => type !== 16);
  }
}

/// The document calls a field's error code a number; Discord sends a word ("BASE_TYPE_REQUIRED"), and clients print it.
function withNumbers(errors) {
  if (Array.isArray(errors)) return errors.map(withNumbers);
  if (errors === null || typeof errors !== 'object') return errors;
  return Object.fromEntries(
    Object.entries(errors).map(([key, value]) => [
      key,
      key === 'code' && typeof value === 'string' ? 0 : withNumbers(value),
    ]),
  );
}

/// Of a union's many complaints the one that got furthest.
function deepest(issues) {
  let best = issues[0];
  for (const issue of issues)
    for (const branch of issue.errors ?? []) {
      if (!branch.length) continue;
      const inner = deepest(branch);
      const path = [...issue.path, ...inner.path];
      if (path.length > best.path.length) best = { ...inner, path };
    }
  return best;
}

const gateway = JSON.parse(readFileSync(new URL('../schemas/gateway.json', import.meta.url)));
const interaction = JSON.parse(readFileSync(new URL('../schemas/interaction.json', import.meta.url)));
const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false });
ajv.addSchema({ $id: 'gateway', definitions: gateway.definitions });
const validators = new Map(
  Object.entries(gateway.frames).map(([name, schema]) => [
    name,
    ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/definitions/', '"gateway#/definitions/'))),
  ]),
);
// Fields that the types leave optional and Discord always sends; handlers rely on them.
const always = { GUILD_MEMBER_UPDATE: ['user'] };
const checkInteraction = ajv.compile(interaction);
// The objects that a dispatch carries are those that REST answers with; Discord's document is stricter than the types.
const likeAnswers = {
  CHANNEL_CREATE: ['GuildChannelResponse', (d) => [d]],
  CHANNEL_UPDATE: ['GuildChannelResponse', (d) => [d]],
  CHANNEL_DELETE: ['GuildChannelResponse', (d) => [d]],
  THREAD_CREATE: ['ThreadResponse', (d) => [d]],
  THREAD_UPDATE: ['ThreadResponse', (d) => [d]],
  GUILD_ROLE_CREATE: ['GuildRoleResponse', (d) => [d.role]],
  GUILD_ROLE_UPDATE: ['GuildRoleResponse', (d) => [d.role]],
  GUILD_MEMBER_ADD: ['GuildMemberResponse', (d) => [d]],
  GUILD_MEMBER_UPDATE: ['GuildMemberResponse', (d) => [d]],
  GUILD_MEMBERS_CHUNK: ['GuildMemberResponse', (d) => d.members],
  GUILD_CREATE: ['GuildChannelResponse', (d) => d.channels],
  MESSAGE_CREATE: ['MessageResponse', (d) => [d]],
  MESSAGE_UPDATE: ['MessageResponse', (d) => [d]],
};

/// Faults of a dispatch in words; an empty text when it is right.
export function faultOfDispatch({ t, d }) {
  const validate = validators.get(t);
  if (!validate) return `${t}: no schema; add it to schemas/frames.ts and run schemas/regenerate`;
  if (t === 'GUILD_AUDIT_LOG_ENTRY_CREATE' && d.changes) // The types lack this key of a move; discord.py reads it.
    d = { ...d, changes: d.changes.filter((change) => change.key !== 'parent_id') };
  if (!validate(d)) return `${t}: ${ajv.errorsText(validate.errors)}`;
  for (const key of always[t] ?? []) if (!(key in d)) return `${t}: must have ${key}`;
  if (t === 'INTERACTION_CREATE' && !checkInteraction(d)) return `${t}: ${ajv.errorsText(checkInteraction.errors)}`;
  if (!likeAnswers[t]) return '';
  const [expression, parts] = likeAnswers[t];
  for (const part of parts(d)) {
    const fault = faultOfBody(expression, JSON.stringify(part));
    if (fault) return `${t} ${fault}`;
  }
  return '';
}
