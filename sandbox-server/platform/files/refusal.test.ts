import { expect, test } from 'vitest'
import { refusalsOf, wayOf } from './refusal.ts'

test.each([
  ['spec.http[0].match', ['spec', 'http', 0, 'match']],
  ['metadata.labels[app.kubernetes.io/name]', ['metadata', 'labels', 'app.kubernetes.io/name']],
  [
    'spec.template.spec.containers[1].ports[0].name',
    ['spec', 'template', 'spec', 'containers', 1, 'ports', 0, 'name'],
  ],
  ['', []],
])('%s is a way into the object', (field, way) => {
  expect(wayOf(field)).toEqual(way)
})

test('causes are told one by one, without the remark that others were not looked for', () => {
  const status = {
    details: {
      causes: [
        { field: 'spec.ports[0].port', message: 'Invalid value: 0' },
        { field: '<nil>', message: 'some validation rules were not checked' },
      ],
    },
  }
  expect(refusalsOf(status, 'x is invalid')).toEqual([
    { way: ['spec', 'ports', 0, 'port'], message: 'spec.ports[0].port: Invalid value: 0' },
  ])
})

test('without causes the message says where, if it does', () => {
  const of = (message: string) => refusalsOf({}, message)[0]?.way
  expect(of('strict decoding error: unknown field "spec.htttp"')).toEqual(['spec', 'htttp'])
  expect(of('Service "x" is invalid: spec.ports: Required value')).toEqual(['spec', 'ports'])
  expect(of('admission webhook "v" denied the request: weight must be positive')).toEqual([])
})
