import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LogDestination } from '../../../src/ops/log-destination.ts';

const LINES = 50_000;
const MODULE = new URL('../../../src/ops/log-destination.ts', import.meta.url).href;

/** Writes to stderr, which nobody reads; then goes on when told, and ends without being asked. */
const WRITER = `
  import { LogDestination } from ${JSON.stringify(MODULE)};
  const destination = new LogDestination();
  destination.onRecovered = (lines) => destination.write('dropped ' + lines + '\\n');
  for (let n = 0; n < ${LINES}; n += 1) destination.write('line ' + n + ' ' + 'x'.repeat(50) + '\\n');
  process.stdout.write('written, ' + destination.droppedLines + ' dropped\\n');
  for await (const _ of process.stdin);
  destination.write('the last line\\n');
  await destination.flush(1000);
`;

function startWriter(stderr: number | 'pipe', uid?: number): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', WRITER], {
    stdio: ['pipe', 'pipe', stderr],
    ...(uid === undefined ? {} : { uid }),
  });
}

/** Resolves with the number of lines that the writer reports as dropped, without reading its log. */
function reportedDrops(writer: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    writer.stdout?.on('data', (chunk: Buffer) => {
      output += chunk;
      const match = /written, (\d+) dropped/.exec(output);
      if (match) resolve(Number(match[1]));
    });
    writer.once('exit', () => reject(new Error(`the writer ended early: ${output}`)));
  });
}

function expectWholeLines(log: string, droppedLines: number): void {
  const lines = log.trimEnd().split('\n');
  expect(lines.pop()).toBe('the last line');
  expect(lines.pop()).toBe(`dropped ${droppedLines}`);
  expect(lines).toHaveLength(LINES - droppedLines);
  const expected = lines.map((_, n) => `line ${n} ${'x'.repeat(50)}`);
  expect(lines).toEqual(expected);
}

/** Reads what a pipe holds, without waiting for more. */
function readAvailable(reader: number): string {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65_536);
  for (let length = -1; length !== 0;) {
    length = readOnce(reader, chunk);
    chunks.push(Buffer.from(chunk.subarray(0, length)));
  }
  return Buffer.concat(chunks).toString();
}

