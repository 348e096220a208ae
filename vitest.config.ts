import { defineConfig } from 'vitest/config'

// Unit tests sit beside their sources; tests/ holds what crosses parts. What starts browsers, servers and clusters comes
// after what only computes, and the proof of the course, which uses every processor by itself, comes last and alone:
// side by side they would wait for each other until a deadline passes.
const shared = {
  environment: 'node',
  testTimeout: 20_000,
  hookTimeout: 30_000,
  pool: 'forks',
} as const
const PROOF = 'tests/lessons/prove.test.ts'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'units',
          include: ['sandbox-server/**/*.test.ts', 'src/**/*.test.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'together',
          include: ['tests/**/*.test.ts'],
          exclude: [PROOF],
          // Real browsers and clusters on a machine that others use, too: what fails twice is wrong.
          retry: 1,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: { ...shared, name: 'course', include: [PROOF], maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
})
