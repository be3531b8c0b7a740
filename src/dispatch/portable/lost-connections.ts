// What the master does with its copies of connections whose worker is stuck or dead.

import type { Socket } from 'node:net';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ANSWER_504 } from '../constant-answers.ts';
import type { OverdueRequest } from '../dispatcher.ts';
import { whileHeldStill } from '../hold-still.ts';
import type { Refusals } from '../refusals.ts';
import type { AttachedWorker } from './attached-worker.ts';
import type { Abandoned } from './handed-connections.ts';

/** An answer of the master's is handed to the kernel by then, or its peer is gone. Milliseconds. */
const SENT_WITHIN_MS = 1_000;

/**
 * Answers 504 to all that the worker has begun, has not answered and has had for `limitMs`, and ends our side:
 * what the worker sends afterwards goes nowhere. It is stopped meanwhile, so that it cannot answer at the
 * same time.
 */
export async function answerStuck(
  worker: AttachedWorker,
  refusals: Refusals,
  limitMs: number,
): Promise<OverdueRequest[]> {
  const { pid } = worker.process;
  if (pid === undefined) return [];
  const answered = await whileHeldStill(pid, async () => {
    // What it had said before it was stopped is read first: in this turn, or the next.
    await nextTurn();
    await nextTurn();
    const late = worker.handed.unansweredFor(limitMs);
    for (const { id } of late) worker.handed.answered(id, 'taken');
    await Promise.all(late.map(({ socket }) => answer(socket, refusals)));
    // The worker tells of the oldest request alone, and not of every one.
    return late.map(({ ageMs }, i): OverdueRequest => {
      return { request: i === 0 ? worker.activity.current : undefined, ageMs, answer: 'answered' };
    });
  });
  return answered ?? [];
}

/**
 * A worker is dead: gives an answer where nothing was sent yet, and cuts what was begun so that it cannot
 * look whole. What it had not begun is the caller's again.
 */
export function abandon(
  { handed }: AttachedWorker,
  refusals: Refusals,
  document: Buffer,
): Abandoned {
  const abandoned = handed.abandon();
  const { unanswered, broken } = abandoned;
  for (const socket of unanswered) refusals.answer(socket, document);
  for (const socket of broken) {
    // Only TCP has a reset; a Unix socket gives its peer nothing but an early end.
    if (socket.remoteAddress === undefined) socket.destroy();
    else socket.resetAndDestroy();
  }
  return abandoned;
}

async function answer(socket: Socket, refusals: Refusals): Promise<void> {
  const sent = AbortSignal.timeout(SENT_WITHIN_MS);
  refusals.answer(socket, ANSWER_504.whole);
  await Promise.race([once(socket, 'finish', { signal: sent }), once(socket, 'close')]).catch(
    () => {},
  );
}
