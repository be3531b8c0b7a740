import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPidFile } from '../../../src/ops/pid-file.ts';

describe('pid-file', () => {
  let directory: string;
  let path: string;
  const ours = `${process.pid}\n`;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'scgi-pid-'));
    path = join(directory, 'server.pid');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('holds our pid and nothing is left beside it; removed at the end', () => {
    const file = createPidFile(path);
    expect(readFileSync(path, 'utf8')).toBe(ours);
    expect(readdirSync(directory)).toEqual(['server.pid']);
    file.remove();
    expect(readdirSync(directory)).toEqual([]);
    file.remove();
  });

  test.each([
    ['of a process that has ended', `${spawnSync('true').pid}\n`],
    ['that is empty', ''],
    ['that holds something else', 'not a pid'],
    ['with a pid out of range', '0'],
    ['of an earlier start with the same pid, as in containers', ours],
  ])('replaces a file %s', (_, content) => {
    writeFileSync(path, content);
    createPidFile(path);
    expect(readFileSync(path, 'utf8')).toBe(ours);
    expect(readdirSync(directory)).toEqual(['server.pid']);
  });

  test('refuses the file of a living process and leaves it alone', () => {
    writeFileSync(path, `${process.ppid}\n`);
    expect(() => createPidFile(path)).toThrow(
      expect.objectContaining({
        code: 'ERR_SCGI_LISTEN',
        message: expect.stringContaining(`belongs to process ${process.ppid}, which is running`),
      }),
    );
    expect(readFileSync(path, 'utf8')).toBe(`${process.ppid}\n`);
    expect(readdirSync(directory)).toEqual(['server.pid']);
  });

  test('says why it cannot be written', () => {
    expect(() => createPidFile(join(directory, 'missing', 'server.pid'))).toThrow(
      expect.objectContaining({
        code: 'ERR_SCGI_CONFIG',
        message: expect.stringContaining('cannot write the pid file'),
      }),
    );
    mkdirSync(path);
    expect(() => createPidFile(path)).toThrow(expect.objectContaining({ code: 'ERR_SCGI_CONFIG' }));
  });

  test('is not removed when a successor has written its own', () => {
    const file = createPidFile(path);
    writeFileSync(path, '1\n');
    file.remove();
    expect(readFileSync(path, 'utf8')).toBe('1\n');
  });
});
