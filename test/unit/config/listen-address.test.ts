import { describe, expect, it } from 'vitest';
import {
  formatListenAddress,
  type ListenAddress,
  parseHost,
  parseListenAddress,
  parseSocketPath,
} from '../../../src/config/listen-address.ts';

describe('listen-address', () => {
  it.each<[string, ListenAddress]>([
    ['127.0.0.1:4000', { kind: 'tcp', host: '127.0.0.1', port: 4000 }],
    ['localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }],
    ['[::1]:65535', { kind: 'tcp', host: '::1', port: 65_535 }],
    ['[::]:4000', { kind: 'tcp', host: '::', port: 4000 }],
    ['unix:/run/app.sock', { kind: 'unix', path: '/run/app.sock' }],
    ['unix:app.sock', { kind: 'unix', path: 'app.sock' }],
    ['unix:/run/a:b', { kind: 'unix', path: '/run/a:b' }],
    ['fd:3', { kind: 'fd', fd: 3 }],
    ['fd:app.socket', { kind: 'fd-name', name: 'app.socket' }],
  ])('reads and writes %s', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
    expect(formatListenAddress(address)).toBe(text);
  });

  it.each([
    ['4000', 'expected host:port, [v6]:port, unix:/path, fd:N or fd:NAME, got "4000"'],
    ['', 'expected host:port'],
    [':4000', 'with a host before the port, got ":4000"'],
    ['::1:4000', 'expected an IPv6 address in brackets, as in [::1]:4000, got "::1:4000"'],
    ['[::1]', 'expected an IPv6 address in brackets'.slice(0, 8)],
    ['[127.0.0.1]:80', 'expected a host name or an IP address, got "[127.0.0.1]"'],
    ['[::g]:80', 'expected a host name or an IP address'],
    ['*:4000', 'expected a host name or an IP address, got "*"'],
    ['a b:4000', 'expected a host name or an IP address'],
    ['localhost:', 'expected a port from 0 to 65535, got ""'],
    ['localhost:65536', 'expected a port from 0 to 65535, got "65536"'],
    ['localhost:-1', 'expected a port from 0 to 65535, got "-1"'],
    ['localhost:http', 'expected a port from 0 to 65535, got "http"'],
    ['fd:', 'expected the number or name of an inherited socket, as in fd:3 or fd:app, got "fd:"'],
    ['fd:-1', 'expected the number or name of an inherited socket'],
    ['fd:12345678', 'expected the number or name of an inherited socket'],
    ['fd:a:b', 'expected the number or name of an inherited socket'],
    ['fd:a b', 'expected the number or name of an inherited socket'],
    ['unix:', 'expected the path of a socket, got ""'],
    ['unix:a\0b', 'expected the path of a socket, got "a\\u0000b"'],
  ])('refuses %j', (text, message) => {
    expect(() => parseListenAddress(text)).toThrow(message);
  });

  it('takes the brackets off a host of its own', () => {
    expect(parseHost('[::1]')).toBe('::1');
    expect(parseHost('::1')).toBe('::1');
  });

  it('counts the bytes of a socket path, of which 107 fit', () => {
    expect(parseSocketPath('/'.repeat(107))).toHaveLength(107);
    expect(() => parseSocketPath('/'.repeat(108))).toThrow(
      'expected a socket path of at most 107 bytes, not 108',
    );
    expect(() => parseListenAddress(`unix:/${'é'.repeat(54)}`)).toThrow('not 109');
  });
});
