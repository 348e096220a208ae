/** What a refusal of the API server is about: its causes, or the field that its message names. Pure. */
import type { Refusal } from '../../protocol/files.ts'
import { listAt, textAt } from '../kube-client/objects.ts'

export type Way = Refusal['way']

/** `spec.http[0].match` and `metadata.labels[app.kubernetes.io/name]` as a way into the object. */
export function wayOf(field: string): Way {
  const way: Way = []
  for (const [, name, key] of field.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)) {
    if (name !== undefined) way.push(name)
    else if (key !== undefined) way.push(/^\d+$/.test(key) ? Number(key) : key.replace(/^"(.*)"$/, '$1'))
  }
  return way
}

/** A field that a message begins with or names: `spec.ports[0].port: Invalid value`, `unknown field "spec.htttp"`. */
const NAMED =
  /(?:unknown field "([^"]+)"|(?:^|[\s(:])((?:spec|metadata|data|rules|subjects|roleRef)(?:[.[][^\s:,;"]+)?):)/

export function refusalsOf(status: unknown, message: string): Omit<Refusal, 'document'>[] {
  const causes = listAt(status, 'details', 'causes').flatMap(cause => {
    const field = textAt(cause, 'field')
    const said = textAt(cause, 'message')
    // The API server adds a cause without a field that only says that it stopped looking.
    return /^[a-z]/.test(field) && said !== '' ? [{ way: wayOf(field), message: `${field}: ${said}` }] : []
  })
  if (causes.length > 0) return causes
  const [, unknown, named] = NAMED.exec(message) ?? []
  return [{ way: wayOf(unknown ?? named ?? ''), message }]
}
