// Runs every row of the matrix against one web server, which is started once for all of them.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import type { PeerAddress } from '../../helpers/scgi-peer.ts';
import type { LaunchedServer } from '../../helpers/start-server.ts';
import { launchServer } from '../../helpers/start-server.ts';
import type { Transport } from '../front.ts';
import type { FrontName } from './case.ts';
import { Site } from './case.ts';
import { MOST_BODY } from './requests.ts';
import { MATRIX } from './rows.ts';

/** A web server that has been started. */
export interface StartedFront {
  port: number;
  errorLog(): string;
  stop(): Promise<void>;
}

export interface MatrixFront {
  name: FrontName;
  /** Path that the application is mounted at; empty: the root. */
  base: string;
  /** What its sample in config/ says that scgi-server is to be started with. */
  args: readonly string[];
  /** Starts it with its sample, in a folder that everybody may look into, and with passwords for /private/. */
  start(dir: string, address: PeerAddress): Promise<StartedFront>;
}

/** What the log has to say of cases in which something goes wrong. */
const EXPECTED_ERRORS =
  /: the handler failed|was killed by SIGKILL|closed the connection|--max-body-size/;

interface Stand {
  dir: string;
  server: LaunchedServer;
  web: StartedFront;
}

/** Declares the tests of one front over one transport. */
export function runMatrix(front: MatrixFront, transport: Transport): void {
  describe(`${front.name} over ${transport}`, () => {
    let stand: Stand | undefined;
    let site: Site;
    beforeAll(async () => {
      stand = await startStand(front, transport);
      const { base, name } = front;
      const { server, dir, web } = stand;
      site = new Site({ port: web.port, base, noticesSilently: name === 'nginx', server, dir });
    });
    afterAll(() => endStand(stand));
    beforeEach(() => {
      onTestFailed(() => {
        console.error(stand?.web.errorLog(), stand?.server.log.map(({ msg }) => msg).join('\n'));
      });
    });
    const rows = MATRIX.filter(({ only = transport }) => only === transport);
    const titled = rows.map((row) => [row.title, row] as const);
    const isPortable = transport === 'TCP' && process.env['TEST_DISPATCH'] === 'portable';
    it.each(titled)('%s', async (_, { ask, usual, differences, portableOverTcp }) => {
      const other = isPortable ? portableOverTcp : undefined;
      const { result } = other ?? differences?.[front.name] ?? usual;
      expect(await ask(site)).toEqual(result);
    });
  });
}

async function startStand(front: MatrixFront, transport: Transport): Promise<Stand> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'scgi-'));
  // The web server's processes may run under another account.
  fs.chmodSync(dir, 0o755);
  const socket = ['--socket', `${dir}/app.sock`, '--socket-mode', '0666'];
  const address = transport === 'TCP' ? ['--port', '0'] : socket;
  const limits = ['--max-workers', '2', '--max-body-size', String(MOST_BODY)];
  const server = await launchServer({
    handler: 'fronts.mjs',
    args: [...address, ...limits, ...front.args],
    expectErrors: EXPECTED_ERRORS,
  });
  try {
    return { dir, server, web: await front.start(dir, server.address()) };
  } catch (error) {
    fs.rmSync(dir, { recursive: true, force: true });
    await server.finish();
    throw error;
  }
}

async function endStand(stand: Stand | undefined): Promise<void> {
  if (stand === undefined) return;
  try {
    await stand.web.stop();
  } finally {
    fs.rmSync(stand.dir, { recursive: true, force: true });
    await stand.server.finish();
  }
}
