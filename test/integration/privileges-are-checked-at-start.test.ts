// What cannot be, or must not be, is told before anything is started.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import {
  as,
  describeAsRoot,
  NOBODY,
  openDir,
  writeModule,
  WWW_DATA,
} from '../helpers/identities.ts';
import { BIN, cleanEnvironment } from '../helpers/start-server.ts';

const HELLO = `export const produce = (env, bodySize, input, output) => output.end();`;

interface Run {
  code: number | null;
  output: string;
}

interface RunOptions {
  through?: readonly string[];
  cwd?: string;
  env?: Record<string, string>;
}

/** Runs the program to its end, which it has to come to by itself. */
function run(args: string[], { through = [], cwd = '/', env = {} }: RunOptions = {}): Promise<Run> {
  const [command = process.execPath, ...rest] = [...through, process.execPath, BIN, ...args];
  const child = spawn(command, rest, {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    timeout: 30_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** The one line with which it ends. */
function complaint(text: string): Run {
  return { code: 78, output: `scgi-server: ${text}\n` };
}

it('does not start with users and groups that there are not', async () => {
  expect(await run(['--user', 'no-such-user'])).toEqual(
    complaint('there is no user "no-such-user"'),
  );
  expect(await run(['--user', 'root', '--group', 'no-such-group'])).toEqual(
    complaint('there is no group "no-such-group"'),
  );
  const { code, output } = await run(['--user', '4711']);
  expect([code, output]).toEqual([78, expect.stringMatching(/--user 4711: .*\(--group\)\n$/)]);
});

describeAsRoot('a server that is no root', () => {
  const through = as(NOBODY);
  const WHO = 'this process is user 65534 (nobody), group 65534';

  it.each([
    [
      ['--user', 'www-data'],
      '--user www-data (user 33, group 33) needs a server that is started by root',
    ],
    [
      ['--user', 'nobody', '--group', 'www-data'],
      '--user nobody --group www-data (user 65534, group 33) needs a server that is started by root',
    ],
    [['--chroot', '/usr'], '--chroot /usr needs a server that is started by root'],
  ])('cannot do %s, and says who it is', async (args, problem) => {
    expect(await run(args, { through })).toEqual(complaint(`${problem}: ${WHO}`));
  });

  it('may be asked whether its handler loads as the user that it is', async () => {
    const handler = writeModule(HELLO);
    const { code, output } = await run(['check', '--user', 'nobody', handler], { through });
    expect([code, output]).toEqual([0, expect.stringContaining(`handler: ok, ${handler}`)]);
  });
});

describeAsRoot('a module that node would load before a worker has dropped its privileges', () => {
  const preload = '/dev/null';

  it.each([
    [[`--node-arg=--require=${preload}`], {}, `--node-arg --require=${preload}`],
    [[], { NODE_OPTIONS: `--import ${preload}` }, 'NODE_OPTIONS --import'],
    [['--env', `NODE_OPTIONS=-r ${preload}`], {}, 'NODE_OPTIONS -r'],
  ])('is refused: %j %j', async (args, env, where) => {
    const { code, output } = await run(['--user', 'www-data', ...args], { env });
    expect(code).toBe(78);
    expect(output).toMatch(/^scgi-server: .*would run as root/);
    expect(output).toContain(`scgi-server: ${where}: `);
  });

  it('is no matter where the worker does not have it', async () => {
    const env = { NODE_OPTIONS: `--require ${preload}` };
    const args = ['check', '--user', 'www-data', '--clear-env', writeModule(HELLO)];
    expect((await run(args, { env })).code).toBe(0);
  });
});

describeAsRoot('check', () => {
  it('loads the handler as the user that workers are, with their groups, mask and folder', async () => {
    const handler = writeModule(`
      console.log(JSON.stringify({ ids: [process.getuid(), process.getgid(), process.getgroups()],
        umask: process.umask(), cwd: process.cwd(), home: process.env.HOME }));
      ${HELLO}`);
    const dropping = ['--user', 'www-data', '--umask', '0077', '--chdir', '/usr'];
    const { code, output } = await run(['check', ...dropping, handler]);
    expect(code).toBe(0);
    const found = JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? '{}') as unknown;
    expect(found).toEqual({ ids: [33, 33, [33]], umask: 0o077, cwd: '/usr', home: '/var/www' });
    expect(output).not.toContain('root');
  });

  it('tells of a handler that its user cannot read, and of what it cannot do', async () => {
    const handler = writeModule(HELLO);
    fs.chmodSync(handler, 0o600);
    const { code, output } = await run(['check', '--user', 'www-data', handler]);
    expect([code, output]).toEqual([
      78,
      expect.stringMatching(/the handler does not load: .*EACCES/),
    ]);
    const closed = path.join(openDir(), 'closed');
    fs.mkdirSync(closed, { mode: 0o700 });
    const other = await run(['check', '--user', 'www-data', '--chdir', closed, writeModule(HELLO)]);
    expect(other.code).toBe(78);
    expect(other.output).toContain(`cannot use ${closed} as its working directory: EACCES`);
  });

  it('loads the handler inside of --chroot', async () => {
    const root = openDir();
    writeModule(
      `import fs from 'node:fs'; console.log(fs.readdirSync('/').join()); ${HELLO}`,
      'a.mjs',
      root,
    );
    const { code, output } = await run(['check', '--user', 'www-data', '--chroot', root, 'a.mjs']);
    expect([code, output]).toEqual([0, expect.stringMatching(/^a\.mjs$/m)]);
  });

  it('names users and groups of peers that there are not', async () => {
    const { code, output } = await run(['check', '--allow-uid', 'nobodies', writeModule(HELLO)]);
    expect([code, output]).toEqual([78, expect.stringContaining('there is no user "nobodies"')]);
  });
});

function writeConfig(): string {
  return writeModule('{ "maxWorkers": 3 }', 'scgi-server.config.json');
}

describeAsRoot('a configuration file of root', () => {
  it.each([
    [
      'is of somebody else',
      (file: string) => fs.chownSync(file, 33, 33),
      /owner is user 33; chown root /,
    ],
    [
      'may be written by its group',
      (file: string) => fs.chmodSync(file, 0o664),
      /its group may \(mode 0664\); chmod go-w /,
    ],
    [
      'may be written by everybody',
      (file: string) => fs.chmodSync(file, 0o646),
      /everybody may \(mode 0646\); chmod go-w /,
    ],
  ])('is refused if it %s, found or named, also through a link', async (_what, spoil, problem) => {
    const file = writeConfig();
    expect((await run(['--print-config', '--config', file])).code).toBe(0);
    spoil(file);
    const link = path.join(openDir(), 'link.json');
    fs.symlinkSync(file, link);
    for (const args of [
      ['--config', file],
      ['--config', link],
      ['check', '--config', file],
    ]) {
      const { code, output } = await run(args);
      expect([code, output]).toEqual([78, expect.stringMatching(problem)]);
      expect(output).toContain(`${file}: expected a file that nobody but root may write`);
    }
    expect((await run([], { cwd: path.dirname(file) })).code).toBe(78);
  });

  it('is refused where others may put another into its place, or into that of a link', async () => {
    const file = writeConfig();
    const dir = openDir();
    fs.symlinkSync(file, path.join(dir, 'link.json'));
    fs.mkdirSync(path.join(dir, 'below'));
    fs.copyFileSync(file, path.join(dir, 'below/own.json'));
    fs.chownSync(dir, 33, 33);
    for (const name of ['link.json', 'below/own.json']) {
      const { code, output } = await run(['--print-config', '--config', path.join(dir, name)]);
      expect([code, output]).toEqual([78, expect.stringContaining('its owner is user 33; chown')]);
      expect(output).toContain(`${dir}: expected a directory that nobody but root may write`);
    }
  });

  it('is never run when it is refused', async () => {
    const dir = openDir();
    const trace = path.join(dir, 'trace');
    const source = `require('node:fs').writeFileSync(${JSON.stringify(trace)}, '');`;
    const file = writeModule(source, 'scgi-server.config.js', dir);
    fs.chmodSync(file, 0o666);
    expect((await run(['check', '--config', file])).code).toBe(78);
    expect(fs.existsSync(trace)).toBe(false);
  });

  it('is no matter to a server that is no root', async () => {
    const file = writeConfig();
    fs.chownSync(file, 33, 33);
    fs.chmodSync(file, 0o666);
    for (const through of [as(NOBODY), as(WWW_DATA)]) {
      expect((await run(['--print-config', '--config', file], { through })).code).toBe(0);
    }
  });
});
