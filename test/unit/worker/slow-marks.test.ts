import { expect, it } from 'vitest';
import { SlowMarks } from '../../../src/worker/slow-marks.ts';

const request = (sequence: number, startedAt: number) => ({
  place: 0,
  sequence,
  id: `${sequence}`,
  method: 'GET',
  uri: '/',
  startedAt,
});

it('are after the time, and at each doubling', () => {
  const marks = new SlowMarks(10);
  const running = [request(2, 0)];
  const dueAt = Array.from({ length: 100 }, (_, now) => now).filter(
    (now) => marks.take(running, now).length > 0,
  );
  expect(dueAt).toEqual([10, 20, 40, 80]);
});

it('that were missed are one', () => {
  const marks = new SlowMarks(10);
  const running = [request(2, 0)];
  expect(marks.take(running, 45)).toEqual(running);
  expect(marks.take(running, 46)).toEqual([]);
  expect(marks.delay(running, 75)).toBe(5);
});

it('that passed while it was told are missed', () => {
  const marks = new SlowMarks(10);
  const running = [request(2, 0)];
  marks.told(marks.take(running, 10), 25);
  expect(marks.take(running, 25)).toEqual([]);
  expect(marks.take(running, 40)).toEqual(running);
});

it('are those of each request, though one takes the place of another', () => {
  const marks = new SlowMarks(10);
  expect(marks.take([request(2, 0), request(4, 5)], 12)).toEqual([request(2, 0)]);
  expect(marks.take([request(6, 12)], 21)).toEqual([]);
  expect(marks.take([request(6, 12)], 22)).toEqual([request(6, 12)]);
});

it('are never farther than those of a request that begins now', () => {
  const marks = new SlowMarks(10);
  expect(marks.delay([], 0)).toBe(10);
  expect(marks.delay([request(2, 0)], 4)).toBe(6);
  expect(marks.delay([request(2, 0)], 14)).toBe(0);
  marks.take([request(2, 0)], 45);
  expect(marks.delay([request(2, 0)], 50)).toBe(10);
});
