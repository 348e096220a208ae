import { describe, expect, it } from 'vitest'
import { UsageError } from './command-line.ts'
import { lessonsCommand, type ProofLine, type ProveRequest } from './lessons.ts'

const line = (change: Partial<ProofLine>): ProofLine => ({
  chapter: 'request-routing',
  step: 'all-to-v1',
  subject: 'solution',
  mistake: '',
  holds: true,
  milliseconds: 1234,
  observed: '',
  ...change,
})

async function run(argv: string[], proofs: ProofLine[] = [line({})]) {
  let stdout = ''
  let asked: ProveRequest | undefined
  const command = lessonsCommand(
    async request => {
      asked = request
      for (const proof of proofs) request.onProof(proof)
    },
    async (name, directory = 'lessons') => `${directory}/01-${name}`,
  )
  const status = await command.run(argv, { stdout: text => (stdout += text), stderr: () => undefined })
  return { stdout, status, asked }
}

describe('meshdojo lessons prove', () => {
  it('prints a line per proof with its time, and succeeds when all hold', async () => {
    const { stdout, status, asked } = await run(['prove', 'request-routing', '--repeat=3'])
    expect(stdout).toContain('ok     1.2 s  request-routing  all-to-v1 solution\n')
    expect(stdout).toMatch(/1 hold, 0 fail/)
    expect(status).toBe(0)
    expect(asked).toMatchObject({ chapters: ['request-routing'], repeat: 3 })
  })

  it('shows what was observed and fails when something does not hold', async () => {
    const failing = line({
      holds: false,
      subject: 'mistake',
      mistake: 'no-match',
      observed: 'route waits\nx',
    })
    const { stdout, status } = await run(['prove'], [line({}), failing])
    expect(stdout).toMatch(
      /FAIL +1\.2 s {2}request-routing {2}all-to-v1 mistake no-match\n +route waits\n +x\n/,
    )
    expect(status).toBe(1)
  })

  it('fails when there was nothing to prove', async () => {
    expect((await run(['prove'], [])).status).toBe(1)
  })

  it('prints an object per line with --json', async () => {
    const { stdout } = await run(['prove', '--json'])
    expect(
      stdout
        .trim()
        .split('\n')
        .map(text => JSON.parse(text)),
    ).toEqual([line({})])
  })

  it('refuses what it does not know, with a line that says what to type', async () => {
    await expect(run(['learn'])).rejects.toThrow(UsageError)
    await expect(run(['prove', '--repeat=0'])).rejects.toThrow('--repeat takes a number from 1')
    await expect(run(['prove', '--record', '--kubeconfig=/dev/null'])).rejects.toThrow('--record needs')
    await expect(run(['prove', '--lessons=/nowhere'])).rejects.toThrow('there is no folder')
    await expect(run(['prove', '--kubeconfig=/nowhere'])).rejects.toThrow('there is no file')
  })
})

describe('meshdojo lessons new', () => {
  it('says where the chapter is and how it is proven', async () => {
    const { stdout, status } = await run(['new', 'mirroring', '--lessons=elsewhere'])
    expect(stdout).toMatch(/^elsewhere\/01-mirroring\n/)
    expect(stdout).toContain('lessons prove mirroring --lessons elsewhere')
    expect(status).toBe(0)
  })

  it('takes exactly one name', async () => {
    await expect(run(['new'])).rejects.toThrow('takes one name')
    await expect(run(['new', 'a', 'b'])).rejects.toThrow('takes one name')
  })
})
