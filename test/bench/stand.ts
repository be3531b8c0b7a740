// A contender that runs, with nginx in front of it or without, ready to be measured.

import fs from 'node:fs';
import path from 'node:path';
import type { NginxOptions, RunningNginx } from '../helpers/nginx.ts';
import { startNginx } from '../helpers/nginx.ts';
import type { PeerAddress } from '../helpers/scgi-peer.ts';
import type { Contender, Front, PoolSize } from './contenders/contender.ts';

/** Something that runs. */
export interface Stoppable {
  stop(): Promise<unknown>;
}

export interface Stand extends Stoppable {
  name: string;
  /** Where the contender itself listens. */
  address: PeerAddress;
  /** The contender's first process; the others descend from it. */
  pid: number;
  /** What it has written so far. */
  output(): string;
  nginx: RunningNginx | undefined;
  /** Where it takes HTTP, itself or through nginx. */
  url: string | undefined;
}

export interface StandOptions extends PoolSize {
  front: Front;
  /** A folder in which it gets a new one of its own. */
  parent: string;
}

export async function startStand(contender: Contender, options: StandOptions): Promise<Stand> {
  const dir = fs.mkdtempSync(path.join(options.parent, 'stand-'));
  // Workers of other accounts have to reach the socket in it.
  fs.chmodSync(dir, 0o755);
  const app = await contender.start(options, dir);
  const address = contender.address(app, dir);
  try {
    const hasNginx = options.front === 'nginx' && contender.isWebServer !== true;
    const nginx = hasNginx ? await startFront(contender, { dir, upstream: address }) : undefined;
    const stop = async (): Promise<void> => {
      await nginx?.stop();
      await app.stop();
    };
    const url = contender.isWebServer === true ? urlOf(address) : nginx?.url;
    return {
      name: contender.name,
      address,
      pid: app.pid,
      output: () => app.output(),
      nginx,
      url,
      stop,
    };
  } catch (error) {
    await app.stop();
    throw error;
  }
}

function startFront(
  { nginx = [] }: Contender,
  options: Required<Pick<NginxOptions, 'dir' | 'upstream'>>,
): Promise<RunningNginx> {
  const own = typeof nginx === 'function' ? nginx(options.dir) : nginx;
  const noLog = ['access_log /var/log/nginx/access.log;', 'access_log off;'] as const;
  return startNginx({ ...options, replacements: [...own, noLog] });
}

function urlOf(address: PeerAddress): string {
  return 'port' in address ? `http://127.0.0.1:${address.port}` : '';
}
