import { expect, test } from 'vitest'
import { goJson, internalForm, internalTemplate } from './internal-form.ts'

test('names fields as Go does, with null, false and zero where nothing was said', () => {
  expect(goJson(internalForm('ContainerPort', { containerPort: 80, protocol: 'TCP' }))).toBe(
    '{"Name":"","HostPort":0,"ContainerPort":80,"Protocol":"TCP","HostIP":""}',
  )
  expect(goJson(internalForm('Volume', { name: 'v', emptyDir: {} }))).toMatch(
    /^{"Name":"v","HostPath":null,"EmptyDir":{"Medium":"","SizeLimit":null},"GCEPersistentDisk":null,/,
  )
})

test('finds JSON names that begin with initials', () => {
  const form = internalForm('PodSpec', {
    dnsPolicy: 'Default',
    os: { name: 'linux' },
    hostNetwork: true,
    securityContext: { fsGroup: 3, seLinuxOptions: { level: 's0' } },
  })
  expect(form.DNSPolicy).toBe('Default')
  expect(form.OS).toEqual({ Name: 'linux' })
  expect(form.SecurityContext).toMatchObject({
    HostNetwork: true,
    FSGroup: 3,
    SELinuxOptions: { Level: 's0' },
  })
})

test("sorts maps, keeps a selector's labels first and escapes what HTML would read", () => {
  const term = internalForm('PodAffinityTerm', {
    topologyKey: 'zone',
    labelSelector: { matchExpressions: [], matchLabels: { b: '1', a: '2' } },
  })
  expect(goJson(term.LabelSelector)).toBe('{"matchLabels":{"a":"2","b":"1"},"matchExpressions":[]}')
  expect(goJson({ Command: ['a && b > c'] })).toBe('{"Command":["a \\u0026\\u0026 b \\u003e c"]}')
})

test("keeps the JSON names of a template's metadata", () => {
  const template = internalTemplate({ metadata: { labels: { app: 'a' } }, spec: {} })
  expect(Object.keys(template)).toEqual(['labels', 'Spec'])
})
