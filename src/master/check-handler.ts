// Loads the handler as a worker would, in a process of its own, and tells whether that works.

import type { Config } from '../config/config.ts';
import { ServerError } from '../errors.ts';
import type { WorkerMessage } from '../ipc/messages.ts';
import { resolveLocalPeers } from '../privileges/local-peers.ts';
import { resolvePrivileges } from '../privileges/resolve-privileges.ts';
import { describeEnd } from './describe-death.ts';
import { forwardLines } from './forward-lines.ts';
import { spawnWorker, workerEnvironment } from './spawn-worker.ts';
import { WorkerHandle } from './worker-handle.ts';
import { workerSettings } from './worker-settings.ts';

/**
 * Boots one worker, serves nothing, and lets it go again.
 *
 * @throws ServerError `ERR_SCGI_HANDLER_LOAD`: the handler does not load or start, and why;
 *   `ERR_SCGI_CONFIG`: an unknown user or group, or rights that this process does not have
 */
export async function checkHandler(config: Config): Promise<void> {
  // Names that are looked up when the server starts.
  resolveLocalPeers(config);
  const { settings: privileges, environment } = resolvePrivileges(config);
  // No request comes that could be slow.
  const settings = { ...workerSettings(config), slowLog: undefined };
  const child = spawnWorker({
    settings: { ...settings, privileges, slot: 0, intake: { type: 'portable' } },
    descriptors: [],
    nodeArgs: config.nodeArg,
    env: workerEnvironment(process.env, [...environment, ...config.env], config.clearEnv),
  });
  const worker = new WorkerHandle(0, child);
  for (const stream of [child.stdout, child.stderr]) {
    forwardLines(stream, (line) => process.stderr.write(`${line}\n`));
  }
  let failure: string | undefined = 'it did not say that it was ready';
  await new Promise<void>((resolve) => {
    worker.expect(config.bootTimeout, () => {
      failure = `it was not loaded within ${config.bootTimeout} ms (--boot-timeout)`;
      child.kill('SIGKILL');
    });
    child.on('message', (message) => {
      const said = message as WorkerMessage;
      if (said.type === 'boot-failed') failure = said.error.message;
      if (said.type !== 'ready') return;
      failure = undefined;
      worker.send({ type: 'drain', reason: 'the check is over' });
      worker.expect(config.gracefulTimeout, () => child.kill('SIGKILL'));
    });
    worker.onEnd((end) => {
      worker.fulfil();
      if (failure !== undefined) failure += `; the process ${describeEnd(end)}`;
      resolve();
    });
  });
  if (failure !== undefined) {
    throw new ServerError('ERR_SCGI_HANDLER_LOAD', `the handler does not load: ${failure}`);
  }
}
