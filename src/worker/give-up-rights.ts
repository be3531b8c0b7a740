// The first thing that a worker does: it becomes who its application may be.

import { accessSync, constants } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerError } from '../errors.ts';
import { EXIT_CONFIG } from '../exit-codes.ts';
import { canStripTypes, TYPESCRIPT_EXTENSIONS } from '../import-module.ts';
import { toErrorRecord } from '../ipc/error-record.ts';
import type { WorkerSettings } from '../ipc/messages.ts';
import type { WorkerChannel } from '../ipc/worker-channel.ts';
import { dropPrivileges } from '../privileges/drop-privileges.ts';

/** Drops what the settings say. If that fails the master is told why, and the process ends. */
export async function giveUpRights(
  settings: WorkerSettings,
  channel: WorkerChannel,
): Promise<void> {
  const { privileges, intake } = settings;
  if (privileges === undefined) return;
  try {
    if (privileges.chroot !== undefined) requireOwnLoader(settings.handler);
    await dropPrivileges(privileges, intake.type === 'native');
    if (settings.watch || needsLoader(settings.handler)) requireOwnFiles();
  } catch (error) {
    channel.send({ type: 'boot-failed', error: toErrorRecord(error) });
    process.exit(EXIT_CONFIG);
  }
}

function needsLoader(handler: string = ''): boolean {
  return TYPESCRIPT_EXTENSIONS.has(extname(handler)) && !canStripTypes();
}

/** Most of this program is in memory by now. What is not must be there for whoever we are. */
function requireOwnFiles(): void {
  try {
    accessSync(fileURLToPath(import.meta.url), constants.R_OK);
  } catch (cause) {
    const message = `--watch, and TypeScript before Node 22.18, need files of scgi-server itself, which user ${process.geteuid?.()} may not read: ${(cause as Error).message}`;
    throw new ServerError('ERR_SCGI_CONFIG', message, { cause });
  }
}

/** What else would load TypeScript stays outside of the root directory. */
function requireOwnLoader(handler: string | undefined): void {
  if (!needsLoader(handler)) return;
  const message = `cannot load the handler ${handler}: with --chroot, TypeScript needs a Node that runs it by itself (22.18 or later), and this is ${process.version}; compile it, or take a newer Node`;
  throw new ServerError('ERR_SCGI_HANDLER_LOAD', message);
}
