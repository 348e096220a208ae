/** `istioctl analyze`: of the cluster, of files, or of the cluster as it would be with the files applied. */
import { readFileSync } from 'node:fs'
import {
  type Command,
  CommandError,
  type Flags,
  type Invocation,
  type Streams,
  USAGE_EXIT,
} from '../../cli/command.ts'
import { indented, type Json } from '../../text/json.ts'
import { type ClusterContext, withCluster } from '../global-flags.ts'
import type { Analyzer } from './analyzer.ts'
import { ANALYZERS } from './analyzers/all.ts'
import { parseSource, readSources, type Source } from './files.ts'
import { parseMesh, readCluster } from './live.ts'
import { CODES, LEVELS, type Level, type Message, originOf, referenceOf, render } from './messages.ts'
import { type Kind, type Resource, ResourceSet } from './resources.ts'
import { type Analysis, runAnalyzers, type Suppression } from './run.ts'

const DOCUMENTATION = 'https://istio.io/v1.32/docs/reference/config/analysis'
const FOUND_ISSUES_EXIT = 79
const DATA_ERROR_EXIT = 65

export const analyze: Command = {
  use: 'analyze <file>...',
  short: 'Analyze Istio configuration and print validation messages',
  long: `Analyze Istio configuration and print validation messages.
For more information about message codes, refer to:
${DOCUMENTATION}`,
  example: `  # Analyze the current live cluster
  istioctl analyze

  # Analyze the current live cluster for a specific revision
  istioctl analyze --revision 1-16

  # Analyze the current live cluster, simulating the effect of applying additional yaml files
  istioctl analyze a.yaml b.yaml my-app-config/

  # Analyze yaml files without connecting to a live cluster
  istioctl analyze --use-kube=false a.yaml b.yaml my-app-config/

  # Analyze the current live cluster and suppress PodMissingProxy for pod mypod in namespace 'testing'.
  istioctl analyze -S "IST0103=Pod mypod.testing"

  # Analyze the current live cluster and suppress PodMissingProxy for all pods in namespace 'testing',
  # and suppress MisplacedAnnotation on deployment foobar in namespace default.
  istioctl analyze -S "IST0103=Pod *.testing" -S "IST0107=Deployment foobar.default"

  # List available analyzers
  istioctl analyze -L
  
  # Run specific analyzer
  istioctl analyze --analyzer "gateway.ConflictingGatewayAnalyzer"`,
  hiddenFlags: ['istioNamespace'],
  flags: [
    { name: 'all-namespaces', short: 'A', type: 'bool', usage: 'Analyze all namespaces' },
    {
      name: 'analyzer',
      type: 'stringArray',
      usage:
        'Select specific analyzers to run. Can be repeated. If not specified, all analyzers are run. (e.g. istioctl analyze --analyzer "gateway.ConflictingGatewayAnalyzer")',
    },
    { name: 'color', type: 'bool', usage: "Default true.  Disable with '=false' or set $TERM to dumb" },
    {
      name: 'failure-threshold',
      type: 'Level',
      default: 'Error',
      usage:
        'The severity level of analysis at which to set a non-zero exit code. Valid values: [Info Warning Error]',
    },
    {
      name: 'ignore-unknown',
      type: 'bool',
      usage:
        "Don't complain about un-parseable input documents, for cases where analyze should run only on k8s compliant inputs.",
    },
    {
      name: 'list-analyzers',
      short: 'L',
      type: 'bool',
      usage: 'List the analyzers available to run. Suppresses normal execution.',
    },
    {
      name: 'meshConfigFile',
      type: 'string',
      usage: 'Overrides the mesh config values to use for analysis.',
    },
    {
      name: 'output',
      short: 'o',
      type: 'string',
      default: 'log',
      usage: 'Output format: one of [log json yaml]',
    },
    {
      name: 'output-threshold',
      type: 'Level',
      default: 'Info',
      usage:
        'The severity level of analysis at which to display messages. Valid values: [Info Warning Error]',
    },
    {
      name: 'recursive',
      short: 'R',
      type: 'bool',
      usage:
        '[Removed: The recursive flag has been removed and is hardcoded to true] Process directory arguments recursively.',
    },
    {
      name: 'remote-contexts',
      type: 'stringArray',
      usage:
        "Kubernetes configuration contexts for remote clusters to be used in multi-cluster analysis. Not to be confused with '--context'. If unspecified, contexts are read from the remote secrets in the cluster.",
    },
    {
      name: 'revision',
      short: 'r',
      type: 'string',
      default: 'default',
      usage: 'analyze a specific revision deployed.',
    },
    {
      name: 'suppress',
      short: 'S',
      type: 'stringArray',
      usage:
        "Suppress reporting a message code on a specific resource. Values are supplied in the form <code>=<resource> (e.g. '--suppress \"IST0102=DestinationRule primary-dr.default\"'). Can be repeated. You can include the wildcard character '*' to support a partial match (e.g. '--suppress \"IST0102=DestinationRule *.default\" ).",
    },
    { name: 'timeout', type: 'duration', default: '30s', usage: 'The duration to wait before failing' },
    {
      name: 'use-kube',
      short: 'k',
      type: 'bool',
      default: 'true',
      usage: 'Use live Kubernetes cluster for analysis. Set --use-kube=false to analyze files only.',
    },
    { name: 'verbose', short: 'v', type: 'bool', usage: 'Enable verbose output' },
  ],
  async run(invocation) {
    const { flags, streams } = invocation
    const output = flags.string('output').toLowerCase()
    if (!['log', 'json', 'yaml'].includes(output))
      throw new CommandError(
        `${output} not a valid option for format. See istioctl analyze --help`,
        USAGE_EXIT,
      )
    if (flags.bool('list-analyzers')) {
      streams.stdout(analyzerList())
      return 0
    }
    if (flags.bool('recursive')) {
      streams.stdout(
        'The recursive flag has been removed and is hardcoded to true without explicitly specifying it.\n',
      )
      return 0
    }
    return flags.bool('use-kube')
      ? withCluster(flags, context => analyzeWith(invocation, output, context))
      : analyzeWith(invocation, output, undefined)
  },
}

