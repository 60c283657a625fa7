import { defineConfig } from 'vitest/config';

/**
 * The kinds of test, one folder each. `unit` needs no Python and stays under a minute; the others start real workers and
 * servers, so they have longer limits and run one file at a time.
 */
/** Real processes on a busy machine: a test that failed gets a second try, and vitest's report tells of it. */
const retry = 1;
const slow = { testTimeout: 60_000, hookTimeout: 120_000, fileParallelism: false, retry };

export default defineConfig({
  test: {
    passWithNoTests: false,
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000, hookTimeout: 20_000, retry } },
      { test: { name: 'contract', include: ['test/contract/**/*.test.ts'], ...slow } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...slow } },
      {
        test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...slow, testTimeout: 180_000, hookTimeout: 300_000 },
      },
      { test: { name: 'reference', include: ['test/reference/**/*.test.ts'], ...slow, testTimeout: 180_000 } },
    ],
  },
});
