/** `npm run check`: format, lint, types, layers and unit tests, each with its time; all of them run, then the verdict. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

interface Check {
  name: string
  command: readonly [string, ...string[]]
}

export const STATIC_CHECKS: readonly Check[] = [
  {
    name: 'format and lint',
    command: ['biome', 'check', '--error-on-warnings', '--diagnostic-level=warn', '.'],
  },
  { name: 'types of the server', command: ['tsc', '--noEmit', '-p', '.'] },
  { name: 'types of the site', command: ['tsc', '--noEmit', '-p', 'src'] },
  { name: 'layers', command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'sandbox-server', 'src'] },
]

const UNIT_TESTS: Check = { name: 'unit tests', command: ['vitest', 'run', 'sandbox-server', 'src'] }

/** The names of those that failed. */
export function runChecks(checks: readonly Check[]): string[] {
  return checks
    .filter(({ name, command: [program, ...args] }) => {
      const beganMs = Date.now()
      const result = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 })
      const seconds = ((Date.now() - beganMs) / 1000).toFixed(1)
      const failed = result.status !== 0
      process.stdout.write(`${failed ? '✗' : '✓'} ${name} (${seconds} s)\n`)
      if (failed)
        process.stdout.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`)
      return failed
    })
    .map(check => check.name)
}

if (import.meta.main) {
  const failed = runChecks([...STATIC_CHECKS, UNIT_TESTS])
  if (failed.length > 0) {
    process.stdout.write(`\nnot in order: ${failed.join(', ')}\n`)
    process.exitCode = 1
  }
}
