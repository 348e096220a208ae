import { describe, expect, test } from 'vitest'
import { type Mark, MarkParser } from './marks.ts'

const OUTPUT =
  '\x1b]0;title\x07\x1b]133;D;0\x07\x1b]133;A\x07$ \x1b]133;B\x07ls\r\n\x1b]633;E;echo a\\x3b echo \\\\n\x1b\\\x1b]133;C\x07höhe\r\n\x1b]133;D;2\x07'

function parse(chunks: readonly Buffer[]): { text: string; marks: Mark[] } {
  const marks: Mark[] = []
  const text: Buffer[] = []
  const parser = new MarkParser({
    text: data => text.push(Buffer.from(data)),
    mark: mark => marks.push(mark),
  })
  for (const chunk of chunks) parser.feed(chunk)
  return { text: Buffer.concat(text).toString('utf8'), marks }
}

const whole = parse([Buffer.from(OUTPUT)])

describe('MarkParser', () => {
  test('finds prompts, command lines, outputs and exit codes, and leaves other sequences in the text', () => {
    expect(whole.marks).toEqual([
      { type: 'done', exitCode: 0 },
      { type: 'prompt-start' },
      { type: 'prompt-end' },
      { type: 'command-line', commandLine: 'echo a; echo \\n' },
      { type: 'output-start' },
      { type: 'done', exitCode: 2 },
    ])
    expect(whole.text).toBe('\x1b]0;title\x07$ ls\r\nhöhe\r\n')
  })

  test('reads the same wherever the output is cut', () => {
    const bytes = Buffer.from(OUTPUT)
    for (let cut = 0; cut <= bytes.length; cut++)
      expect(parse([bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).toEqual(whole)
    expect(parse([...bytes].map(byte => Buffer.from([byte])))).toEqual(whole)
  })

  test('does not hold back everything after a sequence that never ends', () => {
    const { text } = parse([Buffer.from('\x1b]'), Buffer.alloc(70_000, 'x')])
    expect(text).toHaveLength(70_002)
  })

  test('takes an exit code that is not a number as unknown', () => {
    expect(parse([Buffer.from('\x1b]133;D\x07\x1b]133;D;x\x07')]).marks).toEqual([
      { type: 'done', exitCode: undefined },
      { type: 'done', exitCode: undefined },
    ])
  })
})
