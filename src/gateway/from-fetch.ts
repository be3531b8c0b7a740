// Serves fetch handlers: Hono, and every other function of a Request that returns a Response. Both are
// Node's own; loading this file loads them.

import type { Writable } from 'node:stream';
import { isThenable } from '../is-thenable.ts';
import { FetchCall } from './fetch-context.ts';
import { createRequest } from './fetch-request.ts';
import { discardResponse, sendResponse, toResponse } from './fetch-response.ts';
import type { Environment, Fetch, HandlerContext, Produce } from './handler.ts';
import { withoutQueries } from './without-queries.ts';

const BAD_REQUEST =
  'Status: 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nThis request cannot be served.\n';

/**
 * Makes a handler of a fetch handler.
 *
 * It is done when the response is written and what `waitUntil` was given has settled.
 *
 * @param mount - where the application is mounted; empty: at the root
 */
export function fromFetch(fetch: Fetch, mount: string): Produce {
  // The contract has five parameters.
  // oxlint-disable-next-line max-params
  return async (env, bodySize, input, output, context) => {
    let request: Request;
    try {
      request = createRequest({ env, bodySize, input, context }, mount);
    } catch (error) {
      tellRefusal(error, env, context);
      output.end(BAD_REQUEST);
      return;
    }
    const call = new FetchCall(context);
    const response = toResponse(await whileWanted(fetch(request, env, call), output));
    await sendResponse(response, { output, context, isHead: request.method === 'HEAD' });
    if (!call.hasWork) return;
    output.end();
    await call.workDone();
  };
}

/** A handler may never settle; once its response can go nowhere, nothing is left to wait for. */
function whileWanted(returned: unknown, output: Writable): unknown {
  if (!isThenable(returned)) return returned;
  return new Promise((resolve, reject) => {
    let isWanted = true;
    output.once('close', () => {
      isWanted = false;
      reject(output.errored ?? new Error('the response was cut'));
    });
    returned.then((value) => (isWanted ? resolve(value) : discardResponse(value)), reject);
  });
}

function tellRefusal(error: unknown, env: Environment, { log }: HandlerContext): void {
  const { REQUEST_METHOD: method, REQUEST_URI: uri = '' } = env;
  const cause = error instanceof Error ? error.message : String(error);
  const request = `${method} ${withoutQueries(uri)}`;
  log.warn(`${request}: answered 400, no Request can be made of it: ${withoutQueries(cause)}`);
}
