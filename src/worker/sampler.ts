// Finds out, from the watchdog thread, what the main thread does at this moment.
//
// A message of the inspector's interrupts JavaScript wherever it is, at the next loop or call, also in a loop
// that never ends. It has the main thread note its own stack, which takes a fraction of a millisecond. To
// stop it with the debugger instead would first have all scripts described to us: half a second for a
// thousand modules, in which the worker stands still.

import { type Runtime, Session } from 'node:inspector';
import { type MainThread, seeMainThread } from './main-thread.ts';
import { SAMPLE_URL } from './stack-frames.ts';
import { openResources } from './open-resources.ts';

export type Sample =
  /** It ran JavaScript at that time, of the clock that all threads share: `error.stack`. */
  | { type: 'stack'; at: number; stack: string }
  /** It ran nothing: it waited for events. */
  | { type: 'idle'; at: number; resources: string[] }
  /** It does not answer. */
  | ({ type: 'native' } & MainThread)
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
  const open = isIdle ? process.getActiveResourcesInfo() : [];
  const [seconds, nanoseconds] = process.hrtime();
  return JSON.stringify({ at: seconds * 1e3 + nanoseconds / 1e6, stack, open });
})()
//# sourceURL=${SAMPLE_URL}`;

export class Sampler {
  #pending: Promise<Sample> | undefined;

  /** The answer to what was asked last has not been taken: the main thread is in a native call, or was. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** Asks, or waits on for the answer to what was asked before. */
  async take(withinMs: number = ANSWER_WITHIN_MS): Promise<Sample> {
    this.#pending ??= ask();
    const answer = await within(this.#pending, withinMs);
    if (answer === undefined) return { type: 'native', ...seeMainThread() };
    this.#pending = undefined;
    return answer;
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
  const { at, stack, open } = JSON.parse(answer) as { at: number; stack: string; open: string[] };
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line));
  if (lines.some((line) => !line.includes(SAMPLE_URL))) return { type: 'stack', at, stack };
  return { type: 'idle', at, resources: openResources(open) };
}
