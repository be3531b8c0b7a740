// A mounted application sees the same path behind every web server, whatever that makes of SCRIPT_NAME
// and PATH_INFO itself.

import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpRequest } from '../helpers/load.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { hasProgram } from './front.ts';
import { FRONTS } from './other-fronts.ts';

const HANDLER = `
  export const produce = (env, bodySize, input, output) => {
    const { SCRIPT_NAME, PATH_INFO, REQUEST_URI } = env;
    output.end('Content-Type: application/json\\n\\n' + JSON.stringify({ SCRIPT_NAME, PATH_INFO, REQUEST_URI }));
  };
`;

describe.each(FRONTS)('an application mounted at /app behind $name', (front) => {
  it.skipIf(!hasProgram(front.command, front.name))(
    'sees what follows as its path, and nothing else',
    async () => {
      const dir = tempDir();
      const handler = path.join(dir, 'handler.mjs');
      fs.writeFileSync(handler, HANDLER);
      const server = await startServer({ handler, args: ['--port', '0', '--mount', '/app'] });
      const { port } = server.address() as { port: number };
      const url = await front.start(dir, port);
      const pathOf = async (uri: string): Promise<unknown> => {
        const { status, body } = await httpRequest(url, { path: uri });
        return status === 200 ? JSON.parse(body.toString()) : status;
      };

      for (const [uri, info] of [
        ['/app', ''],
        ['/app/', '/'],
        ['/app/a/b?q=/app', '/a/b'],
        ['/app/caf%C3%A9/a%20b%3F', '/caf\xc3\xa9/a b?'],
        ['/app//a///b', '/a/b'],
        ['/app/a/../b/./c', '/b/c'],
        ['//app/x', '/x'],
        ['/%61pp/%61', '/a'],
      ] as const) {
        const expected = { SCRIPT_NAME: '/app', PATH_INFO: info, REQUEST_URI: uri };
        expect({ uri, env: await pathOf(uri) }).toEqual({ uri, env: expected });
      }
      for (const uri of ['/apple/x', '/other/app', '/app/../x']) {
        expect({ uri, answer: await pathOf(uri) }).toEqual({ uri, answer: 404 });
      }
      await server.logged(/^GET \/apple\/x: the path is not below --mount "\/app"$/);
    },
  );
});
