/** `istioctl validate`: files as istiod would judge them, without a cluster. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { parse } from 'yaml'
import type { NewObject } from '../../apiserver/api.ts'
import { istioCrds } from '../../istiod/crds/index.ts'
import { parseProtocol } from '../../istiod/translation/model/protocol.ts'
import { validateIstioConfig } from '../../istiod/validation/index.ts'
import { goTags } from '../../yaml-tags.ts'
import { type Command, CommandError } from '../cli/command.ts'
import { type Json, objectOf, objectsOf, stringOf } from '../text/json.ts'
import { chunksOf } from './analyze/files.ts'
import { multiError } from './multi-error.ts'
import { unknownFields } from './unknown-fields.ts'

const EXTENSIONS = ['.json', '.yaml', '.yml']
const REQUIREMENTS = 'https://istio.io/v1.32/docs/ops/deployment/application-requirements/'
const PROTOCOLS = 'https://istio.io/v1.32/docs/ops/configuration/traffic-management/protocol-selection/'

const MISSING = `error: you must specify resources by --filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'`

export const validate: Command = {
  use: 'validate -f FILENAME [options]',
  short: 'Validate Istio policy and rules files',
  aliases: ['v'],
  hiddenFlags: ['kubeconfig'],
  example: `  # Validate bookinfo-gateway.yaml
  istioctl validate -f samples/bookinfo/networking/bookinfo-gateway.yaml

  # Validate bookinfo-gateway.yaml with shorthand syntax
  istioctl v -f samples/bookinfo/networking/bookinfo-gateway.yaml

  # Validate all yaml files under samples/bookinfo/networking directory
  istioctl validate -f samples/bookinfo/networking

  # Validate current deployments under 'default' namespace within the cluster
  kubectl get deployments -o yaml | istioctl validate -f -

  # Validate current services under 'default' namespace within the cluster
  kubectl get services -o yaml | istioctl validate -f -

  # Also see the related command 'istioctl analyze'
  istioctl analyze samples/bookinfo/networking/bookinfo-gateway.yaml
`,
  flags: [
    { name: 'filename', short: 'f', type: 'strings', usage: 'Inputs of files to validate' },
    {
      name: 'referential',
      short: 'x',
      type: 'bool',
      default: 'true',
      usage: 'Enable structural validation for policy and telemetry',
      hidden: true,
    },
  ],
  run({ args, flags, streams }) {
    if (args.length > 0)
      throw new CommandError(`unknown command ${JSON.stringify(args[0])} for "istioctl validate"`, 64)
    const names = flags.list('filename')
    if (names.length === 0) throw new CommandError(MISSING)
    const notice = (text: string) => streams.stderr(text)
    const verdicts = names.flatMap(filesOf).map(file => ({ file, ...judgeFile(file, streams.stdin, notice) }))
    const errors = verdicts.flatMap(verdict => verdict.errors)
    for (const { file, warnings, errors: own } of verdicts) {
      if (warnings.length > 0) notice(warned(file, warnings))
      else if (errors.length === 0 && own.length === 0)
        notice(file === '-' ? 'validation succeed\n' : `${JSON.stringify(file)} is valid\n`)
    }
    if (errors.length > 0) throw new CommandError(multiError(errors))
    return 0
  },
}

const warned = (file: string, warnings: readonly string[]): string => {
  const list = `\n\t${warnings.map(warning => `* ${warning}`).join('\n\t')}\n`
  return file === '-' ? list : `${JSON.stringify(file)} has warnings: ${list}\n`
}

function filesOf(name: string): string[] {
  if (name === '-') return [name]
  const stat = statSync(name, { throwIfNoEntry: false })
  if (!stat)
    throw new CommandError(
      multiError([`cannot stat file ${JSON.stringify(name)}: stat ${name}: no such file or directory`]),
    )
  if (!stat.isDirectory()) return [name]
  return readdirSync(name, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && EXTENSIONS.includes(extname(entry.name)))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

interface Verdict {
  errors: string[]
  warnings: string[]
}

function judgeFile(file: string, stdin: () => string, notice: (text: string) => void): Verdict {
  const text = file === '-' ? stdin() : readFileSync(file, 'utf8')
  const verdict: Verdict = { errors: [], warnings: [] }
  for (const { text: chunk } of chunksOf(text)) {
    let object: Json
    try {
      object = objectOf(parse(chunk, { version: '1.1', merge: true, customTags: goTags }))
    } catch (error) {
      const [first] = (error instanceof Error ? error.message : String(error)).split('\n')
      verdict.errors.push(`failed to decode file ${file}: error converting YAML to JSON: yaml: ${first}`)
      continue
    }
    const metadata = objectOf(object['metadata'])
    const who = `${stringOf(object['kind'])}/${stringOf(metadata['namespace'])}/${stringOf(metadata['name'])}:`
    const { errors, warnings } = judge(object, notice)
    verdict.errors.push(...errors.map(error => `${who} ${error}`))
    verdict.warnings.push(...warnings.map(warning => `${who} ${warning}`))
  }
  return verdict
}

function judge(object: Json, notice: (text: string) => void): Verdict {
  const [group = ''] = stringOf(object['apiVersion']).split('/')
  const kind = stringOf(object['kind'])
  const crd = istioCrds().find(({ spec }) => spec.group === group && spec.names.kind === kind)
  if (crd) return judgeIstio(object, kind, unknownFields(crd, object))
  if (kind === 'List') {
    const verdicts = objectsOf(object['items'])
      .filter(({ kind }) => kind === 'Service' || kind === 'Deployment')
      .map(item => judge(item, notice))
    return { errors: verdicts.flatMap(({ errors }) => errors), warnings: [] }
  }
  const namespace = stringOf(objectOf(object['metadata'])['namespace'])
  if (namespace === 'istio-system') return { errors: [], warnings: [] }
  if (kind === 'Service') return { errors: portProblems(object), warnings: [] }
  if (kind === 'Deployment') notice(labelNotice(object))
  return { errors: [], warnings: [] }
}

const isManifest = (object: Json): object is Json & NewObject => typeof object['apiVersion'] === 'string'

function judgeIstio(object: Json, kind: string, unknown: readonly string[]): Verdict {
  const [field] = unknown
  if (field !== undefined)
    return {
      errors: [
        `cannot parse proto message for ${kind}: unknown field ${JSON.stringify(field.split('.').at(-1) ?? field)} in istio.${kind} (${field})`,
      ],
      warnings: [],
    }
  if (!isManifest(object)) return { errors: [], warnings: [] }
  const { errors, warnings } = validateIstioConfig({
    ...object,
    metadata: { ...objectOf(object['metadata']) },
  })
  return { errors, warnings }
}

function portProblems(object: Json): string[] {
  const { name, namespace } = objectOf(object['metadata'])
  const who = JSON.stringify(`${stringOf(name)}/${stringOf(namespace)}/:`)
  return objectsOf(objectOf(object['spec'])['ports']).flatMap(({ name: port, protocol, appProtocol }) => {
    if (stringOf(protocol).toUpperCase() === 'UDP') return []
    if (typeof appProtocol === 'string')
      return parseProtocol(appProtocol) === 'Sniffed'
        ? [
            `service ${who} doesn't follow Istio protocol selection. This is not recommended, See ${PROTOCOLS}`,
          ]
        : []
    if (typeof port !== 'string')
      return [`service ${who} has an unnamed port. This is not recommended, See ${REQUIREMENTS}`]
    return parseProtocol(port.split('-')[0]) === 'Sniffed'
      ? [
          `service ${who} port ${JSON.stringify(port)} does not follow the Istio naming convention. See ${REQUIREMENTS}`,
        ]
      : []
  })
}

const NAME_LABELS = ['service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app']
const REVISION_LABELS = ['service.istio.io/canonical-revision', 'app.kubernetes.io/version', 'version']

function labelNotice(object: Json): string {
  const { name, namespace } = objectOf(object['metadata'])
  const labels = objectOf(objectOf(objectOf(objectOf(object['spec'])['template'])['metadata'])['labels'])
  const has = (keys: readonly string[]) => keys.some(key => labels[key] !== undefined)
  if (has(NAME_LABELS) && has(REVISION_LABELS)) return ''
  const map = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  const who = JSON.stringify(`${stringOf(name)}/${stringOf(namespace)}:`)
  return `deployment ${who} may not provide Istio metrics and telemetry labels: map[${map.join(' ')}]. See ${REQUIREMENTS}\n`
}
