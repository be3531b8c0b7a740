// What an exchange has come to, from what its parts say. Pure.

import { UNBUFFERED_UPLOAD_HINT } from '../protocol/header-block.ts';
import type { ResponseComposer } from '../protocol/response-composer.ts';
import type { Failure } from './failure.ts';
import { newOutcome, type Outcome } from './outcome.ts';

export interface ExchangeResult {
  failure: Failure | undefined;
  /** The peer closed its side before it had its answer. */
  peerIsGone: boolean;
  /** Of an answer of ours in the place of the handler's. */
  errorStatus: number | undefined;
  composer: Pick<ResponseComposer, 'headSent' | 'head' | 'bodyBytes' | 'warnings'>;
  /** Body bytes received. */
  received: number;
  wasCut: boolean;
  /** Bytes came beyond a body whose length the web server may have announced too short. */
  hasDoubtfulExcess: boolean;
}

export function outcomeOf(result: ExchangeResult): Outcome {
  const { failure, peerIsGone, errorStatus, composer, hasDoubtfulExcess } = result;
  const head = composer.headSent ? composer.head : undefined;
  const outcome = newOutcome(failure?.kind ?? (peerIsGone ? 'aborted' : 'answered'));
  // Nobody waited for the error document of a handler that gave up with its peer.
  outcome.status = outcome.kind === 'aborted' ? head?.status : (errorStatus ?? head?.status);
  outcome.bytesIn = result.received;
  outcome.bytesOut = composer.bodyBytes;
  outcome.cut = result.wasCut;
  outcome.phase = failure?.phase;
  outcome.error = failure?.error;
  const { warnings } = composer;
  outcome.warnings = hasDoubtfulExcess ? [...warnings, UNBUFFERED_UPLOAD_HINT] : warnings;
  return outcome;
}
