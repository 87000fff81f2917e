// The unmodified discord.js at the sandbox, with every answer and dispatch recorded.
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
export const discord = require('discord.js');
const { Client, DefaultRestOptions, GatewayIntentBits } = discord;

export const intents = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMembers,
  GatewayIntentBits.GuildModeration,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.MessageContent,
];

/// Without the pause of 5 s between identifies, which would be most of the time of most tests.
export const noPause = { buildIdentifyThrottler: async () => ({ waitForIdentify: async () => {} }) };

export function makeClient(sandbox, options = {}) {
  const record = { rest: [], frames: [], events: [] };
  // The library's own request function; its answer is read once, noted, and handed on as it is.
  async function makeRequest(url, init) {
    const answer = await DefaultRestOptions.makeRequest(url, init);
    const text = await answer.text();
    record.rest.push({
      method: init.method,
      path: new URL(url).pathname.replace('/api/v10', ''),
      status: answer.status,
      text,
    });
    return new Response(answer.status === 204 ? null : text, { status: answer.status, headers: answer.headers });
  }
  const client = new Client({
    intents,
    ...options,
    rest: { api: sandbox.api, timeout: 30_000, makeRequest, ...options.rest },
    ws: { ...noPause, ...options.ws },
  });
  client.on('raw', (frame) => record.frames.push(frame));
  client.on('debug', (text) => record.events.push(text));
  client.on('error', (error) => record.events.push(`error ${error}`));
  return { client, record };
}

/// Resolves with the first `name` event that `suits`.
export function once(client, name, suits = () => true, ms = 30_000) {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      client.off(name, hear);
      fail(new Error(`no ${name} within ${ms} ms`));
    }, ms);
    function hear(...args) {
      if (!suits(...args)) return;
      clearTimeout(timer);
      client.off(name, hear);
      done(args[0]);
    }
    client.on(name, hear);
  });
}
