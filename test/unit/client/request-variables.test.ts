import { describe, expect, it } from 'vitest';
import {
  requestVariables,
  type RequestDescription,
} from '../../../src/client/request-variables.ts';

function variables(description: Partial<RequestDescription> = {}): Record<string, string> {
  const defaults = { method: 'GET', target: '/', headers: [], env: [], hasBody: false };
  return Object.fromEntries(requestVariables({ ...defaults, ...description }));
}

describe('requestVariables', () => {
  it('sends what nginx would send for a plain GET', () => {
    expect(variables({ target: '/a%20b?c=d' })).toMatchObject({
      REQUEST_METHOD: 'GET',
      REQUEST_URI: '/a%20b?c=d',
      QUERY_STRING: 'c=d',
      SCRIPT_NAME: '',
      PATH_INFO: '/a b',
      CONTENT_TYPE: '',
      SERVER_PROTOCOL: 'HTTP/1.1',
      HTTP_HOST: 'localhost',
      REMOTE_ADDR: '127.0.0.1',
    });
  });

  it('turns headers into HTTP_*, joins repeated ones and knows Content-Type', () => {
    const headers = [
      'X-A: 1',
      'x-a:2',
      'Cookie: a=1',
      'Cookie: b=2',
      'Content-Type: text/plain',
      'Host: h',
      'X-E:',
    ];
    expect(variables({ headers, hasBody: true })).toMatchObject({
      HTTP_X_A: '1, 2',
      HTTP_COOKIE: 'a=1; b=2',
      CONTENT_TYPE: 'text/plain',
      HTTP_HOST: 'h',
      HTTP_X_E: '',
    });
  });

  it("gives a body curl's content type", () => {
    expect(variables({ hasBody: true })['CONTENT_TYPE']).toBe('application/x-www-form-urlencoded');
  });

  it('lets --env override everything, and encodes UTF-8 as bytes', () => {
    const env = ['REMOTE_USER=é', 'HTTP_X_A=b=c', 'REQUEST_METHOD=get', 'EMPTY='];
    expect(variables({ env, headers: ['X-A: a'] })).toMatchObject({
      REMOTE_USER: '\xc3\xa9',
      HTTP_X_A: 'b=c',
      REQUEST_METHOD: 'get',
      EMPTY: '',
    });
  });

  it.each([
    [{ headers: ['nonsense'] }, /--header expects "Name: value", got "nonsense"/],
    [{ headers: ['X_A: 1'] }, /"X_A" is no header name/],
    [{ headers: ['Content-Length: 1'] }, /cannot set Content-Length/],
    [{ env: ['nonsense'] }, /--env expects NAME=VALUE/],
    [{ env: ['=x'] }, /--env expects NAME=VALUE/],
    [{ env: ['CONTENT_LENGTH=1'] }, /cannot set CONTENT_LENGTH/],
    [{ env: ['SCGI=2'] }, /cannot set SCGI/],
    [{ target: 'a' }, /expected a path such as/],
  ])('explains what is wrong with %j', (description, message) => {
    expect(() => variables(description)).toThrow(message);
  });
});
