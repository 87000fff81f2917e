// node -r this: zlib-sync cannot be required, so that discord.js speaks to the gateway without compression.
const Module = require('node:module');
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  if (request === 'zlib-sync')
    throw Object.assign(new Error("Cannot find module 'zlib-sync'"), { code: 'MODULE_NOT_FOUND' });
  return resolve.call(this, request, ...rest);
};
