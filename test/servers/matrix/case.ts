// What a row of the matrix is: one thing that a browser or a handler does, and what comes of it.

import fs from 'node:fs';
import path from 'node:path';
import type { RawHttpAnswer, RawHttpRequest } from '../../helpers/raw-http.ts';
import { rawHttp } from '../../helpers/raw-http.ts';
import type { RunningServer } from '../../helpers/start-server.ts';
import type { Transport } from '../front.ts';

export type FrontName = 'nginx' | 'Apache' | 'lighttpd' | 'mod_scgi';

/** What a test looks at. */
export type Result = Readonly<Record<string, unknown>>;

/** Another result than the usual one, and the README's words for it. */
export interface Difference {
  result: Result;
  says: string;
}

export interface MatrixCase {
  /** As the README names it. */
  title: string;
  /** Absent: it is the same over TCP and a Unix socket. */
  only?: Transport;
  ask: (site: Site) => Promise<Result>;
  /** The usual result, and the README's words for it where one front differs. */
  usual: Difference;
  differences?: Partial<Record<FrontName, Difference>>;
  /** What differs where the portable dispatcher serves over TCP, behind nginx. */
  portableOverTcp?: Difference;
}

/** A web server with scgi-server behind it, as all cases of a file share it. */
export interface SiteParts {
  /** The web server's, of 127.0.0.1. */
  port: number;
  /** Path that the application is mounted at; empty: the root. */
  base: string;
  /** The web server is known to hang up when the browser does, even while the application is silent. */
  noticesSilently: boolean;
  server: RunningServer;
  /** For files of the cases' own. */
  dir: string;
}

export class Site {
  readonly server: RunningServer;
  readonly port: number;
  readonly noticesSilently: boolean;
  readonly #parts: SiteParts;
  #gates = 0;

  constructor(parts: SiteParts) {
    this.#parts = parts;
    this.server = parts.server;
    this.port = parts.port;
    this.noticesSilently = parts.noticesSilently;
  }

  /** The whole of a path of the application's. */
  target(below: string): string {
    return this.#parts.base + below;
  }

  /** Without the mount: what {@link target} was given. */
  below(target: string): string {
    const { base } = this.#parts;
    return target.startsWith(base) ? target.slice(base.length) : target;
  }

  ask(below: string, request?: RawHttpRequest): Promise<RawHttpAnswer> {
    return rawHttp(this.port, this.target(below), request);
  }

  /** Asks for the variables of the request; without them when the status is not 200. */
  async env(
    below: string,
    request?: RawHttpRequest,
  ): Promise<{ status: number; env: Readonly<Record<string, string>> }> {
    const { status, body } = await this.ask(below, request);
    const env = status === 200 ? (JSON.parse(body.toString()) as Record<string, string>) : {};
    return { status, env };
  }

  /** A file that a handler waits for; it is not there before it is opened. */
  gate(): { file: string; open: () => void } {
    this.#gates += 1;
    const file = path.join(this.#parts.dir, `gate-${this.#gates}`);
    return { file, open: () => fs.writeFileSync(file, '') };
  }
}

/** The first value of a field of an answer. */
export function field({ fields }: RawHttpAnswer, wanted: string): string | undefined {
  return fields.find(([name]) => name === wanted)?.[1];
}
