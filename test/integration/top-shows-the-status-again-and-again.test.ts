// The command `top`, in a real terminal and elsewhere.

import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { LaunchedServer } from '../helpers/start-server.ts';
import { BIN, cleanEnvironment, launchServer } from '../helpers/start-server.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { hasProgram } from '../servers/front.ts';

const ENTER = '\u001b[?1049h';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const GREEN = '\u001b[32m';

let dir: string;
let control: string;
let server: LaunchedServer;

beforeAll(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'scgi-'));
  control = path.join(dir, 'control');
  server = await launchServer({ args: ['--control', control, '--max-workers', '1'] });
});

afterAll(async () => {
  await server.finish();
  fs.rmSync(dir, { recursive: true });
});

interface Shown {
  child: ChildProcess;
  text: () => string;
  ended: () => Promise<number | null>;
}

function show(command: string, args: readonly string[], env: Record<string, string>): Shown {
  const child = spawn(command, args, { env: { ...cleanEnvironment(), ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  let code: number | null | undefined;
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  child.once('close', (exitCode) => (code = exitCode));
  const ended = async (): Promise<number | null> => {
    await waitFor(`the end of top: ${JSON.stringify(text)}`, () => code !== undefined);
    return code ?? null;
  };
  return { child, text: () => text, ended };
}

/**
 * In a terminal of its own, of 100 columns and 24 rows. Its name and the process's id come first.
 * Newer Nodes paint nothing where CI is set, unless they are told that the terminal can show it.
 */
function inTerminal(env: Record<string, string> = {}): Shown {
  const top = `exec ${process.execPath} ${BIN} top --control ${control}`;
  const command = `stty cols 100 rows 24; tty; echo pid $$; ${top}`;
  return show('script', ['-qfec', command, '/dev/null'], {
    TERM: 'xterm',
    SHELL: '/bin/sh',
    CI: 'true',
    ...env,
  });
}

const terminalsAreThere = hasProgram('script', 'top in a terminal');

describe.skipIf(!terminalsAreThere)('top in a terminal', () => {
  it('uses the whole screen, follows its size, and gives it back at q', async () => {
    const top = inTerminal();
    await waitFor('a status', () => top.text().includes('All is well'));
    expect(top.text()).toContain(ENTER);
    expect(top.text()).toContain(GREEN);
    const tty = /\/dev\/pts\/\d+/.exec(top.text())?.[0] ?? '';
    const before = top.text().length;
    execFileSync('stty', ['-F', tty, 'cols', '37', 'rows', '10']);
    await waitFor('a smaller one', () => /listens.{27}\.\.\./.test(top.text().slice(before)));
    expect(top.text()).not.toContain(LEAVE);
    top.child.stdin?.write('q');
    expect(await top.ended()).toBe(0);
    expect(top.text().endsWith(LEAVE)).toBe(true);
  });

  it.each([
    ['Ctrl-C', (top: Shown) => void top.child.stdin?.write('\u0003')],
    ['SIGTERM', (top: Shown) => void process.kill(Number(/pid (\d+)/.exec(top.text())?.[1]))],
  ])('gives the screen back at %s, and has no colours unless wanted', async (_how, end) => {
    const top = inTerminal({ NO_COLOR: '1' });
    await waitFor('a status', () => top.text().includes('All is well'));
    end(top);
    expect(await top.ended()).toBe(0);
    expect(top.text().endsWith(LEAVE)).toBe(true);
    expect(top.text()).not.toContain(GREEN);
  });
});

describe('top elsewhere', () => {
  it('prints one status after the other, and ends when nobody reads', async () => {
    const top = show(process.execPath, [BIN, 'top', '--control', control], { TERM: 'xterm' });
    await waitFor('two of them', () => (top.text().match(/^All is well/gm) ?? []).length > 1);
    expect(top.text()).not.toContain('\u001b');
    top.child.stdout?.destroy();
    expect(await top.ended()).toBe(0);
  });
});
