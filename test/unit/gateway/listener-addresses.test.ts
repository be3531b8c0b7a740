import { describe, expect, it } from 'vitest';
import { ListenerAddresses } from '../../../src/gateway/listener-addresses.ts';

describe('the socket of a listener', () => {
  it('has the addresses that the web server tells', () => {
    const socket = new ListenerAddresses({
      REMOTE_ADDR: '2001:db8::1',
      REMOTE_PORT: '50000',
      SERVER_ADDR: '192.0.2.1',
      SERVER_PORT: '443',
    });
    expect(socket.remoteAddress).toBe('2001:db8::1');
    expect(socket.remotePort).toBe(50_000);
    expect(socket.remoteFamily).toBe('IPv6');
    expect(socket.localAddress).toBe('192.0.2.1');
    expect(socket.localPort).toBe(443);
    expect(socket.localFamily).toBe('IPv4');
    expect(socket.address()).toEqual({ address: '192.0.2.1', port: 443, family: 'IPv4' });
  });

  it('has none where the web server tells none', () => {
    const socket = new ListenerAddresses({ REMOTE_ADDR: '', REMOTE_PORT: '' });
    expect(socket.remoteAddress).toBeUndefined();
    expect(socket.remotePort).toBeUndefined();
    expect(socket.remoteFamily).toBeUndefined();
    expect(socket.address()).toEqual({});
  });

  it.each([
    [{ HTTPS: 'on' }, true],
    [{ REQUEST_SCHEME: 'https' }, true],
    [{ REQUEST_SCHEME: 'http' }, false],
    [{ HTTP_HTTPS: 'on', HTTP_X_FORWARDED_PROTO: 'https' }, false],
  ])('is encrypted as %j says: %s', (env, encrypted) => {
    expect(new ListenerAddresses(env).encrypted).toBe(encrypted);
  });
});
