// What the log says of the dispatcher's notices. Pure.

import { count } from '../count.ts';
import type { LogLevel } from '../ipc/messages.ts';
import type { DispatchNotice } from './dispatcher.ts';

/** Returns the level and text for `notice`, which happened `times` times. */
export function describeNotice(
  notice: DispatchNotice,
  times: number,
): { level: LogLevel; message: string } {
  const more = times > 1 ? ` (the last of ${times})` : '';
  switch (notice.type) {
    case 'queue-full':
      return {
        level: 'warn',
        message: `answered 503: ${count(notice.limit, 'connection')} waiting already (--max-queue)${more}`,
      };
    case 'queue-timeout': {
      const { waitedMs, option } = notice;
      const what = option === '--boot-timeout' ? 'no worker could be booted' : 'no worker was free';
      return {
        level: 'warn',
        message: `answered 503: ${what} for ${waitedMs} ms (${option})${more}`,
      };
    }
    case 'peer-refused':
      return {
        level: 'warn',
        message: `closed: ${notice.address} is not in ${notice.rule}${more}`,
      };
    case 'connection-missing':
      return {
        level: 'error',
        message: `a connection did not reach worker ${notice.slot}, which may be out of file descriptors; it waits for another${more}`,
      };
    case 'redispatched':
      return {
        level: 'info',
        message: `worker ${notice.slot} had not begun ${count(notice.count, 'connection')}: passed to others`,
      };
    case 'exhausted':
      return {
        level: 'error',
        message: `no file descriptor is left for new connections: accepting pauses${more}`,
      };
    case 'worker-exhausted':
      return {
        level: 'error',
        message: `worker ${notice.slot} is out of file descriptors: it gets no connections${more}`,
      };
    case 'dispatcher-failed':
      return { level: 'error', message: `the dispatcher failed: ${notice.error.message}` };
    case 'listener-failed':
      return { level: 'error', message: `a listener failed: ${notice.error.message}${more}` };
  }
}
