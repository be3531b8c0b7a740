// The asynchronous context of each request, which knows the request's id. Handlers run one after the other
// in one run of the event loop; without this, one would find in its AsyncLocalStorage what another has left
// there, and nobody could tell which request prints a line.

import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

// Nobody asks when it ends, and to watch for that would cost more than the context itself.
const OPTIONS = { requireManualDestroy: true };

/** Nothing is ever entered here: what is created inside of it inherits nothing. */
const OUTSIDE = new AsyncResource('SCGISERVER', OPTIONS);

/** Holds the id alone: what outlives a request keeps nothing else of it. */
const ids = new AsyncLocalStorage<string>();

const newScope = (): AsyncResource => new AsyncResource('SCGIREQUEST', OPTIONS);
const newScopeOf = (id: string): AsyncResource => ids.run(id, newScope);

/** Makes the context of a request, which inherits nothing from the request that is just ending. */
export function newRequestScope(id: string): AsyncResource {
  return OUTSIDE.runInAsyncScope(newScopeOf, undefined, id);
}

/** Returns the id of the request in whose context this is called; `undefined` outside of any. */
export function currentRequest(): string | undefined {
  return ids.getStore();
}
