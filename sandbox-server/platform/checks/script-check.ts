/**
 * script: an author's module judges, in a worker of its own, by what it asks through `script-worker.ts`. It is run again
 * after each change of a collection it has listed, of routing, and after requests.
 */
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import type { Check } from '../../protocol/lesson.ts'
import { scriptVerdict } from '../../protocol/lesson.ts'
import type { Disposable } from '../lifecycle.ts'
import { reasonOf } from '../log.ts'
import type { CheckSource, SourceContext } from './check-source.ts'
import type { Observation } from './judge.ts'
import { createRecheck } from './recheck-schedule.ts'
import { readRoutes } from './routes-check.ts'

type ScriptCheck = Extract<Check, { kind: 'script' }>
const DELAYS_MS = [60, 400, 1_500, 5_000]
const SCRIPT_MEMORY_MB = 64

/** What the worker says: a question, or how it ended. */
const workerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ask'), id: z.number(), what: z.string(), arguments: z.array(z.string()) }),
  z.object({ type: z.literal('verdict'), verdict: z.unknown() }),
  z.object({ type: z.literal('thrown'), reason: z.string() }),
])

/** Answers what a script asks; `what` is a method of ScriptCluster. */
export type ScriptAnswers = (what: string, asked: readonly string[]) => Promise<unknown>

export function watchScript(context: SourceContext<ScriptCheck>): CheckSource {
  const { check, view, observe } = context
  const listening: Disposable[] = []
  const listened = new Set<string>()
  const recheck = createRecheck({
    clock: view.clock,
    delaysMs: DELAYS_MS,
    async look(signal) {
      if (context.after() === undefined) return observe(undefined)
      const observation = await runScript(
        { file: check.file, timeoutMs: check.timeoutMs, namespace: view.namespace, signal },
        answer,
      )
      if (!signal.aborted) observe(observation)
    },
  })

  const answer: ScriptAnswers = async (what, [first = '', second = '']) => {
    switch (what) {
      case 'list':
        return (await listen(first)).all()
      case 'get':
        return (await listen(first)).get(second)
      case 'requests':
        return view.requests
          .since(Math.max(context.startedAt, context.after() ?? 0))
          .filter(row => (row.namespace ?? view.ownNamespace) === view.namespace)
          .map(({ row }) => row)
      case 'routes':
        return (await readRoutes(view, first, second))?.rows ?? []
      default:
        throw new TypeError(`a script cannot ask for ${what}`)
    }
  }
  async function listen(resource: string) {
    const collection = await view.collection(resource)
    await collection.until(() => true, AbortSignal.timeout(check.timeoutMs))
    if (!listened.has(resource)) {
      listened.add(resource)
      listening.push(collection.onChange(() => recheck.trigger()))
    }
    return collection
  }

  listening.push(
    view.onRoutingChange(() => recheck.trigger()),
    view.requests.onAdd(() => recheck.trigger()),
  )
  recheck.trigger()
  return {
    afterChanged: () => recheck.trigger(),
    dispose() {
      for (const one of listening) one.dispose()
      recheck.dispose()
    },
  }
}

export interface ScriptRun {
  /** Absolute. */
  file: string
  timeoutMs: number
  namespace: string
  signal: AbortSignal
}

/** Never rejects: what goes wrong is the observation. The worker is gone when it resolves. */
export async function runScript(run: ScriptRun, answer: ScriptAnswers): Promise<Observation> {
  const worker = new Worker(new URL('./script-worker.ts', import.meta.url), {
    workerData: { file: run.file, namespace: run.namespace },
    env: {},
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: SCRIPT_MEMORY_MB },
  })
  const ended = Promise.withResolvers<Observation>()
  const fail = (reason: string) => ended.resolve({ broken: `${run.file}: ${reason}` })
  const late = setTimeout(() => fail(`no verdict within ${run.timeoutMs} ms`), run.timeoutMs)
  const abandon = () => fail('abandoned')
  run.signal.addEventListener('abort', abandon)
  worker.on('error', error => fail(reasonOf(error)))
  worker.on('exit', () => fail('it ended without a verdict'))
  worker.on('message', (raw: unknown) => {
    const message = workerMessage.safeParse(raw)
    if (!message.success) return fail('it sent something that is no message')
    if (message.data.type === 'thrown') return fail(message.data.reason)
    if (message.data.type === 'verdict') return ended.resolve(observationOf(run.file, message.data.verdict))
    const { id, what, arguments: asked } = message.data
    answer(what, asked).then(
      value => worker.postMessage({ id, json: JSON.stringify(value ?? null) }),
      error => worker.postMessage({ id, error: reasonOf(error) }),
    )
  })
  try {
    return await ended.promise
  } finally {
    clearTimeout(late)
    run.signal.removeEventListener('abort', abandon)
    await worker.terminate()
  }
}

function observationOf(file: string, returned: unknown): Observation {
  const verdict = scriptVerdict.safeParse(returned)
  if (!verdict.success) {
    const [issue] = verdict.error.issues
    return { broken: `${file}: its verdict is not one: ${issue?.path.join('.')}: ${issue?.message}` }
  }
  const { status, message, evidence, facts } = verdict.data
  return {
    facts: { status, facts },
    evidence: evidence === undefined ? [] : [{ kind: 'output', text: evidence }],
    ...(message ? { message } : {}),
    failed: status === 'failed',
  }
}
