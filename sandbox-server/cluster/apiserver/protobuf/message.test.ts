import { describe, expect, it } from 'vitest'
import { decodeMessage } from './message.ts'
import { delimited, double, entry, number, varint } from './testing/encode.ts'

const decode = (type: string, ...fields: readonly Buffer[]): unknown =>
  decodeMessage(type, Buffer.concat(fields))
const metadata = (...fields: readonly Buffer[]): unknown => decode('meta.ObjectMeta', ...fields)

describe('a message as JSON', () => {
  it('keeps a pointer to zero and drops a plain zero', () => {
    const spec = [number(1, 0), number(5, 0), number(7, false)]
    expect(decode('apps.DeploymentSpec', ...spec)).toMatchObject({ replicas: 0 })
    expect(decode('apps.DeploymentSpec', ...spec)).not.toHaveProperty('minReadySeconds')
    expect(decode('apps.DeploymentSpec', ...spec)).not.toHaveProperty('paused')
    expect(decode('core.ServiceAccount', number(4, false))).toEqual({ automountServiceAccountToken: false })
  })

  it('writes fields without omitempty, there or not', () => {
    expect(decode('rbac.Role')).toEqual({ rules: null })
    expect(decode('core.KeyToPath', delimited(1, 'k'))).toEqual({ key: 'k', path: '' })
    expect(decode('core.GRPCAction')).toEqual({ port: 0, service: null })
  })

  it('lets the last of several scalars win, also when it is zero', () => {
    expect(metadata(delimited(1, 'first'), delimited(1, 'last'))).toEqual({ name: 'last' })
    expect(metadata(delimited(1, 'first'), delimited(1, ''))).toEqual({})
  })

  it('merges a message that comes in parts', () => {
    const parts = [delimited(1, delimited(1, 'a')), delimited(1, delimited(3, 'shop'))]
    expect(decode('core.ConfigMap', ...parts)).toEqual({ metadata: { name: 'a', namespace: 'shop' } })
  })

  it('puts the fields of an inlined message into its parent', () => {
    const source = delimited(19, delimited(1, delimited(1, 'settings')), number(4, true))
    expect(decode('core.Volume', delimited(1, 'v'), delimited(2, source))).toEqual({
      name: 'v',
      configMap: { name: 'settings', optional: true },
    })
  })

  it('reads maps of texts, bytes and quantities, an entry without a value included', () => {
    expect(decode('core.ConfigMap', entry(2, 'a', 'b'), delimited(2, delimited(1, 'empty')))).toEqual({
      data: { a: 'b', empty: '' },
    })
    expect(decode('core.Secret', entry(2, 'key', Buffer.from([0xff, 0])))).toEqual({ data: { key: '/wA=' } })
    expect(decode('core.ResourceQuotaSpec', entry(1, 'cpu', delimited(1, '1500m')))).toEqual({
      hard: { cpu: '1500m' },
    })
  })

  it('keeps a key called __proto__ an ordinary key', () => {
    const { data } = decodeMessage('core.ConfigMap', entry(2, '__proto__', 'b'))
    expect(Object.entries(data ?? {})).toEqual([['__proto__', 'b']])
    expect({}).not.toHaveProperty('b')
  })

  it('reads numbers or texts by their type', () => {
    const port = (...fields: readonly Buffer[]): unknown =>
      decode('core.ServicePort', delimited(4, ...fields))
    expect(port(number(1, 0), number(2, 8080), delimited(3, ''))).toMatchObject({ targetPort: 8080 })
    expect(port(number(1, 1), number(2, 0), delimited(3, 'http'))).toMatchObject({ targetPort: 'http' })
    expect(port()).toMatchObject({ targetPort: 0 })
    expect(() => port(number(1, 2))).toThrow('impossible IntOrString.Type')
  })

  it('reads numbers below zero and cuts them to their size', () => {
    expect(decode('core.PodSecurityContext', number(2, -1), number(4, 1000), number(4, 2000))).toEqual({
      runAsUser: -1,
      supplementalGroups: [1000, 2000],
    })
    expect(decode('autoscaling.ScaleSpec', number(1, 2n ** 32n + 7n))).toEqual({ replicas: 7 })
  })

  it('reads packed numbers', () => {
    expect(decode('core.PodSecurityContext', delimited(4, varint(1), varint(300)))).toEqual({
      supplementalGroups: [1, 300],
    })
  })

  it('passes over fields that nobody knows', () => {
    const unknown = [number(900, 1), delimited(901, 'x'), double(902, 1)]
    expect(metadata(...unknown, delimited(1, 'a'), ...unknown)).toEqual({ name: 'a' })
  })
})

