import { describe, expect, it } from 'vitest';
import { describeDeath } from '../../../src/master/describe-death.ts';
import { describeNotice } from '../../../src/master/describe-notice.ts';

describe('what the log says', () => {
  const death = { slot: 2, pid: 77, uptimeMs: 12_345, served: 40 };

  it('names who died, how, after how long and what was lost', () => {
    expect(describeDeath({ ...death, lost: 1, end: { code: null, signal: 'SIGKILL' } })).toBe(
      'worker 2 (pid 77) was killed by SIGKILL after 12.3 s, while serving 1 request, 40 requests served',
    );
    expect(describeDeath({ ...death, lost: 0, end: { code: 3, signal: null } })).toBe(
      'worker 2 (pid 77) exited with code 3 after 12.3 s, idle, 40 requests served',
    );
  });

  it('names the cause when a process could not be started', () => {
    const end = { code: null, signal: null, error: new Error('spawn EAGAIN') };
    expect(describeDeath({ ...death, pid: undefined, lost: 0, end })).toContain(
      'worker 2 (pid none) could not be started: spawn EAGAIN',
    );
  });

  it('names the option behind every connection that is turned away, and how often', () => {
    expect(describeNotice({ type: 'queue-full', limit: 100 }, 1).message).toBe(
      'answered 503: 100 connections waiting already (--max-queue)',
    );
    expect(describeNotice({ type: 'queue-timeout', waitedMs: 30_000 }, 7).message).toBe(
      'answered 503: no worker was free for 30000 ms (--queue-timeout) (the last of 7)',
    );
  });
});
