import { describe, expect, it } from 'vitest';
import { queryMask } from '../../../src/protocol/query-mask.ts';

const mask = queryMask(['password', 'Token', 'straße']);

describe('queryMask', () => {
  it.each([
    ['/login?password=s3cret', '/login?password=***'],
    ['/a?x=1&token=abc&y=2', '/a?x=1&token=***&y=2'],
    ['/a?token=1&token=2;token=3', '/a?token=***&token=***;token=***'],
    ['/a?TOKEN=x&Password=y', '/a?TOKEN=***&Password=***'],
    ['/a?%74oken=x&pass%77ord=y', '/a?%74oken=***&pass%77ord=***'],
    ['/a?stra%C3%9Fe=1&STRA%c3%9fE=2', '/a?stra%C3%9Fe=***&STRA%c3%9fE=***'],
    ['/a?user[password]=x&user%5Bpassword%5D=y', '/a?user[password]=***&user%5Bpassword%5D=***'],
    ['/a?token[]=x&token[0][id]=y', '/a?token[]=***&token[0][id]=***'],
    ['/a?token=a=b&c=%zz', '/a?token=***&c=%zz'],
    ['/a?token=a?b=c', '/a?token=***'],
    ['/a?token=', '/a?token=***'],
    ['https://other.example/?token=1', 'https://other.example/?token=***'],
  ])('masks the value alone: %s', (uri, masked) => {
    expect(mask(uri)).toBe(masked);
  });

  it.each([
    '/token=1',
    '/a?token',
    '/a?tokens=1&mytoken=2&to%6=3&to ken=4',
    '/a?x=token=1',
    '/a?%E0%A4%A=1&%ff=2&&;=3',
    '/a?',
    '',
    '*',
  ])('leaves everything else as it is: %s', (uri) => {
    expect(mask(uri)).toBe(uri);
  });
});
