// The worker: boots its handler, serves what the intake brings, and leaves without losing anything.

import { formatDuration } from '../config/units.ts';
import { OpenConnections } from '../connection/open-connections.ts';
import type { OpenSockets } from '../connection/open-sockets.ts';
import type { RequestObserver } from '../connection/request-observer.ts';
import { StoppingError } from '../connection/connection-errors.ts';
import { queueTime } from '../connection/queue-time.ts';
import { currentRequest } from '../connection/request-scope.ts';
import type { Arrived, ConnectionOptions } from '../connection/connection-options.ts';
import { serveConnection } from '../connection/serve-connection.ts';
import type { Intake, Place, ServeConnection } from '../dispatch/intake.ts';
import { ServerError } from '../errors.ts';
import type { ConnectionHandler, Handler, HandlerLog, StartContext } from '../gateway/handler.ts';
import { isImportFailure } from '../gateway/handler-error.ts';
import { loadHandler } from '../gateway/load-handler.ts';
import { adviceTo } from '../gateway/without-listening.ts';
import { EXIT_CONFIG, EXIT_OK, EXIT_SOFTWARE } from '../exit-codes.ts';
import type { WorkerSettings } from '../ipc/messages.ts';
import { toErrorRecord } from '../ipc/error-record.ts';
import type { WorkerChannel } from '../ipc/worker-channel.ts';
import { hostMatcher } from '../protocol/allowed-hosts.ts';
import { queryMask } from '../protocol/query-mask.ts';
import { Activity } from './activity.ts';
import { answeringPings } from './answering-pings.ts';
import type { Recycling } from './recycling.ts';
import type { Printing } from './printing.ts';
import { LAST_READ_MS, lastWords, namesOf } from './last-words.ts';
import { requestIds } from './request-ids.ts';
import { createRequestLog, describesClient } from './request-log.ts';
import { createWorkerLog } from './worker-log.ts';

/** What a worker is made of; given, so that it can be run without a process of its own. */
export interface WorkerParts {
  settings: Omit<WorkerSettings, 'intake'>;
  /** C functions are called where that is faster. */
  isNative: boolean;
  channel: WorkerChannel;
  intake: Intake<Arrived>;
  /** Tells when it has served for long enough; absent: it never has. */
  recycling?: Recycling | undefined;
  /** Where the sockets of its connections are found. */
  open: OpenSockets;
  /** What the application prints is marked; absent: it is not. */
  printing?: Printing | undefined;
  /** Ends the process. */
  exit: (code: number) => void;
  /** Takes requests out that are none of the application's; absent: all are. */
  around?: ((handler: ConnectionHandler) => ConnectionHandler) | undefined;
  /** Returns who else is told of requests, on their way to the scoreboard; absent: nobody. */
  observe?: ((activity: RequestObserver) => RequestObserver) | undefined;
  /** Time to load and start the handler, milliseconds; absent: the master sees to that. */
  bootTimeout?: number;
  /** What answers instead of a handler that does not load or start; absent: the process ends. */
  substitute?: (error: unknown) => Handler | Promise<Handler>;
}

/** Longest time for the last answers at a quick stop or after a fatal error, milliseconds. */
const LAST_ANSWERS_MS = 1_000;

