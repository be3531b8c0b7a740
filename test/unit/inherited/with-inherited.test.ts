import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../../src/config/resolve.ts';
import type { Inherited } from '../../../src/inherited/with-inherited.ts';
import { isAddressGiven, withInherited } from '../../../src/inherited/with-inherited.ts';

const NOTHING: Inherited = { sockets: [], input: 'other' };
const TWO: Inherited = {
  sockets: [
    { fd: 3, name: 'app' },
    { fd: 4, name: 'admin' },
  ],
  input: 'other',
};

const options = (flags: Record<string, unknown> = {}) => resolveConfig({ flags, env: {} });

describe('without an address', () => {
  it('nothing changes where nothing is inherited', () => {
    const { config, sources, unused, warnings } = withInherited(options(), NOTHING);
    expect([config.port, config.listen, sources.port]).toEqual([4000, [], 'default']);
    expect([unused, warnings]).toEqual([[], []]);
  });

  it('all that systemd passes is listened on, instead of the default', () => {
    const { config, sources, unused } = withInherited(options(), TWO);
    expect(config.port).toBeUndefined();
    expect(config.listen).toEqual([
      { kind: 'fd', fd: 3, name: 'app' },
      { kind: 'fd', fd: 4, name: 'admin' },
    ]);
    expect([sources.port, sources.listen]).toEqual(['LISTEN_FDS', 'LISTEN_FDS']);
    expect(unused).toEqual([]);
  });

  it('a listening socket on standard input is', () => {
    const { config, sources } = withInherited(options(), { sockets: [], input: 'listener' });
    expect([config.port, config.listen]).toEqual([undefined, [{ kind: 'fd', fd: 0 }]]);
    expect(sources.listen).toBe('standard input');
  });

  it('what systemd passes goes before standard input, which is told', () => {
    const { config, unused, warnings } = withInherited(options(), { ...TWO, input: 'listener' });
    expect(config.listen.length).toBe(2);
    expect(unused).toEqual([0]);
    expect(warnings[0]).toMatch(/^inherited and not used.*: fd:0, standard input$/);
  });

  it('a connection is an error that says what serves one', () => {
    expect(() => withInherited(options(), { sockets: [], input: 'connection' })).toThrow(
      expect.objectContaining({
        code: 'ERR_SCGI_LISTEN',
        message: expect.stringMatching(/standard input is a connection.*`scgi-server inetd`/),
      }),
    );
  });

  it('sockets for another process are left alone', () => {
    const { config, warnings } = withInherited(options(), { ...NOTHING, foreignPid: '12' });
    expect(config.port).toBe(4000);
    expect(warnings).toEqual([
      expect.stringMatching(/^LISTEN_FDS is ignored: it is meant for process 12 \(LISTEN_PID\)/),
    ]);
  });
});

describe('with an address', () => {
  it.each([{ port: '4001' }, { host: '127.0.0.2' }, { socket: '/s' }, { listen: ['fd:9'] }])(
    '%j is all that counts, and the rest is named once',
    (flags) => {
      const resolved = options(flags);
      expect(isAddressGiven(resolved)).toBe(true);
      const { config, unused, warnings } = withInherited(resolved, TWO);
      expect(config).toEqual(resolved.config);
      expect(unused).toEqual([3, 4]);
      expect(warnings).toEqual([
        'inherited and not used, since other addresses are given: fd:3 (app), fd:4 (admin)',
      ]);
    },
  );

  it('a name stands for all sockets of that name', () => {
    const sockets = [...TWO.sockets, { fd: 5, name: 'app' }];
    const resolved = options({ listen: ['fd:app', '127.0.0.1:1'] });
    const { config, unused } = withInherited(resolved, { sockets, input: 'other' });
    expect(config.listen).toEqual([
      { kind: 'fd', fd: 3, name: 'app' },
      { kind: 'fd', fd: 5, name: 'app' },
      { kind: 'tcp', host: '127.0.0.1', port: 1 },
    ]);
    expect(unused).toEqual([4]);
  });

  it.each([
    [TWO, 'expected the name of a socket that was passed (LISTEN_FDNAMES), which are: app, admin'],
    [NOTHING, 'which are: no sockets were passed (LISTEN_FDS)'],
  ])('a name that nothing has is an error', (inherited, message) => {
    expect(() => withInherited(options({ listen: ['fd:other'] }), inherited)).toThrow(message);
  });

  it('a socket that is named twice is an error', () => {
    const resolved = options({ listen: ['fd:app', 'fd:3'] });
    expect(() => withInherited(resolved, TWO)).toThrow('got fd:3 twice');
  });

  it('a number is told with its name', () => {
    const { config } = withInherited(options({ listen: ['fd:4'] }), TWO);
    expect(config.listen).toEqual([{ kind: 'fd', fd: 4, name: 'admin' }]);
  });
});
