/** A client may say any size of its terminal; the cluster must live through it. */
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { startTerminal } from './terminal.ts'

test('keeps its size when a client without one says 0×0, NaN or more than fits', async () => {
  const terminal = await startTerminal({ program: '/bin/sh', args: ['-c', 'read go; stty size'], env: {} })
  for (const [columns, rows] of [
    [0, 0],
    [Number.NaN, 10],
    [70_000, 10],
    [-1, -1],
    [1.5, 2],
  ] as const) {
    terminal.resize(columns, rows)
  }
  terminal.resize(101, 31)
  terminal.stdin.write('\n')
  const output = await text(terminal.stdout)
  expect(output).toContain('31 101')
  expect(await terminal.exited).toEqual({ exitCode: 0 })
  expect(() => terminal.resize(10, 10)).not.toThrow()
})
