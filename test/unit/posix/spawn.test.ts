import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { NativeBuffer } from '../../../src/posix/native-buffer.ts';
import { createPipe, lookAtPipes, NO_PIPE, readPipe } from '../../../src/posix/pipe.ts';
import type { ProgramStart } from '../../../src/posix/spawn.ts';
import { endOf, reap, startProgram } from '../../../src/posix/spawn.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import { describeKernel, owned } from './real-kernel.ts';

const SH = '/bin/sh';

/** Runs a script of the shell, and returns what it wrote to its output, and its end. */
async function run(script: string, start: Partial<ProgramStart> = {}): Promise<Ran> {
  const [reading, writing] = createPipe('output');
  owned(reading);
  const nothing = fs.openSync('/dev/null', 'r+');
  const pid = startProgram({
    file: SH,
    args: ['sh', '-c', script],
    env: [],
    directory: '/',
    stdio: [nothing, writing.fd, nothing],
    ...start,
  });
  fs.closeSync(nothing);
  writing.close();
  const buffer = new NativeBuffer(200_000);
  let output = '';
  for (let count = -1; count !== 0;) {
    count = readPipe(reading.fd, buffer);
    output += buffer.bytes.toString('latin1', 0, count);
  }
  const end = await waitFor('the end of the program', () => endOf(pid));
  expect(endOf(pid)).toEqual(end);
  reap(pid);
  expect(() => endOf(pid)).toThrow(expect.objectContaining({ call: 'waitid', errno: 'ECHILD' }));
  return { pid, output, end };
}

interface Ran {
  pid: number;
  output: string;
  end: unknown;
}

describeKernel('a program', () => {
  it('is started with its arguments, environment and directory, whatever bytes they have', async () => {
    const { output, end } = await run('printf "%s\\\\n" "$0" "$1" "$2" "$A" "$B"; pwd', {
      args: ['sh', '-c', 'printf "%s\\n" "$0" "$1" "$2" "$A" "$B"; pwd', 'name', '', '\xff x'],
      env: ['A=\xe9=', 'B='],
      directory: '/usr',
    });
    expect(output).toBe('name\n\n\xff x\n\xe9=\n\n/usr\n');
    expect(end).toEqual({ code: 0, signal: null });
  });

  it('may have a large environment', async () => {
    const env = Array.from({ length: 100 }, (_, i) => `V${i}=${'x'.repeat(1000)}`);
    const { output } = await run('env | wc -c', { env: [...env, 'PATH=/usr/bin:/bin'] });
    expect(Number(output)).toBeGreaterThan(100_000);
  });

  it('has an exit code, or the signal that ended it', async () => {
    expect((await run('exit 42')).end).toEqual({ code: 42, signal: null });
    expect((await run('kill -SEGV $$')).end).toEqual({ code: null, signal: 'SIGSEGV' });
  });

  it('leads a group of its own, and no signal is blocked or ignored', async () => {
    const script = 'cat /proc/self/status; cut -d" " -f5 /proc/self/stat';
    const { pid, output } = await run(script, { env: ['PATH=/usr/bin:/bin'] });
    expect(output).toMatch(/^SigBlk:\s+0+$/m);
    // But for the two that are the C library's own, 32 and 33.
    expect(output).toMatch(/^SigIgn:\s+0+[01]80000000$|^SigIgn:\s+0+$/m);
    expect(Number(output.trim().split('\n').at(-1))).toBe(pid);
  });

  it.each([
    ['/no/such/program', 'ENOENT'],
    ['/etc', 'EACCES'],
    ['/etc/passwd', 'EACCES'],
  ])('%s is none: %s', (file, errno) => {
    const start = { file, args: [file], env: [], directory: '/', stdio: [0, 1, 2] as const };
    expect(() => startProgram(start)).toThrow(
      expect.objectContaining({ call: 'posix_spawn', errno, subject: file }),
    );
  });

  it('cannot be started in a directory that is not there, or with an environment that is too large', () => {
    const start = { file: SH, args: ['sh'], env: [], directory: '/', stdio: [0, 1, 2] as const };
    expect(() => startProgram({ ...start, directory: '/no' })).toThrow(
      expect.objectContaining({ errno: 'ENOENT' }),
    );
    expect(() => startProgram({ ...start, env: [`A=${'x'.repeat(200_000)}`] })).toThrow(
      expect.objectContaining({ errno: 'E2BIG' }),
    );
  });
});

describeKernel('a pipe', () => {
  it('tells what is in it, and when that is all', () => {
    const [reading, writing] = createPipe('a test');
    const [otherReading, otherWriting] = createPipe('another');
    for (const end of [reading, writing, otherReading, otherWriting]) owned(end);
    const nothing = { hasBytes: false, isOver: false };
    expect(lookAtPipes(reading.fd, otherReading.fd)).toEqual([nothing, nothing]);
    fs.writeSync(writing.fd, 'hello');
    otherWriting.close();
    expect(lookAtPipes(reading.fd, otherReading.fd)).toEqual([
      { hasBytes: true, isOver: false },
      { hasBytes: false, isOver: true },
    ]);
    writing.close();
    expect(lookAtPipes(reading.fd, NO_PIPE)).toEqual([{ hasBytes: true, isOver: true }, nothing]);
    const buffer = new NativeBuffer(3);
    expect(readPipe(reading.fd, buffer)).toBe(3);
    expect(buffer.bytes.toString()).toBe('hel');
    expect(readPipe(reading.fd, buffer)).toBe(2);
    expect(readPipe(reading.fd, buffer)).toBe(0);
  });

  it('is looked at while signals come, which ended workers whose programs ended', async () => {
    const [reading, writing] = createPipe('a test');
    for (const end of [reading, writing]) owned(end);
    const hear = vi.fn();
    process.on('SIGWINCH', hear);
    const storm = `for (;;) process.kill(process.ppid, 'SIGWINCH')`;
    const sender = spawn(process.execPath, ['--eval', storm], { stdio: 'ignore' });
    onTestFinished(() => {
      sender.kill('SIGKILL');
      process.off('SIGWINCH', hear);
    });
    await waitFor('the storm', () => hear.mock.calls.length > 0);
    const nothing = { hasBytes: false, isOver: false };
    for (let n = 0; n < 20_000; n++) lookAtPipes(reading.fd, NO_PIPE);
    expect(lookAtPipes(reading.fd, NO_PIPE)).toEqual([nothing, nothing]);
  });
});
