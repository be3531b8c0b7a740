// The control socket: a Unix socket that only the user of the master may open, from the moment that it is
// there.

import { ControlServer } from '../ops/control/control-server.ts';
import type { Operations } from '../ops/operations.ts';
import { ServerError } from '../errors.ts';
import { prepareSocketPath } from './socket-path.ts';

/** Nobody but our own user; and whoever is root. */
const MODE = 0o600;

export interface ControlSocket {
  readonly path: string;
  /** Answers from now on; until then whoever asks hears that the server is starting. */
  serve(operations: Operations): void;
  /** Removes its path, if that is still ours. Never throws. */
  unpublish(): void;
  /** Closes it. Whoever waits for the end of the server hears that it has come. */
  close(exitCode: number | undefined): void;
}

/** @throws ServerError `ERR_SCGI_LISTEN`: the path cannot be used, or a live server listens there */
export async function openControlSocket(path: string): Promise<ControlSocket> {
  const place = await prepareSocketPath(path, { mode: MODE });
  const control = new ControlServer();
  const { server } = control;
  await new Promise<void>((resolve, reject) => {
    // Stays: an error of a connection that cannot be accepted must not end the master.
    server.on('error', (cause) => {
      const message = `cannot listen on ${path}: ${cause.message}`;
      reject(new ServerError('ERR_SCGI_LISTEN', message, { cause }));
    });
    // Bound before it returns.
    place.bind((temporaryPath) => server.listen(temporaryPath, resolve));
  });
  try {
    place.publish();
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    path,
    serve: (operations) => control.serve(operations),
    unpublish: () => place.unpublish(),
    close: (exitCode) => control.close(exitCode),
  };
}
