// The asynchronous context of each request. Handlers run one after the other in one run of the event
// loop; without this, one would find in its AsyncLocalStorage what another has left there.

import { AsyncResource } from 'node:async_hooks';

// Nobody asks when it ends, and to watch for that would cost more than the context itself.
const OPTIONS = { requireManualDestroy: true };

/** Nothing is ever entered here: what is created inside of it inherits nothing. */
const OUTSIDE = new AsyncResource('SCGISERVER', OPTIONS);

const newScope = (): AsyncResource => new AsyncResource('SCGIREQUEST', OPTIONS);

/** Calls `run` in a new context, which inherits nothing from the request that is just ending. */
export function inRequestScope<Result>(run: () => Result): Result {
  return OUTSIDE.runInAsyncScope(newScope).runInAsyncScope(run);
}