async function analyzeWith(
  { args, flags, streams }: Invocation,
  output: string,
  cluster: ClusterContext | undefined,
): Promise<number> {
  const sources = readSources(args, streams.stdin, streams.stderr)
  const namespace = flags.bool('all-namespaces')
    ? undefined
    : flags.string('namespace') || cluster?.namespace || 'default'
  if (cluster && namespace !== undefined && !(await cluster.client.find(`/api/v1/namespaces/${namespace}`))) {
    streams.stderr(`namespace ${JSON.stringify(flags.string('namespace'))} not found\n`)
    return 0
  }
  if (!cluster && sources.length === 0 && args.length === 0)
    throw new CommandError('at least one file and/or Kubernetes source must be provided')
  const target = namespace === undefined ? 'all namespaces' : `namespace: ${namespace}`
  const suppressions = suppressionsOf(flags, streams)
  const parsed = sources.map(source => parseSource(source, namespace ?? ''))
  const problems = parsed.flatMap(({ errors }) => errors)
  if (problems.length > 0) streams.stderr(`Error(s) adding files: ${listed(problems)}`)
  const analyzers = chosenAnalyzers(flags)
  const live = cluster
    ? await readCluster(cluster.client, {
        kinds: kindsOf(analyzers),
        namespace: namespace ?? cluster.namespace,
        istioNamespace: cluster.istioNamespace,
      })
    : undefined
  const resources = resourceSet(
    parsed.flatMap(file => file.resources),
    live,
    flags,
  )
  const analysis = runAnalyzers(resources, { analyzers, namespace, suppressions })
  if (flags.bool('verbose')) streams.stderr(verbose(analysis, target))
  const shown = analysis.messages.filter(({ level }) =>
    isAtLeast(level, thresholdOf(flags, 'output-threshold')),
  )
  streams.stdout(`${await format(shown, output, flags, streams)}\n`)
  if (shown.length === 0) streams.stderr(nothingFound(sources, problems.length, target))
  return exitStatus(analysis.messages, flags, { output, hasProblems: problems.length > 0, target })
}

const kindsOf = (analyzers: readonly Analyzer[]): Kind[] => [
  ...new Set(analyzers.flatMap(({ inputs }) => inputs)),
]

function resourceSet(
  files: readonly Resource[],
  live: { resources: Resource[]; meshConfig: Json } | undefined,
  flags: Flags,
): ResourceSet {
  const file = flags.string('meshConfigFile')
  const meshConfig = file === '' ? (live?.meshConfig ?? {}) : parseMesh(readFileSync(file, 'utf8'))
  return new ResourceSet([...files, ...(live?.resources ?? [])], { meshConfig, isLive: live !== undefined })
}

