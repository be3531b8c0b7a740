// Starts the real program and watches over it: its log, its processes, its end.

import type { ChildProcess, StdioOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFailed, onTestFinished } from 'vitest';
import type { PeerAddress } from './scgi-peer.ts';
import { waitFor } from './wait-for.ts';

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));
export const BIN: string = path.join(ROOT, 'bin/scgi-server.js');
export const HANDLERS: string = path.join(ROOT, 'test/fixtures/handlers');
/** CGI programs. */
export const PROGRAMS: string = path.join(ROOT, 'test/fixtures/cgi');

/** Generous: other work may have the processors. */
const READY_WITHIN_MS = 20_000;

/** One line of the log. */
export interface LogRecord {
  level: string;
  msg: string;
  [field: string]: unknown;
}

export interface StartOptions {
  /** File in test/fixtures/handlers, or an absolute path; absent: the demo. */
  handler?: string;
  /** Instead of a handler: a CGI program and its arguments, or a directory of programs. */
  cgi?: readonly string[];
  args?: string[];
  env?: Record<string, string>;
  cwd?: string;
  /** Error and warning lines that this test provokes. Any other fails it. */
  expectErrors?: RegExp;
  /** Descriptors of this process that become the server's descriptors 3, 4, … */
  inherit?: number | readonly number[];
  /** Those are passed as systemd does it, under these names, with a colon between two. */
  passedAs?: string;
  /** Whom they are meant for; the server itself unless told. */
  passedTo?: number;
  /** What becomes its standard input: a descriptor of this process, or a pair of sockets. */
  input?: number | 'pipe';
  /** Standard output and error are the same: there is no log. */
  isBlind?: boolean;
  /** No address is added. */
  noAddress?: boolean;
  /** Most descriptors that each of its processes may have. */
  mostDescriptors?: number;
  /** Command before the server's own, which becomes the server: one that enters a network namespace, say. */
  inside?: readonly string[];
  /** Do not wait for a worker to be ready. */
  dontWait?: boolean;
}

export interface RunningServer {
  process: ChildProcess;
  log: LogRecord[];
  /** Where the first listener is. */
  address(): PeerAddress;
  /** The first record whose message matches, waited for. */
  logged(pattern: RegExp, timeoutMs?: number): Promise<LogRecord>;
  /** Pids of live worker processes, from /proc. */
  workers(): number[];
  /** Resolves with the exit code, or the signal's name. */
  ended(timeoutMs?: number): Promise<number | string>;
  /** Sends TERM and waits for the end. */
  stop(): Promise<number | string>;
}

/** A server that whoever launched it has to end. */
export interface LaunchedServer extends RunningServer {
  /** Ends what is left of it, and fails for what nobody expected in its log. */
  finish(): Promise<void>;
}

/** Starts `scgi-server --port 0 …` unless `args` name an address themselves; for one test. */
export async function startServer(options: StartOptions = {}): Promise<RunningServer> {
  const server = spawnServer(options);
  onTestFailed(() => console.error(show(server.log)));
  onTestFinished(() => server.finish());
  if (options.dontWait !== true) await isReady(server);
  return server;
}

/** The same for several tests. */
export async function launchServer(options: StartOptions): Promise<LaunchedServer> {
  const server = spawnServer(options);
  try {
    await isReady(server);
  } catch (error) {
    await server.finish();
    throw error;
  }
  return server;
}

async function isReady(server: RunningServer): Promise<void> {
  await server.logged(/^worker \d+ .* is ready/, READY_WITHIN_MS);
}

function spawnServer(options: StartOptions): LaunchedServer {
  const args = [process.execPath, BIN, ...commandLine(options)];
  const script = preparations(options);
  if (script !== '') args.unshift('sh', '-c', `${script} exec "$@"`, 'sh');
  args.unshift(...(options.inside ?? []));
  const child = spawn(args[0] ?? '', args.slice(1), {
    stdio: standardIo(options),
    cwd: options.cwd ?? ROOT,
    env: { ...cleanEnvironment(), ...options.env },
  });
  const log: LogRecord[] = [];
  let raw = '';
  let end: number | string | undefined;
  const collect = (text: string): void => {
    raw += text;
    const lines = raw.split('\n');
    raw = lines.pop() ?? '';
    for (const line of lines) log.push(parseRecord(line));
  };
  child.stderr?.setEncoding('utf8').on('data', collect);
  child.stdout?.setEncoding('utf8').on('data', collect);
  child.once('close', (code, signal) => {
    end = code ?? signal ?? 'unknown';
  });

  const server: LaunchedServer = {
    process: child,
    log,
    address: () => listenAddress(log),
    logged: (pattern, timeoutMs) =>
      waitFor(
        `the log line ${pattern}\n${show(log)}`,
        () => log.find(({ msg }) => pattern.test(msg)),
        timeoutMs,
      ),
    workers: () => childrenOf(child.pid ?? -1),
    ended: async (timeoutMs) => {
      await waitFor(`the end of the server\n${show(log)}`, () => end !== undefined, timeoutMs);
      return end as number | string;
    },
    stop: async () => {
      child.kill('SIGTERM');
      return server.ended();
    },
    finish: () => finish(server, options.expectErrors),
  };
  return server;
}

