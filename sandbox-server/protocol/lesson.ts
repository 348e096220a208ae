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
 * Every kind has the fact `changed`: whether an Istio object (networking.istio.io) of the learner's namespace was
 * created, changed or deleted since the step began. It tells "not begun yet" from "done, but wrong".
 *
 * A field or element that is not there makes a condition false. Whole numbers are CEL's int; percentages, shares and
 * durations are doubles.
 */
const explanation = z.object({ id, when: z.string(), text: localized }).strict()

const checkBase = {
  id,
  /** Shown while waiting and nothing more precise is known. */
  waiting: localized,
  passed: localized,
  explanations: z.array(explanation).default([]),
}

/**
 * An object in the learner's namespace and an assertion. Facts: `object` (null if absent), `objects` (all of the kind),
 * `count`, `name`, `ownNamespace`.
 */
export const resourceCheck = z
  .object({
    ...checkBase,
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
 * recorded; one from outside the namespace is `outside`.
 */
export const trafficCheck = z
  .object({
    ...checkBase,
    kind: z.literal('traffic'),
    /** Workload names without version, e.g. `productpage`; omitted: any. */
    source: z.string().optional(),
    destination: z.string(),
    /** Only requests count that began after these checks (of the same step) last began to hold. */
    after: z.array(id).default([]),
    /** Fewer than this is waiting, not failed. */
    atLeast: z.number().int().positive(),
    assert: z.string().default('true'),
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
    kind: z.literal('probe'),
    from: z.string(),
    container: z.string().optional(),
    /** Run by `sh -c` in that container. */
    command: z.string(),
    after: z.array(id).default([]),
    assert: z.string(),
  })
  .strict()

/** Something the learner ran and saw. `command` and `output` are regular expressions. Facts: `command`, `output`, `exitCode` of the last command that fits `command`. */
export const outputCheck = z
  .object({
    ...checkBase,
    kind: z.literal('output'),
    command: z.string(),
    assert: z.string().default('exitCode == 0'),
  })
  .strict()

export const check = z.discriminatedUnion('kind', [
  resourceCheck,
  routesCheck,
  trafficCheck,
  probeCheck,
  outputCheck,
])
export type Check = z.infer<typeof check>

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
    checks: z.array(check).min(1),
    hints: z.array(localized).default([]),
    /** Commands typed into the learner's shell, one by one. */
    solution: z.array(z.string()).min(1),
    mistakes: z.array(mistake).default([]),
  })
  .strict()
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
    steps: z.array(step).min(1),
  })
  .strict()
export type Lesson = z.infer<typeof lesson>
