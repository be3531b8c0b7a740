import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ListenAddress } from '../../../src/config/listen-address.ts';
import { startResponder } from './responder.ts';

const command = new URL('../../../src/cli/commands/request.ts', import.meta.url);
const tsx = import.meta.resolve('tsx');
const script = `
  import { requestCommand } from ${JSON.stringify(command)};
  await requestCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;

interface Run {
  args: string[];
  env?: Record<string, string>;
  file?: Record<string, unknown>;
  stdin?: string;
}

/** Runs the command in a process and folder of its own. */
async function run({ args, env = {}, file, stdin = '' }: Run) {
  const cwd = await mkdtemp(join(tmpdir(), 'scgi-'));
  onTestFinished(() => rm(cwd, { recursive: true }));
  if (file !== undefined) {
    await writeFile(join(cwd, 'scgi-server.config.json'), JSON.stringify(file));
  }
  const node = ['--import', tsx, '--input-type=module', '--eval', script, '--', ...args];
  const child = spawn(process.execPath, node, { cwd, env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.end(stdin);
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { exitCode: exitCode as number, stdout, stderr };
}

function path(address: ListenAddress): string {
  return address.kind === 'unix' ? address.path : '';
}

describe('request command', () => {
  it('sends what its options say to the server that they name', async () => {
    const address = await startResponder(async ({ socket, env, readBody }) => {
      const names = ['REQUEST_METHOD', 'REQUEST_URI', 'HTTP_A', 'HTTP_B', 'REMOTE_USER'];
      const values = names.map((name) => env[name]).join(' ');
      socket.end(`Status: 404 Not Found\n\n${values} ${String(await readBody())}`);
    });
    const args = [
      '--socket',
      path(address),
      '-H',
      'A: 1',
      '-H',
      'B: 2',
      '--env',
      'REMOTE_USER=ann',
    ];
    const result = await run({ args: [...args, '-i', '-d', '@-', '/p?q'], stdin: 'from stdin' });
    expect(result).toEqual({
      exitCode: 22,
      stdout: 'Status: 404 Not Found\r\n\r\nPOST /p?q 1 2 ann from stdin',
      stderr: '',
    });
  });

  it('finds the server through the environment, and through the configuration file', async () => {
    const address = await startResponder(({ socket }) => socket.end('A: b\n\nhello'));
    const answer = { exitCode: 0, stdout: 'hello', stderr: '' };
    expect(await run({ args: [], env: { SCGI_SERVER_SOCKET: path(address) } })).toEqual(answer);
    expect(await run({ args: ['/'], file: { socket: path(address) } })).toEqual(answer);
  });

  it('fails as a health check when nobody listens', async () => {
    const { exitCode, stdout, stderr } = await run({
      args: ['--socket', '/nowhere/s', '-m', '2s'],
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 69, stdout: '' });
    expect(stderr).toMatch(/^scgi-server: cannot connect to unix:\/nowhere\/s: [^\n]*\n$/);
  });
});
