import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../testing/kubelet-fixture.ts'
import { ContainerLog } from './container-log.ts'
import { readLog } from './read-log.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'log-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const ALL = { follow: false, timestamps: false }
const open = (rotateBytes?: number) => {
  const { clock, advance } = manualClock()
  return { clock, advance, log: new ContainerLog(join(directory, '0.log'), clock, rotateBytes) }
}

describe('a container log', () => {
  it('is CRI lines on disk, each with a time of its own', () => {
    const { log } = open()
    log.line('stdout', 'one')
    log.line('stderr', 'two')
    expect(readFileSync(log.path, 'utf8')).toBe(
      '2026-01-01T00:00:00.000000000Z stdout F one\n2026-01-01T00:00:00.000000001Z stderr F two\n',
    )
  })

  it('puts lines together from output that comes in pieces, and keeps a last line without its end', async () => {
    const { log, clock } = open()
    const collect = log.collector('stdout')
    for (const piece of ['a', 'b\nc', '\nrest']) collect(Buffer.from(piece))
    collect()
    expect((await readLog(log, ALL, clock).toArray()).join('')).toBe('ab\nc\nrest')
  })

  it('does not cut a character that comes in two pieces', async () => {
    const { log, clock } = open()
    const collect = log.collector('stdout')
    const bytes = Buffer.from('你好\n')
    collect(bytes.subarray(0, 4))
    collect(bytes.subarray(4))
    expect((await readLog(log, ALL, clock).toArray()).join('')).toBe('你好\n')
  })

  it('keeps the file before the current one when it is rotated', () => {
    const { log } = open(200)
    for (let number = 0; number < 10; number++) log.line('stdout', `line ${number}`)
    const kept = log.entries().map(({ text }) => text)
    expect(kept.at(-1)).toBe('line 9')
    expect(kept.length).toBeGreaterThanOrEqual(4)
    expect(kept.length).toBeLessThan(10)
  })

  it('skips a line that was torn by a crash and goes on behind it', () => {
    const { log, clock } = open()
    writeFileSync(log.path, '2026-01-01T00:00:00.000000000Z stdout F whole\n2026-01-01T00:0\n')
    new ContainerLog(log.path, clock).line('stdout', 'after')
    expect(log.entries().map(({ text }) => text)).toEqual(['whole', 'after'])
  })

  it('is read from a time on, from its end, up to a number of bytes', async () => {
    const { log, clock, advance } = open()
    log.line('stdout', 'old')
    await advance(60_000)
    log.line('stdout', 'new')
    log.line('stdout', 'newest')
    const read = async (options: object) =>
      (await readLog(log, { ...ALL, ...options }, clock).toArray()).join('')
    expect(await read({ sinceSeconds: 10 })).toBe('new\nnewest\n')
    expect(await read({ sinceTime: '2026-01-01T00:00:30Z' })).toBe('new\nnewest\n')
    expect(await read({ tailLines: 1 })).toBe('newest\n')
    expect(await read({ tailLines: 0 })).toBe('')
    expect(await read({ limitBytes: 5 })).toBe('old\nn')
  })

  it('is followed until the container ends, and no longer than the reader wants', async () => {
    const { log, clock } = open()
    log.line('stdout', 'before')
    const following = readLog(log, { ...ALL, follow: true, tailLines: 0 }, clock)
    const given = readLog(log, { ...ALL, follow: true }, clock)
    given.destroy()
    log.line('stdout', 'during')
    log.end()
    expect((await following.toArray()).join('')).toBe('during\n')
  })
})
