import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestTarget } from '../../../src/protocol/meta-variables.ts';
import { enterMount } from '../../../src/protocol/mount.ts';
import { latin1 } from './feed.ts';

/** What becomes of SCRIPT_NAME and PATH_INFO; undefined: the request is outside. */
function enter(env: Record<string, string>, mount = '/app'): unknown[] | undefined {
  const own: Record<string, string> = { ...env };
  return enterMount(own, mount) ? [own['SCRIPT_NAME'], own['PATH_INFO']] : undefined;
}

const PROXY_SCGI = 'proxy:scgi://127.0.0.1:4000/app/a/b/c';

/** What the application sees as its path. */
function pathOf(uri: string, info: string, mount = '/app'): string {
  return requestTarget({ REQUEST_URI: uri, SCRIPT_NAME: mount, PATH_INFO: info }, mount).path;
}

describe('enterMount', () => {
  it.each([
    ['nginx, stock', { DOCUMENT_URI: '/app/a/b/c', REQUEST_URI: '/app/a%2Fb//c' }],
    [
      'nginx, split by its operator',
      { DOCUMENT_URI: '/app/a/b/c', SCRIPT_NAME: '/app', PATH_INFO: '/a/b/c' },
    ],
    [
      'nginx, split wrongly',
      { DOCUMENT_URI: '/app/a/b/c', SCRIPT_NAME: '/app', PATH_INFO: '/app/a/b/c' },
    ],
    ['nginx, the rest alone', { DOCUMENT_URI: '/app/a/b/c', PATH_INFO: '/a/b/c' }],
    [
      'mod_proxy_scgi',
      {
        SCRIPT_NAME: '/app/a/b/c',
        REQUEST_URI: '/app/a//b/c',
        SCRIPT_FILENAME: PROXY_SCGI,
      },
    ],
    [
      'mod_proxy_scgi, proxy-scgi-pathinfo',
      {
        SCRIPT_NAME: '/ap',
        PATH_INFO: '/a%2Fb/c',
        REQUEST_URI: '/app/a%2Fb//c?q',
        SCRIPT_FILENAME: PROXY_SCGI,
      },
    ],
    ['mod_scgi, mounted there too', { SCRIPT_NAME: '/app', PATH_INFO: '/a/b/c' }],
    ['mod_scgi, in a Location', { SCRIPT_NAME: '/app/a/b/c', PATH_INFO: '' }],
    ['lighttpd', { SCRIPT_NAME: '/app', PATH_INFO: '/a/b/c' }],
    ['lighttpd, a prefix with a slash', { SCRIPT_NAME: '/app/a', PATH_INFO: '/b/c' }],
    ['lighttpd, fix-root-scriptname', { SCRIPT_NAME: '', PATH_INFO: '/app/a/b/c' }],
    ['anything that sends REQUEST_URI alone', { REQUEST_URI: '/app/a%2Fb//x/../c?q=/x' }],
  ])('splits the path behind %s', (_server, env) => {
    expect(enter(env)).toEqual(['/app', '/a/b/c']);
  });

  it.each([
    ['/app', ''],
    ['/app/', '/'],
    ['/app/caf\xc3\xa9', '/caf\xc3\xa9'],
    ['/app/app', '/app'],
  ])('splits %j', (path, rest) => {
    expect(enter({ DOCUMENT_URI: path })).toEqual(['/app', rest]);
    expect(enter({ SCRIPT_NAME: path })).toEqual(['/app', rest]);
  });

  it.each(['/', '/apple', '/ap', '/APP/x', '/x/app', ''])('is not entered by %j', (path) => {
    expect(enter({ DOCUMENT_URI: path, REQUEST_URI: path })).toBeUndefined();
    expect(enter({ SCRIPT_NAME: path, REQUEST_URI: path })).toBeUndefined();
  });

  it.each([
    ['lighttpd, which knows no boundary of names', { SCRIPT_NAME: '/apple', PATH_INFO: '/c' }],
    ['what leads out of it', { REQUEST_URI: '/app/../x' }],
    ['what leads out of it encoded', { REQUEST_URI: '/app/%2e%2e%2fx' }],
    ['what the web server has led out of it', { REQUEST_URI: '/app/x', DOCUMENT_URI: '/y' }],
    ['a malformed target', { REQUEST_URI: '/app/a%' }],
    ['a NUL in the target', { REQUEST_URI: '/app/a%00' }],
    ['no path at all', {}],
    ['an asterisk', { REQUEST_URI: '*' }],
  ])('is not entered by %s, and changes nothing', (_what, env) => {
    const own = { ...env };
    expect(enterMount(own, '/app')).toBe(false);
    expect(own).toEqual(env);
  });

  it('is entered by every path when it is the root', () => {
    expect(enter({ DOCUMENT_URI: '/a/b' }, '')).toEqual(['', '/a/b']);
    expect(enter({ SCRIPT_NAME: '/a/b', SCRIPT_FILENAME: PROXY_SCGI }, '')).toEqual(['', '/a/b']);
    expect(enter({ SCRIPT_NAME: '/a', PATH_INFO: '/b' }, '')).toEqual(['', '/a/b']);
  });
});

describe('requestTarget below a mount', () => {
  it.each([
    ['/app/a%2Fb//c;p=%20', '/a/b/c;p= ', '/a%2Fb//c;p=%20'],
    ['/app', '', '/'],
    ['/app?q', '', '/'],
    ['/app/', '/', '/'],
    ['/%61pp/x%20y', '/x y', '/x%20y'],
    ['http://h/app/x', '/x', '/x'],
    ['/app/a%', '/a%', '/a%'],
    // Whatever claims to be a path below it.
    ['', '*', '/*'],
  ])('of %j is what follows, as it was sent', (uri, info, path) => {
    expect(pathOf(uri, info)).toBe(path);
  });

  it.each([
    ['//app/x%2Fy', '/x/y', '/x/y'],
    ['/app%2Fx', '/x', '/x'],
    ['/z/../app/x', '/x', '/x'],
    ['/app/../app/x', '/x', '/x'],
    ['/app/z/%2E%2e/x y', '/x y', '/x%20y'],
    ['/app/./x', '/x', '/x'],
    ['/app/x/..', '/', '/'],
    ['/old', '/new\xff', '/new%FF'],
  ])('of %j is what the web server has made of it', (uri, info, path) => {
    expect(pathOf(uri, info)).toBe(path);
  });

  it('counts the segments of a mount that is deeper, or not ASCII', () => {
    expect(pathOf('/a/b/c/d', '/c/d', '/a/b')).toBe('/c/d');
    expect(pathOf('/caf%c3%a9/x', '/x', '/caf\xc3\xa9')).toBe('/x');
  });

  it('is the whole path when the mount is the root', () => {
    expect(pathOf('/a/../b', '/b', '')).toBe('/a/../b');
  });

  it('never throws, and always begins with a slash', () => {
    fc.assert(
      fc.property(latin1(), latin1(), (uri, info) => {
        expect(pathOf(uri, info)).toMatch(/^\//);
      }),
    );
  });
});