export class Worker {
  readonly #parts: WorkerParts;
  readonly #log: HandlerLog;
  readonly #unfinished: OpenConnections;
  #handler: Handler | undefined;
  #leaving = false;
  #isServing = false;
  /** The last answers are being sent: nothing can delay the end any more. */
  #ending = false;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#unfinished = new OpenConnections(parts.settings.requestTimeout);
    this.#log = createWorkerLog(parts.channel, parts.settings.logLevel);
  }

  /** Loads and starts the handler, then takes connections. A failure is reported and ends the process. */
  async boot(): Promise<void> {
    const { channel, intake, bootTimeout, exit, substitute, recycling } = this.#parts;
    this.#listen();
    let handler: Handler;
    try {
      handler = await inTime(this.#startHandler(), bootTimeout);
    } catch (error) {
      channel.send({ type: 'boot-failed', error: toErrorRecord(error) });
      if (substitute === undefined) {
        exit(EXIT_CONFIG);
        return;
      }
      handler = await substitute(error);
      this.#handler = handler;
    }
    const bootMs = Math.round(performance.now());
    intake.activity.booted(bootMs);
    const options = this.#connectionOptions(handler);
    const serve: ServeConnection<Arrived> = (arrived, place) =>
      this.#serve(arrived, options, place);
    this.#isServing = true;
    intake.start(recycling?.counting(serve) ?? serve);
    const warning = recycling?.begin();
    if (warning !== undefined) this.#log.warn(warning);
    // After its credits: a master that knew it was ready, and had none, would start another one.
    channel.send({ type: 'ready', bootMs });
  }

  /** Asks the master to withdraw our credits; it answers with `drain`. */
  leave(reason: string): void {
    this.#parts.channel.send({ type: 'leaving', reason });
  }

  /** An error that nobody handled: the requests in flight get their 500, then the process ends. */
  async die(error: unknown, origin: string): Promise<void> {
    if (isImportFailure(error)) return;
    const err = toErrorRecord(error);
    const message = `${origin}: this worker exits${adviceTo(err)}`;
    this.#log.error(message, { request: currentRequest(), err });
    if (this.#ending) return;
    this.#ending = true;
    this.#parts.intake.refuseAll();
    const cause = error instanceof Error ? error : new Error(String(error));
    await this.#lastAnswers(cause, 500);
    // A peer that still sends would be reset by our end, and lose its answer.
    await atMost(LAST_READ_MS, this.#parts.open.allClosed());
    this.#parts.exit(EXIT_SOFTWARE);
  }

  /**
   * The process ends now, and nobody has told us: says what can still be said.
   *
   * @param mayAnswer - nobody else has the connections
   */
  exited(code: number, mayAnswer: boolean): void {
    if (!this.#isServing || this.#ending) return;
    this.#ending = true;
    lastWords(code, {
      open: this.#unfinished,
      log: this.#log,
      mayAnswer,
      isLeaving: this.#leaving,
    });
  }

  /** One line about what is being served, for whoever sent the signal. */
  tell(): void {
    const requests = this.#unfinished.requests();
    const what = requests.length === 0 ? 'nothing' : namesOf(requests);
    this.#log.info(`serving ${what}`, { connections: this.#parts.open.size });
  }

  async #startHandler(): Promise<Handler> {
    const { channel, settings } = this.#parts;
    const log = createWorkerLog(channel, settings.logLevel, () => ({ request: currentRequest() }));
    const context = { log, workerId: settings.slot };
    const handler = await loadApplication(this.#parts, context);
    this.#handler = handler;
    await startHandler(handler, context);
    return handler;
  }

  #listen(): void {
    const { channel } = this.#parts;
    channel.onMessage((message) => {
      if (message.type === 'drain') void this.#drain(message.reason);
      else if (message.type === 'quit') void this.#quit(message.reason);
      else if (message.type === 'are-you-there') channel.send({ type: 'here' });
    });
    channel.onMasterGone(() => void this.#drain('the master is gone'));
  }

  #connectionOptions(handler: Handler): ConnectionOptions {
    const { settings, channel, intake, around, observe, printing } = this.#parts;
    const { slot, logLevel, allowHost, logMask, requestTimeout = 0 } = settings;
    const writeAccess = printing && ((line: string) => printing.writeAccess(line));
    const report = createRequestLog({ settings, log: this.#log, writeAccess });
    const activity = new Activity(intake.activity);
    return {
      ...settings,
      isHostAllowed: allowHost.length === 0 ? undefined : hostMatcher(allowHost),
      handler: answeringPings(around?.(handler) ?? handler, slot, settings.ping),
      open: this.#unfinished,
      observer: observe?.(activity) ?? activity,
      nextRequestId: requestIds(slot),
      queuedMs: settings.requestStart === true ? queueTime : undefined,
      maskQuery: logMask.length === 0 ? undefined : queryMask(logMask),
      describesClient: describesClient(settings),
      context: {
        workerId: slot,
        requestLog: (request) => createWorkerLog(channel, logLevel, () => ({ request })),
      },
      stuck: (title) => {
        const limit = `--request-timeout (${formatDuration(requestTimeout)})`;
        this.#wear(`${title} goes on though its ${limit} is over`);
      },
      report,
      over: printing && ((request) => printing.over(request)),
    };
  }

  /** Handlers go on for ever: who has places left serves on until another is there. */
  #wear(reason: string): void {
    const { settings, channel } = this.#parts;
    if (this.#unfinished.stuck >= settings.concurrency) this.leave(reason);
    else channel.send({ type: 'worn', reason, isResting: false });
  }

  #serve(arrived: Arrived, options: ConnectionOptions, place: Place): void {
    try {
      serveConnection(arrived, options, place);
    } catch (error) {
      // Only a bug of ours gets here. The connection is lost, the worker need not be.
      this.#log.error('a connection failed inside the server', { err: toErrorRecord(error) });
      arrived.transport.destroy();
      place.done();
    }
  }

  async #drain(reason: string): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    const { settings, intake, exit } = this.#parts;
    const option = `--graceful-timeout (${formatDuration(settings.gracefulTimeout)})`;
    const overdue = setTimeout(
      () => void this.#quit(`not finished within ${option}`),
      settings.gracefulTimeout,
    );
    this.#unfinished.leave();
    await intake.whenIdle();
    await this.#stopHandler(reason);
    // An answer is lost to a reset if its connection is closed by our exit while the peer still sends.
    await this.#parts.open.allClosed();
    clearTimeout(overdue);
    exit(EXIT_OK);
  }

  async #quit(reason: string): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#leaving = true;
    await this.#lastAnswers(new StoppingError(reason), 503);
    this.#parts.exit(EXIT_OK);
  }

  async #stopHandler(reason: string): Promise<void> {
    try {
      await this.#handler?.stop?.(reason);
    } catch (error) {
      this.#log.error('the handler failed to stop', { err: toErrorRecord(error) });
    }
  }

  async #lastAnswers(reason: Error, status: 500 | 503): Promise<void> {
    await atMost(LAST_ANSWERS_MS, this.#unfinished.stopAll({ reason, status }));
  }
}

