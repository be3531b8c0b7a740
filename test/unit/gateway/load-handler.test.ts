import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { demoHandler } from '../../../src/gateway/demo-handler.ts';
import { HandlerLoadError } from '../../../src/gateway/handler-error.ts';
import type { Environment, Handler, HandlerContext } from '../../../src/gateway/handler.ts';
import { loadHandler } from '../../../src/gateway/load-handler.ts';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../fixtures/handlers/${name}`, import.meta.url));

describe('load-handler', () => {
  let directory: string;
  const logged: string[] = [];
  const log = (message: string) => logged.push(message);
  const context: HandlerContext = {
    log: { debug: log, info: log, warn: log, error: log },
    workerId: 3,
    requestId: 'r1',
    signal: new AbortController().signal,
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'scgi-load-'));
    logged.length = 0;
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function write(name: string, source: string): string {
    const path = join(directory, name);
    writeFileSync(path, source);
    return path;
  }

  async function answer(handler: Handler, env: Environment = {}): Promise<string> {
    const output = new PassThrough();
    await handler.produce(env, 0, Readable.from([]), output, context);
    output.end();
    return (await text(output)).split('\r\n\r\n')[1] ?? '';
  }

  async function failure(path: string): Promise<HandlerLoadError> {
    const error = await loadHandler(path, context).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HandlerLoadError);
    return error as HandlerLoadError;
  }

  test.each([
    ['hello.mjs', 'hello from an ES module\n'],
    ['cjs-produce.cjs', 'hello from CommonJS\n'],
    ['cjs-function.cjs', 'hello from a CommonJS function\n'],
    ['typescript.ts', 'hello from TypeScript\n'],
    ['object-default.mjs', 'hello from an object\n'],
  ])('loads %s', async (name, expected) => {
    expect(await answer(await loadHandler(fixture(name), context))).toBe(expected);
  });

  test('serves the demo when no module is given', async () => {
    expect(await loadHandler(undefined, context)).toBe(demoHandler);
  });

  test('makes an instance of a class, with its life cycle', async () => {
    const handler = await loadHandler(fixture('class-handler.mjs'), context);
    await handler.start?.(context);
    expect(await answer(handler)).toBe('worker=3 started=true\n');
    await handler.stop?.('drain');
    expect(logged).toEqual(['handler started', 'handler stopped']);
  });

  test('calls the functions of a CommonJS object with it as `this`', async () => {
    const handler = await loadHandler(fixture('cjs-object.cjs'), context);
    await handler.start?.(context);
    expect(await answer(handler)).toBe('hello from a CommonJS object\n');
  });

  test('takes a nameless function of four parameters, with start beside it', async () => {
    const handler = await loadHandler(fixture('function-default.mjs'), context);
    await handler.start?.(context);
    expect(await answer(handler)).toBe('hello from a function\n');
    expect(handler).not.toHaveProperty('stop');
  });

  test('takes what compilers make of `export default` in CommonJS', async () => {
    const path = write(
      'compiled.cjs',
      `Object.defineProperty(exports, '__esModule', { value: true });
       class Compiled { produce(e, s, i, output) { output.write('\\r\\n\\r\\ncompiled'); } }
       exports.default = Compiled;`,
    );
    expect(await answer(await loadHandler(path, context))).toBe('compiled');
  });

  test('prefers an exported produce to the default export', async () => {
    const path = write(
      'both.mjs',
      `export const produce = (e, s, i, output) => output.write('\\r\\n\\r\\nnamed');
       export default { produce() { throw new Error('not me'); } };`,
    );
    expect(await answer(await loadHandler(path, context))).toBe('named');
  });

  test('finds produce that a class inherits', async () => {
    const path = write(
      'inherits.mjs',
      `class Base { produce(e, s, i, output) { output.write('\\r\\n\\r\\n' + this.name); } }
       export default class extends Base { name = 'derived'; }`,
    );
    expect(await answer(await loadHandler(path, context))).toBe('derived');
  });

  test('a missing file has its own code', async () => {
    const path = join(directory, 'missing.mjs');
    expect(await failure(path)).toMatchObject({
      code: 'ERR_SCGI_HANDLER_MISSING',
      specifier: path,
      message: `cannot load the handler ${path}: there is no such file`,
    });
    expect((await failure(directory)).message).toContain('it is not a file');
  });

  test('a module that throws: names file, reason and line', async () => {
    const path = fixture('throws-at-load.mjs');
    const error = await failure(path);
    expect(error.code).toBe('ERR_SCGI_HANDLER_LOAD');
    expect(error.message).toContain(`cannot load the handler ${path}: TypeError: Cannot read prop`);
    expect(error.message).toContain(`${path}:3:`);
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test('a module that throws what is no error', async () => {
    const path = write('throws-text.mjs', `throw 'just text';`);
    expect((await failure(path)).message).toMatch(/throws-text\.mjs: it threw just text$/);
  });

  test('exports of other kinds: says what was found and what is accepted', async () => {
    const { message } = await failure(fixture('exports-nothing.mjs'));
    expect(message).toContain('exports-nothing.mjs exports no handler.');
    expect(message).toContain('Found: ');
    expect(message).toContain('port (number)');
    expect(message).toContain('default (class Application)');
    expect(message).toContain(
      'Accepted: an exported function "produce" or "produceCgilike" or "fetch"; or, as the default',
    );
    expect(message.split('\n')).toHaveLength(1);
  });

  test.each([
    ['export const x = 1;', 'Found: x (number).'],
    ['export {};', 'Found: no exports at all.'],
    ['export default { fetch: true };', 'default (object with fetch)'],
    ['export class fetch {}', 'fetch (class fetch)'],
    ['export default [];', 'default (array)'],
    ['export default null;', 'default (null)'],
    ['export class produce {}', 'produce (class produce)'],
  ])('refuses `%s`', async (source, found) => {
    expect((await failure(write('other.mjs', source))).message).toContain(found);
  });

  const WHO = `new Response('fetch of ' + who)`;

  test.each([
    ['an exported function', `export const who = 'module'; export const fetch = () => ${WHO};`],
    [
      'a method of the default export',
      `export default { who: 'object', fetch() { const { who } = this; return ${WHO}; } };`,
    ],
    [
      'a method that is inherited',
      `class App { who = 'app'; async fetch() { const { who } = this; return ${WHO}; } }
       export default new App();`,
    ],
    [
      'a function of that name',
      `const who = 'me'; export default function fetch() { return ${WHO}; }`,
    ],
    [
      'in CommonJS',
      `exports.who = 'exports'; exports.fetch = function () { const { who } = this; return ${WHO}; };`,
    ],
    [
      'of an object that has a function for every name',
      `const who = 'proxy';
       const any = new Proxy({}, { get: () => () => { throw new Error('not me'); } });
       export default { __proto__: any, fetch: () => ${WHO} };`,
    ],
  ])('takes fetch for a fetch handler: %s', async (what, source) => {
    const path = write(what === 'in CommonJS' ? 'fetch.cjs' : 'fetch.mjs', source);
    const handler = await loadHandler(path, context);
    expect(handler).not.toHaveProperty('start');
    expect(await answer(handler, { REQUEST_METHOD: 'GET' })).toMatch(/^fetch of \w+$/);
  });

  test('finds start and stop of a fetch handler', async () => {
    const path = write(
      'fetch.mjs',
      `export default {
         fetch: () => new Response(),
         start: ({ log }) => log.info('fetch started'),
         stop() {},
       };`,
    );
    const handler = await loadHandler(path, context);
    await handler.start?.(context);
    expect(logged).toEqual(['fetch started']);
    expect(handler).toHaveProperty('stop');
  });

  test.each([
    ['produce', 'produceCgilike'],
    ['produceCgilike', 'fetch'],
    ['fetch', 'default'],
  ])('prefers %s to %s', async (preferred, other) => {
    const functions: Record<string, string> = {
      produce: `export const produce = (e, s, i, output) => output.write('\\n\\nproduce');`,
      produceCgilike: `export const produceCgilike = (cgi) => cgi.stdout.write('\\r\\n\\r\\nproduceCgilike');`,
      fetch: `export const fetch = () => new Response('fetch');`,
      default: `export default (request, response) => response.end('default');`,
    };
    const path = write('all.mjs', `${functions[other]}\n${functions[preferred]}`);
    const output = new PassThrough();
    const handler = await loadHandler(path, context);
    await handler.produce({}, 0, Readable.from([]), output, context);
    output.end();
    expect((await text(output)).endsWith(preferred)).toBe(true);
  });

  test('tells adapters where the application is mounted', async () => {
    const env = { REQUEST_URI: '/app/x%20y?z', SCRIPT_NAME: '/app', PATH_INFO: '/x y' };
    const fetching = write('f.mjs', 'export const fetch = (request) => new Response(request.url);');
    const mounted = await loadHandler(fetching, context, '/app');
    expect(await answer(mounted, env)).toBe('http://localhost/x%20y?z');
    const listening = write(
      'l.mjs',
      `import { createServer } from 'node:http';
       const listener = ({ url, originalUrl, baseUrl }, response) =>
         response.end([url, originalUrl, baseUrl].join());
       export default createServer(listener);`,
    );
    const written = await listenerAnswer(await loadHandler(listening, context, '/app'), env);
    expect(written).toBe('/x%20y?z,/app/x%20y?z,/app');
  });

  /** What a listener answers to, in the words of its response. */
  async function listenerAnswer(
    handler: Handler,
    env: Environment = { REQUEST_METHOD: 'GET', REQUEST_URI: '/path' },
  ): Promise<string> {
    const output = new PassThrough();
    const answered = handler.produce(env, 0, Readable.from([]), output, context);
    const written = await text(output);
    await answered;
    return written.split('\r\n\r\n')[1] ?? '';
  }

  test('takes any other function for a listener, with start beside it', async () => {
    const path = write(
      'listener.cjs',
      `module.exports = (request, response) => response.end('listener of ' + request.url);
       module.exports.start = ({ log }) => log.info('listener started');`,
    );
    const handler = await loadHandler(path, context);
    await handler.start?.(context);
    expect(logged).toEqual(['listener started']);
    expect(await listenerAnswer(handler)).toBe('listener of /path');
  });

  test('takes a server that does not listen, with all of its listeners', async () => {
    const path = write(
      'server.mjs',
      `import { createServer } from 'node:http';
       const server = createServer((request, response) => response.write('first '));
       server.on('request', (request, response) => response.end('second'));
       export default server;`,
    );
    expect(await listenerAnswer(await loadHandler(path, context))).toBe('first second');
  });

  test('tells when a server that it serves begins to listen', async () => {
    const path = write(
      'listens-later.mjs',
      `import { createServer } from 'node:http';
       export const start = () => new Promise((done) => server.listen(0, () => server.close(done)));
       const server = createServer(() => {});
       export default server;`,
    );
    const handler = await loadHandler(path, context);
    await handler.start?.(context);
    expect(logged).toEqual([expect.stringMatching(/listens-later\.mjs listens by itself: leave/)]);
  });

  test.each(['net', 'http'])('refuses a server of node:%s without a listener', async (module) => {
    const path = write(
      'server.mjs',
      `import { createServer } from 'node:${module}';\nexport default createServer();`,
    );
    const expected = /server\.mjs exports a server without a listener for "request": expected/;
    expect((await failure(path)).message).toMatch(expected);
  });

  test.each([
    [
      'listens.mjs',
      `import { createServer } from 'node:http';\ncreateServer(() => {}).listen(80);`,
    ],
    ['listens.cjs', `const { createServer } = require('node:https');\ncreateServer().listen(80);`],
  ])('refuses a module that listens while it is loaded: %s', async (name, source) => {
    const path = write(name, source);
    const { message } = await failure(path);
    expect(message).toContain('it calls listen(80), but the requests come through scgi-server');
    expect(message).toContain(`(at ${path}:2`);
    // Whoever calls it later may.
    const server = createServer().listen(0);
    await new Promise((resolve) => server.close(resolve));
  });

  test('a constructor that throws', async () => {
    const path = write(
      'constructor.mjs',
      `export default class Shop { constructor() { throw new Error('no stock'); } produce() {} }`,
    );
    expect((await failure(path)).message).toBe(
      `the constructor of class Shop in ${path} failed: no stock`,
    );
  });

  test('start that is no function', async () => {
    const path = write('start.mjs', `export const start = 5; export const produce = () => {};`);
    expect((await failure(path)).message).toBe(
      `"start" of ${path} must be a function; found number`,
    );
  });
});
