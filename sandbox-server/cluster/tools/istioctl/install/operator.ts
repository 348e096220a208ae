/** An IstioOperator's spec, put together from files and `--set`, and what of it this installation can be made to be. */
import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { type Customization, overlaid } from '../../../istiod/installation/customization.ts'
import { PROFILES, type ProfileName } from '../../../istiod/installation/profile.ts'
import { ISTIO_VERSION } from '../../../istiod/version.ts'
import { CommandError } from '../../cli/command.ts'
import { isRecord } from '../../kube/client.ts'
import { applySet } from './set-flag.ts'

export interface WantedInstallation {
  profile: ProfileName
  customization: Customization
}

interface Inputs {
  files: readonly string[]
  sets: readonly string[]
  stdin(): string
}

/** Throws CommandError for what cannot be read or is not to be had here. */
export function wantedInstallation(inputs: Inputs): WantedInstallation {
  let spec: Record<string, unknown> = {}
  for (const file of inputs.files) spec = { ...overlaid(spec, specOf(file, inputs)) }
  for (const flag of inputs.sets) applySet(spec, flag.replace(/^spec\./, ''))
  return { profile: profileOf(spec['profile']), customization: customizationOf(spec) }
}

function specOf(file: string, { stdin }: Inputs): Record<string, unknown> {
  const text = file === '-' ? stdin() : readFileSync(file, 'utf8')
  const documents = parseAllDocuments(text).map(document => {
    const [problem] = document.errors
    if (problem) throw new CommandError(`could not unmarshal ${file}: ${problem.message.split('\n')[0]}`)
    return document.toJS() as unknown
  })
  const operator = documents.filter(isRecord).find(({ kind }) => kind === 'IstioOperator')
  if (!operator)
    throw new CommandError(`${file} has no IstioOperator (apiVersion: install.istio.io/v1alpha1) in it`)
  return isRecord(operator['spec']) ? operator['spec'] : {}
}

function profileOf(name: unknown): ProfileName {
  const wanted = name === undefined || name === '' ? 'default' : String(name)
  const found = profileNames().find(profile => profile === wanted)
  if (found) return found
  throw new CommandError(
    `profile ${JSON.stringify(wanted)} is not to be had here; there are ${profileNames().join(', ')}`,
  )
}

export const profileNames = (): ProfileName[] =>
  Object.values(PROFILES)
    .map(({ name }) => name)
    .sort()

/** Told with every refusal: what can be chosen. */
const CHOICES = [
  'profile',
  'meshConfig.*',
  'values.global.proxy.*',
  'values.pilot.env.*',
  'components.ingressGateways[0].enabled',
  'components.egressGateways[0].enabled',
]
/** Said of this very installation, so nothing changes. */
const FACTS: Readonly<Record<string, string>> = {
  namespace: 'istio-system',
  tag: ISTIO_VERSION,
  hub: 'docker.io/istio',
  'values.global.istioNamespace': 'istio-system',
  'components.base.enabled': 'true',
  'components.pilot.enabled': 'true',
}

function customizationOf(spec: Record<string, unknown>): Customization {
  const { meshConfig = {}, values = {}, components = {}, profile: _profile, ...others } = spec
  const { global: globals, pilot, meshConfig: meshValues, ...otherValues } = recordOf(values)
  const { proxy, ...otherGlobals } = recordOf(globals)
  const { env, ...otherPilot } = recordOf(pilot)
  const { ingressGateways, egressGateways, ...otherComponents } = recordOf(components)
  const leftOver = {
    ...others,
    values: { ...otherValues, global: otherGlobals, pilot: otherPilot },
    components: otherComponents,
  }
  const [unknown] = leavesOf(leftOver).filter(([path, value]) => FACTS[path] !== String(value))
  if (unknown) {
    throw new CommandError(
      `${unknown[0]} cannot be set here: this cluster brings its own Istio ${ISTIO_VERSION}. What can be chosen: ${CHOICES.join(', ')}`,
    )
  }
  return {
    mesh: overlaid(recordOf(meshValues), recordOf(meshConfig)),
    proxy: recordOf(proxy),
    pilotEnv: Object.fromEntries(Object.entries(recordOf(env)).map(([name, value]) => [name, String(value)])),
    ingressGateway: gateway('ingressGateways', 'istio-ingressgateway', ingressGateways),
    egressGateway: gateway('egressGateways', 'istio-egressgateway', egressGateways),
  }
}

const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})

/** Whether the gateway is enabled; undefined when nothing is said. */
function gateway(list: string, name: string, value: unknown): boolean | undefined {
  if (value === undefined) return undefined
  const [first, ...others] = Array.isArray(value) ? value.map(recordOf) : []
  const { enabled, name: called = name, ...rest } = first ?? {}
  const further = [...leavesOf(rest), ...others.flatMap(other => leavesOf(other))]
  if (called !== name || further.length > 0) {
    throw new CommandError(
      `components.${list}: there is ${name} alone, and only its \`enabled\` can be set; apply a Deployment of your own with inject.istio.io/templates: gateway for another gateway`,
    )
  }
  return enabled === undefined ? undefined : enabled === true
}

/** Path and value of everything that is set. */
function leavesOf(value: unknown, path = ''): [string, unknown][] {
  if (isRecord(value))
    return Object.entries(value).flatMap(([key, inner]) =>
      leavesOf(inner, path === '' ? key : `${path}.${key}`),
    )
  return [[path, value]]
}
