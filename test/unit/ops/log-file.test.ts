import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LogDestination } from '../../../src/ops/log-destination.ts';
import { LogFile } from '../../../src/ops/log-file.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

function namedPipe(): string {
  const file = path.join(tempDir(), 'pipe');
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', file]);
  return file;
}

const countDescriptors = (): number => fs.readdirSync('/proc/self/fd').length;
const read = (file: string): string => fs.readFileSync(file, 'utf8');

describe('LogFile', () => {
  it.skipIf(process.geteuid?.() !== 0)('does not let root write where another user points', () => {
    const dir = path.join(tempDir(), 'logs');
    fs.mkdirSync(dir, { mode: 0o755 });
    const [file, target] = [path.join(dir, 'log'), path.join(dir, 'target')];
    fs.symlinkSync(target, file);
    fs.lchownSync(file, 65_534, 65_534);
    expect(() => new LogFile(file, '--log-file')).toThrow(/no link of user 65534's/);
    fs.rmSync(file);
    const log = new LogFile(file, '--log-file');
    fs.chownSync(dir, 65_534, 65_534);
    expect(log.reopen()).toMatch(/its owner is user 65534/);
    expect(() => new LogFile(file, '--log-file')).toThrow(/its owner is user 65534/);
    expect(fs.existsSync(target)).toBe(false);
  });

  it('adds to what is there, and creates what is not, for nobody but owner and group', () => {
    const file = path.join(tempDir(), 'log');
    new LogFile(file, '--log-file').destination.write('one\n');
    new LogFile(file, '--log-file').destination.write('two\n');
    expect(read(file)).toBe('one\ntwo\n');
    expect(fs.statSync(file).mode & 0o137).toBe(0);
  });

  it('writes to the renamed file until it is opened anew, and loses nothing', () => {
    const file = path.join(tempDir(), 'log');
    const log = new LogFile(file, '--log-file');
    log.destination.write('one\n');
    fs.renameSync(file, `${file}.1`);
    log.destination.write('two\n');
    expect(log.reopen()).toBeUndefined();
    log.destination.write('three\n');
    expect([read(`${file}.1`), read(file)]).toEqual(['one\ntwo\n', 'three\n']);
  });

  it('goes on with the old file when the new one cannot be opened', () => {
    const dir = tempDir();
    fs.mkdirSync(path.join(dir, 'logs'));
    const log = new LogFile(path.join(dir, 'logs/log'), '--log-file');
    fs.renameSync(path.join(dir, 'logs'), path.join(dir, 'old'));
    expect(log.reopen()).toMatch(/ENOENT/);
    log.destination.write('one\n');
    expect(read(path.join(dir, 'old/log'))).toBe('one\n');
  });

  it('says which option names a file that cannot be opened', () => {
    const file = path.join(tempDir(), 'missing/log');
    expect(() => new LogFile(file, '--access-log-file')).toThrow(
      /^--access-log-file: expected a file that can be added to: ENOENT/,
    );
    expect(() => new LogFile(tempDir(), '--log-file')).toThrow(/EISDIR/);
  });

  it.skipIf(!fs.existsSync('/proc/self/fd'))('keeps no descriptor of what it has left', () => {
    const pipe = namedPipe();
    let reader = fs.openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const log = new LogFile(pipe, '--access-log-file');
    // Whoever reads it is restarted, and the first line comes meanwhile.
    fs.closeSync(reader);
    log.destination.write('lost\n');
    reader = fs.openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const before = countDescriptors();
    try {
      for (let i = 0; i < 5; i++) {
        expect(log.reopen()).toBeUndefined();
        log.destination.write(`${i}\n`);
      }
      expect(countDescriptors()).toBeLessThanOrEqual(before + 1);
      expect(fs.readSync(reader, Buffer.alloc(100))).toBe('0\n1\n2\n3\n4\n'.length);
    } finally {
      fs.closeSync(reader);
    }
  });

  it('does not wait for the reader of a named pipe that has none', () => {
    expect(() => new LogFile(namedPipe(), '--log-file')).toThrow(/ENXIO/);
  });
});

it('takes what a full disk has not taken to the next file', () => {
  const full = fs.openSync('/dev/full', 'a');
  const file = path.join(tempDir(), 'log');
  const next = fs.openSync(file, 'a');
  try {
    const destination = new LogDestination({ fd: full });
    destination.write('one\n');
    destination.write('two\n');
    destination.moveTo(next);
    destination.write('three\n');
    expect(read(file)).toBe('one\ntwo\nthree\n');
    expect(destination.droppedLines).toBe(0);
  } finally {
    fs.closeSync(next);
  }
});

it('begins the next file with a whole line, though the last one had room for half of it only', () => {
  const pipe = namedPipe();
  const reader = fs.openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const writer = fs.openSync(pipe, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
  const file = path.join(tempDir(), 'log');
  const next = fs.openSync(file, 'a');
  try {
    const destination = new LogDestination({ fd: writer });
    // More than a pipe holds.
    destination.write(`${'x'.repeat(100_000)}\n`);
    destination.write('whole\n');
    destination.moveTo(next);
    expect(read(file)).toBe('whole\n');
    expect(destination.droppedLines).toBe(1);
  } finally {
    for (const fd of [reader, next]) fs.closeSync(fd);
  }
});
