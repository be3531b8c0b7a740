// What the tests of fetch handlers are written with: both paths of a connection, and a peer that asks.

import path from 'node:path';
import { fromFetch } from '../../src/gateway/from-fetch.ts';
import type { Fetch } from '../../src/gateway/handler.ts';
import type { PeerAnswer, PeerRequest } from '../helpers/scgi-peer.ts';
import { request } from '../helpers/scgi-peer.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import type { Serve, ServedBy } from './connection-parts.ts';
import { overDescriptors, overStreams } from './serve-in-process.ts';

const unix = () => ({ kind: 'unix', path: path.join(tempDir(), 's') }) as const;

export const PATHS: readonly [string, Serve][] = [
  ['the direct path', overDescriptors(unix)],
  ['the stream path', overStreams(unix)],
];

/** Serves what may be no proper fetch handler. */
export function serveFetch(serve: Serve, fetch: unknown, mount = ''): Promise<ServedBy> {
  return serve(fromFetch(fetch as Fetch, mount));
}

/** What it answers to one request. */
export async function ask(serve: Serve, fetch: unknown, asked?: PeerRequest): Promise<PeerAnswer> {
  return request((await serveFetch(serve, fetch)).address, asked);
}
