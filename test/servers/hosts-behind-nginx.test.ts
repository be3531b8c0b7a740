// Three hosts behind nginx with config/nginx-balancer.conf.

import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import { startNginx } from '../helpers/nginx.ts';
import type { StartFront } from './hosts.ts';
import { AT_ONCE, CAPACITY, hasNetworkAnd, LOST_AT_STOP, loseHosts, PATIENT } from './hosts.ts';

const TITLE = 'three hosts behind nginx';

const startFront: StartFront = async (dir, inside) => {
  const nginx = await startNginx({
    dir,
    inside,
    file: 'nginx-balancer.conf',
    replacements: [
      // Shorter, for the test waits for them; but longer than scgi_next_upstream_timeout, as in the file.
      ['scgi_read_timeout 60s;', 'scgi_read_timeout 6s;'],
      ['fail_timeout=5s', 'fail_timeout=2s'],
    ],
  });
  onTestFailed(() => console.error(`error log of nginx:\n${nginx.errorLog()}`));
  onTestFinished(() => nginx.stop());
  const file = path.join(dir, 'nginx.conf');
  const original = fs.readFileSync(file, 'utf8');
  const drain = (address: string, isDrained: boolean): Promise<void> => {
    const line = new RegExp(`(server ${address}:\\d+) .*;`);
    fs.writeFileSync(file, isDrained ? original.replace(line, '$1 down;') : original);
    process.kill(nginx.pid, 'SIGHUP');
    return Promise.resolve();
  };
  return { url: nginx.url, drain };
};

describe.skipIf(!hasNetworkAnd('nginx', TITLE))('three hosts behind nginx', () => {
  it(
    'lose nothing when one is drained or stopped, and what it was serving when one is killed or cut off',
    PATIENT,
    async () => {
      const losses = await loseHosts(startFront);
      const { drained, stopped, killed, cutOff } = losses;
      console.info(losses);
      const nothing = { failedGets: 0, failedPosts: 0, wrong: 0 };
      expect(drained).toMatchObject(nothing);
      // Connections are refused, and another host is asked, whatever the method.
      expect(stopped.failedGets + stopped.failedPosts).toBeLessThanOrEqual(LOST_AT_STOP);
      expect(stopped).toMatchObject({ failedLater: 0, wrong: 0 });
      // A GET whose connection breaks is sent to another host, a POST is not.
      expect(killed).toMatchObject({ failedGets: 0, failedLater: 0, wrong: 0 });
      expect(killed.failedPosts - killed.failedUnbegun).toBeLessThanOrEqual(CAPACITY);
      expect(killed.failedUnbegun).toBeLessThanOrEqual(AT_ONCE);
      // What runs there waits for scgi_read_timeout, and then it is too late for another host. What comes later
      // waits for scgi_connect_timeout, and goes to another host.
      expect(cutOff).toMatchObject({ failedLater: 0, wrong: 0 });
      expect(cutOff.failedGets + cutOff.failedPosts).toBeLessThanOrEqual(CAPACITY);
    },
  );
});
