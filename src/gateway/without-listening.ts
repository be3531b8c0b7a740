// Notices a module that listens by itself, as programs do that are run by `node`. Every worker loads it: the
// second would find the port in use.

import { Server } from 'node:net';

const ADVICE =
  'the requests come through scgi-server: export the application, and call listen() only if the module is the ' +
  'one that node was started with (process.argv[1] === import.meta.filename, require.main === module)';

/** Runs `load`; until it has settled, every call of `listen()` fails with an error that says what to do. */
export async function withoutListening<Result>(load: () => Promise<Result>): Promise<Result> {
  // oxlint-disable-next-line typescript/unbound-method -- put back as it is
  const { listen } = Server.prototype;
  Server.prototype.listen = refuse;
  try {
    return await load();
  } finally {
    Server.prototype.listen = listen;
  }
}

/** Returns what to add to an error that nobody handled: it may come of a module that listens later on. */
export function adviceTo({ code, message }: { code?: string; message: string }): string {
  if (code !== 'EADDRINUSE' || !message.startsWith('listen ')) return '';
  return `; it calls listen(), but ${ADVICE}`;
}

function refuse(...args: unknown[]): never {
  const [where] = args;
  const port = typeof where === 'number' || typeof where === 'string' ? where : '';
  const error = new Error(`it calls listen(${port}), but ${ADVICE}`);
  Error.captureStackTrace(error, refuse);
  // Where a framework calls it does not matter, but where the module does.
  const frames = error.stack?.split('\n').filter((line) => !line.includes('/node_modules/'));
  if (frames !== undefined) error.stack = frames.join('\n');
  throw error;
}
