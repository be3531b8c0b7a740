// Three hosts behind lighttpd with config/lighttpd-balancer.conf.

import { describe, expect, it } from 'vitest';
import { adaptSample } from '../helpers/config-sample.ts';
import type { StartFront } from './hosts.ts';
import { AT_ONCE, CAPACITY, hasNetworkAnd, LOST_AT_STOP, loseHosts, PATIENT } from './hosts.ts';
import { LIGHTTPD, startWebServer } from './web-servers.ts';

const TITLE = 'three hosts behind lighttpd';

const startFront: StartFront = async (dir, inside) => {
  const url = await startWebServer(LIGHTTPD, {
    dir,
    inside,
    config: (folder, own) =>
      `${LIGHTTPD.base(folder, own)}\nserver.modules = ()\n` +
      adaptSample('lighttpd-balancer.conf', [['"read-timeout" => 60', '"read-timeout" => 3']]),
  });
  return { url };
};

describe.skipIf(!hasNetworkAnd(LIGHTTPD.command, TITLE))('three hosts behind lighttpd', () => {
  it(
    'lose nothing when one is stopped, and what it was serving when one is killed or cut off',
    PATIENT,
    async () => {
      const losses = await loseHosts(startFront);
      const { stopped, killed, cutOff } = losses;
      console.info(losses);
      // Connections are refused, and another host is asked, whatever the method.
      expect(stopped.failedGets + stopped.failedPosts).toBeLessThanOrEqual(LOST_AT_STOP);
      expect(stopped).toMatchObject({ failedLater: 0, wrong: 0 });
      // Nothing is sent twice, be it a GET or a POST.
      expect(killed).toMatchObject({ failedLater: 0, wrong: 0 });
      const { failedGets, failedPosts, failedUnbegun } = killed;
      expect(failedGets + failedPosts - failedUnbegun).toBeLessThanOrEqual(CAPACITY);
      expect(failedUnbegun).toBeLessThanOrEqual(AT_ONCE);
      // What runs there waits for read-timeout; what comes later for connect-timeout, and goes to another host.
      expect(cutOff).toMatchObject({ failedLater: 0, wrong: 0 });
      expect(cutOff.failedGets + cutOff.failedPosts).toBeLessThanOrEqual(CAPACITY);
    },
  );
});
