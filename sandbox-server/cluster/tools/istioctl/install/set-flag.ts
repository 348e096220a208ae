/**
 * `--set a.b[0].c=value` as istioctl reads it: dots part names (`\\.` is a dot of a name), the value is YAML's idea of it.
 */
import { parse } from 'yaml'
import { CommandError } from '../../cli/command.ts'
import { isRecord } from '../../kube/client.ts'

type Step = string | number

/** Sets one flag's value within `spec`. Throws CommandError when it cannot be read. */
export function applySet(spec: Record<string, unknown>, flag: string): void {
  const equals = flag.indexOf('=')
  if (equals < 1)
    throw new CommandError(
      `failed to parse --set ${JSON.stringify(flag)}: want PATH=VALUE, e.g. profile=demo`,
    )
  place(spec, stepsOf(flag.slice(0, equals)), yamlValueOf(flag.slice(equals + 1)))
}

/** `a.b\\.c[1]` → a, b.c, 1. */
function stepsOf(path: string): Step[] {
  return (path.match(/(?:\\.|[^.\\])+/g) ?? []).flatMap(part => {
    const [, name = part, indexes = ''] = /^(.*?)((?:\[\d+\])*)$/s.exec(part) ?? []
    return [name.replaceAll('\\.', '.'), ...[...indexes.matchAll(/\d+/g)].map(([index]) => Number(index))]
  })
}

function yamlValueOf(text: string): unknown {
  try {
    return parse(text) ?? text
  } catch {
    // What is no YAML is a string, such as `a: b: c`.
    return text
  }
}

function place(
  at: Record<string, unknown> | unknown[],
  [step, ...rest]: readonly Step[],
  value: unknown,
): void {
  if (step === undefined) return
  const [next] = rest
  const below = Array.isArray(at) ? at[Number(step)] : at[step]
  const fitting = typeof next === 'number' ? Array.isArray(below) : isRecord(below)
  const child = next === undefined ? value : fitting ? below : typeof next === 'number' ? [] : {}
  if (Array.isArray(at)) at[Number(step)] = child
  else at[step] = child
  if (next !== undefined && (isRecord(child) || Array.isArray(child))) place(child, rest, value)
}
