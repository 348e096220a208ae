/** What the commands of `istioctl proxy-config` have in common: flags, filters, examples, output. */
import type { Flags, Invocation } from '../../cli/command.ts'
import type { Flag } from '../../cli/flags.ts'
import { indented } from '../../text/json.ts'
import type { EndpointFilter } from './endpoints.ts'
import type { ListenerFilter } from './listeners.ts'
import { outputFormat } from './source.ts'

export const output = (fallback: string): Flag => ({
  name: 'output',
  short: 'o',
  type: 'string',
  default: fallback,
  usage: 'Output format: one of json|yaml|short',
})
export const FILE: Flag = { name: 'file', short: 'f', type: 'string', usage: 'Envoy config dump JSON file' }
export const VERBOSE: Flag = {
  name: 'verbose',
  type: 'bool',
  default: 'true',
  usage: 'Output more information',
}

export const text = (name: string, usage: string): Flag => ({ name, type: 'string', usage })
export const number = (name: string, usage: string): Flag => ({ name, type: 'int', usage })

/** `-o json` and `-o yaml` of what was selected; the table otherwise. */
export async function print(
  { flags, streams }: Invocation,
  select: () => unknown,
  table: (selected: unknown) => string,
): Promise<number> {
  const format = outputFormat(flags)
  const selected = select()
  if (format === 'short') streams.stdout(table(selected))
  else if (format === 'json') streams.stdout(`${jsonText(selected)}\n`)
  else streams.stdout(`${(await import('../../text/go-yaml.ts')).toYaml(selected)}\n`)
  return 0
}

/** protobuf's printer leaves a line in an empty message. */
export function jsonText(selected: unknown): string {
  const text = indented(selected, '    ')
  return text === '{}' ? '{\n\n}' : text
}

export const clusterFilter = (flags: Flags) => ({
  fqdn: flags.string('fqdn'),
  port: flags.number('port'),
  subset: flags.string('subset'),
  direction: flags.string('direction'),
})
export const listenerFilter = (flags: Flags): ListenerFilter => ({
  address: flags.string('address'),
  port: flags.number('port'),
  type: flags.string('type'),
  verbose: flags.bool('verbose'),
})
export const endpointFilter = (flags: Flags): EndpointFilter => ({
  address: flags.string('address'),
  port: flags.number('port'),
  cluster: flags.string('cluster'),
  status: flags.string('status'),
})

export const examples = (plural: string, ...more: string[]): string =>
  [
    `  # Retrieve summary about ${plural.replace(/s$/, '')} configuration for a given pod from Envoy.
  istioctl proxy-config ${plural} <pod-name[.namespace]>`,
    `  # Retrieve summary about ${plural.replace(/s$/, '')} configuration for a pod under a deployment from Envoy.
  istioctl proxy-config ${plural} deployment/<deployment-name[.namespace]>`,
    ...more,
    `  # Retrieve ${plural.replace(/s$/, '')} summary without using Kubernetes API
  ssh <user@hostname> 'curl localhost:15000/config_dump' > envoy-config.json
  istioctl proxy-config ${plural} --file envoy-config.json
`,
  ].join('\n\n')
