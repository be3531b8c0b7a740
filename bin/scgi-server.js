#!/usr/bin/env node
// Node opens its inspector, a way into the process, at SIGUSR1 unless someone listens for it; only
// then is anything loaded. What the signal means to a running server is set up later.
process.on('SIGUSR1', () => {});

const { existsSync } = await import('node:fs');
const entry = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(entry)) {
  const { main } = await import('../dist/cli/main.js');
  await main(process.argv);
} else {
  process.stderr.write('scgi-server: not built yet; run `npm run build` first\n');
  process.exitCode = 70;
}
