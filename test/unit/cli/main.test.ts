import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../src/cli/main.ts';

let directory: string;
let out: string;
let err: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'main-'));
  [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
  rmSync(directory, { recursive: true });
});

/** Runs the program in this process and returns its exit code. */
async function run(...args: string[]): Promise<number> {
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await main(['node', 'scgi-server', ...args]);
    return process.exitCode;
  } finally {
    process.exitCode = before;
  }
}

describe('main', () => {
  it('exits with 0 after help, version and the configuration', async () => {
    expect(await run('--help')).toBe(0);
    expect(await run('--version')).toBe(0);
    expect(await run('--print-config', '--max-workers', '3')).toBe(0);
    expect(out).toMatch(/^maxWorkers +3 +\(--max-workers\)$/m);
    expect(err).toBe('');
  });

  it('exits with 64 for a command line that is wrong', async () => {
    expect(await run('--max-worker', '3')).toBe(64);
    expect(await run('a.js', 'b.js')).toBe(64);
    expect(await run('check', 'a.js', 'b.js')).toBe(64);
    expect(await run('--port')).toBe(64);
    expect(err).toContain("scgi-server: unknown option '--max-worker'\n(Did you mean");
  });

  it('prints a line for each problem of the configuration and exits with 78', async () => {
    const file = join(directory, 'c.json');
    writeFileSync(file, '{ "maxWorker": 1 }');
    vi.stubEnv('SCGI_SERVER_BACKLOG', 'long');
    expect(await run('--config', file, '--port', 'x')).toBe(78);
    expect(err.split('\n').toSorted()).toEqual(
      [
        '',
        'scgi-server: --port: expected a port from 0 to 65535, got "x"',
        'scgi-server: SCGI_SERVER_BACKLOG: expected a whole number from 1 to 65535, got "long"',
        `scgi-server: ${file}: unknown option maxWorker (did you mean maxWorkers?)`,
      ].toSorted(),
    );
  });

  it('exits with 66 when the handler is missing or a directory, and names it', async () => {
    const missing = join(directory, 'none.js');
    expect(await run(missing)).toBe(66);
    expect(await run(directory)).toBe(66);
    expect(await run('check', missing)).toBe(66);
    expect(err).toBe(
      `scgi-server: handler ${missing}: there is no such file\n` +
        `scgi-server: handler ${directory}: it is a directory\n` +
        `scgi-server: handler ${missing}: there is no such file\n`,
    );
  });

  it('resolves the handler of a file against the working directory', async () => {
    const file = join(directory, 'c.json');
    writeFileSync(file, '{ "handler": "sub/h.js" }');
    expect(await run('--print-config', '--config', file)).toBe(0);
    expect(out).toContain(`${join(process.cwd(), 'sub/h.js')} `);
  });

  it('survives a reader of its output that leaves', async () => {
    await run('--version');
    const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    expect(() => process.stdout.emit('error', broken)).not.toThrow();
    expect(() => process.stdout.emit('error', new Error('disk full'))).toThrow('disk full');
  });
});
