import { describe, expect, it } from 'vitest';
import { droppedFileField, passedFileField } from '../../../src/protocol/file-field.ts';

describe('passedFileField', () => {
  it.each([
    ['off', undefined, undefined, undefined],
    ['nginx', 'X-Accel-Redirect', undefined, undefined],
    ['apache', undefined, 'X-Sendfile', undefined],
    // Over SCGI it understands only the newer name (B21).
    ['lighttpd', undefined, 'X-Sendfile', 'X-Sendfile'],
  ] as const)('for %s lets through what it understands', (mode, accel, sendfile, own) => {
    expect(passedFileField('x-accel-redirect', mode)).toBe(accel);
    expect(passedFileField('x-sendfile', mode)).toBe(sendfile);
    expect(passedFileField('x-lighttpd-send-file', mode)).toBe(own);
  });
});

describe('droppedFileField', () => {
  it.each([
    ['X-Accel-Redirect', '--sendfile nginx'],
    ['x-sendfile', '--sendfile apache or --sendfile lighttpd'],
    ['X-LIGHTTPD-send-file', '--sendfile lighttpd'],
  ])('says what lets %s through', (name, options) => {
    expect(droppedFileField(name)).toBe(
      `dropped ${name}, which takes ${options}, and kept the body`,
    );
  });
});
