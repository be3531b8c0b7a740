import { describe, expect, it } from 'vitest';
import { identityProblem } from '../../../src/privileges/identity-problem.ts';

const WWW_DATA = { uid: 33, gid: 33, groups: [33, 4] };

const status = (changes: Record<string, string> = {}): string => {
  const fields = {
    Name: 'Uid:\t0',
    Uid: '33\t33\t33\t33',
    Gid: '33\t33\t33\t33',
    Groups: '4 33 ',
    CapInh: '0000000000000000',
    CapPrm: '0000000000000000',
    CapEff: '0000000000000000',
    CapBnd: '000001ffffffffff',
    CapAmb: '0000000000000000',
    ...changes,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}:\t${value}\n`)
    .join('');
};

describe('the identity of a process', () => {
  it('is right when all ids and groups are those wanted, in whatever order', () => {
    expect(identityProblem(status(), WWW_DATA)).toBeUndefined();
    expect(identityProblem(status({ Groups: '33 4 4' }), WWW_DATA)).toBeUndefined();
  });

  it.each([
    [
      'real id',
      { Uid: '0\t33\t33\t33' },
      'Uid in /proc/self/status: expected 33 33 33 33, got 0 33 33 33',
    ],
    ['saved id', { Uid: '33\t33\t0\t33' }, 'got 33 33 0 33'],
    [
      'saved group',
      { Gid: '33\t33\t0\t33' },
      'Gid in /proc/self/status: expected 33 33 33 33, got',
    ],
    [
      'groups, one too many',
      { Groups: '0 4 33' },
      'Groups in /proc/self/status: expected 4 33, got 0 4 33',
    ],
    ['groups, one too few', { Groups: '33' }, 'expected 4 33, got 33'],
    ['groups, none', { Groups: ' ' }, 'expected 4 33, got nothing'],
    ['capabilities', { CapPrm: '0000000000000400' }, 'CapPrm in /proc/self/status: expected none'],
    ['ambient capabilities', { CapAmb: '0000000000000080' }, 'CapAmb in'],
  ])('is wrong in its %s', (_what, changes, problem) => {
    expect(identityProblem(status(changes), WWW_DATA)).toContain(problem);
  });

  it('leaves root its capabilities', () => {
    const root = status({
      Uid: '0 0 0 0',
      Gid: '0 0 0 0',
      Groups: '0',
      CapPrm: '00000000ffffffff',
    });
    expect(identityProblem(root, { uid: 0, gid: 0, groups: [0] })).toBeUndefined();
  });

  it('is wrong when the kernel says nothing', () => {
    expect(identityProblem('', WWW_DATA)).toContain('got nothing');
  });
});
