// Three hosts behind Apache with config/apache-balancer.conf.

import { describe, expect, it } from 'vitest';
import { adaptSample } from '../helpers/config-sample.ts';
import { changeHost } from './balancer-manager.ts';
import { APACHE_MODULES } from './balancers.ts';
import type { StartFront } from './hosts.ts';
import { AT_ONCE, CAPACITY, hasNetworkAnd, LOST_AT_STOP, loseHosts, PATIENT } from './hosts.ts';
import { APACHE, startWebServer } from './web-servers.ts';

const TITLE = 'three hosts behind Apache';

const startFront: StartFront = async (dir, inside) => {
  const url = await startWebServer(APACHE, {
    dir,
    inside,
    config: (folder, own) =>
      `${APACHE.base(folder, own, APACHE_MODULES)}\nServerName localhost\n` +
      adaptSample('apache-balancer.conf', [
        ['*:80', `127.0.0.1:${own}`],
        ['timeout=60', 'timeout=3'],
        ['retry=5', 'retry=2'],
      ]),
  });
  // N is "Drain" on the page.
  const drain = (address: string, isDrained: boolean): Promise<void> =>
    changeHost({ inside, url }, address, { w_status_N: isDrained ? '1' : '0' });
  return { url, drain };
};

describe.skipIf(!hasNetworkAnd(APACHE.command, TITLE))('three hosts behind Apache', () => {
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
      // Nothing is sent twice, be it a GET or a POST.
      expect(killed).toMatchObject({ failedLater: 0, wrong: 0 });
      const { failedGets, failedPosts, failedUnbegun } = killed;
      expect(failedGets + failedPosts - failedUnbegun).toBeLessThanOrEqual(CAPACITY);
      expect(failedUnbegun).toBeLessThanOrEqual(AT_ONCE);
      // What runs there waits for "timeout"; what comes later for "connectiontimeout", and goes to another host.
      expect(cutOff).toMatchObject({ failedLater: 0, wrong: 0 });
      expect(cutOff.failedGets + cutOff.failedPosts).toBeLessThanOrEqual(CAPACITY);
    },
  );
});
