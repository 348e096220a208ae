import { PassThrough } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../lifecycle.ts'
import { joinBlocks } from './joined-blocks.ts'

/** A program's output, what its reader has heard, and time that passes when told. */
function program() {
  const due = new Set<() => void>()
  const clock: Clock = {
    now: () => 0,
    after(_, callback) {
      due.add(callback)
      return { dispose: () => due.delete(callback) }
    },
  }
  const source = new PassThrough()
  const heard: number[] = []
  const joined = joinBlocks(source, clock).on('data', (chunk: Buffer) => heard.push(chunk.length))
  return {
    source,
    joined,
    heard,
    due,
    async prints(...sizes: number[]) {
      for (const size of sizes) {
        source.write(Buffer.alloc(size))
        await nextTurn()
      }
    },
    pass: () => {
      for (const callback of [...due]) callback()
    },
  }
}

describe('output of a program', () => {
  it('is passed on in one piece when full buffers come before the rest', async () => {
    const { prints, heard, due } = program()
    await prints(4096, 4096, 1185)
    expect(heard).toEqual([9377])
    expect(due.size).toBe(0)
  })

  it('is passed on at once when it is no full buffer', async () => {
    const { prints, heard } = program()
    await prints(5, 5281)
    expect(heard).toEqual([5, 5281])
  })

  it('does not wait for long, nor when it ends, nor for much', async () => {
    const { prints, heard, pass, source, joined } = program()
    await prints(4096)
    expect(heard).toEqual([])
    pass()
    expect(heard).toEqual([4096])
    await prints(65_536)
    expect(heard).toEqual([4096, 65_536])
    await prints(4096)
    source.end()
    await joined.toArray()
    expect(heard).toEqual([4096, 65_536, 4096])
  })

  it('ends the program when its reader leaves, and says nothing more', async () => {
    const { prints, heard, joined, source, due } = program()
    await prints(4096)
    joined.destroy()
    await nextTurn()
    expect([source.destroyed, due.size, heard]).toEqual([true, 0, []])
  })
})
