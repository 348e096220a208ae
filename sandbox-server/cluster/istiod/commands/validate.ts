/**
 * `meshdojo validate -f FILE`: what a cluster with Istio would say to each document, without a cluster. The questions
 * are asked in a cluster's order, and the first refusal is the answer: is there such a kind; are all fields known; does
 * the CRD's schema (with its CEL rules) hold; does istiod's webhook agree.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { NewObject } from '../../apiserver/api.ts'
import {
  applyDefaults,
  dropNulls,
  invalidMessage,
  type JsonSchema,
  loadCel,
  pruneUnknownFields,
  validateCustomResource,
} from '../../apiserver/schema/index.ts'
import { istioCrds } from '../crds/index.ts'
import { validateIstioConfig } from '../validation/index.ts'
import { readManifests } from './documents.ts'
import { metadataErrors } from './metadata.ts'

/** Where the command writes. */
export interface Io {
  stdout(text: string): void
  stderr(text: string): void
}

const USAGE = 'usage: meshdojo validate -f FILE [-f FILE …]   (- reads standard input)\n'

/** Prints a line per document: `ok`, or the error; warnings go to stderr. Resolves with 1 when one is refused, 2 for a wrong call. */
export const validate = async (argv: readonly string[], io: Io): Promise<number> => {
  const files = filesOf(argv)
  if (files === undefined || files.length === 0) {
    io.stderr(USAGE)
    return 2
  }
  await loadCel()
  let refused = false
  for (const file of files) {
    const name = file === '-' ? 'STDIN' : file
    let source: string
    try {
      source = readFileSync(file === '-' ? 0 : file, 'utf8')
    } catch (error) {
      io.stderr(`error: cannot read ${name}: ${error instanceof Error ? error.message : error}\n`)
      return 2
    }
    const manifests = readManifests(source, name)
    if (manifests.length === 0) {
      io.stdout('error: no objects passed to apply\n')
      refused = true
    }
    for (const manifest of manifests) {
      const verdict = 'error' in manifest ? refusal(manifest.error) : judge(manifest.object, name)
      for (const warning of verdict.warnings) io.stderr(`Warning: ${warning}\n`)
      io.stdout(`${verdict.error ?? 'ok'}\n`)
      refused ||= verdict.error !== undefined
    }
  }
  return refused ? 1 : 0
}

const filesOf = (argv: readonly string[]): string[] | undefined => {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { filename: { type: 'string', short: 'f', multiple: true } },
      allowPositionals: true,
    })
    return [...(values.filename ?? []), ...positionals]
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

interface Verdict {
  error?: string
  warnings: string[]
}

const refusal = (error: string): Verdict => ({ error, warnings: [] })

/** Groups whose kinds are Kubernetes' own: not this command's business. */
const isBuiltIn = (group: string): boolean =>
  ['', 'apps', 'batch', 'autoscaling', 'policy'].includes(group) || group.endsWith('.k8s.io')

const judge = (object: NewObject, file: string): Verdict => {
  const [first = '', second] = object.apiVersion.split('/')
  const group = second === undefined ? '' : first
  const version = second ?? first
  const crd = istioCrds().find(({ spec }) => spec.group === group && spec.names.kind === object.kind)
  const served = crd?.spec.versions.find(({ name }) => name === version)
  if (!served) {
    if (isBuiltIn(group)) return { warnings: [] }
    const { name = '', namespace = '' } = object.metadata
    return refusal(
      `error: resource mapping not found for name: "${name}" namespace: "${namespace}" from "${file}": no matches for kind "${object.kind}" in version "${object.apiVersion}"\nensure CRDs are installed first`,
    )
  }
  return judgeCustom(object, group, version, served.schema.openAPIV3Schema)
}

const judgeCustom = (object: NewObject, group: string, version: string, schema: JsonSchema): Verdict => {
  const { kind } = object
  const decoded: NewObject = structuredClone(object)
  const unknown = pruneUnknownFields(schema, decoded)
  if (unknown.length > 0) {
    const fields = unknown.map(field => `unknown field "${field}"`).join(', ')
    return refusal(
      `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${fields}`,
    )
  }
  dropNulls(schema, decoded)
  applyDefaults(schema, decoded)
  const causes = validateCustomResource(schema, decoded, { metadataErrors: metadataErrors(decoded.metadata) })
  if (causes.length > 0) return refusal(invalidMessage(kind, group, decoded.metadata.name ?? '', causes))
  const placed = {
    ...decoded,
    metadata: { ...decoded.metadata, namespace: decoded.metadata.namespace ?? 'default' },
  }
  const { message, warnings } = validateIstioConfig(placed)
  return message === undefined ? { warnings } : refusal(message)
}
