import { describe, expect, it } from 'vitest';
import { readListenFds } from '../../../src/inherited/listen-fds.ts';
import { takeServiceVariables } from '../../../src/inherited/service-variables.ts';

describe('readListenFds', () => {
  it.each([
    ['nothing', {}, { sockets: [] }],
    ['a count for nobody', { LISTEN_FDS: '1' }, { sockets: [] }],
    ['a process and no count', { LISTEN_PID: '7' }, { sockets: [] }],
    ['a count of none', { LISTEN_PID: '7', LISTEN_FDS: '0' }, { sockets: [] }],
    [
      'two sockets, one without a name',
      { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'app' },
      {
        sockets: [
          { fd: 3, name: 'app' },
          { fd: 4, name: undefined },
        ],
      },
    ],
    ['another process', { LISTEN_PID: '8', LISTEN_FDS: 'x' }, { sockets: [], foreignPid: '8' }],
    [
      'a process that is no number',
      { LISTEN_PID: '', LISTEN_FDS: '1' },
      { sockets: [], foreignPid: '' },
    ],
  ])('reads %s', (_title, env, found) => {
    expect(readListenFds(env, 7)).toEqual(found);
  });

  it.each(['x', '', '-1', '1.5', '99999'])('refuses %j sockets', (count) => {
    const read = () => readListenFds({ LISTEN_PID: '7', LISTEN_FDS: count }, 7);
    expect(read).toThrow(
      `LISTEN_FDS: expected how many sockets are passed from fd 3 on, got ${JSON.stringify(count)}`,
    );
  });
});

describe('takeServiceVariables', () => {
  it('leaves nothing of them for children', () => {
    const own = { LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'a', NOTIFY_SOCKET: '/n' };
    const env = { ...own, WATCHDOG_PID: '7', WATCHDOG_USEC: '9', PATH: '/bin', LISTEN_PIDFDID: '' };
    const taken = takeServiceVariables(env);
    expect(taken).toEqual({ ...own, WATCHDOG_PID: '7', WATCHDOG_USEC: '9' });
    expect(env).toEqual({ PATH: '/bin' });
  });
});
