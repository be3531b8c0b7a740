import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { request } from '../helpers/scgi-peer.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const LOADED = `JSON.stringify(process.moduleLoadList)`;

const HANDLERS = {
  produce: `export const produce = (env, size, input, output) =>
    output.end('Content-Type: text/plain\\n\\n' + ${LOADED});`,
  fetch: `export const fetch = () => new Response(${LOADED});`,
  listener: `export default (request, response) => response.end(${LOADED});`,
};

/** What a worker with this kind of handler has of Node's own modules. */
async function loaded(kind: keyof typeof HANDLERS): Promise<string[]> {
  const handler = path.join(tempDir(), 'handler.mjs');
  fs.writeFileSync(handler, HANDLERS[kind]);
  const server = await startServer({ handler });
  const { body } = await request(server.address());
  return JSON.parse(body.toString()) as string[];
}

const FETCH = 'NativeModule internal/deps/undici/undici';
const HTTP = 'NativeModule _http_server';

it('leaves the Fetch standard and node:http to those that use them', async () => {
  expect(await loaded('fetch')).toContain(FETCH);
  expect(await loaded('listener')).toContain(HTTP);
  const own = await loaded('produce');
  expect(own).not.toContain(FETCH);
  expect(own).not.toContain(HTTP);
});
