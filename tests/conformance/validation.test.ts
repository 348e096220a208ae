/** Every recorded document gets the real server's and the real istiod's verdict, word for word. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { validate } from '../../sandbox-server/cluster/istiod/commands/validate.ts'

const recording = z.object({
  documents: z.array(
    z.object({
      id: z.string(),
      about: z.string(),
      yaml: z.string(),
      verdict: z.enum(['ok', 'invalid']),
      error: z.string().optional(),
      warning: z.string().optional(),
    }),
  ),
})

const { documents } = recording.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, 'oracle', 'validation.json'), 'utf8')),
)
const directory = mkdtempSync(join(tmpdir(), 'validation-'))
afterAll(() => rmSync(directory, { recursive: true }))

const squashed = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** The single warnings of a recorded text, which may be Go's list of several. */
const warningsOf = (text: string): string[] =>
  /^\d+ errors? occurred:/.test(text) ? text.split('\n\t* ').slice(1).map(squashed) : [text]

const run = async (yaml: string) => {
  const file = join(directory, 'document.yaml')
  writeFileSync(file, yaml)
  let stdout = ''
  let stderr = ''
  const io = {
    stdout: (text: string) => {
      stdout += text
    },
    stderr: (text: string) => {
      stderr += text
    },
  }
  const status = await validate(['-f', file], io)
  return { stdout: stdout.replaceAll(file, 'STDIN'), stderr, status }
}

describe('meshdojo validate', () => {
  it('has recordings to compare with', () => {
    expect(documents.length).toBeGreaterThan(100)
  })

  for (const { id, about, yaml, verdict, error, warning } of documents) {
    it(`answers as the real one: ${id} (${about})`, async () => {
      const { stdout, stderr, status } = await run(yaml)
      expect(squashed(stdout)).toBe(squashed(error ?? 'ok'))
      expect(status).toBe(verdict === 'ok' ? 0 : 1)
      for (const text of warning === undefined ? [] : warningsOf(warning)) {
        expect(squashed(stderr)).toContain(squashed(text))
      }
    })
  }
})
