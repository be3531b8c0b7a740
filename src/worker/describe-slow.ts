// What the slow log says of a request. Pure.

import { count } from '../count.ts';
import type { Sample } from './sampler.ts';
import type { RunningEntry } from './running-table.ts';
import type { PickedFrames } from './stack-frames.ts';

const FOREIGN = "code that is not the application's";

/** A line for the log, on its way from the watchdog thread to the master. */
export interface SlowLine {
  message: string;
  fields: Record<string, unknown>;
}

export interface SlowRequest {
  entry: RunningEntry;
  /** So old it is. */
  ageMs: number;
  /** Requests that the worker runs, this one included. */
  running: number;
}

/** What is known of the place where a slow request is: a stack is picked by now. */
export type SlowFinding =
  | Exclude<Sample, { type: 'stack' }>
  | ({ type: 'stack'; at: number } & PickedFrames)
  /** The same, just after a native call that had been told of. */
  | ({ type: 'native-over'; at: number } & PickedFrames)
  /** It ended while its stack was being taken, which therefore may be another's. */
  | { type: 'ended' };

/** Says what is seen, and blames nobody: of several requests, it is not known whose code runs. */
export function describeSlow(request: SlowRequest, finding: SlowFinding): SlowLine {
  const { entry, ageMs, running } = request;
  const title = `${entry.method} ${entry.uri}`;
  const age = duration(ageMs);
  const fields: SlowLine['fields'] = { request: entry.id, ms: Math.round(ageMs) };
  if (running > 1) fields['running'] = running;
  if (finding.type === 'ended') {
    return { message: `${title}: took ${age}, and was over before its stack was taken`, fields };
  }
  if ('frames' in finding && finding.frames.length > 0) fields['stack'] = finding.frames;
  if (finding.type === 'idle' && finding.resources.length > 0) {
    fields['open'] = finding.resources.join(', ');
  }
  if (finding.type === 'native' && finding.programs.length > 0) {
    fields['programs'] = finding.programs.join(', ');
  }
  return { message: `${title}: runs for ${age}; ${describe(finding, running)}`, fields };
}

function describe(finding: Exclude<SlowFinding, { type: 'ended' }>, running: number): string {
  const worker =
    running > 1 ? `the worker, with ${count(running, 'request')}, is` : 'the worker is';
  switch (finding.type) {
    case 'stack':
      return `${worker} in ${finding.place ?? FOREIGN}`;
    case 'native-over':
      return `${worker} back from its native call, in ${finding.place ?? FOREIGN}`;
    case 'idle':
      return 'it waits: nothing of it runs now, so it has no stack';
    case 'native':
      return `${worker} in a native call (spawnSync, a file, a computation)${state(finding.state)}, so it shows no stack`;
    case 'failed':
      return `its stack cannot be taken: ${finding.reason}`;
  }
}

/** @param letter - of proc(5) */
function state(letter: string | undefined): string {
  if (letter === 'R') return ', which computes';
  if (letter === 'D') return ', which waits for a disk';
  return letter === 'S' ? ', which waits' : '';
}

function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
