import { describe, expect, it } from 'vitest';
import type { ReadyLife } from '../../../src/master/respawn-policy.ts';
import { RespawnPolicy } from '../../../src/master/respawn-policy.ts';

/** A worker that had been at work. */
const USEFUL: ReadyLife = { begun: 1, readyForMs: 10, wasKilled: false };
/** A worker that was ready, and died before anything came of it. */
const USELESS: ReadyLife = { begun: 0, readyForMs: 10, wasKilled: false };

describe('RespawnPolicy', () => {
  it('replaces a worker that died in service at once', () => {
    const policy = new RespawnPolicy();
    policy.crashed(1_000, USEFUL);
    expect(policy.delay(1_000)).toBe(0);
    policy.crashed(1_000, { ...USELESS, readyForMs: 5_000 });
    policy.crashed(1_000, { ...USELESS, wasKilled: true });
    expect(policy.delay(1_000)).toBe(0);
  });

  it('replaces at most ten dead workers a second', () => {
    const policy = new RespawnPolicy();
    for (let i = 0; i < 9; i++) policy.crashed(1_000 + i, USEFUL);
    expect(policy.delay(1_010)).toBe(0);
    policy.crashed(1_009, USEFUL);
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

  it('waits as long for workers that become ready and die at once', () => {
    const policy = new RespawnPolicy();
    const delays: number[] = [];
    let now = 0;
    for (let i = 0; i < 12; i++) {
      policy.booted(now);
      expect(policy.delay(now)).toBe(0);
      policy.crashed(now, USELESS);
      delays.push(policy.delay(now));
      now += policy.delay(now) + 10;
    }
    expect(delays).toEqual([
      100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000,
    ]);
    // One that stayed is what counts, and what was before it is long ago.
    policy.booted(now);
    policy.crashed(now + 100_000, USELESS);
    expect(policy.delay(now + 100_000)).toBe(100);
  });

  it('forgets failed boots as soon as a worker is ready, or other code is tried', () => {
    const policy = new RespawnPolicy();
    policy.bootFailed(0);
    policy.bootFailed(0);
    policy.booted(0);
    expect(policy.delay(0)).toBe(0);
    policy.bootFailed(0);
    expect(policy.delay(0)).toBe(100);
    policy.forget();
    expect(policy.failedBoots).toBe(0);
    expect(policy.delay(0)).toBe(0);
  });
});
