import { describe, expect, it } from 'vitest';
import { RespawnPolicy } from '../../../src/master/respawn-policy.ts';

describe('RespawnPolicy', () => {
  it('replaces a worker that died in service at once', () => {
    const policy = new RespawnPolicy();
    policy.crashed(1_000);
    expect(policy.delay(1_000)).toBe(0);
  });

  it('replaces at most ten dead workers a second', () => {
    const policy = new RespawnPolicy();
    for (let i = 0; i < 9; i++) policy.crashed(1_000 + i);
    expect(policy.delay(1_010)).toBe(0);
    policy.crashed(1_009);
    expect(policy.delay(1_010)).toBe(990);
    expect(policy.delay(2_000)).toBe(0);
  });

  it('waits 0.1 s after a failed boot, twice as long after each further one, at most 30 s', () => {
    const policy = new RespawnPolicy();
    const delays: number[] = [];
    for (let i = 0; i < 12; i++) {
      policy.bootFailed(0);
      delays.push(policy.delay(0));
    }
    expect(delays).toEqual([
      100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000,
    ]);
  });

  it('forgets failed boots as soon as a worker is ready', () => {
    const policy = new RespawnPolicy();
    policy.bootFailed(0);
    policy.bootFailed(0);
    policy.booted();
    expect(policy.delay(0)).toBe(0);
    policy.bootFailed(0);
    expect(policy.delay(0)).toBe(100);
  });
});
