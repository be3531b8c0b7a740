import { describe, expect, it } from 'vitest';
import { formatCidr, parseCidr, toBlockList } from '../../../src/config/cidr.ts';

describe('cidr', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8', 'ipv4'],
    ['127.0.0.1', '127.0.0.1/32', 'ipv4'],
    ['0.0.0.0/0', '0.0.0.0/0', 'ipv4'],
    ['fd00::/8', 'fd00::/8', 'ipv6'],
    ['::1', '::1/128', 'ipv6'],
  ])('reads %s as %s', (text, written, family) => {
    const cidr = parseCidr(text);
    expect(cidr.family).toBe(family);
    expect(formatCidr(cidr)).toBe(written);
  });

  it.each(['', '10.0.0.0/33', '::1/129', '10.0.0/8', '10.0.0.0/', '10.0.0.0/8/8', 'localhost'])(
    'refuses %j',
    (text) => {
      expect(() => parseCidr(text)).toThrow(
        `expected an address or a network, such as 10.0.0.0/8 or ::1, got ${JSON.stringify(text)}`,
      );
    },
  );

  it('tells whose address is in one of the networks', () => {
    const list = toBlockList([parseCidr('10.0.0.0/8'), parseCidr('::1')]);
    expect(list.check('10.200.0.1')).toBe(true);
    expect(list.check('11.0.0.1')).toBe(false);
    expect(list.check('::1', 'ipv6')).toBe(true);
    // The peer's address as a dual-stack socket gives it.
    expect(list.check('::ffff:10.0.0.1', 'ipv6')).toBe(true);
  });
});
