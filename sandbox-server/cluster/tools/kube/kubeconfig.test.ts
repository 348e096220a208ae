import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findAccess } from './kubeconfig.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

const CONFIG = `
current-context: one
contexts:
- {name: one, context: {cluster: c, user: u, namespace: shop}}
- {name: two, context: {cluster: c, user: other}}
clusters:
- {name: c, cluster: {server: 'https://1.2.3.4:6443', certificate-authority: ca.crt}}
users:
- {name: u, user: {token: secret}}
- {name: other, user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}}
`

test('takes the current context, with files beside the kubeconfig', () => {
  write('ca.crt', 'pem')
  const access = findAccess({ kubeconfig: write('config', CONFIG) }, {})
  expect(access).toMatchObject({
    server: 'https://1.2.3.4:6443',
    token: 'secret',
    namespace: 'shop',
    insecure: false,
  })
  expect(access.ca?.toString()).toBe('pem')
})

test('takes the context that is asked for', () => {
  write('ca.crt', 'pem')
  const access = findAccess({ context: 'two' }, { KUBECONFIG: write('config', CONFIG) })
  expect(access.namespace).toBe('default')
  expect(access.clientKey?.toString()).toBe('key')
})

test('reads several files as one', () => {
  write('ca.crt', 'pem')
  const first = write('first', 'current-context: two\n')
  const access = findAccess({}, { KUBECONFIG: `${first}:${write('second', CONFIG)}` })
  expect(access.clientCertificate?.toString()).toBe('cert')
})

test('says which context there is not', () => {
  expect(() => findAccess({ kubeconfig: write('config', CONFIG), context: 'three' }, {})).toThrow(
    'context "three" does not exist',
  )
})
