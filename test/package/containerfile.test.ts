// config/Containerfile, as far as it can be tested without containers: its form, and what its commands do in a
// project that has the packed package among its dependencies.

import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Instruction, JSONInstruction } from 'dockerfile-ast';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { adaptSample } from '../helpers/config-sample.ts';
import { programPath } from '../helpers/foreground.ts';
import { request } from '../helpers/scgi-peer.ts';
import { cleanEnvironment, HANDLERS, ROOT } from '../helpers/start-server.ts';
import { freePort } from '../helpers/tcp-port.ts';
import { waitFor } from '../helpers/wait-for.ts';

const run = promisify(execFile);
const SAMPLE = adaptSample('Containerfile', []);
const INSTRUCTIONS = DockerfileParser.parse(SAMPLE).getInstructions();

/** Those of a kind, in their order. */
const all = (keyword: string): Instruction[] =>
  INSTRUCTIONS.filter((instruction) => instruction.getKeyword() === keyword);

const wordsOf = (instruction: Instruction): string[] =>
  instruction.getArguments().map((argument) => argument.getValue());

/** The command of an instruction in its JSON form. */
function command(keyword: string): string[] {
  const [instruction] = all(keyword) as JSONInstruction[];
  if (keyword !== 'HEALTHCHECK') {
    return instruction!.getJSONStrings().map((text) => JSON.parse(text.getValue()) as string);
  }
  return JSON.parse(wordsOf(instruction!).slice(1).join(' ')) as string[];
}

describe('config/Containerfile', () => {
  /** A project as the file expects it. */
  let project = '';
  beforeAll(async () => {
    project = fs.mkdtempSync(path.join(os.tmpdir(), 'scgi-container-'));
    fs.chmodSync(project, 0o755);
    await makeProject(project);
    return () => fs.rmSync(project, { recursive: true, force: true });
  }, 120_000);

  it('is a container file without faults, and its programs get their signals', () => {
    expect(validate(SAMPLE)).toEqual([]);
    for (const keyword of ['ENTRYPOINT', 'CMD', 'HEALTHCHECK']) {
      expect(command(keyword).length).toBeGreaterThan(0);
    }
    expect(wordsOf(all('USER')[0]!)).not.toContain('root');
    expect(wordsOf(all('STOPSIGNAL')[0]!)).toEqual(['SIGTERM']);
  });

  it('copies what such a project has, and installs it without what development needs', async () => {
    for (const copy of all('COPY')) {
      for (const source of wordsOf(copy).slice(0, -1)) {
        expect(fs.existsSync(path.join(project, source))).toBe(true);
      }
    }
    const [, install] = all('RUN');
    const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_audit: 'false' };
    await run('sh', ['-c', wordsOf(install!).join(' ')], { cwd: project, env });
    expect(fs.existsSync(path.join(project, 'node_modules/.bin/scgi-server'))).toBe(true);
  }, 120_000);

  it('starts a server that is healthy, answers, and stops when it is asked to', async () => {
    const port = String(await freePort());
    const onPort = (words: string[]): string[] =>
      words.map((word) => (word === '4000' ? port : word));
    const env = environment();
    const isRoot = os.userInfo().uid === 0;
    const options = { cwd: project, env, ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}) };

    // Without tini it is still the server that is started; only nobody collects orphans.
    const entry = programPath('tini') === undefined ? [] : command('ENTRYPOINT');
    const [file = '', ...args] = [...entry, ...onPort(command('CMD'))];
    const server = new Started(
      spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    try {
      await server.said(/worker 0 .* is ready/);
      expect(server.output).toContain(`listening on 0.0.0.0:${port}\n`);
      expect(server.output).toContain('1 to 4 workers');
      const [check = '', ...rest] = onPort(command('HEALTHCHECK'));
      await run(check, rest, options);
      expect((await request({ host: '127.0.0.1', port: Number(port) })).status).toBe(200);
    } finally {
      server.process.kill('SIGTERM');
    }
    expect(await server.ended()).toBe(0);
    // Nobody answers any more, which the check must notice.
    const [check = '', ...rest] = onPort(command('HEALTHCHECK'));
    await expect(run(check, rest, options)).rejects.toMatchObject({ code: 69 });
  });

  it('leaves less time for a graceful stop than docker does before it kills', () => {
    const words = command('CMD');
    expect(parseInt(words[words.indexOf('--graceful-timeout') + 1] ?? '')).toBeLessThan(10);
  });
});

/** What the ENV lines make of this environment, with the project's folder for the image's. */
function environment(): NodeJS.ProcessEnv {
  const env = cleanEnvironment();
  for (const line of all('ENV')) {
    const [name = '', value = ''] = wordsOf(line).join(' ').split(/=(.*)/s);
    env[name] = value.replace('/app/', './').replace('$PATH', env['PATH'] ?? '');
  }
  return env;
}

async function makeProject(dir: string): Promise<void> {
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', dir];
  const { stdout } = await run('npm', pack, { cwd: ROOT });
  const [report] = JSON.parse(stdout) as { filename: string }[];
  const manifest = {
    private: true,
    dependencies: { 'scgi-server': `file:${report?.filename}` },
  };
  fs.writeFileSync(path.join(dir, 'package.json'), JSON.stringify(manifest));
  fs.copyFileSync(path.join(HANDLERS, 'hello.mjs'), path.join(dir, 'hello.mjs'));
  const lock = ['install', '--package-lock-only', '--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', lock, { cwd: dir });
}

/** A process and what it prints. */
class Started {
  readonly process: ChildProcess;
  output = '';
  #end: number | string | undefined;

  constructor(child: ChildProcess) {
    this.process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    child.once('error', ({ message }) => (this.#end = message));
    child.once('close', (code, signal) => (this.#end = code ?? signal ?? 'unknown'));
  }

  async said(pattern: RegExp): Promise<void> {
    const isSaid = (): boolean => pattern.test(this.output) || this.#end !== undefined;
    await waitFor(`${pattern} in the log`, isSaid, 30_000);
    if (this.#end !== undefined) throw new Error(`it ended: ${this.#end}\n${this.output}`);
  }

  async ended(): Promise<number | string> {
    await waitFor(`the end\n${this.output}`, () => this.#end !== undefined, 30_000);
    return this.#end ?? 'unknown';
  }
}
