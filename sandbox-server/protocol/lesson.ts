/**
 * A chapter's `lesson.yaml`: its steps, checks, solutions and typical mistakes, shared by every language. Texts that a
 * learner reads carry all languages side by side, so that a missing translation is a validation error.
 */
import { z } from 'zod'

export const localized = z.object({ en: z.string().min(1), zh: z.string().min(1) }).strict()
export type Localized = z.infer<typeof localized>

const id = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'use lower-case letters, digits and dashes, beginning with a letter')

/**
 * An explanation that is shown when its condition holds; the first that holds wins. `when` is CEL over the check's
 * facts (documented per kind below). Text may use {name} for facts that are strings or numbers.
 *
 * Every kind has the fact `changed`: whether an Istio or Gateway API object, in the learner's namespace or another one
 * that the step's checks look at, was created, changed or deleted since the step began. It tells "not begun yet" from
 * "done, but wrong".
 *
 * A field or element that is not there makes a condition false. Whole numbers are CEL's int; percentages, shares and
 * durations are doubles.
 */
const explanation = z.object({ id, when: z.string(), text: localized }).strict()

/** As Kubernetes names namespaces. */
const namespace = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'this is no name of a namespace')

/** A path inside the chapter's folder. */
const ownPath = z
  .string()
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+$/, 'use a path inside the folder of the chapter')

const checkBase = {
  id,
  /** Shown while waiting and nothing more precise is known. */
  waiting: localized,
  passed: localized,
  explanations: z.array(explanation).default([]),
}

/**
 * Kinds that look into a namespace take another than the learner's own by name. On a cluster that is shared, nothing
 * is seen of one that the learner may not read.
 */
const place = { namespace: namespace.optional() }

/**
 * An object in the learner's namespace and an assertion. Facts: `object` (null if absent), `objects` (all of the kind),
 * `count`, `name`, `ownNamespace`. Of kinds without a namespace (`namespaces`), all are seen.
 */
export const resourceCheck = z
  .object({
    ...checkBase,
    ...place,
    kind: z.literal('resource'),
    /** As kubectl names it, e.g. `virtualservices.networking.istio.io`. */
    resource: z.string(),
    /** Without a name the assertion is on `objects`. */
    name: z.string().optional(),
    assert: z.string(),
  })
  .strict()

/**
 * What a sidecar has been told, read from its Envoy's config dump. Facts: `routes`, a list of
 * {proxy, host, match, destination, subset, percent} in Envoy's order (the first that matches wins), `service`, `proxy`,
 * `ownNamespace`, and `summary`, e.g. `end-user: jason → reviews v2, * → reviews v1`. Nothing is judged before a ready
 * pod fits `from`.
 */
export const routesCheck = z
  .object({
    ...checkBase,
    ...place,
    kind: z.literal('routes'),
    /** Label selector of the pods whose proxy is asked (the first ready one), e.g. `app=productpage`. */
    from: z.string(),
    /** Short service name whose routes are read. */
    service: z.string(),
    assert: z.string(),
  })
  .strict()

/**
 * What the proxies recorded since the step began. Facts: `requests` (rows as in protocol/steps.ts, oldest first),
 * `byVersion` and `byStatus` (maps of counts, keys are strings), `share` (map of version to 0–1), `total`, `source`,
 * `destination`, and `summary`, e.g. `v1: 3, v2: 1`. A caller without a sidecar counts by what the called pod's sidecar
 * recorded; one from outside the namespace (a gateway, say) is `outside`, one in the learner's own goes by its name.
 * TCP connections count when they end. Copies that a mirror made are no requests: `mirrored` counts those that reached
 * the destination, whichever version.
 *
 * Shares are never compared by hand: `low` and `high` (maps of version to 0–1) are the bounds of each share's Wilson
 * interval at 99.9 %, and with `distribution` there is `fits`: whether chance alone may well have made the counts out of
 * those percentages (exact binomial tests, wrong once in a thousand times), which `assert` is unless it says else.
 */
export const trafficCheck = z
  .object({
    ...checkBase,
    ...place,
    kind: z.literal('traffic'),
    /** Workload names without version, e.g. `productpage`; omitted: any. */
    source: z.string().optional(),
    destination: z.string(),
    /** Only requests count that began after these checks (of the same step) last began to hold. */
    after: z.array(id).default([]),
    /** Fewer than this is waiting, not failed. */
    atLeast: z.number().int().positive(),
    /** Percent of the requests by version that are meant to be, e.g. `{v1: 80, v2: 20}`; other versions get none. */
    distribution: z.record(z.string(), z.number().min(0).max(100)).optional(),
    /** Percent of the requests that are meant to be mirrored; part of `fits`. */
    mirrored: z.number().min(0).max(100).optional(),
    assert: z.string().optional(),
  })
  .strict()

/**
 * The platform sends requests from a pod of the learner and judges the answers, again after each change that may route
 * them elsewhere. Facts: `body` (stdout), `status` (stdout's last line when it is an HTTP status, as
 * `curl -w '\n%{http_code}'` prints it; it is then no part of `body`; else 0), `exitCode`, `durationMs`.
 */
export const probeCheck = z
  .object({
    ...checkBase,
    ...place,
    kind: z.literal('probe'),
    from: z.string(),
    container: z.string().optional(),
    /** Run by `sh -c` in that container. */
    command: z.string(),
    after: z.array(id).default([]),
    assert: z.string(),
  })
  .strict()

