import { describe, expect, it } from 'vitest';
import { whyNotTrusted } from '../../../src/config/trusted-file.ts';

const FILE = '/srv/app/scgi-server.config.json';
const EXPECTED = `${FILE}: expected a file that nobody but root may write, since root acts on it, but`;

describe('a configuration file that root reads', () => {
  it.each([0o100600, 0o100644, 0o100444, 0o100755])('may be of root with mode %o', (mode) => {
    expect(whyNotTrusted(FILE, { uid: 0, mode }, 0)).toBeUndefined();
  });

  it.each([
    [{ uid: 1000, mode: 0o100600 }, `its owner is user 1000; chown root ${FILE}, and look`],
    [{ uid: 0, mode: 0o100664 }, `its group may (mode 0664); chmod go-w ${FILE}`],
    [{ uid: 0, mode: 0o100646 }, `everybody may (mode 0646); chmod go-w ${FILE}`],
    [{ uid: 0, mode: 0o100666 }, `everybody may (mode 0666); chmod go-w ${FILE}`],
  ])('must not be %j', (ownership, problem) => {
    expect(whyNotTrusted(FILE, ownership, 0)).toContain(`${EXPECTED} ${problem}`);
  });
});

describe('a directory above it', () => {
  it.each([0o040755, 0o040700, 0o041777])('may be of root with mode %o', (mode) => {
    expect(whyNotTrusted('/srv/app', { uid: 0, mode }, 0)).toBeUndefined();
  });

  it.each([
    [{ uid: 1000, mode: 0o040755 }, 'its owner is user 1000; chown root /srv/app, and look'],
    [{ uid: 1000, mode: 0o041777 }, 'its owner is user 1000; chown root /srv/app, and look'],
    [{ uid: 0, mode: 0o040775 }, 'its group may (mode 0775); chmod go-w /srv/app'],
    [{ uid: 0, mode: 0o040757 }, 'everybody may (mode 0757); chmod go-w /srv/app'],
  ])('must not be %j', (ownership, problem) => {
    const found = whyNotTrusted('/srv/app', ownership, 0);
    expect(found).toMatch(
      /^\/srv\/app: expected a directory that nobody but root may write, since/,
    );
    expect(found).toContain(problem);
  });
});

it('leaves to ordinary users, and to systems without users, which files they trust', () => {
  const anybodys = { uid: 1000, mode: 0o100666 };
  expect(whyNotTrusted(FILE, anybodys, 1000)).toBeUndefined();
  expect(whyNotTrusted(FILE, anybodys, undefined)).toBeUndefined();
});
