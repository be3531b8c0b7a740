import { describe, expect, it } from 'vitest';
import { resolvePrivileges } from '../../../src/privileges/resolve-privileges.ts';

const isRoot = process.geteuid?.() === 0;
const NOTHING = {
  user: undefined,
  group: undefined,
  umask: undefined,
  chdir: undefined,
  chroot: undefined,
  env: [],
  clearEnv: true,
  nodeArg: [],
};

describe('what workers give up', () => {
  it('is nothing unless it is asked for', () => {
    expect(resolvePrivileges(NOTHING)).toMatchObject({ settings: undefined, environment: [] });
  });

  it('may be mask and folder alone, which need no rights', () => {
    expect(resolvePrivileges({ ...NOTHING, umask: 0, chdir: '/usr' }).settings).toEqual({
      umask: 0,
      chdir: '/usr',
      chroot: undefined,
      identity: undefined,
    });
  });

  it.skipIf(!isRoot)('is the identity of root, in numbers', () => {
    const resolved = resolvePrivileges({ ...NOTHING, user: 'www-data', group: 'adm' });
    expect(resolved.settings?.identity).toEqual({ uid: 33, gid: 4, groups: [4] });
    expect(resolved.environment).toEqual(['HOME=/var/www', 'USER=www-data', 'LOGNAME=www-data']);
    expect(resolved.warnings).toEqual([]);
    const numeric = resolvePrivileges({ ...NOTHING, user: '4711', group: '4712' });
    expect(numeric.settings?.identity).toEqual({ uid: 4711, gid: 4712, groups: [4712] });
  });

  it.skipIf(!isRoot)('is warned of where it is not enough', () => {
    expect(resolvePrivileges(NOTHING).warnings).toEqual([
      expect.stringMatching(/^workers run as root: name another user with --user/),
    ]);
    expect(resolvePrivileges({ ...NOTHING, chroot: '/usr' }).warnings).toEqual([
      expect.stringMatching(/^workers run as root, and root finds the way out of --chroot: /),
    ]);
  });
});
