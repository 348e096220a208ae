import { describe, expect, test } from 'vitest'
import { extractSchema, type ProtobufSchema } from './descriptors.ts'
import { MessageEncoder } from './encode.ts'
import { readFields, WireWriter } from './wire.ts'

const MESSAGE = 11
const schema: ProtobufSchema = {
  messages: {
    'test.Thing': [
      ['name', 1, 9, 0],
      ['some_numbers', 2, 13, 1],
      ['inner', 3, MESSAGE, 0, 'test.Thing'],
      ['color', 4, 14, 0, 'test.Color'],
      ['labels', 5, MESSAGE, 1, 'test.Thing.LabelsEntry'],
      ['timeout', 6, MESSAGE, 0, 'google.protobuf.Duration'],
      ['limit', 7, MESSAGE, 0, 'google.protobuf.UInt32Value'],
      ['any', 8, MESSAGE, 0, 'google.protobuf.Any'],
      ['big', 9, 3, 0],
      ['ratio', 10, 1, 0],
      ['raw', 11, 12, 0],
      ['meta', 12, MESSAGE, 0, 'google.protobuf.Struct'],
    ],
    'test.Thing.LabelsEntry': [
      ['key', 1, 9, 0],
      ['value', 2, 9, 0],
    ],
  },
  mapEntries: ['test.Thing.LabelsEntry'],
  enums: { 'test.Color': { RED: 0, BLUE: 2 } },
}
const encode = (json: Record<string, unknown>) => new MessageEncoder(schema).encode('test.Thing', json)
const fields = (bytes: Buffer) => [...readFields(bytes)]
const only = (bytes: Buffer) => {
  const [field] = fields(bytes)
  if (!field) throw new Error('no field was written')
  return field
}

describe('proto3 JSON becomes protobuf', () => {
  test('field names in camelCase and snake_case are the same', () => {
    expect(encode({ someNumbers: [1, 300] })).toEqual(encode({ some_numbers: [1, 300] }))
    expect([...only(encode({ someNumbers: [1, 300] })).bytes]).toEqual([1, 0xac, 2])
  })

  test('nested messages', () => {
    const inner = only(encode({ inner: { name: 'x' } }))
    expect(inner.number).toBe(3)
    expect(only(inner.bytes).bytes.toString()).toBe('x')
  })

  test('enums by name and by number', () => {
    expect(only(encode({ color: 'BLUE' })).value).toBe(2)
    expect(only(encode({ color: 7 })).value).toBe(7)
  })

  test('maps', () => {
    const entries = fields(encode({ labels: { a: '1', b: '2' } })).map(({ bytes }) =>
      fields(bytes).map(part => part.bytes.toString()),
    )
    expect(entries).toEqual([
      ['a', '1'],
      ['b', '2'],
    ])
  })

  test.each([
    ['1.5s', [1, 500_000_000]],
    ['3600s', [3600]],
    ['0s', [0]],
  ])('the duration %s', (text, parts) => {
    expect(fields(only(encode({ timeout: text })).bytes).map(({ value }) => value)).toEqual(parts)
  })

  test('wrapped numbers are written plainly', () => {
    expect(only(only(encode({ limit: 5 })).bytes).value).toBe(5)
  })

  test('an Any holds the encoded message of its type', () => {
    const [url, value] = fields(
      only(encode({ any: { '@type': 'type.googleapis.com/test.Thing', name: 'y' } })).bytes,
    )
    expect(url?.bytes.toString()).toBe('type.googleapis.com/test.Thing')
    expect(only(value?.bytes ?? Buffer.alloc(0)).bytes.toString()).toBe('y')
  })

  test('64-bit numbers may be strings, also negative', () => {
    expect([...encode({ big: '-1' })]).toEqual([0x48, ...Array(9).fill(0xff), 1])
  })

  test('null means absent', () => {
    expect(encode({ name: null })).toHaveLength(0)
  })

  test.each([
    [{ nane: 'x' }, 'no such field: nane in test.Thing'],
    [{ inner: { color: 'GREEN' } }, 'inner.color: invalid value "GREEN" for enum test.Color'],
    [{ inner: { timeout: 'soon' } }, 'inner.timeout: expected a duration such as "1.5s", not "soon"'],
    [{ someNumbers: 1 }, 'someNumbers: expected a list'],
    [{ any: { '@type': 'type.googleapis.com/test.Missing' } }, 'any: unknown message type test.Missing'],
  ])('%j is refused with the place', (json, message) => {
    expect(() => encode(json)).toThrow(message)
  })
})

test('descriptors are found inside other bytes and condensed', () => {
  const field = (name: string, number: number, type: number, label: number) => {
    const out = new WireWriter()
    out.stringField(1, name)
    for (const [key, value] of [
      [3, number],
      [4, label],
      [5, type],
    ] as const) {
      out.tag(key, 0)
      out.varint(value)
    }
    return out.finish()
  }
  const message = new WireWriter()
  message.stringField(1, 'Route')
  message.bytesField(2, field('prefix_rewrite', 5, 9, 1))
  message.bytesField(2, field('codes', 6, 13, 3))
  const file = new WireWriter()
  file.stringField(1, 'envoy/config/test/v3/test.proto')
  file.stringField(2, 'envoy.config.test.v3')
  file.bytesField(4, message.finish())
  const executable = Buffer.concat([Buffer.from('\x7fELF some.proto text'), file.finish(), Buffer.alloc(64)])
  expect(extractSchema(executable).messages).toEqual({
    'envoy.config.test.v3.Route': [
      ['prefix_rewrite', 5, 9, 0],
      ['codes', 6, 13, 1],
    ],
  })
})