/** This process's environment without what configures a server. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SCGI_SERVER_') && name !== 'WEB_CONCURRENCY',
  );
  return Object.fromEntries(foreign);
}

/** What a shell does before it becomes the server. */
function preparations({ mostDescriptors, passedAs, passedTo, inherit }: StartOptions): string {
  const limit = mostDescriptors === undefined ? '' : `ulimit -n ${mostDescriptors};`;
  if (passedAs === undefined) return limit;
  const names = `LISTEN_PID=${passedTo ?? '$$'} LISTEN_FDNAMES=${passedAs}`;
  return `${limit} export ${names} LISTEN_FDS=\${LISTEN_FDS-${[inherit ?? []].flat().length}};`;
}

function standardIo({ input, isBlind = false, inherit }: StartOptions): StdioOptions {
  const output = isBlind && input !== undefined ? input : 'pipe';
  const descriptors = inherit === undefined ? [] : [inherit].flat();
  return [input ?? 'ignore', output, output, ...descriptors];
}

function commandLine({ handler, cgi, args = [], noAddress }: StartOptions): string[] {
  const hasAddress =
    noAddress === true || args.some((arg) => /^--(port|socket|listen)\b/.test(arg));
  const file = handler === undefined ? [] : [path.resolve(HANDLERS, handler)];
  const address = hasAddress ? [] : ['--port', '0'];
  const options = [...address, ...dispatchArgs(args), '--log-format', 'json', ...args];
  return cgi === undefined ? [...options, ...file] : ['cgi', ...options, ...cgi];
}

/** TEST_DISPATCH in the environment of the test run says which dispatcher is tested. */
function dispatchArgs(args: readonly string[]): string[] {
  const mode = process.env['TEST_DISPATCH'];
  return mode === undefined || args.includes('--dispatch') ? [] : ['--dispatch', mode];
}

/** Ends what was left running, and throws for what nobody expected. */
async function finish(server: RunningServer, expectErrors: RegExp | undefined): Promise<void> {
  const { process: child, log } = server;
  const pids = [child.pid ?? -1, ...server.workers()];
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await server.ended();
  }
  await waitFor('the end of all processes of the server', () => !pids.some(isAlive), 10_000);
  const surprises = log.filter(
    ({ level, msg }) => (level === 'error' || level === 'raw') && expectErrors?.test(msg) !== true,
  );
  if (surprises.length > 0) throw new Error(`unexpected in the log:\n${show(surprises)}`);
}

function parseRecord(line: string): LogRecord {
  try {
    return JSON.parse(line) as LogRecord;
  } catch {
    // Not a line of the logger: a warning of Node's, an error before the logger was there.
    return { level: 'raw', msg: line };
  }
}

function listenAddress(log: readonly LogRecord[]): PeerAddress {
  const line = log.find(({ msg }) => msg.startsWith('listening on '))?.msg ?? '';
  const unix = /^listening on unix:(\S+)/.exec(line)?.[1];
  if (unix !== undefined) return { path: unix };
  const tcp = /^listening on (?:\[(.+)\]|([^:]+)):(\d+)/.exec(line);
  if (tcp === null) throw new Error(`the log names no address:\n${show(log)}`);
  return { host: tcp[1] ?? tcp[2] ?? '', port: Number(tcp[3]) };
}

function show(log: readonly LogRecord[]): string {
  return log.map((record) => JSON.stringify(record)).join('\n');
}

/** Worker processes of `pid`, by their command line; a process that is only being reaped does not count. */
export function childrenOf(pid: number): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      const stat = readStat(child);
      return stat !== undefined && stat.parent === pid && stat.state !== 'Z' && isWorker(child);
    });
}

export function isAlive(pid: number): boolean {
  const stat = readStat(pid);
  return stat !== undefined && stat.state !== 'Z';
}

function readStat(pid: number): { state: string; parent: number } | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    // It is gone.
    return undefined;
  }
}

function isWorker(pid: number): boolean {
  try {
    return /worker/.test(fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    // It is gone.
    return false;
  }
}
