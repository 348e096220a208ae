import { defineConfig } from 'vitest/config'

// Unit tests sit beside their sources; tests/ holds what crosses parts. Browser tests have a runner of their own.
export default defineConfig({
  test: {
    include: ['sandbox-server/**/*.test.ts', 'src/**/*.test.ts', 'tests/**/*.test.ts'],
    environment: 'node',
    testTimeout: 20_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
