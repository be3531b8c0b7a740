// How often a service manager wants to hear that we live: sd_watchdog_enabled(3). Pure.

/**
 * @param variables - `WATCHDOG_USEC`, microseconds without a sign of life after which we are ended, and
 *   `WATCHDOG_PID`, whom that is about
 * @returns milliseconds between two signs of life: half of what is allowed; undefined: none is wanted
 */
export function watchdogInterval(
  variables: { readonly WATCHDOG_USEC?: string; readonly WATCHDOG_PID?: string },
  pid: number,
): number | undefined {
  const { WATCHDOG_USEC: limit = '', WATCHDOG_PID: meant = String(pid) } = variables;
  if (meant !== String(pid) || !/^\d{1,15}$/.test(limit) || Number(limit) === 0) return undefined;
  return Math.max(1, Math.floor(Number(limit) / 2_000));
}
