import { expect, it } from 'vitest';
import { describeSlow, type SlowFinding } from '../../../src/worker/describe-slow.ts';
import { openResources } from '../../../src/worker/open-resources.ts';

const entry = { place: 0, sequence: 2, id: '0-a-1', method: 'GET', uri: '/x', startedAt: 0 };
const say = (finding: SlowFinding, running: number = 1, ageMs: number = 10_040) =>
  describeSlow({ entry, ageMs, running }, finding);
const stack = { at: 0, frames: ['f (/h.mjs:1:2)', 'g (/h.mjs:3:4)'], place: 'f (/h.mjs:1:2)' };

it('says where the worker is, with the stack', () => {
  expect(say({ type: 'stack', ...stack })).toEqual({
    message: 'GET /x: runs for 10.0 s; the worker is in f (/h.mjs:1:2)',
    fields: { request: '0-a-1', ms: 10_040, stack: stack.frames },
  });
});

it('blames no request of several', () => {
  const { message, fields } = say({ type: 'stack', ...stack }, 3);
  expect(message).toBe(
    'GET /x: runs for 10.0 s; the worker, with 3 requests, is in f (/h.mjs:1:2)',
  );
  expect(fields['running']).toBe(3);
});

it.each<[SlowFinding, string]>([
  [
    { type: 'idle', at: 0, resources: [] },
    'runs for 10.0 s; it waits: nothing of it runs now, so it has no stack',
  ],
  [
    { type: 'native', state: 'S', programs: [] },
    'runs for 10.0 s; the worker is in a native call (spawnSync, a file, a computation), which waits, so it shows no stack',
  ],
  [
    { type: 'native', state: 'R', programs: [] },
    'runs for 10.0 s; the worker is in a native call (spawnSync, a file, a computation), which computes, so it shows no stack',
  ],
  [
    { type: 'native', state: undefined, programs: [] },
    'runs for 10.0 s; the worker is in a native call (spawnSync, a file, a computation), so it shows no stack',
  ],
  [
    { type: 'native-over', ...stack },
    'runs for 10.0 s; the worker is back from its native call, in f (/h.mjs:1:2)',
  ],
  [
    { type: 'stack', at: 0, frames: [], place: undefined },
    "runs for 10.0 s; the worker is in code that is not the application's",
  ],
  [
    { type: 'failed', reason: 'no inspector' },
    'runs for 10.0 s; its stack cannot be taken: no inspector',
  ],
  [{ type: 'ended' }, 'took 10.0 s, and was over before its stack was taken'],
])('says so honestly: %j', (finding, text) => {
  expect(say(finding).message).toBe(`GET /x: ${text}`);
});

it('tells what a request that waits may wait for', () => {
  const resources = openResources(['PipeWrap', 'Timeout', 'FSReqPromise', 'FSReqCallback', 'New']);
  expect(resources).toEqual(['2 file operations', '1 timer']);
  const { fields } = say({ type: 'idle', at: 0, resources });
  expect(fields['open']).toBe('2 file operations, 1 timer');
});

it('tells which programs a native call waits for', () => {
  const { fields } = say({ type: 'native', state: 'S', programs: ['convert (pid 12)'] });
  expect(fields['programs']).toBe('convert (pid 12)');
});

it('counts short times in milliseconds', () => {
  expect(say({ type: 'ended' }, 1, 250.4).message).toMatch(/took 250 ms/);
});
