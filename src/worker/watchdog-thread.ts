// The entry of the watchdog thread: it sleeps until a request is slow, finds out where that is, and tells the
// master through a pipe of its own, since the main thread may be stuck.

import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { monotonicMs } from '../dispatch/monotonic.ts';
import { describeSlow, type SlowFinding, type SlowLine } from './describe-slow.ts';
import { type RunningEntry, RunningTable } from './running-table.ts';
import { Sampler, within } from './sampler.ts';
import { SlowMarks } from './slow-marks.ts';
import { pickFrames } from './stack-frames.ts';
import type { WatchdogSettings } from './watchdog.ts';

/** Where several requests run, one that waits is told from one that is stuck by looking so many times. */
const LOOKS = 3;
const BETWEEN_LOOKS_MS = 20;
/** Lines at once: a thousand requests that wait for one database need not say so each. */
const MOST_LINES = 100;

const { memory, afterMs, fd, ownRoot } = workerData as WatchdogSettings;
const table = new RunningTable(memory);
const marks = new SlowMarks(afterMs);
const sampler = new Sampler();
/** Those of which the log says that a native call holds them up, and how many requests run in all. */
let inNativeCall: { entries: readonly RunningEntry[]; running: number } | undefined;

async function watch(): Promise<never> {
  for (let seen = 0; ;) {
    const { begun } = table;
    const running = table.read();
    const now = monotonicMs();
    const due = marks.take(running, now);
    const delayMs = Math.ceil(marks.delay(running, now));
    if (due.length > 0) await report(due, running.length);
    else if (sampler.isPending) await tellWhenOver(delayMs);
    else if (running.length === 0 && begun === seen) table.rest(begun);
    else table.pause(delayMs);
    seen = begun;
  }
}

async function report(due: readonly RunningEntry[], running: number): Promise<void> {
  const { entries: held = [] } = inNativeCall ?? {};
  const finding = await look(running);
  for (const entry of due.slice(0, MOST_LINES)) {
    const isBack = finding.type === 'stack' && held.some(({ place }) => place === entry.place);
    const found = isBack ? { ...finding, type: 'native-over' as const } : finding;
    tell(entry, running, wasRunning(entry, found) ? found : { type: 'ended' });
  }
  const more = due.length - MOST_LINES;
  if (more > 0) write({ message: `${more} more requests are as slow`, fields: { running } });
  marks.told(due, monotonicMs());
  inNativeCall = finding.type === 'native' ? { entries: due, running } : undefined;
}

async function look(running: number): Promise<SlowFinding> {
  for (let looks = 1; ; looks++) {
    const sample = await sampler.take();
    if (sample.type !== 'stack') return sample;
    const picked = pickFrames(sample.stack, ownRoot);
    const isSure = running === 1 && picked.place !== undefined;
    if (isSure || looks === LOOKS) return { type: 'stack', at: sample.at, ...picked };
    await within(new Promise<never>(() => {}), BETWEEN_LOOKS_MS);
  }
}

/** The first that JavaScript does after a native call is to answer us: who called it is on the stack. */
async function tellWhenOver(delayMs: number): Promise<void> {
  const sample = await sampler.take(delayMs);
  if (sample.type === 'native') return;
  const { entries = [], running = 0 } = inNativeCall ?? {};
  inNativeCall = undefined;
  if (sample.type !== 'stack') return;
  const picked = pickFrames(sample.stack, ownRoot);
  if (picked.place === undefined) return;
  for (const entry of entries) {
    const finding = { type: 'native-over', at: sample.at, ...picked } as const;
    if (wasRunning(entry, finding)) tell(entry, running, finding);
  }
}

/** Whether the request ran when that was found; what came later may be another's. */
function wasRunning(entry: RunningEntry, finding: SlowFinding): boolean {
  if (!('at' in finding)) return true;
  const end = table.endOf(entry);
  return end !== undefined && entry.startedAt <= finding.at && finding.at <= end;
}

function tell(entry: RunningEntry, running: number, finding: SlowFinding): void {
  const end = table.endOf(entry) ?? Infinity;
  const ageMs = Math.min(monotonicMs(), end) - entry.startedAt;
  write(describeSlow({ entry, ageMs, running }, finding));
}

function write(line: SlowLine): void {
  writeSync(fd, `${JSON.stringify(line)}\n`);
}

watch().catch((error: unknown) => {
  try {
    write({ message: `the slow log of this worker ends: ${String(error)}`, fields: {} });
  } finally {
    // A thread that ends while the main thread still has an answer for it would take that down.
    table.rest(table.begun);
  }
});
