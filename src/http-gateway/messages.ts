// What the gateway's child process and the master say to each other. Types only.

import type { Identity } from '../ipc/messages.ts';
import type { ListenAddress } from '../config/listen-address.ts';

/** First argument of the child process, as JSON. */
export interface GatewaySettings {
  /** Where to listen for HTTP; port 0: any free port. */
  host: string;
  port: number;
  /** The SCGI server to forward to. */
  target: ListenAddress;
  /** Who it becomes before it takes anything; absent: it stays who it is. */
  identity?: Identity | undefined;
  /** Longest wait without progress for an answer, milliseconds. @defaultValue 360000 */
  answerTimeoutMs?: number;
}

/** From the gateway to the master. */
export type GatewayReport = { type: 'ready'; url: string } | { type: 'failed'; message: string };

/** From the master to the gateway. */
export interface GatewayCommand {
  type: 'stop';
  /** Longest wait for running requests, milliseconds. */
  graceMs: number;
}
