// A contender with its own nginx in front, ready to be measured.

import fs from 'node:fs';
import path from 'node:path';
import { startNginx } from '../helpers/nginx.ts';
import type { Contender } from './contenders.ts';

export interface Stand {
  name: string;
  url: string;
  /** The contender's first process; the others descend from it. */
  pid: number;
  stop(): Promise<void>;
}

/** Starts both in a new folder below `parent`. */
export async function startStand(
  contender: Contender,
  workers: number,
  parent: string,
): Promise<Stand> {
  const dir = fs.mkdtempSync(path.join(parent, 'stand-'));
  const app = await contender.start(workers, dir);
  try {
    const nginx = await startNginx({
      dir,
      upstream: contender.upstream(app, dir),
      replacements: [
        ...(contender.nginx ?? []),
        ['access_log /var/log/nginx/access.log;', 'access_log off;'],
      ],
    });
    const stop = async (): Promise<void> => {
      await nginx.stop();
      await app.stop();
    };
    return { name: contender.name, url: nginx.url, pid: app.pid, stop };
  } catch (error) {
    await app.stop();
    throw error;
  }
}
