import type { Readable } from 'node:stream';

/** Whether somebody waits for more of a body. */
export function isBeingRead(body: Readable): boolean {
  if (body.destroyed || body.readableEnded) return false;
  return body.readableFlowing === true || body.listenerCount('readable') > 0;
}
