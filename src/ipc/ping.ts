// How a worker knows a ping of its master's from a request of anybody else's.
//
// The command line of a worker can be read by everybody on the machine, so it holds what the secret is
// known by, and not the secret.

/** Variable of the request that holds the secret. No web server can be made to send it. */
export const PING_VARIABLE = 'SCGI_SERVER_PING';

/** What a worker answers, as JSON. */
export interface Pong {
  slot: number;
  pid: number;
}

/** What a secret is known by. Loads what it needs: a worker that is never pinged does without. */
export function pingDigest(secret: string): string {
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(secret).digest('hex');
}
