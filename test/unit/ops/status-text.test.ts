import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/ops/judgement.ts';
import { statusText } from '../../../src/ops/status-text.ts';
import { busy, event, saturated, serverStatus, worker } from './situations.ts';

describe('statusText', () => {
  it('says on its first line whether all is well, and then the rest', () => {
    const status = serverStatus({ workers: [busy(0, '/report?x=1', 12_345), worker(1)] });
    expect(statusText(status)).toEqual([
      'All is well: 1 of 4 workers busy',
      '',
      'server    0.1.0 on node v22.1.0, native, pid 900, generation 0, up 1 h',
      'listens   127.0.0.1:4000, backlog 0 of 1024',
      'requests  200 done, 4 answered 5xx, 1 killed, 5 aborted, 2 turned away',
      'now       12.3 requests/s, 0.1 errors/s, workers 25 % busy',
      'takes     p50 <= 10 ms, p90 <= 100 ms, p99 > 1 s',
      'workers   1 busy, 1 idle, 1 to 4 allowed, 160 MB, 0 connections waiting',
      '',
      'slot   pid  state     age  done  failed  memory  doing',
      '   0  1000  busy   10 min   100       0   80 MB  12 s GET /report?x=1',
      '   1  1001  idle   10 min   100       0   80 MB  idle for 3.0 s',
    ]);
  });

  it('judges as the page does, and says where to ask why', () => {
    const { headline, detail } = judge(saturated());
    const first = `${headline}: ${detail}; see status --why`;
    expect(statusText(saturated())[0]).toBe(first);
    expect(first).toMatch(/^Saturated: all 4 workers busy, 12 connections wait;/);
  });

  it('fits a pool of a hundred workers on a screen, those that matter first', () => {
    const workers = Array.from({ length: 100 }, (_unused, slot) => worker(slot));
    workers[40] = busy(40, '/slow', 99_000);
    workers[70] = busy(70, '/fast', 10);
    workers[99] = worker(99, { state: 'draining', reason: 'SIGTERM' });
    const events = [1, 2, 3, 4, 5].map((n) => event('crash', 60 * n, `crash ${n}`));
    const lines = statusText(serverStatus({ workers, events }));
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    const text = lines.join('\n');
    expect(text).toMatch(/^ +40 .*GET \/slow$/m);
    expect(text).toMatch(/^ +70 .*GET \/fast$/m);
    expect(text).toMatch(/^ +99 .*draining.*leaves: SIGTERM$/m);
    expect(text).toMatch(/^and \d+ more: \d+ idle$/m);
    expect(text.match(/ago {2}crash/g)).toHaveLength(3);
    const shown = lines.filter((line) => /^ +\d+ {2}1\d{3} /.test(line)).length;
    expect(text).toContain(`and ${100 - shown} more: ${100 - shown} idle`);
  });

  it('keeps to one line what a request holds', () => {
    const uri = `/\n\u001b[2J${'x'.repeat(300)}`;
    const lines = statusText(serverStatus({ workers: [busy(0, uri, 5)] }), {
      columns: 80,
      rows: 40,
    });
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    expect(lines.join('')).not.toContain('\u001b');
    expect(lines.join('')).toContain('\\n\\x1b[2J');
  });

  it('needs no figures', () => {
    const { rates: _none, ...rest } = serverStatus();
    const { totals } = rest;
    const bare = {
      ...rest,
      totals: { ...totals, durations: { bounds: [], counts: [0], sum: 0 } },
      listeners: [{ address: 'fd:3', backlog: null, limit: null }],
      workers: [worker(0, { pid: null, memory: null, idleMs: null })],
    };
    const text = statusText(bare).join('\n');
    expect(text).not.toMatch(/null|undefined|NaN/);
    expect(text).toContain('fd:3, backlog not known');
  });

  it('counts the requests of a worker that runs several', () => {
    const two = { ...busy(0, '/a', 1_000), running: 3 };
    expect(statusText(serverStatus({ workers: [two] })).join('\n')).toContain(
      '1.0 s GET /a and 2 more',
    );
  });
});