function readOnce(reader: number, chunk: Buffer): number {
  try {
    return fs.readSync(reader, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

/** A busy machine takes its time. */
const PATIENCE = { timeout: 10_000 };

describe('LogDestination', () => {
  let directory: string;
  const opened: number[] = [];
  const open = (path: string, flags: number | string): number => {
    const fd = fs.openSync(path, flags);
    opened.push(fd);
    return fd;
  };

  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), 'scgi-log-'));
  });
  afterEach(() => {
    for (const fd of opened.splice(0)) fs.closeSync(fd);
    fs.rmSync(directory, { recursive: true });
  });

  /** Both ends of a pipe that nobody reads unless asked to; neither end blocks. */
  function makePipe(): { reader: number; writer: number } {
    const path = join(directory, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', path]);
    const reader = open(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    return { reader, writer: open(path, fs.constants.O_WRONLY) };
  }

  test('appends to a file at the offset that it shares with others', () => {
    const path = join(directory, 'log');
    const fd = open(path, 'w');
    fs.writeSync(fd, 'before\n');
    new LogDestination({ fd }).write('line\n');
    fs.writeSync(fd, 'after\n');
    expect(fs.readFileSync(path, 'utf8')).toBe('before\nline\nafter\n');
  });

  test('a pipe that nobody reads does not stop the process; its reader later gets whole lines', async () => {
    const { reader, writer: stderr } = makePipe();
    const writer = startWriter(stderr);
    const droppedLines = await reportedDrops(writer);
    expect(droppedLines).toBeGreaterThan(10_000);

    let log = '';
    let isOver = false;
    writer.once('exit', () => (isOver = true));
    await vi.waitFor(() => {
      log += readAvailable(reader);
      expect(log.includes('dropped')).toBe(true);
    }, PATIENCE);
    writer.stdin?.end();
    await vi.waitFor(() => {
      log += readAvailable(reader);
      expect(isOver).toBe(true);
    }, PATIENCE);
    expectWholeLines(log + readAvailable(reader), droppedLines);
  }, 20_000);

  test.runIf(process.getuid?.() === 0)(
    'the same for a pipe that another user made, as under setuidgid',
    async () => {
      const { reader, writer: stderr } = makePipe();
      fs.chmodSync(join(directory, 'pipe'), 0o600);
      const writer = startWriter(stderr, 65_534);
      expect(await reportedDrops(writer)).toBeGreaterThan(10_000);
      writer.stdin?.end();
      let log = '';
      await vi.waitFor(() => {
        log += readAvailable(reader);
        expect(log.includes('dropped')).toBe(true);
      }, PATIENCE);
    },
    20_000,
  );

  test('the same for a socket, as journald gives', async () => {
    const writer = startWriter('pipe'); // Node makes a pair of sockets
    const droppedLines = await reportedDrops(writer);
    expect(droppedLines).toBeGreaterThan(10_000);
    let log = '';
    writer.stderr?.on('data', (chunk: Buffer) => (log += chunk));
    await vi.waitFor(() => expect(log.includes('dropped')).toBe(true), PATIENCE);
    writer.stdin?.end();
    await once(writer, 'close');
    expectWholeLines(log, droppedLines);
  }, 20_000);

  test('a process whose log is never read again ends all the same', async () => {
    const { writer: stderr } = makePipe();
    const writer = startWriter(stderr);
    await reportedDrops(writer);
    const startedAt = performance.now();
    writer.stdin?.end();
    const [code] = await once(writer, 'exit');
    expect(code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(3_000); // the flush asked for 1 s
  }, 20_000);

  test('leaves the description that it shares with its starter blocking', () => {
    const { writer } = makePipe();
    const flags = () =>
      Number.parseInt(
        /flags:\s+(\d+)/.exec(fs.readFileSync(`/proc/self/fdinfo/${writer}`, 'utf8'))![1]!,
        8,
      );
    new LogDestination({ fd: writer }).write('x\n');
    expect(flags() & fs.constants.O_NONBLOCK).toBe(0);
  });

  test('continues a line that the kernel took only in part', async () => {
    const { reader, writer } = makePipe();
    const destination = new LogDestination({ fd: writer });
    const long = `${'a'.repeat(100_000)}\n`;
    destination.write(long);
    destination.write('next\n');
    let log = '';
    await vi.waitFor(() => {
      log += readAvailable(reader);
      expect(log).toBe(`${long}next\n`);
    }, PATIENCE);
    expect(destination.droppedLines).toBe(0);
  });

  test('reports each gap in its place, once', async () => {
    const { reader, writer } = makePipe();
    const destination = new LogDestination({ fd: writer, maxBufferedBytes: 10_000 });
    const reports: number[] = [];
    destination.onRecovered = (lines) => {
      reports.push(lines);
      destination.write(`gap of ${lines}\n`);
    };
    let log = '';
    const line = `${'b'.repeat(999)}\n`;
    for (let round = 1; round <= 2; round += 1) {
      for (let n = 0; n < 200; n += 1) destination.write(line);
      await vi.waitFor(() => {
        log += readAvailable(reader);
        expect(reports).toHaveLength(round);
      }, PATIENCE);
    }
    await destination.flush(1000);
    log += readAvailable(reader);
    expect(reports[0]! + reports[1]!).toBe(destination.droppedLines);
    expect(log.split(line).join('.')).toMatch(/^\.+gap of \d+\n\.+gap of \d+\n$/);
    expect(log.split(line).length - 1).toBe(400 - destination.droppedLines);
  });

  test('drops and counts when nobody can read any more, and never throws', async () => {
    const { reader, writer } = makePipe();
    const destination = new LogDestination({ fd: writer });
    destination.write('taken\n');
    expect(readAvailable(reader)).toBe('taken\n');
    opened.splice(opened.indexOf(reader), 1);
    fs.closeSync(reader);
    for (let n = 0; n < 5; n += 1) destination.write('lost\n');
    expect(destination.droppedLines).toBe(5);
    await destination.flush(60_000);

    const again = open(join(directory, 'pipe'), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const reports: number[] = [];
    destination.onRecovered = (lines) => reports.push(lines);
    destination.write('back\n');
    expect(readAvailable(again)).toBe('back\n');
    expect(reports).toEqual([5]);
  });

  test('a closed descriptor costs the lines, nothing else', async () => {
    const destination = new LogDestination({ fd: 9_999 });
    destination.write('lost\n');
    await destination.flush(60_000);
    expect(destination.droppedLines).toBe(1);
  });

  test('keeps lines while the disk is full', async () => {
    const destination = new LogDestination({ fd: open('/dev/full', 'w'), maxBufferedBytes: 100 });
    for (let n = 0; n < 30; n += 1) destination.write('0123456789\n');
    expect(destination.droppedLines).toBe(21);
    await destination.flush(50);
  });

  test('a line longer than the buffer is dropped without blocking the next', () => {
    const path = join(directory, 'log');
    const destination = new LogDestination({ fd: open(path, 'w'), maxBufferedBytes: 10 });
    destination.write('much longer than ten bytes\n');
    destination.write('short\n');
    expect(fs.readFileSync(path, 'utf8')).toBe('short\n');
    expect(destination.droppedLines).toBe(1);
  });
});
