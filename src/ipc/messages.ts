// What master and worker say to each other: the whole vocabulary, a line of meaning each.

import type { ErrorRecord } from './error-record.ts';

/** Levels of log lines, least important first. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** How a worker gets its connections. */
export type IntakeSettings =
  | { type: 'portable' }
  | {
      type: 'native';
      /** Listening sockets that it inherits. */
      listeners: number;
      /** All connections come through Unix sockets: no peer has an address. */
      areLocal: boolean;
      /** Lines of the shared board. */
      slots: number;
      /** How long it waits on them itself after a request, milliseconds. */
      linger: number;
      /** Process id of the master, without which it must not live on. */
      master: number;
    };

/** CGI programs that answer instead of a handler. */
export interface CgiSettings {
  /** Absolute path of a program; with a slash at its end, of a directory of programs. */
  path: string;
  args: readonly string[];
  /** Names of the worker's own variables that programs get. */
  passEnv: readonly string[];
  /** Programs get the connection itself, where that is possible. */
  direct: boolean;
}

/** Who a process becomes: numbers. */
export interface Identity {
  uid: number;
  gid: number;
  /** All of its groups, `gid` included. */
  groups: readonly number[];
}

/** What a process gives up, before it loads anything of the application's. What is absent stays as it is. */
export interface PrivilegeSettings {
  /** Becomes its root directory: absolute path. */
  chroot?: string | undefined;
  /** Working directory: absolute path, seen from inside of `chroot`. */
  chdir?: string | undefined;
  umask?: number | undefined;
  identity?: Identity | undefined;
}

/** When a worker asks for its replacement; absent: that is no reason. */
export interface RecyclingSettings {
  /** After about so many requests. */
  maxRequests?: number | undefined;
  /** After about so long, milliseconds. */
  maxAge?: number | undefined;
  /** Above this resident size, bytes. */
  maxMemory?: number | undefined;
}

/** What a worker is told at its start, as JSON in its first argument. Durations are milliseconds, sizes bytes. */
export interface WorkerSettings {
  slot: number;
  /** Absolute path of the handler module; absent for the built-in demo. */
  handler?: string | undefined;
  cgi?: CgiSettings | undefined;
  concurrency: number;
  headerTimeout: number;
  bodyTimeout: number;
  sendTimeout: number;
  requestTimeout?: number | undefined;
  gracefulTimeout: number;
  maxHeaderSize: number;
  maxBodySize?: number | undefined;
  /** Where the application is mounted: a decoded path, latin-1, empty for the root; absent: nowhere in particular. */
  mount?: string | undefined;
  /** Hosts under whose names the application may be asked; empty: any. */
  allowHost: readonly string[];
  /** When a `Location` that begins with a slash gets scheme and host. */
  absoluteRedirects: 'auto' | 'always' | 'never';
  /** The web server that may be told of a file to send in place of a body. */
  sendfile: 'off' | 'nginx' | 'apache' | 'lighttpd';
  accessLog: 'off' | 'errors' | 'all';
  /** The web server's time stamps are believed. */
  requestStart?: boolean | undefined;
  accessLogFormat: 'text' | 'json' | 'combined';
  /** The access log is a file of its own. */
  hasAccessFile: boolean;
  /** Query parameters whose values are not to be written anywhere. */
  logMask: readonly string[];
  /** Lines below this level are not sent to the master at all. */
  logLevel: LogLevel;
  /** Where it shows the status page instead of asking the handler: a decoded path, latin-1; absent: nowhere. */
  statusPath?: string | undefined;
  /** Age at which a running request is slow, and told by a thread that watches; absent: no thread. */
  slowLog?: number | undefined;
  /** Descriptor for what that thread tells. */
  slowLogFd?: number | undefined;
  /** Somebody works on the handler: its files are told, and its errors are shown. */
  watch?: boolean | undefined;
  /** Absent: it is never replaced for its age. */
  recycling?: RecyclingSettings | undefined;
  /** What the secret of the master's pings is known by; absent: there are none. */
  ping?: string | undefined;
  /** What it gives up at its start; absent: nothing. */
  privileges?: PrivilegeSettings | undefined;
  /** From its dispatcher. */
  intake: IntakeSettings;
}

