import { describe, expect, it } from 'vitest';
import { absoluteLocation, needsHost } from '../../../src/protocol/redirect.ts';

const MOD_SCGI: readonly Record<string, string>[] = [
  { SERVER_SOFTWARE: 'Apache/2.4.71 (Debian) mod_scgi/2.2' },
  // With `ServerTokens OS` and `ServerTokens Prod`.
  { SERVER_SOFTWARE: 'Apache/2.4.71 (Debian)', SCRIPT_NAME: '/app' },
  { SERVER_SOFTWARE: 'Apache' },
];
const OTHERS: readonly Record<string, string>[] = [
  {},
  { SERVER_SOFTWARE: 'lighttpd/1.4.69' },
  {
    SERVER_SOFTWARE: 'Apache/2.4.71 (Debian)',
    SCRIPT_FILENAME: 'proxy:scgi://127.0.0.1:4000//p',
  },
  { SERVER_SOFTWARE: 'Apache', SCRIPT_FILENAME: '/usr/lib/cgi-bin/p' },
];
const STATUSES = [200, 201, 202, 301, 302, 303, 307, 308, 404];

describe('needsHost', () => {
  it('is so for 200 behind any web server, since mod_proxy_scgi keeps that to itself (B18d)', () => {
    for (const env of OTHERS) {
      expect(STATUSES.filter((status) => needsHost(status, env, 'auto'))).toEqual([200]);
    }
  });

  it('is so for 200 and for every redirect behind mod_scgi (B18b, B18c)', () => {
    for (const env of MOD_SCGI) {
      const needing = STATUSES.filter((status) => needsHost(status, env, 'auto'));
      expect(needing).toEqual([200, 301, 302, 303, 307, 308]);
    }
  });

  it('is always or never so when told', () => {
    for (const env of [...OTHERS, ...MOD_SCGI]) {
      expect(STATUSES.every((status) => needsHost(status, env, 'always'))).toBe(true);
      expect(STATUSES.some((status) => needsHost(status, env, 'never'))).toBe(false);
    }
  });
});

describe('absoluteLocation', () => {
  const HOST = { HTTP_HOST: 'front.example' };

  it.each([
    ['/p', HOST, 'http://front.example/p'],
    ['/a/../b?c=d&e#f', HOST, 'http://front.example/a/../b?c=d&e#f'],
    ['/caf\xc3\xa9 %zz\\', HOST, 'http://front.example/caf\xc3\xa9 %zz\\'],
    ['/p', { HTTP_HOST: 'front.example:8443', HTTPS: 'on' }, 'https://front.example:8443/p'],
    ['/p', { ...HOST, REQUEST_SCHEME: 'https' }, 'https://front.example/p'],
    ['/p', { ...HOST, HTTP_HTTPS: 'on' }, 'http://front.example/p'],
    ['/p', { HTTP_HOST: '[::1]:81' }, 'http://[::1]:81/p'],
    ['/p', { SERVER_NAME: 'own.example', SERVER_PORT: '80' }, 'http://own.example/p'],
    ['/p', { SERVER_NAME: '::1', SERVER_PORT: '81' }, 'http://[::1]:81/p'],
    ['/p', { HTTP_HOST: 'a/b', SERVER_NAME: 'own.example' }, 'http://own.example/p'],
    ['//other.example/p', HOST, 'http://other.example/p'],
    ['//other.example/p', { HTTPS: 'on' }, 'https://other.example/p'],
    ['/p', {}, undefined],
    ['/p', { HTTP_HOST: 'evil.example/x?' }, undefined],
  ] as const)('makes of %j for %j: %j', (location, env, url) => {
    expect(absoluteLocation(location, env)).toBe(url);
  });
});
