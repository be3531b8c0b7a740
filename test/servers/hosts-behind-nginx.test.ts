// Three hosts behind nginx with config/nginx-balancer.conf.

import { describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import { startNginx } from '../helpers/nginx.ts';
import type { StartFront } from './hosts.ts';
import { CAPACITY, hasNetworkAnd, loseHosts } from './hosts.ts';

const TITLE = 'three hosts behind nginx';

const startFront: StartFront = async (dir, inside) => {
  const nginx = await startNginx({
    dir,
    inside,
    file: 'nginx-balancer.conf',
    replacements: [
      ['scgi_read_timeout 60s;', 'scgi_read_timeout 3s;'],
      ['scgi_next_upstream_timeout 5s;', 'scgi_next_upstream_timeout 2s;'],
    ],
  });
  onTestFailed(() => console.error(`error log of nginx:\n${nginx.errorLog()}`));
  onTestFinished(() => nginx.stop());
  return nginx.url;
};

describe.skipIf(!hasNetworkAnd('nginx', TITLE))(TITLE, () => {
  it('lose nothing when one is stopped, and what it was serving when one is killed or cut off', async () => {
    const { stopped, killed, cutOff } = await loseHosts(startFront);
    console.info({ stopped, killed, cutOff });
    expect(stopped).toMatchObject({ failedGets: 0, failedPosts: 0, wrong: 0 });
    expect(killed).toMatchObject({ failedGets: 0, wrong: 0 });
    expect(killed.failedPosts).toBeLessThanOrEqual(CAPACITY);
    expect(cutOff.failedGets + cutOff.failedPosts).toBeLessThanOrEqual(CAPACITY);
  });
});
