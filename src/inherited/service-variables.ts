// The environment variables by which a service manager talks to the one process that it has started.

const NAMES = [
  'LISTEN_PID',
  'LISTEN_FDS',
  'LISTEN_FDNAMES',
  'LISTEN_PIDFDID',
  'NOTIFY_SOCKET',
  'WATCHDOG_PID',
  'WATCHDOG_USEC',
] as const;

export type ServiceVariables = Readonly<Partial<Record<(typeof NAMES)[number], string>>>;

/** Takes them out of `env`: workers, programs and whatever else is started are not meant. */
export function takeServiceVariables(env: NodeJS.ProcessEnv): ServiceVariables {
  const taken: Partial<Record<string, string>> = {};
  for (const name of NAMES) {
    if (env[name] !== undefined && env[name] !== '') taken[name] = env[name];
    delete env[name];
  }
  return taken;
}
