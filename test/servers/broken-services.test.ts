// What a service does that cannot start: some errors a restart mends, others not.

import fs from 'node:fs';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../helpers/wait-for.ts';
import { canRun } from './front.ts';
import type { Service, ServiceOptions, Services } from './start-services.ts';
import { startServices } from './start-services.ts';
import type { ServicePlace, Supervisor } from './supervisors.ts';
import { DAEMONTOOLS, problemWith, RUNIT, SUPERVISORS } from './supervisors.ts';

interface Broken extends ServiceOptions {
  code: number;
  line: RegExp;
}

const LASTING: readonly Broken[] = [
  {
    name: 'unknown-option',
    code: 64,
    args: '--max-worker 3',
    line: /unknown option '--max-worker'/,
  },
  {
    name: 'no-handler',
    code: 66,
    handler: 'nothing.mjs',
    line: /nothing\.mjs: there is no such file/,
  },
  { name: 'no-folder', code: 66, app: '/no/such/folder', line: /cd: .*no\/such\/folder/ },
  { name: 'wrong-value', code: 78, args: '--max-workers many', line: /--max-workers.*many/ },
  { name: 'no-load', code: 78, handler: 'throws-at-load.mjs', line: /throws-at-load\.mjs/ },
];

for (const supervisor of SUPERVISORS) {
  const canBeTested = canRun(`broken services under ${supervisor.name}`, problemWith(supervisor));
  describe.skipIf(!canBeTested)(`a broken service under ${supervisor.name}`, () => {
    describeBroken(supervisor);
  });
}

function describeBroken(supervisor: Supervisor): void {
  const other = net.createServer();
  const before = ({ run }: ServicePlace): void => {
    fs.mkdirSync(run);
    other.listen(`${run}/app.sock`);
  };
  let all: Services;
  let services: readonly Service[];
  beforeAll(() => {
    all = startServices(supervisor, [{ name: 'taken', before }, ...LASTING]);
    ({ services } = all);
  });
  afterAll(async () => {
    other.close();
    await all.stop();
  });

  it.each(LASTING.map((broken, n) => ({ ...broken, n: n + 1 })))(
    'is down after one start with an error that a restart does not mend: $code, $name',
    async ({ n, code, line }) => {
      const service = services[n]!;
      await service.logged(new RegExp(`^exit code ${code}: a restart does not mend that`));
      await service.isDown();
      expect(service.lines().filter((one) => line.test(one))).toHaveLength(1);
    },
  );

  it('is started again until its socket is free', async () => {
    const service = services[0]!;
    const refusals = (): string[] =>
      service.lines().filter((line) => /^scgi-server: .*app\.sock: .*listening/.test(line));
    await waitFor('a second attempt', () => refusals().length > 1, 30_000);
    await new Promise((resolve) => {
      other.close(resolve);
    });
    await service.serves();
  });
}

const MIXED: Supervisor = {
  ...DAEMONTOOLS,
  scan: RUNIT.scan,
  scanEnd: RUNIT.scanEnd,
  status: RUNIT.status,
};
const PROBLEM = problemWith(RUNIT) ?? problemWith(DAEMONTOOLS);
const CAN_BE_MIXED = canRun('the folder for daemontools under runit', PROBLEM);

describe.skipIf(!CAN_BE_MIXED)('the folder for daemontools under runit', () => {
  it('is taken down by its finish after an error that a restart does not mend', async () => {
    // As if the handler broke after the check.
    const run = [['/usr/local/bin/scgi-server check "$@"', 'true']] as const;
    const all = startServices(MIXED, [{ handler: 'throws-at-load.mjs', samples: { run } }]);
    try {
      const [service] = all.services;
      await service.logged(/^exit code 78: a restart does not mend that/);
      await service.isDown();
    } finally {
      await all.stop();
    }
  });
});
