import { expect, it } from 'vitest';
import { Patience } from '../../../src/dispatch/patience.ts';

const limits = { queueTimeout: 30, bootTimeout: 60 };

it('waits as long as a boot may take while no worker is there', () => {
  const patience = new Patience(limits);
  patience.look(1_000, false);
  expect(patience.option).toBe('--boot-timeout');
  expect(patience.isOver(1_059, 1_000)).toBe(false);
  expect(patience.isOver(1_060, 1_000)).toBe(true);
});

it('waits for a busy pool for the queue timeout', () => {
  const patience = new Patience(limits);
  patience.look(1_000, true);
  expect(patience.option).toBe('--queue-timeout');
  expect(patience.isOver(2_029, 2_000)).toBe(false);
  expect(patience.isOver(2_030, 2_000)).toBe(true);
});

it('counts anew for those who have waited for the first worker', () => {
  const patience = new Patience(limits);
  patience.look(1_000, false);
  patience.look(1_050, true);
  patience.look(1_055, true);
  expect(patience.isOver(1_079, 1_000)).toBe(false);
  expect(patience.isOver(1_080, 1_000)).toBe(true);
  // Gone again: what was waited before counts.
  patience.look(1_081, false);
  expect(patience.isOver(1_081, 1_021)).toBe(true);
  expect(patience.isOver(1_081, 1_022)).toBe(false);
});
