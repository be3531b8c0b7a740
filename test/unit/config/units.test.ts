import { describe, expect, it } from 'vitest';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../../src/config/units.ts';

describe('units', () => {
  it.each([
    ['500ms', 500, '500ms'],
    ['30s', 30_000, '30s'],
    ['300s', 300_000, '5m'],
    ['90s', 90_000, '90s'],
    ['5m', 300_000, '5m'],
    ['2h', 7_200_000, '2h'],
    ['7', 7_000, '7s'],
    ['1.5', 1_500, '1500ms'],
    ['0.25h', 900_000, '15m'],
    ['0', 0, '0s'],
  ])('reads the duration %s as %i ms and writes it as %s', (text, ms, written) => {
    expect(parseDuration(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(written);
    expect(parseDuration(written)).toBe(ms);
  });

  it.each(['', 'soon', '5 s', '-1', '5d', '1e3', '.5s', '5S', '0x10', ' 5', '1.s'])(
    'refuses %j as a duration',
    (text) => {
      expect(() => parseDuration(text)).toThrow(
        `expected a duration such as 500ms, 30s, 5m or 2h, got ${JSON.stringify(text)}`,
      );
    },
  );

  it('refuses a duration that a timer cannot wait', () => {
    expect(parseDuration('596h')).toBe(2_145_600_000);
    expect(() => parseDuration('597h')).toThrow('expected a duration of at most 596h');
  });

  it('refuses a duration below the shortest one', () => {
    expect(() => parseDuration('0', 1)).toThrow('expected a duration of at least 1ms, got "0"');
  });

  it.each([
    ['64k', 65_536, '64k'],
    ['64K', 65_536, '64k'],
    ['10m', 10_485_760, '10m'],
    ['1g', 1_073_741_824, '1g'],
    ['1024', 1_024, '1k'],
    ['1000', 1_000, '1000'],
    ['0', 0, '0'],
  ])('reads the size %s as %i bytes and writes it as %s', (text, bytes, written) => {
    expect(parseSize(text)).toBe(bytes);
    expect(formatSize(bytes)).toBe(written);
    expect(parseSize(written)).toBe(bytes);
  });

  it.each(['', 'big', '1.5m', '-1', '10mb', '1 k', '1t'])('refuses %j as a size', (text) => {
    expect(() => parseSize(text)).toThrow(
      `expected a size such as 64k, 10m or 1g, got ${JSON.stringify(text)}`,
    );
  });

  it('refuses sizes that are too small or no exact number', () => {
    expect(() => parseSize('1k', 2048)).toThrow('expected a size of at least 2k, got "1k"');
    expect(() => parseSize('99999999999g')).toThrow('expected a size that fits a machine');
  });
});
