// Runs a worker without a master on the socket that this process was started with.

import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { directConnections } from '../connection/direct-transport.ts';
import { errorResponse } from '../protocol/error-response.ts';
import { OpenSockets } from '../connection/open-sockets.ts';
import type { Arrived } from '../connection/connection-options.ts';
import { StreamTransport } from '../connection/stream-transport.ts';
import type { DispatchNotice } from '../dispatch/dispatcher.ts';
import type { Intake } from '../dispatch/intake.ts';
import { ServerError } from '../errors.ts';
import { EXIT_CONFIG, EXIT_NO_INPUT, EXIT_OK } from '../exit-codes.ts';
import { resolveProgram } from '../gateway/cgi/given-program.ts';
import type { Handler } from '../gateway/handler.ts';
import type { WorkerSettings } from '../ipc/messages.ts';
import { posixUnavailable } from '../posix/libc.ts';
import { NativeBuffer } from '../posix/native-buffer.ts';
import { peek, pollReadable } from '../posix/sockets.ts';
import { Worker } from '../worker/worker.ts';
import { InetdLog } from './inetd-log.ts';
import { ListeningIntake } from './listening-intake.ts';
import { OneConnection } from './one-connection.ts';
import type { InetdOptions } from './options.ts';
import type { ConnectionSource } from './sole-master.ts';
import { SoleMaster } from './sole-master.ts';

/** Room for a header block of the usual limit. */
const RECEIVE_BYTES = 128 * 1024;
/** A program that is to get the connection itself has to be asked for by then: nothing else is to do. */
const SILENCE_MS = 100;

const NOT_LENT = '--direct has no effect: it takes a process for each connection (nowait)';

/** A socket that can be served. */
export interface ServableInput {
  kind: 'connection' | 'listener';
  fd: number;
}

/** Serves the connection, or what comes through the listening socket; then the process ends. */
export async function serveInput(input: ServableInput, options: InetdOptions): Promise<void> {
  const log = new InetdLog(options.logFile !== undefined);
  const open = new OpenSockets();
  const leave = (reason: string): void => master.leave(reason);
  const notice = (it: DispatchNotice): void => master.tell(it);
  const intake = createIntake(input, { options, open, leave, notice });
  const master = new SoleMaster(log, intake);
  if (isLending(options) && input.kind === 'listener') log.write('warn', NOT_LENT, {});
  let exitCode = EXIT_OK;
  const worker = new Worker({
    settings: workerSettings(options),
    isNative: isNative(),
    channel: master,
    intake,
    open,
    exit: (code) => master.exit(code === EXIT_OK ? exitCode : code),
    bootTimeout: options.bootTimeout,
    substitute: (error) => {
      const isMissing = error instanceof ServerError && error.code === 'ERR_SCGI_HANDLER_MISSING';
      exitCode = isMissing ? EXIT_NO_INPUT : EXIT_CONFIG;
      return brokenHandler(leave);
    },
  });
  process.title = 'scgi-server: inetd';
  // These are no arguments of the handler's.
  process.argv.splice(2);
  if (input.kind === 'listener') await expectLongLife();
  listen(worker, master);
  await worker.boot();
}

interface IntakeParts {
  options: InetdOptions;
  open: OpenSockets;
  leave: (reason: string) => void;
  notice: (notice: DispatchNotice) => void;
}

function createIntake(
  { kind, fd }: ServableInput,
  { options, open, leave, notice }: IntakeParts,
): Intake<Arrived> & ConnectionSource {
  if (kind === 'listener') {
    const idle = (): void => leave('idle for --idle-exit');
    return new ListeningIntake({ ...options, fd }, open, { idle, notice });
  }
  const arrive = isNative()
    ? () => receiveNatively(fd, open, isLending(options))
    : () => ({ transport: new StreamTransport(new Socket({ fd, allowHalfOpen: true }), open) });
  return new OneConnection(arrive, () => leave('its connection is served'));
}

/** Programs are to get the connection itself. */
function isLending({ cgi, direct }: InetdOptions): boolean {
  return cgi !== undefined && direct;
}

function isNative(): boolean {
  return posixUnavailable() === undefined;
}

/** @param isPeeking - what has come stays unread, for a program that gets the connection itself */
function receiveNatively(fd: number, open: OpenSockets, isPeeking: boolean): Arrived {
  const toTransport = directConnections(open, false);
  if (!isPeeking) return { transport: toTransport(fd) };
  const received = new NativeBuffer(RECEIVE_BYTES);
  const count = pollReadable(fd, SILENCE_MS) ? Math.max(0, peek(fd, received)) : 0;
  return { transport: toTransport(fd, count), arrived: received.bytes.subarray(0, count) };
}

function workerSettings(options: InetdOptions): Omit<WorkerSettings, 'intake'> {
  const { handler, cgi, cgiArgs: args, passEnv, direct } = options;
  return {
    ...options,
    handler: handler === undefined ? undefined : resolve(handler),
    cgi:
      cgi === undefined
        ? undefined
        : { path: resolveProgram(process.cwd(), cgi), args, passEnv, direct },
    accessLogFormat: 'text',
    hasAccessFile: false,
    // Nobody else has this number at the same time, as with the slots of a pool.
    slot: process.pid,
  };
}

/**
 * What answers when the handler does not load: one request, and the others that are here. A next process
 * may find it mended.
 */
function brokenHandler(leave: (reason: string) => void): Handler {
  return {
    // The contract's shape.
    // oxlint-disable-next-line max-params
    produce: (env, _bodySize, _input, output) => {
      output.end(errorResponse(500, env['REQUEST_METHOD']));
      leave('the handler does not load');
    },
  };
}

/** What one request is not to wait for. */
async function expectLongLife(): Promise<void> {
  const { closeInspector } = await import('../ops/close-inspector.ts');
  closeInspector();
  // Whoever reads the log may go; what prints then must not end the process.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}

function listen(worker: Worker, master: SoleMaster): void {
  process.on('exit', (code) => worker.exited(code, true));
  process.on('SIGUSR1', () => worker.tell());
  process.on('SIGTERM', () => master.stop('SIGTERM'));
  process.on('SIGQUIT', () => master.stop('SIGQUIT'));
  process.on('SIGINT', () => master.quit('SIGINT'));
  process.on('uncaughtException', (error, origin) => {
    const what = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception';
    void worker.die(error, what);
  });
}
