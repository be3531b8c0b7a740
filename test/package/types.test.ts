// A user's handlers, checked against the types of the packed package with every compiler that is promised.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../helpers/start-server.ts';

const run = promisify(execFile);

/** Each is a dependency of its own, as npm links one `tsc` for all of them. */
const COMPILERS = [
  ['5.9', 'typescript-5.9'],
  ['6.0', 'typescript-6.0'],
  ['7.0', 'typescript'],
] as const;

/** A compiler that runs in JavaScript takes its time for the types of browsers. */
const CHECK_MS = 300_000;

/** How users' projects find their modules; with types of browsers, or without. */
const PROJECTS = [
  { module: 'node16', moduleResolution: 'node16', lib: ['es2023'] },
  { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2023', 'dom', 'dom.iterable'] },
  { module: 'esnext', moduleResolution: 'bundler', lib: ['es2023'] },
];

/** What such a project has installed besides. */
const INSTALLED = ['@types/node', 'undici-types', 'hono'];

describe.each(COMPILERS)('handlers in TypeScript %s', (version, dependency) => {
  const tsc = path.join(ROOT, 'node_modules', dependency, 'bin/tsc');
  let dir = '';

  beforeAll(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'scgi-types-'));
    const own = path.join(dir, 'node_modules/scgi-server');
    fs.mkdirSync(path.join(dir, 'node_modules/@types'), { recursive: true });
    fs.mkdirSync(own);
    const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', dir];
    const { stdout } = await run('npm', pack, { cwd: ROOT });
    const [packed] = JSON.parse(stdout) as { filename: string }[];
    const archive = path.join(dir, packed?.filename ?? '');
    await run('tar', ['-xzf', archive, '--strip-components=1', '-C', own]);
    for (const name of INSTALLED) {
      fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(dir, 'node_modules', name));
    }
    fs.cpSync(path.join(ROOT, 'test/fixtures/types'), path.join(dir, 'handlers'), {
      recursive: true,
    });
    fs.writeFileSync(path.join(dir, 'package.json'), '{"private": true, "type": "module"}\n');
    return () => fs.rmSync(dir, { recursive: true, force: true });
  });

  it('are checked by that version', async () => {
    const { stdout } = await run(process.execPath, [tsc, '--version']);
    expect(stdout).toContain(`Version ${version}.`);
  });

  it.each(PROJECTS)(
    'check where they are right, and nowhere else, with moduleResolution $moduleResolution',
    async (project) => {
      const compilerOptions = {
        ...project,
        target: 'es2023',
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        types: ['node'],
        noEmit: true,
      };
      const config = path.join(dir, 'tsconfig.json');
      fs.writeFileSync(config, JSON.stringify({ compilerOptions, include: ['handlers'] }));
      const said = await run(process.execPath, [tsc, '-p', config], { cwd: dir }).then(
        ({ stdout }) => stdout,
        (error: unknown) => (error as { stdout: string }).stdout,
      );
      expect(said).toBe('');
    },
    CHECK_MS,
  );
});
