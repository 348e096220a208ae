/**
 * The conditions in lessons: CEL over a check's facts, compiled once.
 *
 * A field or an element that is not there makes a condition false: whether a learner's object has it is what the
 * condition asks. Everything else that goes wrong is the lesson's mistake and is reported as such.
 */
import { Environment } from '@marcbachmann/cel-js'
import type { Check } from '../../protocol/lesson.ts'

/** Questions have no conditions. */
export type CheckKind = Exclude<Check['kind'], 'question'>
export type Facts = Readonly<Record<string, unknown>>
export type Verdict = { holds: boolean } | { broken: string }
export type Condition = (facts: Facts) => Verdict

/** Names and CEL types of the facts, by kind. All facts of a kind are always given. (`namespace` is reserved in CEL.) */
const factTypes: Record<CheckKind, Record<string, string>> = {
  resource: { object: 'dyn', objects: 'list', count: 'int', name: 'string', ownNamespace: 'string' },
  routes: { routes: 'list', service: 'string', proxy: 'string', summary: 'string', ownNamespace: 'string' },
  traffic: {
    requests: 'list',
    byVersion: 'map',
    byStatus: 'map',
    share: 'map',
    total: 'int',
    source: 'string',
    destination: 'string',
    summary: 'string',
    low: 'map',
    high: 'map',
    fits: 'bool',
    mirrored: 'int',
  },
  probe: { status: 'int', body: 'string', exitCode: 'int', durationMs: 'double' },
  output: { command: 'string', output: 'string', exitCode: 'int', matches: 'bool' },
  script: { status: 'string', facts: 'map' },
}

const environments = new Map<CheckKind, Environment>()

function environmentOf(kind: CheckKind): Environment {
  const known = environments.get(kind)
  if (known) return known
  const made = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  })
  made.registerVariable('changed', 'bool')
  for (const [name, type] of Object.entries(factTypes[kind])) made.registerVariable(name, type)
  environments.set(kind, made)
  return made
}

/** What is wrong with an expression; undefined when it is a condition over the facts of that kind. */
export function assertionProblem(kind: CheckKind, expression: string): string | undefined {
  try {
    const result = environmentOf(kind).check(expression)
    if (!result.valid) return firstLine(result.error?.message ?? 'the expression is not valid')
    const type = String(result.type)
    return type === 'bool' || type === 'dyn' ? undefined : `the expression gives ${type}, not true or false`
  } catch (error) {
    return firstLine(error instanceof Error ? error.message : String(error))
  }
}

/** Throws when the expression does not compile; lessons are checked by `assertionProblem` before. */
export function compileCondition(kind: CheckKind, expression: string): Condition {
  const compiled = environmentOf(kind).parse(expression)
  return facts => {
    try {
      const result: unknown = compiled(
        Object.fromEntries(Object.entries(facts).map(([k, v]) => [k, toCel(v)])),
      )
      if (typeof result === 'boolean') return { holds: result }
      return { broken: `${expression} gives ${typeof result}, not true or false` }
    } catch (error) {
      if (isAbsence(error)) return { holds: false }
      return { broken: `${expression}: ${firstLine(error instanceof Error ? error.message : String(error))}` }
    }
  }
}

const isAbsence = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'no_such_key' || error.code === 'index_out_of_bounds')

/** A number that stays a double even when it happens to be whole, e.g. a percentage. */
export class Double {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
}

/** JSON's whole numbers are CEL's int (BigInt here), so that `weight + 1` and `n % 2` work. */
function toCel(value: unknown): unknown {
  if (value instanceof Double) return value.value
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(toCel)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toCel(inner)]))
  return value
}

const firstLine = (text: string): string => text.split('\n')[0] ?? text
