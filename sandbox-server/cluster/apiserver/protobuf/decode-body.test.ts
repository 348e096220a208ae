import { describe, expect, it } from 'vitest'
import { StatusError } from '../status.ts'
import { decodeProtobufBody, decodeProtobufDeleteOptions } from './decode-body.ts'
import { body, delimited, number } from './testing/encode.ts'
import { KUBECTL_BODIES } from './testing/kubectl-bodies.ts'

const DEPLOYMENT = { kind: { kind: 'Deployment', group: 'apps' }, version: 'v1' }

function refusal(decode: () => unknown): string {
  try {
    decode()
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`
    throw error
  }
  return 'not refused'
}

const refusedBody = (bytes: Buffer): string => refusal(() => decodeProtobufBody(bytes, DEPLOYMENT))

describe('bodies of kubectl', () => {
  it.each(KUBECTL_BODIES)('$command sends what it prints', ({ base64, object }) => {
    expect(decodeProtobufBody(Buffer.from(base64, 'base64'), DEPLOYMENT)).toEqual(object)
  })
})

describe('a body that is not what it should be', () => {
  it('is shown by its first bytes when it is no protobuf', () => {
    const start = '400 the object provided is unrecognized (must be of type Deployment): '
    const prefix = 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]'
    expect(refusedBody(Buffer.alloc(0))).toBe(`${start}empty data (<empty>)`)
    expect(refusedBody(Buffer.from('{"kind":"Deployment"}'))).toBe(
      `${start}${prefix} ({"kind":"Deployment"})`,
    )
    expect(refusedBody(Buffer.alloc(31, 1))).toBe(`${start}${prefix} (${'01'.repeat(30)} ...)`)
    expect(refusedBody(Buffer.from('k8s\0'))).toBe(`${start}empty body (6b387300)`)
    expect(refusedBody(Buffer.from('k8s\0\x0a'))).toBe(`${start}unexpected EOF (6b3873000a)`)
  })

  it('is named by its kind once that is known', () => {
    const start = '400 Deployment in version "v1" cannot be handled as a Deployment: '
    expect(refusedBody(body('apps/v1', 'Deployment', number(1, 1)))).toBe(
      `${start}proto: wrong wireType = 0 for field ObjectMeta`,
    )
    expect(refusedBody(body('apps/v1', 'Teapot'))).toBe(
      '400 Teapot in version "v1" cannot be handled as a Deployment: no kind "Teapot" is registered for version "apps/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    )
  })

  it('is what the path expects when it does not say', () => {
    expect(decodeProtobufBody(body('', '', delimited(1, delimited(1, 'web'))), DEPLOYMENT)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
    })
  })

  it('cannot be a custom object', () => {
    const custom = { kind: { kind: 'Gateway', group: 'networking.istio.io', custom: true }, version: 'v1' }
    expect(refusal(() => decodeProtobufBody(body('networking.istio.io/v1', 'Gateway'), custom))).toBe(
      '400 Gateway in version "v1" cannot be handled as a Gateway: object *unstructured.Unstructured does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message',
    )
  })
})

describe("a deletion's options", () => {
  it('may come under any group', () => {
    const options = [
      number(1, 0),
      delimited(2, delimited(1, 'uid-1')),
      delimited(4, 'Orphan'),
      delimited(5, 'All'),
    ]
    for (const version of ['v1', 'apps/v1', 'meta.k8s.io/v1']) {
      expect(decodeProtobufDeleteOptions(body(version, 'DeleteOptions', ...options))).toEqual({
        gracePeriodSeconds: 0,
        preconditions: { uid: 'uid-1' },
        propagationPolicy: 'Orphan',
        dryRun: ['All'],
      })
    }
  })

  it('are refused when they are something else', () => {
    expect(refusal(() => decodeProtobufDeleteOptions(body('v1', 'Pod')))).toBe(
      '400 decoded object cannot be converted to DeleteOptions',
    )
    expect(refusal(() => decodeProtobufDeleteOptions(Buffer.from('{}')))).toMatch(
      /^400 provided data does not/,
    )
  })
})
