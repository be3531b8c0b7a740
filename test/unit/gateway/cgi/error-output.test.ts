import { describe, expect, it } from 'vitest';
import { ErrorOutput } from '../../../../src/gateway/cgi/error-output.ts';

const ignore = (): void => {};

function linesOf(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const log = {
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (line: string): void => void lines.push(line),
  };
  const output = new ErrorOutput('a.cgi', log);
  for (const chunk of chunks) output.push(Buffer.from(chunk));
  output.end();
  return lines;
}

describe('the error output of a program', () => {
  it('is lines under its name, however it comes', () => {
    expect(linesOf('one\ntw', 'o\r\n', '\nlast')).toEqual([
      'a.cgi: one',
      'a.cgi: two',
      'a.cgi: ',
      'a.cgi: last',
    ]);
  });

  it('is nothing when nothing came', () => {
    expect(linesOf()).toEqual([]);
  });

  it('is told up to 256 KiB, and how much more there was', () => {
    const lines = linesOf(...Array.from({ length: 300 }, () => `${'x'.repeat(1023)}\n`));
    expect(lines).toHaveLength(257);
    expect(lines.at(-1)).toBe(`a.cgi: ${44 * 1024} more bytes of error output are not logged`);
  });
});
