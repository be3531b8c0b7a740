// Every row of the matrix behind Apache with the original mod_scgi, by config/apache-mod-scgi.conf, and what
// that file says about paths. Nobody packages the module: these tests run where the variable MOD_SCGI names
// a built mod_scgi.so.

import fs from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rawHttp } from '../helpers/raw-http.ts';
import { startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { hasProgram } from './front.ts';
import { MOD_SCGI_FRONT } from './matrix/fronts.ts';
import { runMatrix } from './matrix/run-matrix.ts';

const TITLE = 'the matrix by config/apache-mod-scgi.conf';

function hasModule(): boolean {
  if (process.env['MOD_SCGI'] === undefined) {
    console.warn(`SKIPPED: MOD_SCGI names no built mod_scgi.so: "${TITLE}" cannot be tested`);
    return false;
  }
  return hasProgram('apache2', TITLE);
}

describe.skipIf(!hasModule())('the matrix behind mod_scgi', () => {
  runMatrix(MOD_SCGI_FRONT, 'TCP');

  it('gives the application what is below its mount, but not the static files', async () => {
    const dir = tempDir();
    fs.chmodSync(dir, 0o755);
    fs.writeFileSync(`${dir}/a.css`, 'body {}');
    const args = ['--port', '0', ...MOD_SCGI_FRONT.args];
    const server = await startServer({ handler: 'fronts.mjs', args });
    const apache = await MOD_SCGI_FRONT.start(dir, server.address());
    onTestFinished(() => apache.stop());
    const told = async (target: string): Promise<string> => {
      const { status, body } = await rawHttp(apache.port, target);
      return `${status} ${status === 200 ? body.toString() : ''}`;
    };
    expect(await told('/app/env')).toMatch(/"PATH_INFO":"\/env"/);
    expect(await told('/app/static/a.css')).toBe('200 body {}');
    expect(await told('/app/static/missing')).toBe('404 ');
    for (const target of ['/apple/env', '/env']) expect(await told(target)).toBe('403 ');
  });
});
