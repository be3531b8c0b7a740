// Imported first, for its effect: from here on no signal that is meant for the master ends a worker,
// and SIGUSR1 does not open Node's inspector to whoever can send it.

for (const signal of ['SIGUSR1', 'SIGINT', 'SIGHUP', 'SIGUSR2', 'SIGALRM', 'SIGTTIN', 'SIGTTOU']) {
  process.on(signal, () => {});
}
