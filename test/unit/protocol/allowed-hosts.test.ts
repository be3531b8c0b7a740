import { describe, expect, it } from 'vitest';
import { hostMatcher } from '../../../src/protocol/allowed-hosts.ts';

const isAllowed = hostMatcher(['example.com', '*.example.org', '[::1]', '192.0.2.1']);

describe('hostMatcher', () => {
  it.each([
    'example.com',
    'EXAMPLE.com.',
    'example.com:8443',
    'example.com:',
    'a.example.org',
    'a.b.example.org:80',
    '[::1]',
    '[::1]:80',
    '192.0.2.1:1',
  ])('allows %s', (host) => {
    expect(isAllowed({ HTTP_HOST: host, SERVER_NAME: 'evil.example' })).toBe(true);
  });

  it.each([
    'evil.example',
    'www.example.com',
    'example.com.evil.example',
    'example.org',
    'notexample.org',
    'evil.example/.example.org',
    'evil.example#.example.org',
    'evil.example:80.example.org',
    'user@example.com',
    'example.com:80:80',
    'example.com..',
    ' example.com',
    '*.example.org',
  ])('refuses %j, even where the web server calls itself by a name that is allowed', (host) => {
    expect(isAllowed({ HTTP_HOST: host, SERVER_NAME: 'example.com' })).toBe(false);
  });

  it('asks the web server for its name when the user agent has sent none', () => {
    expect(isAllowed({ SERVER_NAME: 'example.com', SERVER_PORT: '8080' })).toBe(true);
    expect(isAllowed({ HTTP_HOST: '', SERVER_NAME: '::1' })).toBe(true);
    expect(isAllowed({ SERVER_NAME: 'evil.example' })).toBe(false);
    expect(isAllowed({})).toBe(false);
  });
});
