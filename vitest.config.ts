import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const shared = {
  environment: 'node' as const,
  pool: 'forks' as const,
  // Vitest would leave one core idle, which on two cores halves the speed.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  testTimeout: 120_000,
  hookTimeout: 300_000,
  setupFiles: ['./harness/test/setup.ts'],
  server: { deps: { inline: [/@vitest\/runner/] } },
}

/** `unit` is `npm test` (no downloads); `models` needs real weights and says so when it skips. */
export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'unit', include: ['{harness,vectors,sandbox,reports}/**/*.test.{ts,tsx}'] } },
      {
        test: {
          ...shared,
          name: 'models',
          include: ['{harness,vectors}/**/*.models.ts'],
          testTimeout: 1_200_000,
          hookTimeout: 1_200_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