/** Master to worker. */
export type MasterMessage =
  /** Here is a connection; its socket travels with the message. Costs one credit. */
  | { type: 'connection'; id: number }
  /** Did this connection reach you? Answered with `missing` if it did not. */
  | { type: 'confirm'; id: number }
  /** Your credits are withdrawn and nothing more will come: finish, then exit. */
  | { type: 'drain'; reason: string }
  /** Something that you do takes too long: answer `here` unless you are stuck. */
  | { type: 'are-you-there' }
  /** Abort what runs and exit at once. */
  | { type: 'quit'; reason: string }
  /** What to answer to whoever asked for the status page. */
  | {
      type: 'status';
      id: number;
      status: number;
      fields: [name: string, value: string][];
      body: string;
    };

/** A request that a worker runs. */
export interface RequestRecord {
  method: string;
  uri: string;
  /** Absent: unknown. */
  id?: string | undefined;
  /** Milliseconds of the clock that all processes share. */
  startedAt: number;
  headSent: boolean;
  /** Descriptor of its connection in the worker; -1: unknown. */
  fd: number;
}

/** How a connection is counted; as short as can be, since it travels for each. Milliseconds, bytes. */
export type EndRecord = [
  kind: number,
  durationMs: number,
  bytesIn: number,
  bytesOut: number,
  queuedMs?: number,
];

/** Worker to master. */
export type WorkerMessage =
  /** The handler is loaded and started. */
  | { type: 'ready'; bootMs: number }
  /** The handler could not be loaded or started; the worker exits, or shows the error and becomes `ready`. */
  | { type: 'boot-failed'; error: ErrorRecord }
  /** The handler is made of these files too: absolute paths. */
  | { type: 'imported'; files: string[] }
  /** This many more connections may be passed to me. */
  | { type: 'credit'; count: number }
  /** The connection is mine now; sent before its first byte is read. */
  | { type: 'begun'; id: number }
  /** The connection asked about, or announced, never arrived (out of descriptors). */
  | { type: 'missing'; id: number }
  /** The connection arrived, but this worker is dying and did not touch it: pass it to another. */
  | { type: 'refused'; id: number }
  /** Its connection is closed, though the request still runs: close your copy, or the peer hears nothing. */
  | { type: 'closed'; id: number }
  /** The connection has nothing to be served yet: its credit returns now. */
  | { type: 'left'; id: number }
  /** The connection is answered; its credit returns, unless it has `left`. It is counted as told. */
  | { type: 'finished'; id: number; ends: EndRecord[] }
  /** Connections are answered though their handlers are not done: they are counted now. */
  | { type: 'counted'; ends: EndRecord[] }
  /** The oldest request that runs. At most once a second, and when that request ends. */
  | { type: 'activity'; bootMs: number; current?: RequestRecord | undefined }
  /** The first byte of its answer is about to leave: nobody else can answer it from now on. */
  | { type: 'answering'; id: number }
  /** Its answer is over, though its handler still runs. */
  | { type: 'answered'; id: number }
  /** My event loop turns. */
  | { type: 'here' }
  /** I want to leave (a signal by hand, a fatal error): withdraw my credits. */
  | { type: 'leaving'; reason: string }
  /** I have served for long enough: replace me. Until then I serve on, or, if I rest, take nothing more. */
  | { type: 'worn'; reason: string; isResting: boolean }
  /** Somebody asks for the status page; `target` is what follows its path. */
  | { type: 'status-wanted'; id: number; method: string; target: string }
  /** A line for the log, which the master writes. */
  | { type: 'log'; level: LogLevel; message: string; fields: Record<string, unknown> };
