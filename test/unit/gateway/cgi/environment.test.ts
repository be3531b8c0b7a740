import { describe, expect, it } from 'vitest';
import type { ProgramRequest } from '../../../../src/gateway/cgi/environment.ts';
import { ProgramEnvironment } from '../../../../src/gateway/cgi/environment.ts';

interface Asked extends Partial<ProgramRequest> {
  own?: Record<string, string>;
  passed?: string[];
}

function environmentOf({ own = {}, passed = [], ...request }: Asked): Record<string, string> {
  const list = new ProgramEnvironment(own, passed).of({
    env: {},
    bodySize: 0,
    file: '/srv/a.cgi',
    ...request,
  });
  const names = list.map((assignment) => assignment.split('=')[0]);
  expect(new Set(names).size).toBe(names.length);
  return Object.fromEntries(list.map((assignment) => assignment.split(/=(.*)/s, 2)));
}

describe('the environment of a program', () => {
  it('is complete though hardly anything was sent', () => {
    expect(environmentOf({})).toEqual({
      PATH: '/usr/local/bin:/usr/bin:/bin',
      CONTENT_LENGTH: '0',
      GATEWAY_INTERFACE: 'CGI/1.1',
      QUERY_STRING: '',
      REDIRECT_STATUS: '200',
      SCRIPT_FILENAME: '/srv/a.cgi',
      SCRIPT_NAME: '',
      SERVER_SOFTWARE: 'scgi-server',
    });
  });

  it('keeps what was sent, but for the version of CGI, which is that of this server', () => {
    const env = {
      QUERY_STRING: 'a=b',
      REDIRECT_STATUS: '404',
      SCRIPT_FILENAME: '/srv/b.php',
      SCRIPT_NAME: '/b',
      SERVER_SOFTWARE: 'nginx',
      REMOTE_USER: 'ann',
      _x1: 'y=z',
    };
    expect(environmentOf({ env })).toMatchObject(env);
    expect(environmentOf({ env: { GATEWAY_INTERFACE: 'CGI/9' } })).toMatchObject({
      GATEWAY_INTERFACE: 'CGI/1.1',
    });
  });

  it.each([
    ['GET', 0, undefined],
    ['HEAD', 0, undefined],
    ['POST', 0, '0'],
    ['GET', 5, '5'],
    ['PUT', 12, '12'],
  ])('tells for %s with a body of %d bytes the length %s', (REQUEST_METHOD, bodySize, length) => {
    const env = { REQUEST_METHOD, CONTENT_LENGTH: '00' };
    expect(environmentOf({ env, bodySize })['CONTENT_LENGTH']).toBe(length);
  });

  it('has no type when an empty one was sent', () => {
    expect(environmentOf({ env: { CONTENT_TYPE: '' } })).not.toHaveProperty('CONTENT_TYPE');
    expect(environmentOf({ env: { CONTENT_TYPE: 'a/b' } })).toMatchObject({ CONTENT_TYPE: 'a/b' });
  });

  it.each([
    ['/a/b', '/srv/www', '/srv/www/a/b'],
    ['/a/b', '/srv/www/', '/srv/www/a/b'],
    ['', '/srv/www', undefined],
    ['/a', undefined, undefined],
    ['/a/../../etc', '/srv/www', undefined],
    ['/a..b', '/srv/www', '/srv/www/a..b'],
  ])('translates the path %j below the root %j to %j', (PATH_INFO, DOCUMENT_ROOT, file) => {
    expect(environmentOf({ env: { PATH_INFO, DOCUMENT_ROOT } })['PATH_TRANSLATED']).toBe(file);
  });

  it('keeps a translation that was sent', () => {
    const env = { PATH_INFO: '/a', DOCUMENT_ROOT: '/srv', PATH_TRANSLATED: '/elsewhere/a' };
    expect(environmentOf({ env })).toMatchObject({ PATH_TRANSLATED: '/elsewhere/a' });
  });

  it.each(['', 'proxy:scgi://127.0.0.1:4000', undefined])(
    'names the file of the program where %j was sent',
    (SCRIPT_FILENAME) => {
      const env = { SCRIPT_FILENAME };
      expect(environmentOf({ env })).toMatchObject({ SCRIPT_FILENAME: '/srv/a.cgi' });
    },
  );

  it.each([
    'HTTP_PROXY',
    'HTTP_CONTENT_LENGTH',
    'HTTP_CONTENT_TYPE',
    'HTTP_TRANSFER_ENCODING',
    'SCGI',
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'BASH_FUNC_x%%',
    'proxy-scgi-pathinfo',
    'HTTP_X.Y',
    '1x',
    'a b',
  ])('does not have %j', (name) => {
    expect(environmentOf({ env: { [name]: 'x' } })).not.toHaveProperty([name]);
  });

  it('has the PATH of this process, not that of the web server', () => {
    const asked = { own: { PATH: '/own' }, env: { PATH: '/sent' } };
    expect(environmentOf(asked)).toMatchObject({ PATH: '/own' });
  });

  it('has a PATH that is not ASCII in the bytes that this process has it in', () => {
    expect(environmentOf({ own: { PATH: '/opt/é/bin' } })).toMatchObject({ PATH: '/opt/Ã©/bin' });
  });

  it('has what the operator passes on before what was sent, in bytes', () => {
    const env = { LANG: 'sent', SERVER_SOFTWARE: 'sent', OTHER: 'sent' };
    const own = { LANG: 'é', SERVER_SOFTWARE: 'own', OTHER: 'own' };
    const passed = ['LANG', 'SERVER_SOFTWARE', 'NOT_SET', 'PATH'];
    expect(environmentOf({ env, own, passed })).toMatchObject({
      LANG: 'Ã©',
      SERVER_SOFTWARE: 'own',
      OTHER: 'sent',
    });
  });
});
