import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const MODULE = JSON.stringify(join(import.meta.dirname, 'faults.ts'))

/** A process that meets a fault in one turn and says that it lives in the next. */
function meet(fault: string): { status: number | null; stdout: string; stderr: string } {
  const script = `const { handleFaults } = await import(${MODULE})
const { connect, createServer } = await import('node:net')
handleFaults({ report: line => console.error(line), end: () => process.exit(70) })
setTimeout(() => { ${fault} }, 1)
setTimeout(() => console.log('lives'), 100)`
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
}

test('a rejection that nobody awaits is told, with where it comes from, and the process goes on', () => {
  const { status, stdout, stderr } = meet(`(async function probe() { throw new Error('no such host') })()`)
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'lives\n' })
  expect(stderr).toMatch(/^a piece of work failed, the cluster goes on: Error: no such host\n.*at probe/)
})

test('a broken connection without a listener ends nothing else', () => {
  const { status, stdout, stderr } = meet(
    `const server = createServer(socket => socket.resetAndDestroy()).listen(0, '127.0.0.1', () => connect(server.address().port, '127.0.0.1').once('close', () => server.close()))`,
  )
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'lives\n' })
  expect(stderr).toMatch(/^a connection broke, the cluster goes on: Error: \w+ ECONNRESET/)
})

test('any other exception ends the process, to be started again', () => {
  const { status, stdout, stderr } = meet(`throw new TypeError('half done')`)
  expect({ status, stdout }).toEqual({ status: 70, stdout: '' })
  expect(stderr).toMatch(/^the cluster ends, to be started again from its store: TypeError: half done\n/)
})