describe('times', () => {
  const created = (...fields: readonly Buffer[]): unknown => metadata(delimited(8, ...fields))

  it('become RFC 3339 with whole seconds', () => {
    expect(created(number(1, 1_700_000_000), number(2, 987_654_321))).toEqual({
      creationTimestamp: '2023-11-14T22:13:20Z',
    })
    expect(created(number(1, -1), number(2, 0))).toEqual({ creationTimestamp: '1969-12-31T23:59:59Z' })
  })

  it('are absent when they are zero', () => {
    expect(created()).toEqual({})
    expect(created(number(1, -62_135_596_800))).toEqual({})
    expect(created(number(1, 0), number(2, 0))).toEqual({ creationTimestamp: '1970-01-01T00:00:00Z' })
  })

  it('keep their microseconds in leases', () => {
    const renewed = delimited(4, number(1, 1_700_000_000), number(2, 1_234_999))
    expect(decode('coordination.LeaseSpec', renewed)).toEqual({ renewTime: '2023-11-14T22:13:20.001234Z' })
  })

  it('are refused beyond the year 9999', () => {
    expect(() => created(number(1, 2n ** 62n))).toThrow('year outside of range')
  })
})

describe('messages that JSON writes as something else', () => {
  const schema = (...fields: readonly Buffer[]): unknown => decode('apiextensions.JSONSchemaProps', ...fields)

  it('are lists of texts, for what authenticators add to a user', () => {
    const extra = entry(5, 'scopes', delimited(1, 'a'), delimited(1, 'b'))
    expect(decode('authorization.SubjectAccessReviewSpec', extra)).toEqual({ extra: { scopes: ['a', 'b'] } })
  })

  it('are a schema, a list of schemas, or true and false', () => {
    const text = delimited(1, delimited(5, 'string'))
    expect(schema(delimited(24, text))).toEqual({ items: { type: 'string' } })
    expect(schema(delimited(24, delimited(2, delimited(5, 'string')), delimited(2)))).toEqual({
      items: [{ type: 'string' }, {}],
    })
    expect(schema(delimited(30, number(1, true)))).toEqual({ additionalProperties: true })
    expect(schema(delimited(30, number(1, false)))).toEqual({ additionalProperties: false })
    expect(schema(delimited(30, number(1, true), delimited(2, delimited(5, 'object'))))).toEqual({
      additionalProperties: { type: 'object' },
    })
  })

  it('are JSON that travels as text', () => {
    expect(schema(delimited(8, delimited(1, '{"a":[1,null]}')), double(9, 1.5))).toEqual({
      default: { a: [1, null] },
      maximum: 1.5,
    })
    expect(schema(delimited(20, delimited(1, '"x"')), delimited(20, delimited(1, '1')))).toEqual({
      enum: ['x', 1],
    })
    expect(() => schema(delimited(8, delimited(1, '{')))).toThrow('unexpected end of JSON input')
  })

  it('have names in JSON that protobuf cannot have', () => {
    expect(schema(delimited(3, '#/x'), number(38, true), delimited(42, 'map'))).toEqual({
      $ref: '#/x',
      'x-kubernetes-preserve-unknown-fields': true,
      'x-kubernetes-list-type': 'map',
    })
  })
})

describe('malformed messages are refused as Go does', () => {
  const cases: readonly [string, Buffer, string][] = [
    ['a number where a text belongs', number(1, 1), 'proto: wrong wireType = 0 for field Name'],
    ['a text where a message belongs', number(8, 1), 'proto: wrong wireType = 0 for field CreationTimestamp'],
    ['an end before the value', Buffer.from([0x0a]), 'unexpected EOF'],
    ['a length beyond the end', Buffer.from([0x0a, 5, 0x61]), 'unexpected EOF'],
    ['a length below zero', Buffer.concat([Buffer.from([0x0a]), varint(-1)]), 'negative length found'],
    ['a number of more than ten bytes', Buffer.alloc(12, 0xff), 'proto: integer overflow'],
    ['a field number of zero', Buffer.from([0]), 'proto: ObjectMeta: illegal tag 0 (wire type 0)'],
    ['an end of a group', Buffer.from([0x0c]), 'proto: ObjectMeta: wiretype end group for non-group'],
    ['a wire type of seven', Buffer.from([0xff, 0x06]), 'proto: illegal wireType 7'],
    ['a group that never ends', Buffer.from([0xfb, 0x06, 0x08, 0x01]), 'unexpected EOF'],
  ]
  it.each(cases)('%s', (_name, bytes, message) => {
    expect(() => decodeMessage('meta.ObjectMeta', bytes)).toThrow(message)
  })

  it('a group of unknown fields is passed over as a whole', () => {
    const group = Buffer.concat([
      Buffer.from([0xfb, 0x06]),
      number(1, 5),
      delimited(2, 'x'),
      Buffer.from([0xfc, 0x06]),
    ])
    expect(metadata(group, delimited(1, 'a'))).toEqual({ name: 'a' })
  })

  it('nesting without end does not exhaust the stack', () => {
    let nested: Buffer = Buffer.alloc(0)
    for (let level = 0; level < 2_000; level++) nested = delimited(28, nested)
    expect(() => decodeMessage('apiextensions.JSONSchemaProps', nested)).toThrow('exceeded max depth')
  })
})
