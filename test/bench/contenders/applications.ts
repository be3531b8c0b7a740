// The same application here and there: what an adapter costs, and what a framework is left with.

import { fileURLToPath } from 'node:url';
import type { Contender } from './contender.ts';
import { clusterOf } from './over-http.ts';
import { NATIVE, nativeWith } from './scgi-server.ts';

const app = (name: string): string => fileURLToPath(new URL(`../apps/${name}`, import.meta.url));

export const LISTENER: Contender = nativeWith('scgi-server, a listener', app('listener.mjs'));

export const FETCH: Contender = nativeWith('scgi-server, fetch', app('fetch.mjs'));

export const EXPRESS: Contender = nativeWith('scgi-server, Express', app('express-app.mjs'));

export const EXPRESS_CLUSTER: Contender = clusterOf(
  'node:http cluster, Express',
  app('express-app.mjs'),
);

/** Each answers as the first does. */
export const ADAPTERS: readonly Contender[] = [NATIVE, LISTENER, FETCH];

export const FRAMEWORKS: readonly Contender[] = [EXPRESS_CLUSTER, EXPRESS];
