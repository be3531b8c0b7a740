import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KnownNames } from '../../../src/protocol/known-names.ts';

/** Reads a block of names, each with a NUL behind it. */
function readAll(known: KnownNames, names: readonly string[]): (string | undefined)[] {
  const text = names.map((name) => `${name}\0`).join('');
  const block = Buffer.from(text, 'latin1');
  known.restart();
  let at = 0;
  return names.map((name) => {
    const read = known.read(block, text, at);
    at += name.length + 1;
    return read;
  });
}

describe('KnownNames', () => {
  it('knows a block that it has read before, with some names left out', () => {
    const known = new KnownNames();
    const names = ['CONTENT_LENGTH', 'SCGI', 'HTTP_COOKIE', 'HTTP_HOST', 'HTTP_ACCEPT'];
    expect(readAll(known, names)).toEqual(names);
    expect(known.areAllKnown).toBe(false);
    for (const part of [names, names.filter((name) => name !== 'HTTP_COOKIE'), []]) {
      expect(readAll(known, part)).toEqual(part);
      expect(known.areAllKnown).toBe(true);
    }
  });

  it('never calls a block known in which a name comes twice', () => {
    const letters = fc.array(fc.constantFrom('A', 'B', 'C', 'AB', 'ABC', 'D'), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 6 }), (blocks) => {
        const known = new KnownNames();
        for (const block of blocks) {
          expect(readAll(known, block)).toEqual(block);
          if (known.areAllKnown) expect(new Set(block).size).toBe(block.length);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('forgets rather than grow without end, and takes names of any length', () => {
    const known = new KnownNames();
    for (let i = 0; i < 500; i++) {
      const names = [`HTTP_X_${i}`, 'X'.repeat(i), 'HTTP_HOST'];
      expect(readAll(known, names)).toEqual(names);
    }
    const usual = ['SCGI', 'HTTP_HOST'];
    readAll(known, usual);
    expect(readAll(known, usual)).toEqual(usual);
    expect(known.areAllKnown).toBe(true);
  });

  it('has no name where there is no NUL', () => {
    const block = Buffer.from('HTTP_HO');
    expect(new KnownNames().read(block, 'HTTP_HO', 0)).toBeUndefined();
  });
});
