// Finds out who wants to hear how this service fares.

import type { Logger } from './logger.ts';
import { openNotifyFd } from './notify-fd.ts';
import { openNotifySocket } from './notify-socket.ts';
import { ServiceNotify } from './service-notify.ts';

/**
 * @param notifyFd - the descriptor on which somebody waits for a line
 * @param variables - of the service manager
 * @throws ServerError `ERR_SCGI_CONFIG` when the descriptor is not there
 */
export function createServiceNotify(
  notifyFd: number | undefined,
  variables: { readonly NOTIFY_SOCKET?: string },
  log: Logger,
): ServiceNotify {
  const warn = (message: string): void => log.warn(message);
  return new ServiceNotify({
    send: openNotifySocket(variables.NOTIFY_SOCKET, warn),
    sayReady: notifyFd === undefined ? undefined : openNotifyFd(notifyFd),
    warn,
  });
}
