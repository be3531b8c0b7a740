// The entry of a thread that reads one configuration file and ends: what it imports is remembered by nobody.

import { parentPort, workerData } from 'node:worker_threads';
import { readModule } from './read-module.ts';

const { path } = workerData as { path: string };
const content = await readModule(path);
parentPort?.postMessage(content);