/** go-multierror's list. */
const listed = (problems: readonly string[]): string =>
  `${problems.length} error${problems.length === 1 ? '' : 's'} occurred:\n${problems.map(problem => `\t* ${problem}\n`).join('')}\n`

function chosenAnalyzers(flags: Flags): readonly Analyzer[] {
  const chosen = ANALYZERS.filter(({ name }) => flags.list('analyzer').includes(name))
  return chosen.length === 0 ? ANALYZERS : chosen
}

function suppressionsOf(flags: Flags, { stderr }: Streams): Suppression[] {
  return flags.list('suppress').map(text => {
    const [code = '', resource, ...rest] = text.split('=')
    if (resource === undefined || rest.length > 0)
      throw new CommandError(`${text} is not a valid suppression value. See istioctl analyze --help`)
    if (!CODES.has(code))
      stderr(
        `Warning: Supplied message code '${code}' is an unknown message code and will not have any effect.\n`,
      )
    return { code, resource }
  })
}

function thresholdOf(flags: Flags, name: string): Level {
  const given = flags.string(name)
  const level = LEVELS.find(candidate => candidate.toLowerCase() === given.toLowerCase())
  if (!level)
    throw new CommandError(
      `invalid argument ${JSON.stringify(given)} for "--${name}" flag: invalid level option`,
      USAGE_EXIT,
    )
  return level
}

const isAtLeast = (level: Level, threshold: Level): boolean =>
  LEVELS.indexOf(level) <= LEVELS.indexOf(threshold)

async function format(
  messages: readonly Message[],
  output: string,
  flags: Flags,
  streams: Streams,
): Promise<string> {
  if (output === 'log') {
    const isDumb = process.env['TERM']?.toLowerCase() === 'dumb'
    const color = flags.isGiven('color') ? flags.bool('color') : streams.stdoutIsTerminal && !isDumb
    return messages.map(one => render(one, color)).join('\n')
  }
  const values = messages.map(machineReadable)
  return output === 'json' ? indented(values, '\t') : (await import('../../text/go-yaml.ts')).toYaml(values)
}

/** Keys in order, as Go writes maps. */
function machineReadable(one: Message): Json {
  const reference = referenceOf(one)
  return {
    code: one.code,
    documentationUrl: `${DOCUMENTATION}/${one.code.toLowerCase()}/?ref=istioctl-analyze`,
    level: one.level,
    message: one.text,
    origin: originOf(one),
    ...(reference === undefined ? {} : { reference }),
  }
}

function verbose({ executed, skipped }: Analysis, target: string): string {
  const list = (title: string, names: readonly string[]) =>
    names.length === 0 ? '' : `${title}:\n${names.map(name => `\t ${name}\n`).join('')}`
  return `Analyzed resources in ${target}\n${list('Skipped analyzers', skipped)}${list('Executed analyzers', executed)}\n`
}

function nothingFound(sources: readonly Source[], problems: number, target: string): string {
  if (problems > 0)
    return `No validation issues found when analyzing ${target} (but ${problems === 1 ? '1 file' : `${problems} files`} could not be parsed).\n`
  const names = sources.map(({ name }) => name)
  if (names.length > 1) return `✔ No validation issues found when analyzing:\n  - ${names.join('\n  - ')}\n`
  return `✔ No validation issues found when analyzing ${names[0] ?? target}.\n`
}

interface Outcome {
  output: string
  hasProblems: boolean
  target: string
}

function exitStatus(
  messages: readonly Message[],
  flags: Flags,
  { output, hasProblems, target }: Outcome,
): number {
  if (output !== 'log') return 0
  const threshold = thresholdOf(flags, 'failure-threshold')
  if (messages.some(({ level }) => isAtLeast(level, threshold)))
    throw new CommandError(
      `Analyzers found issues when analyzing ${target}.\nSee ${DOCUMENTATION} for more information about causes and resolutions.`,
      FOUND_ISSUES_EXIT,
    )
  if (hasProblems && !flags.bool('ignore-unknown'))
    throw new CommandError("Some files couldn't be parsed.", DATA_ERROR_EXIT)
  return 0
}

const analyzerList = (): string =>
  [...ANALYZERS]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, description }) => `* ${name}:\n    ${description}\n`)
    .join('')
