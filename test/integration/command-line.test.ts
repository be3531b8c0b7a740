import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, cleanEnvironment, HANDLERS, startServer } from '../helpers/start-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

function run(
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Run> {
  const env = { ...cleanEnvironment(), ...options.env };
  return new Promise((resolve) => {
    const settings = { cwd: options.cwd ?? process.cwd(), env, timeout: 10_000 };
    execFile(process.execPath, [BIN, ...args], settings, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('the command line', () => {
  it.each([
    ['--max-workerz', 64, '--max-workers'],
    ['--max-workers=x', 78, '--max-workers'],
    ['--min-workers=9', 78, 'maxWorkers|max-workers'],
  ])('answers %s with one clear complaint and the exit code', async (argument, code, mention) => {
    const { code: got, stderr, stdout } = await run([argument]);
    expect([got, stdout]).toEqual([code, '']);
    expect(stderr).toMatch(new RegExp(mention));
    expect(stderr).not.toMatch(/\.js:\d/);
  });

  it('says "did you mean" for variables and for keys of the configuration file', async () => {
    const cwd = tempDir();
    fs.writeFileSync(path.join(cwd, 'scgi-server.config.json'), '{ "maxWorker": 3 }');
    const { code, stderr } = await run([], { cwd, env: { SCGI_SERVER_MAXWORKERS: '3' } });
    expect(code).toBe(78);
    expect(stderr).toContain('did you mean SCGI_SERVER_MAX_WORKERS?');
    expect(stderr).toContain('did you mean maxWorkers?');
  });

  it('prints every value and where it came from', async () => {
    const cwd = tempDir();
    fs.writeFileSync(
      path.join(cwd, 'scgi-server.config.mjs'),
      'export default { concurrency: 7 };',
    );
    const env = { WEB_CONCURRENCY: '9', SCGI_SERVER_IDLE_TIMEOUT: '2m' };
    const { code, stdout } = await run(['--print-config', '--min-workers', '2'], { cwd, env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^concurrency +7 +\(.*scgi-server\.config\.mjs\)$/m);
    expect(stdout).toMatch(/^maxWorkers +9 +\(WEB_CONCURRENCY\)$/m);
    expect(stdout).toMatch(/^idleTimeout +2m +\(SCGI_SERVER_IDLE_TIMEOUT\)$/m);
    expect(stdout).toMatch(/^minWorkers +2 +\(--min-workers\)$/m);
    expect(stdout).toMatch(/^backlog +1024 +\(default\)$/m);
  });

  it.each([
    ['kitchen.mjs', 0, /handler: ok/],
    ['throws-at-load.mjs', 78, /throws-at-load/],
    ['exports-nothing.mjs', 78, /exports no handler/],
    ['exits-at-load.mjs', 78, /exited with code 5/],
    ['no-such.mjs', 66, /no-such\.mjs/],
  ])('checks the handler %s without serving', async (handler, code, message) => {
    const result = await run(['check', path.join(HANDLERS, handler)]);
    expect(result.code).toBe(code);
    expect(result.stdout + result.stderr).toMatch(message);
  });

  it('tells by the exit code of request whether the server is well', async () => {
    const server = await startServer({ handler: 'kitchen.mjs' });
    const { port } = server.address() as { port: number };
    const ask = (...args: string[]) => run(['request', '--port', String(port), ...args]);
    expect(await ask('/hello')).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
    expect((await ask('/404')).code).toBe(22);
    const echoed = await ask('-i', '-d', 'a=1', '-H', 'Content-Type: text/x', '/echo');
    expect(echoed.stdout).toMatch(/^Status: 200 OK\r?\n[^]*Content-Type: text\/x[^]*a=1$/);
    await server.stop();
    expect((await ask('/hello')).code).toBe(69);
  });

  it('shows help and version', async () => {
    const help = await run(['--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('--max-workers');
    const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { version: string };
    expect((await run(['--version'])).stdout).toBe(`${version}\n`);
  });
});
