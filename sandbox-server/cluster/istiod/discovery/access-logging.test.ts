import { expect, test } from 'vitest'
import type { ApiObject } from '../../apiserver/api.ts'
import { DEFAULT_JSON_FORMAT, DEFAULT_TEXT_FORMAT } from './access-log-formats.ts'
import { AccessLogging } from './access-logging.ts'

const object = (
  kind: string,
  namespace: string,
  name: string,
  spec: unknown,
  labels?: Record<string, string>,
): ApiObject => ({
  apiVersion: 'telemetry.istio.io/v1',
  kind,
  metadata: {
    namespace,
    name,
    labels,
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec,
})
const pod = object('Pod', 'default', 'sleep', {}, { app: 'sleep' })
const telemetry = (namespace: string, ...accessLogging: unknown[]) =>
  object('Telemetry', namespace, 'mesh', { accessLogging })
const logs = (mesh: string | undefined, ...telemetries: ApiObject[]) =>
  new AccessLogging(mesh, telemetries).of(pod)
const envoy = { providers: [{ name: 'envoy' }] }
const text = { format: DEFAULT_TEXT_FORMAT, filterExpression: undefined }

test('nothing is logged by default', () => {
  expect(logs(undefined)).toEqual({ inbound: [], outbound: [] })
})

test('accessLogFile turns logs on in both directions', () => {
  expect(logs('accessLogFile: /dev/stdout')).toEqual({ inbound: [text], outbound: [text] })
})

test('accessLogEncoding JSON has its own default format', () => {
  expect(logs('{accessLogFile: /dev/stdout, accessLogEncoding: JSON}').inbound[0]?.format).toEqual(
    DEFAULT_JSON_FORMAT,
  )
})

test("accessLogFormat is the mesh's own, ended by a newline", () => {
  expect(logs('{accessLogFile: /dev/stdout, accessLogFormat: "%PROTOCOL%"}').inbound[0]?.format).toBe(
    '%PROTOCOL%\n',
  )
})

test('Telemetry of the root namespace turns logs on without mesh configuration', () => {
  expect(logs(undefined, telemetry('istio-system', envoy))).toEqual({ inbound: [text], outbound: [text] })
})

test('Telemetry of a namespace turns off what the mesh turned on', () => {
  expect(logs('accessLogFile: /dev/stdout', telemetry('default', { disabled: true }))).toEqual({
    inbound: [],
    outbound: [],
  })
})

test('Telemetry of another namespace or workload says nothing to this pod', () => {
  const elsewhere = telemetry('shop', envoy)
  const other = object('Telemetry', 'default', 'other', {
    selector: { matchLabels: { app: 'other' } },
    accessLogging: [envoy],
  })
  expect(logs(undefined, elsewhere, other)).toEqual({ inbound: [], outbound: [] })
})

test('the mode of a rule chooses the direction, its filter the requests', () => {
  const rule = { ...envoy, match: { mode: 'CLIENT' }, filter: { expression: 'response.code >= 500' } }
  expect(logs(undefined, telemetry('default', rule))).toEqual({
    inbound: [],
    outbound: [{ ...text, filterExpression: 'response.code >= 500' }],
  })
})

test("a provider of the mesh configuration's own has its own format", () => {
  const mesh =
    'extensionProviders: [{name: mine, envoyFileAccessLog: {path: /dev/stdout, logFormat: {labels: {code: "%RESPONSE_CODE%"}}}}]'
  expect(logs(mesh, telemetry('default', { providers: [{ name: 'mine' }] })).inbound).toEqual([
    { format: { code: '%RESPONSE_CODE%' }, filterExpression: undefined },
  ])
})
