import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findAccount, memberships } from '../../../src/ops/accounts.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

const PATH = process.env['PATH'];

/** Programs that are found instead of the system's, by name; with none, none are found at all. */
function usePrograms(programs: Record<string, string>): void {
  const dir = tempDir();
  for (const [name, script] of Object.entries(programs)) {
    fs.writeFileSync(path.join(dir, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  process.env['PATH'] = dir;
}

afterEach(() => {
  process.env['PATH'] = PATH;
});

describe.each([
  ['by the programs of the system', () => {}],
  ['in its files, where there are no programs', () => usePrograms({})],
])('a user is found %s', (_how, prepare) => {
  it('by name and by number, with group and home', () => {
    prepare();
    const root = { name: 'root', uid: 0, gid: 0, home: '/root' };
    expect(findAccount('root')).toEqual(root);
    expect(findAccount('0')).toEqual(root);
    const { uid, gid } = findAccount('www-data') ?? {};
    expect([uid, gid]).toEqual([33, 33]);
  });

  it.each(['no-such-user', '4711', '-u', '', 'root:x', '99999999999'])('or not: %j', (user) => {
    prepare();
    expect(findAccount(user)).toBeUndefined();
  });

  it('with the groups that it is in', () => {
    prepare();
    expect(memberships({ name: 'nobody', uid: 65_534, gid: 65_534, home: '/' })).toEqual([]);
  });
});

it('leaves out the primary group, which another may replace', () => {
  usePrograms({ id: 'echo 1000 4 27' });
  const account = { name: 'app', uid: 1000, gid: 1000, home: '/home/app' };
  expect(memberships(account)).toEqual([4, 27]);
});

it('keeps names with hyphens and directories with spaces as they are', () => {
  usePrograms({ getent: 'echo "my-app:x:1000:1001:My App,,,:/srv/my app:/bin/sh"' });
  const account = { name: 'my-app', uid: 1000, gid: 1001, home: '/srv/my app' };
  expect(findAccount('my-app')).toEqual(account);
  expect(findAccount('1000')).toEqual(account);
  expect(findAccount('other')).toBeUndefined();
});

it('does not take a directory service that is down for one that knows nobody', () => {
  usePrograms({ getent: 'kill -9 $$', id: 'kill -9 $$' });
  expect(() => findAccount('app')).toThrow(/getent passwd app does not answer/);
  const account = { name: 'app', uid: 1000, gid: 1000, home: '/' };
  expect(() => memberships(account)).toThrow(/id -G app does not answer/);
});
