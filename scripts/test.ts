/**
 * `npm test`: the static checks, then every test of vitest and of the browser, ending with one line of both their counts.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runChecks, STATIC_CHECKS } from './check.ts'

const ROOT = join(import.meta.dirname, '..')

interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** Runs vitest, shows its report, and counts from its JSON: what it printed is for people. */
function runVitest(): Counts {
  const folder = mkdtempSync(join(tmpdir(), 'meshdojo-test-'))
  const file = join(folder, 'results.json')
  try {
    const result = spawnSync(
      'vitest',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
      {
        cwd: ROOT,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, CI: '1' },
      },
    )
    const report = JSON.parse(readFileSync(file, 'utf8'))
    const counts = {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests,
    }
    // A file that does not load, or an error outside of tests, fails the run although no test did.
    if (result.status !== 0 && counts.failed === 0) counts.failed = 1
    return counts
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const failedChecks = runChecks(STATIC_CHECKS)
const tests = runVitest()
const passed = STATIC_CHECKS.length - failedChecks.length + tests.passed
const failed = failedChecks.length + tests.failed
if (failedChecks.length > 0) process.stdout.write(`\nnot in order: ${failedChecks.join(', ')}\n`)
process.stdout.write(
  `\n${passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''}\n`,
)
process.exitCode = failed === 0 && tests.passed > 0 ? 0 : 1