/**
 * Something the learner ran and saw; for what no other kind can tell. `command` and `output` are regular expressions:
 * the last command since the step began that fits `command` and printed what fits `output`, or, when none did, the last
 * that fits `command`. Facts: `command`, `output`, `exitCode`, `matches` (whether `output` fits).
 */
export const outputCheck = z
  .object({
    ...checkBase,
    kind: z.literal('output'),
    command: z.string(),
    output: z.string().optional(),
    assert: z.string().default('exitCode == 0 && matches'),
  })
  .strict()

/**
 * A question about what was seen. It passes when exactly the right options are chosen; each wrong one says why. More
 * than one right option makes it a question with several answers. The prover chooses the right ones, and tries every
 * wrong one; a step of questions alone needs no solution.
 */
export const questionCheck = z
  .object({
    id,
    kind: z.literal('question'),
    prompt: localized,
    options: z
      .array(
        z
          .object({
            id,
            text: localized,
            right: z.boolean().default(false),
            /** Why it is not right; a right one may say why it is. */
            why: localized.optional(),
          })
          .strict(),
      )
      .min(2),
    /** Shown before an answer was given. */
    waiting: localized.default({ en: 'Answer the question.', zh: '请回答问题。' }),
    passed: localized,
    /** Said when nothing wrong was chosen but something right is missing. */
    incomplete: localized.default({
      en: 'So far right, but not everything that is right is chosen.',
      zh: '目前都对，但还没有选全。',
    }),
  })
  .strict()

/**
 * The way out for what the other kinds cannot say: a `.ts` or `.js` file in the chapter's folder, whose default export
 * gets a small read-only view of the cluster and returns `{status, message?, evidence?, facts?}` (contract:
 * `ScriptCluster` and `ScriptVerdict` below). It runs in a worker of its own, again after each change of what it read.
 * Facts: `status` and `facts` (what it returned). An explanation that holds comes before the script's own message.
 */
export const scriptCheck = z
  .object({
    ...checkBase,
    ...place,
    kind: z.literal('script'),
    file: ownPath,
    timeoutMs: z.number().int().min(100).max(30_000).default(5_000),
    after: z.array(id).default([]),
    assert: z.string().default('status == "passed"'),
  })
  .strict()

/** What a script may ask. Objects are Kubernetes' own JSON. */
export interface ScriptCluster {
  /** The check's namespace; the learner's own unless it names another. */
  readonly namespace: string
  /** `resource` as kubectl names it, e.g. `deployments.apps`. */
  list(resource: string): Promise<readonly Record<string, unknown>[]>
  get(resource: string, name: string): Promise<Record<string, unknown> | undefined>
  /** What the proxies recorded since the step began (and `after` holds), oldest first, as in protocol/steps.ts. */
  requests(): Promise<readonly Record<string, unknown>[]>
  /** What the first ready pod with these labels was told about a service, as in a `routes` check. */
  routes(from: string, service: string): Promise<readonly Record<string, unknown>[]>
}

export const scriptVerdict = z
  .object({
    status: z.enum(['passed', 'failed', 'waiting']),
    message: localized.optional(),
    /** Shown below the message, as text. */
    evidence: z.string().max(10_000).optional(),
    /** For explanations' conditions. */
    facts: z.record(z.string(), z.unknown()).default({}),
  })
  .strict()
export type ScriptVerdict = z.input<typeof scriptVerdict>
export type ScriptCheckFunction = (cluster: ScriptCluster) => ScriptVerdict | Promise<ScriptVerdict>

export const check = z.discriminatedUnion('kind', [
  resourceCheck,
  routesCheck,
  trafficCheck,
  probeCheck,
  outputCheck,
  questionCheck,
  scriptCheck,
])
export type Check = z.infer<typeof check>

/** What is applied and deleted before a step begins, and again when it is reset. */
const setup = z
  .object({
    /** Manifests: paths inside the chapter's folder, or `samples/…`. */
    apply: z.array(ownPath).default([]),
    delete: z
      .array(z.object({ resource: z.string(), name: z.string(), namespace: namespace.optional() }).strict())
      .default([]),
  })
  .strict()
export type Setup = z.infer<typeof setup>

/** A change people really make by mistake, and the explanation (check id / explanation id) that it must bring. */
export const mistake = z
  .object({
    id,
    commands: z.array(z.string()).min(1),
    brings: z.object({ check: id, explanation: id }).strict(),
  })
  .strict()

export const step = z
  .object({
    id,
    title: localized,
    setup: setup.default({ apply: [], delete: [] }),
    checks: z.array(check).min(1),
    hints: z.array(localized).default([]),
    /** Commands typed into the learner's shell, one by one. Questions need none. */
    solution: z.array(z.string()),
    mistakes: z.array(mistake).default([]),
  })
  .strict()
  .superRefine(({ checks, solution }, context) => {
    if (solution.length === 0 && checks.some(({ kind }) => kind !== 'question'))
      context.addIssue({ code: 'custom', path: ['solution'], message: 'a step needs a solution' })
  })
export type Step = z.infer<typeof step>

export const lesson = z
  .object({
    /** Same as the folder's name without its number. */
    id,
    title: localized,
    summary: localized,
    minutes: z.number().int().positive(),
    /** Manifests applied to the learner's namespace before the chapter begins, paths inside `samples/`. */
    deploy: z.array(z.string()).default([]),
    /** A playground has none. */
    steps: z.array(step),
  })
  .strict()
export type Lesson = z.infer<typeof lesson>

/** A lesson that was read from a folder (absolute); paths of its scripts and set-ups are absolute, too. */
export type PlacedLesson = Lesson & { folder?: string }