async function atMost(ms: number, what: Promise<void>): Promise<void> {
  const bound = new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });
  await Promise.race([what, bound]);
}

async function loadApplication(parts: WorkerParts, context: StartContext): Promise<Handler> {
  const { settings, isNative } = parts;
  const { handler, cgi } = settings;
  if (cgi === undefined) return loadHandler(handler, context, settings.mount);
  const { fromScript } = await import('../gateway/from-script.ts');
  return fromScript({ ...cgi, isNative }, context.log);
}

async function startHandler(handler: Handler, context: StartContext): Promise<void> {
  try {
    await handler.start?.(context);
  } catch (error) {
    const message = `the handler's start() failed: ${toErrorRecord(error).message}`;
    throw new ServerError('ERR_SCGI_HANDLER_LOAD', message, { cause: error });
  }
}

/** Fails when booting takes longer. Nothing can end what it does; it is left to itself. */
async function inTime<Result>(booting: Promise<Result>, timeout?: number): Promise<Result> {
  if (timeout === undefined) return booting;
  let clock: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_resolve, reject) => {
    const message = `the handler was not loaded within ${timeout} ms (--boot-timeout)`;
    const error = new ServerError('ERR_SCGI_HANDLER_LOAD', message);
    clock = setTimeout(reject, timeout, error);
  });
  return Promise.race([booting, overdue]).finally(() => clearTimeout(clock));
}
