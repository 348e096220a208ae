/** istioctl held against recordings of the real one: its tables of a config dump, its help, its analysis. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { runCommand, type Streams } from '../../sandbox-server/cluster/tools/cli/command.ts'
import { ANALYZERS } from '../../sandbox-server/cluster/tools/istioctl/analyze/analyzers/all.ts'
import { parseSource } from '../../sandbox-server/cluster/tools/istioctl/analyze/files.ts'
import { originOf, render } from '../../sandbox-server/cluster/tools/istioctl/analyze/messages.ts'
import {
  kindOf,
  ResourceSet,
  resourceOf,
} from '../../sandbox-server/cluster/tools/istioctl/analyze/resources.ts'
import { runAnalyzers } from '../../sandbox-server/cluster/tools/istioctl/analyze/run.ts'
import { istioctl } from '../../sandbox-server/cluster/tools/istioctl/root.ts'
import { objectOf, stringOf } from '../../sandbox-server/cluster/tools/text/json.ts'

const RECORDINGS = join(import.meta.dirname, 'recordings', 'istioctl')
const recording = (name: string): string => readFileSync(join(RECORDINGS, name), 'utf8')
const dump = gunzipSync(readFileSync(join(RECORDINGS, 'configdump.json.gz'))).toString()

async function run(command: string): Promise<string> {
  let stdout = ''
  const streams: Streams = {
    stdout: text => {
      stdout += text
    },
    stderr: text => {
      stdout += text
    },
    stdin: () => dump,
    readLine: () => undefined,
    stdoutIsTerminal: false,
  }
  await runCommand(istioctl, command.split(' '), streams)
  return stdout
}

describe('proxy-config of a recorded config dump', () => {
  test.each([
    ['proxy-config all --file -', 'all.txt'],
    ['pc bootstrap -f -', 'bootstrap.txt'],
    ['pc clusters -f -', 'clusters.txt'],
    ['pc c -f - --fqdn reviews.default.svc.cluster.local', 'clusters-fqdn-reviews.txt'],
    ['pc endpoints --file -', 'endpoints.txt'],
    ['pc listeners -f -', 'listeners.txt'],
    ['pc l -f - --port 9080 -o json', 'listeners-port-9080.json'],
    ['pc routes -f -', 'routes.txt'],
    ['pc r -f - --name=9080', 'routes-name-9080.txt'],
    ['pc route -f - --name 9080 -oyaml', 'routes-name-9080.yaml'],
    ['pc secret -f -', 'secret.txt'],
  ])('%s prints %s', async (command, name) => {
    expect(await run(command)).toBe(recording(name))
  })
})

test.each([
  ['--help', 'help.txt'],
  ['analyze --help', 'help-analyze.txt'],
  ['experimental --help', 'help-experimental.txt'],
  ['help kube-inject', 'help-kube-inject.txt'],
  ['proxy-config -h', 'help-proxy-config.txt'],
  ['proxy-status --help', 'help-proxy-status.txt'],
  ['validate --help', 'help-validate.txt'],
])('%s prints %s', async (command, name) => {
  expect(await run(command)).toBe(recording(name))
})

interface AnalysisSet {
  id: string
  yaml: string
  text: string
  messages: { code: string; level: string; message: string; origin: string }[]
}

const { sets }: { sets: AnalysisSet[] } = JSON.parse(recording('analyze.json'))

/** As it was recorded: what is Kubernetes' own in a cluster, what is Istio's in the file, under its first line. */
function parts(yaml: string): { cluster: unknown[]; file: string } {
  const [comment = '', ...rest] = yaml.split('\n')
  const documents = rest.join('\n').split(/^---\n/m)
  const isIstio = (document: string) => /^apiVersion: \S*istio\.io\//m.test(document)
  return {
    cluster: documents
      .filter(document => !isIstio(document))
      .flatMap(document => parseAllDocuments(document).map(parsed => parsed.toJS())),
    file: `${comment}\n${documents.filter(isIstio).join('---\n')}`,
  }
}

describe('analyze', () => {
  test.each(sets)('$id', ({ yaml, text, messages }) => {
    const { cluster, file } = parts(yaml)
    const live = cluster.flatMap(value => {
      const object = objectOf(value)
      const kind = kindOf(stringOf(object['apiVersion']), stringOf(object['kind']))
      return kind === undefined ? [] : [resourceOf(kind, object, 'default')]
    })
    const { resources } = parseSource({ name: 'input.yaml', text: file }, 'default')
    const set = new ResourceSet([...resources, ...live], { meshConfig: {}, isLive: true })
    const found = runAnalyzers(set, { analyzers: ANALYZERS, suppressions: [] }).messages
    expect(
      found.map(one => ({ code: one.code, level: one.level, message: one.text, origin: originOf(one) })),
    ).toEqual(messages)
    expect(found.map(one => render(one, false)).join('\n')).toBe(text.trimEnd())
  })
})

test('analyze skips what needs a cluster when there is none', () => {
  const set = new ResourceSet([], { meshConfig: {}, isLive: false })
  const { skipped } = runAnalyzers(set, { analyzers: ANALYZERS, suppressions: [] })
  expect(skipped).toContain('virtualservice.DestinationHostAnalyzer')
  expect(skipped).not.toContain('virtualservice.GatewayAnalyzer')
})
