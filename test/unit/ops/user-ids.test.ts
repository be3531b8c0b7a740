import { describe, expect, test } from 'vitest';
import { resolveGroupId, resolveUserId } from '../../../src/ops/user-ids.ts';

describe('user-ids', () => {
  test('finds users and groups by name', () => {
    expect(resolveUserId('root')).toBe(0);
    expect(resolveGroupId('root')).toBe(0);
  });

  test('takes numbers as they are, also in digits', () => {
    expect(resolveUserId(4711)).toBe(4711);
    expect(resolveGroupId('4712')).toBe(4712);
  });

  test.each(['no-such-user', '-u', '', '99999999999', -1, 1.5])('refuses %j', (name) => {
    const refused = expect.objectContaining({ code: 'ERR_SCGI_CONFIG' });
    expect(() => resolveUserId(name)).toThrow(refused);
    expect(() => resolveGroupId(name)).toThrow(refused);
  });

  test('names what it did not find', () => {
    expect(() => resolveGroupId('nobodies')).toThrow('there is no group "nobodies"');
  });
});
