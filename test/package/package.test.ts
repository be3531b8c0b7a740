// The package as its users get it: packed, installed elsewhere, started, imported.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startApp } from '../bench/app-process.ts';
import { request } from '../helpers/scgi-peer.ts';
import { ROOT } from '../helpers/start-server.ts';

const run = promisify(execFile);
const SUBPATHS = ['scgi-server', 'scgi-server/protocol'];

const MUST_SHIP = [
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'bin/scgi-server.js',
  'config/Containerfile',
  'config/daemontools/run',
  'config/nginx.conf',
  'config/runit/log/config',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/status-page/browser/main.js',
  'dist/status-page/browser/style.css',
  'package.json',
  'src/index.ts',
];

interface PackReport {
  filename: string;
  files: { path: string; mode: number }[];
}

describe('the packed package', () => {
  let dir = '';
  let report: PackReport = { filename: '', files: [] };

  beforeAll(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'scgi-package-'));
    // Without scripts: `prepare` would build again, under the feet of tests that run what is built.
    const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', dir];
    const { stdout } = await run('npm', pack, { cwd: ROOT });
    [report = report] = JSON.parse(stdout) as PackReport[];
    fs.writeFileSync(path.join(dir, 'package.json'), '{"private": true, "type": "module"}\n');
    const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', [...install, path.join(dir, report.filename)], { cwd: dir });
    return () => fs.rmSync(dir, { recursive: true, force: true });
  });

  it('ships what is run, read and configured, and no test', () => {
    const files = report.files.map((file) => file.path);
    expect(MUST_SHIP.filter((file) => !files.includes(file))).toEqual([]);
    const outside = files.filter((file) => !/^(bin|config|dist|src)\/|^[^/]+$/.test(file));
    expect(outside).toEqual([]);
    expect(files.filter((file) => /\btest|vitest|^\./.test(file))).toEqual([]);
  });

  it('ships the programs of services executable', () => {
    const programs = report.files.filter(({ path: file }) =>
      /^config\/(daemontools|runit)\/(log\/run|run|finish|check)$/.test(file),
    );
    expect(programs.map(({ path: file }) => file)).toHaveLength(7);
    const installed = path.join(dir, 'node_modules/scgi-server');
    for (const { path: file } of programs) {
      expect(fs.statSync(path.join(installed, file)).mode & 0o111).toBe(0o111);
    }
  });

  it('has a command that tells its version', async () => {
    const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    const { stdout } = await run(path.join(dir, 'node_modules/.bin/scgi-server'), ['--version']);
    expect(stdout.trim()).toBe(version);
  });

  it('has a command that serves the demo until TERM', async () => {
    const command = path.join(dir, 'node_modules/.bin/scgi-server');
    const server = await startApp([command, '--port', '0'], /worker 0 .* is ready/g, 1);
    onTestFinished(async () => void (await server.stop()));
    const port = Number(/listening on 127\.0\.0\.1:(\d+)/.exec(server.output())?.[1]);
    const answer = await request({ host: '127.0.0.1', port }, { path: '/from-the-package' });
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain('/from-the-package');
    expect(await server.stop()).toBe(0);
  });

  it.each(SUBPATHS)('can be imported as %s', async (name) => {
    const script = `console.log(typeof (await import('${name}')))`;
    const node = ['--input-type=module', '-e', script];
    const { stdout } = await run(process.execPath, node, { cwd: dir });
    expect(stdout).toBe('object\n');
  });

  it('has types that a program can be checked with', async () => {
    const imports = SUBPATHS.map((name, n) => `import * as m${n} from '${name}';`);
    const source = [
      ...imports,
      "import type { Produce } from 'scgi-server';",
      'export const produce: Produce = (env, bodySize, input, output) => {',
      "  output.end(String(env['REQUEST_METHOD']) + (bodySize + 1));",
      '};',
      `export const all: unknown[] = [${SUBPATHS.map((_name, n) => `m${n}`).join()}];`,
    ];
    fs.writeFileSync(path.join(dir, 'program.ts'), source.join('\n'));
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023'];
    const types = ['--types', 'node', '--typeRoots', path.join(ROOT, 'node_modules/@types')];
    await expect(
      run(tsc, [...strict, ...types, 'program.ts'], { cwd: dir }).catch((error: unknown) => {
        throw new Error((error as { stdout: string }).stdout);
      }),
    ).resolves.toBeDefined();
  });
});
