import { describe, expect, it } from 'vitest';
import { serverAddress } from '../../../src/client/server-address.ts';
import { formatListenAddress } from '../../../src/config/listen-address.ts';
import { resolveConfig } from '../../../src/config/resolve.ts';

interface Given {
  flags?: Record<string, unknown>;
  env?: Record<string, string>;
  file?: Record<string, unknown>;
}

function address({ flags = {}, env = {}, file }: Given): string {
  const configFile = file === undefined ? undefined : { path: '/etc/s.json', values: file };
  return formatListenAddress(serverAddress(resolveConfig({ flags, env, file: configFile })));
}

describe('serverAddress', () => {
  it.each([
    [{}, '127.0.0.1:4000'],
    [{ flags: { port: '5000' } }, '127.0.0.1:5000'],
    [{ flags: { host: '::1' } }, '[::1]:4000'],
    [{ flags: { socket: '/a' } }, 'unix:/a'],
    [{ flags: { listen: ['unix:/a', 'h:1'] } }, 'unix:/a'],
    [{ flags: { port: '5000', socket: '/a' } }, '127.0.0.1:5000'],
    [{ env: { SCGI_SERVER_PORT: '5000' } }, '127.0.0.1:5000'],
    [{ env: { SCGI_SERVER_PORT: '5000' }, flags: { socket: '/a' } }, 'unix:/a'],
    [{ file: { port: 5000 }, env: { SCGI_SERVER_SOCKET: '/a' } }, 'unix:/a'],
    [{ file: { socket: '/a' } }, 'unix:/a'],
    [{ file: { socket: '/a' }, flags: { host: 'h' } }, 'h:4000'],
    [{ flags: { listen: ['fd:3', 'h:1'] } }, 'h:1'],
  ] satisfies Array<[Given, string]>)(
    'of %j takes the one given most directly',
    (given, expected) => {
      expect(address(given)).toBe(expected);
    },
  );

  it('says what to do when there is only an inherited descriptor', () => {
    expect(() => address({ flags: { listen: ['fd:3'] } })).toThrow(/name the server with --port/);
  });
});
