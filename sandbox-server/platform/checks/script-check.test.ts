import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { check as checkSchema } from '../../protocol/lesson.ts'
import { compileCheck, judge } from './judge.ts'
import { runScript, type ScriptAnswers } from './script-check.ts'

/** Far more than a worker takes to start. */
const PLENTY_MS = 20_000

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'meshdojo-scripts-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

let scripts = 0
function run(
  source: string,
  options: { timeoutMs?: number; signal?: AbortSignal; answer?: ScriptAnswers } = {},
) {
  const file = join(directory, `check-${scripts++}.ts`)
  writeFileSync(file, source)
  const {
    timeoutMs = PLENTY_MS,
    signal = new AbortController().signal,
    answer = async () => undefined,
  } = options
  return runScript({ file, timeoutMs, namespace: 'learner', signal }, answer)
}

test('hands a script its view of the cluster and takes its verdict', async () => {
  const asked: unknown[] = []
  const observation = await run(
    `import type { ScriptCluster } from 'nowhere'
     export default async (cluster: ScriptCluster) => {
       const pods = await cluster.list('pods')
       const gone = await cluster.get('services', 'gone')
       return { status: 'passed', evidence: cluster.namespace + pods.length, facts: { gone: gone === undefined } }
     }`,
    {
      answer: async (what, words) => {
        asked.push([what, ...words])
        return what === 'list' ? [{}, {}] : undefined
      },
    },
  )
  expect(asked).toEqual([
    ['list', 'pods'],
    ['get', 'services', 'gone'],
  ])
  expect(observation).toMatchObject({
    facts: { status: 'passed', facts: { gone: true } },
    evidence: [{ kind: 'output', text: 'learner2' }],
    failed: false,
  })
})

test('ends one that loops for ever', async () => {
  expect(await run('export default () => { for (;;); }', { timeoutMs: 500 })).toEqual({
    broken: expect.stringContaining('no verdict within 500 ms'),
  })
})

test('ends one that never answers, and one that nobody waits for any more', async () => {
  const waits = 'export default () => new Promise(() => setInterval(() => undefined, 1000))'
  expect(await run(waits, { timeoutMs: 500 })).toEqual({ broken: expect.stringContaining('no verdict') })
  const abort = new AbortController()
  const running = run(waits, { signal: abort.signal })
  abort.abort()
  expect(await running).toEqual({ broken: expect.stringContaining('abandoned') })
})

test('says what one threw, and what it was told when it asked for what is not there', async () => {
  expect(await run('export default () => { throw new RangeError("too far") }')).toEqual({
    broken: expect.stringMatching(/check-\d+\.ts: too far/),
  })
  const answer = async () => {
    throw new Error('the server knows no "widgets"')
  }
  expect(await run('export default async cluster => cluster.list("widgets")', { answer })).toEqual({
    broken: expect.stringContaining('knows no "widgets"'),
  })
})

test.each([
  ['a word', 'export default () => "passed"'],
  ['nothing', 'export default () => undefined'],
  ['another status', 'export default () => ({ status: "maybe" })'],
  ['a message in one language', 'export default () => ({ status: "failed", message: { en: "x" } })'],
  ['something that cannot be sent', 'export default () => ({ status: "passed", facts: { f() {} } })'],
  ['no function', 'export const check = 1'],
  ['no module', 'export default ('],
  ['an early end', 'process.exit(0)'],
])('takes no nonsense: %s', async (_what, source) => {
  expect(await run(source)).toEqual({ broken: expect.stringMatching(/check-\d+\.ts: ./) })
})

test('a script has nothing of the server: no environment, no more memory than its own', async () => {
  const secrets = await run(
    'export default () => ({ status: "passed", evidence: String(Object.keys(process.env).length) })',
  )
  expect(secrets).toMatchObject({ evidence: [{ text: '0' }] })
  const hungry =
    'const all = []; export default () => { for (;;) all.push(new Array(1e5).fill(Math.random())) }'
  expect(await run(hungry)).toEqual({ broken: expect.stringMatching(/memory/i) })
})

test('its own message is said when no explanation holds', () => {
  const both = (text: string) => ({ en: text, zh: text })
  const compiled = compileCheck(
    checkSchema.parse({
      id: 's',
      kind: 'script',
      file: 'x.ts',
      waiting: both('w'),
      passed: both('p'),
      explanations: [{ id: 'many', when: 'facts.left > 3', text: both('too many') }],
    }),
  )
  const verdict = (status: string, left: number) =>
    judge(
      compiled,
      { facts: { status, facts: { left } }, evidence: [], message: both('own'), failed: status === 'failed' },
      false,
    )
  expect(verdict('passed', 0).state).toBe('passed')
  expect(verdict('failed', 2)).toMatchObject({ state: 'failed', message: both('own') })
  expect(verdict('failed', 4)).toMatchObject({ state: 'failed', message: both('too many') })
  expect(verdict('waiting', 2)).toMatchObject({ state: 'waiting', message: both('own') })
})
