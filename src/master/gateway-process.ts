// The development gateway as its master sees it: a child process that speaks HTTP, kept alive.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ListenAddress } from '../config/listen-address.ts';
import type { GatewayCommand, GatewayReport, GatewaySettings } from '../http-gateway/messages.ts';
import { forwardLines } from './forward-lines.ts';
import { entryUrl, nodeFlags } from './spawn-worker.ts';
import type { ProcessEnd } from './worker-handle.ts';

export type GatewayEvent =
  | GatewayReport
  /** It has something for the log. */
  | { type: 'complained'; line: string }
  | { type: 'ended'; end: ProcessEnd };

/** Pause before a gateway that died is started again, milliseconds. */
const RESTART_AFTER_MS = 1_000;

export class GatewayProcess {
  readonly #settings: GatewaySettings;
  readonly #tell: (event: GatewayEvent) => void;
  #process: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;

  constructor(
    http: Omit<GatewaySettings, 'target'>,
    target: ListenAddress,
    tell: (event: GatewayEvent) => void,
  ) {
    this.#settings = { ...http, target };
    this.#tell = tell;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  start(): void {
    const entry = fileURLToPath(entryUrl('http-gateway'));
    const args = [...nodeFlags(entry), entry, JSON.stringify(this.#settings)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#process = child;
    const end = (how: ProcessEnd): void => {
      if (this.#process !== child) return;
      this.#process = undefined;
      this.#tell({ type: 'ended', end: how });
    };
    forwardLines(child.stderr, (line) => this.#tell({ type: 'complained', line }));
    child.on('message', (message) => this.#tell(message as GatewayReport));
    child.on('exit', (code, signal) => end({ code, signal }));
    child.on('error', (error) => end({ code: null, signal: null, error }));
  }

  /** Starts it again in a moment: it died. */
  restartSoon(): void {
    this.#restart = setTimeout(() => this.start(), RESTART_AFTER_MS);
  }

  /** Asks it to finish what it forwards, within `graceMs` milliseconds. */
  stop(graceMs: number): void {
    clearTimeout(this.#restart);
    const command: GatewayCommand = { type: 'stop', graceMs };
    if (this.#process?.connected === true) this.#process.send(command, () => {});
  }

  kill(): void {
    this.#process?.kill('SIGKILL');
  }
}
