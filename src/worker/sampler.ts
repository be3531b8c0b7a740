// Finds out, from the watchdog thread, what the main thread does at this moment.
//
// A message of the inspector's interrupts JavaScript wherever it is, at the next loop or call, also in a loop
// that never ends. It has the main thread note its own stack, which takes a fraction of a millisecond. To
// stop it with the debugger instead would first have all scripts described to us: half a second for a
// thousand modules, in which the worker stands still.

import { readFileSync } from 'node:fs';
import { type Runtime, Session } from 'node:inspector';
import { SAMPLE_URL } from './stack-frames.ts';
import { openResources } from './open-resources.ts';

export type Sample =
  /** It runs JavaScript: `error.stack`. */
  | { type: 'stack'; stack: string }
  /** It runs nothing: it waits for events. */
  | { type: 'idle'; resources: string[] }
  /** It does not answer; `state` is that of its thread, as in proc(5), where that can be read. */
  | { type: 'native'; state: string | undefined }
  | { type: 'failed'; reason: string };

type Evaluated = Runtime.EvaluateReturnType;

/** JavaScript answers within a millisecond; a busy machine may need its time. */
const ANSWER_WITHIN_MS = 1_000;
/** Below our frames and Node's there has to be room for the application's. */
const CAPTURED_FRAMES = 100;

/** What the main thread runs. It leaves nothing behind, and a preparer of stacks of the application's may speak. */
const SCRIPT = `(() => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = ${CAPTURED_FRAMES};
  const error = new Error();
  Error.stackTraceLimit = limit;
  const stack = String(error.stack);
  const isIdle = stack.split('\\n').length <= 3;
  return JSON.stringify({ stack, open: isIdle ? process.getActiveResourcesInfo() : [] });
})()
//# sourceURL=${SAMPLE_URL}`;

export class Sampler {
  #pending: Promise<Sample> | undefined;

  /** What was asked and is not answered yet, because the main thread is in a native call. */
  get pending(): Promise<Sample> | undefined {
    return this.#pending;
  }

  /** Asks, or waits on for the answer to what was asked before. */
  async take(): Promise<Sample> {
    this.#pending ??= ask().finally(() => {
      this.#pending = undefined;
    });
    const answer = await within(this.#pending, ANSWER_WITHIN_MS);
    return answer ?? { type: 'native', state: mainThreadState() };
  }
}

/** Resolves with what `promise` brings, or with `undefined` after a while. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  return Promise.race([promise, overdue]).finally(() => clearTimeout(timer));
}

/** The session is there for this one question: at its end, a process would wait for it. */
async function ask(): Promise<Sample> {
  let session: Session | undefined;
  try {
    session = new Session();
    session.connectToMainThread();
    return toSample(await evaluate(session));
  } catch (error) {
    return { type: 'failed', reason: (error as Error).message };
  } finally {
    session?.disconnect();
  }
}

function evaluate(session: Session): Promise<string> {
  const question = { expression: SCRIPT, returnByValue: true, silent: true };
  return new Promise((resolve, reject) => {
    session.post('Runtime.evaluate', question, (error, answer) => {
      const { result, exceptionDetails }: Partial<Evaluated> = answer ?? {};
      if (typeof result?.value === 'string') resolve(result.value);
      else reject(error ?? new Error(exceptionDetails?.exception?.description ?? 'no answer'));
    });
  });
}

function toSample(answer: string): Sample {
  const { stack, open } = JSON.parse(answer) as { stack: string; open: string[] };
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line));
  if (lines.some((line) => !line.includes(SAMPLE_URL))) return { type: 'stack', stack };
  return { type: 'idle', resources: openResources(open) };
}

/** @see proc_pid_stat(5) */
function mainThreadState(): string | undefined {
  try {
    const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'latin1');
    return stat.at(stat.lastIndexOf(')') + 2);
  } catch {
    // Not Linux, or another root directory.
    return undefined;
  }
}
