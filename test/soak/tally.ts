// What became of the requests of the soak, in numbers, and of what went wrong the first few in words.

import type { Verdict } from './check-answer.ts';
import type { HangUp, Plan } from './plan.ts';
import { describePlan } from './plan.ts';

const MOST_EXAMPLES = 10;

/** Things that must not happen: how often, and the first of them. */
export class Mishaps {
  count = 0;
  readonly examples: string[] = [];

  add(example: string): void {
    this.count++;
    if (this.examples.length < MOST_EXAMPLES) this.examples.push(example);
  }
}

export class Tally {
  requests = 0;
  receivedBytes = 0;
  /** The longest time from a connection's begin to the end of its answer, milliseconds. */
  slowest = 0;
  /** Whole right answers. */
  answered = 0;
  /** Those among them whose peer had ended its side before. */
  halfClosed = 0;
  /** Requests whose handler failed, as it was to: those answered 500, and those broken off. */
  failedHandlers = 0;
  brokenOff = 0;
  readonly hangUps: Record<HangUp, number> = {
    silent: 0,
    'in length': 0,
    'in header block': 0,
    'in body': 0,
    'after request': 0,
    'in answer': 0,
  };
  /** Requests that ended without a whole answer, and a worker was killed for that. */
  cut = 0;
  /** The same, and none was. */
  readonly unexplained: Mishaps = new Mishaps();
  readonly wrong: Mishaps = new Mishaps();
  /** Connections that nobody accepted. */
  refused = 0;
  readonly stalled: Mishaps = new Mishaps();
  /** Requests whose handler was to fail, answers read or not. */
  plannedFailures = 0;

  /** Counts an answer that was read to its end. `wasKilled` is asked only for one that is cut. */
  answer(plan: Plan, verdict: Verdict, wasKilled: () => boolean): void {
    if (verdict.type === 'wrong') this.wrong.add(`${describePlan(plan)}: ${verdict.reason}`);
    else if (verdict.type === 'right') this.#right(plan);
    else if (wasKilled()) this.cut++;
    else this.unexplained.add(describePlan(plan));
  }

  #right({ kind, manner }: Plan): void {
    if (kind === 'late') this.brokenOff++;
    else if (kind === 'throw' || kind === 'reject') this.failedHandlers++;
    else {
      this.answered++;
      if (manner === 'half-close') this.halfClosed++;
    }
  }
}
