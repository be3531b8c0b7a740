import type { ViteUserConfig } from 'vitest/config';
import { defineConfig } from 'vitest/config';

/** One project a layer; every layer but `unit` runs the compiled program, built once by the global set-up. */
const layer = (name: string, testTimeout: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
    ...(name === 'unit'
      ? {}
      : { pool: 'forks' as const, globalSetup: ['test/helpers/build-once.ts'] }),
  },
});

const config: ViteUserConfig = defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      layer('unit', 20_000),
      layer('contract', 60_000),
      layer('integration', 60_000),
      layer('servers', 60_000),
      layer('browser', 60_000),
      layer('package', 120_000),
    ],
  },
});

export default config;
