// What came of a command, in words. Pure.

import type {
  PingReceipt,
  RecycleReceipt,
  ReloadReceipt,
  ScaleReceipt,
} from '../../ops/operations.ts';
import { count } from '../../count.ts';
import { age } from '../../ops/human.ts';

/** What is answered to an order to stop. */
export interface StopReceipt {
  ok: boolean;
  /** It has; else it is about to. */
  stopped: boolean;
}

/** Returns lines. */
export function reloadText(receipt: ReloadReceipt): string[] {
  const { generation, workers, drained, killed, durationMs, ignored } = receipt;
  const boots = workers.map(({ bootMs }) => bootMs);
  const booted = boots.length === 0 ? '' : ` (booted in ${range(boots)} ms)`;
  const left = `${drained} drained, ${killed} killed`;
  const ready = `${count(workers.length, 'worker')} ready${booted}`;
  const lines = [`reloaded: generation ${generation}, ${ready}, ${left}, in ${age(durationMs)}`];
  if (ignored.length > 0) lines.push(`changed, but only by a restart: ${ignored.join(', ')}`);
  return lines;
}

export function recycleText({ recycled, durationMs }: RecycleReceipt): string[] {
  if (recycled.length === 0) return ['recycled: there was no worker to replace'];
  const which = recycled.length === 1 ? 'worker' : 'workers';
  return [`recycled: ${which} ${recycled.join(', ')}, in ${age(durationMs)}`];
}

export function scaleText({ maxWorkers }: ScaleReceipt): string[] {
  return [`at most ${count(maxWorkers, 'worker')}, until the next reload`];
}

export function pingText({ slot, pid, durationMs, waited }: PingReceipt): string[] {
  const wait = waited ? ', after it had waited for one: all were busy' : '';
  return [`worker ${slot} (pid ${pid}) answered in ${duration(durationMs)}${wait}`];
}

export function stopText({ stopped }: StopReceipt): string[] {
  return [stopped ? 'stopped' : 'stopping'];
}

function range(numbers: readonly number[]): string {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)].map(Math.round);
  return least === most ? String(least) : `${least} to ${most}`;
}

function duration(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : age(ms);
}
