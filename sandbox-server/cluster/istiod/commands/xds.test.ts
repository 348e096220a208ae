import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { xds } from './xds.ts'

const directory = mkdtempSync(join(tmpdir(), 'xds-'))
afterAll(() => rmSync(directory, { recursive: true }))

const file = (name: string, text: string): string => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

const POD = `
apiVersion: v1
kind: Pod
metadata: {name: a.b, namespace: shop}
spec: {containers: [{name: istio-proxy, args: [proxy, sidecar]}]}
status: {podIP: 10.0.0.1}
`

async function run(...argv: string[]) {
  const out = { stdout: '', stderr: '' }
  const status = await xds(argv, {
    stdout: text => {
      out.stdout += text
    },
    stderr: text => {
      out.stderr += text
    },
  })
  return { status, ...out }
}

describe('meshdojo xds', () => {
  it('prints the four kinds of resources as JSON', async () => {
    const { status, stdout, stderr } = await run('-f', file('pod.yaml', POD), '--proxy', 'a.b.shop')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(Object.keys(JSON.parse(stdout))).toEqual(['listeners', 'clusters', 'routes', 'endpoints'])
  })

  it('reads several files and Lists', async () => {
    const list = file(
      'list.yaml',
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: s, namespace: shop}, spec: {clusterIP: 10.9.9.9, ports: [{port: 80, name: http}]}}\n',
    )
    const { stdout } = await run('-f', file('pod.yaml', POD), `--filename=${list}`, '--proxy=a.b.shop')
    expect(stdout).toContain('outbound|80||s.shop.svc.cluster.local')
  })

  it.each([
    [['--proxy', 'a.b'], 'at least one file is needed (-f FILE)'],
    [['-f', 'x'], 'a proxy is needed (--proxy POD.NAMESPACE)'],
    [['-f', 'x', '--proxy', 'nodot'], '--proxy must be POD.NAMESPACE, not "nodot"'],
    [['-f', 'x', '--wrong'], 'unknown flag --wrong'],
    [['-f', 'x', 'word'], 'unexpected argument "word"'],
    [['-f'], '-f needs a value'],
  ])('refuses a wrong call: %j', async (argv, message) => {
    const { status, stdout, stderr } = await run(...argv)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr.split('\n')[0]).toBe(`meshdojo xds: ${message}`)
  })

  it('says in one line what is wrong with its input', async () => {
    const good = file('pod.yaml', POD)
    const messages = [
      await run('-f', join(directory, 'none.yaml'), '--proxy', 'a.b.shop'),
      await run('-f', file('bad.yaml', 'a: [1\nb: 2\n'), '--proxy', 'a.b.shop'),
      await run('-f', file('thing.yaml', 'hello: world\n'), '--proxy', 'a.b.shop'),
      await run('-f', good, '--proxy', 'nobody.shop'),
    ]
    for (const { status, stderr } of messages) {
      expect(status).toBe(1)
      expect(stderr).toMatch(/^meshdojo xds: [^\n]+\n$/)
    }
    expect(messages[0]?.stderr).toContain('no such file')
    expect(messages[2]?.stderr).toContain('thing.yaml, document 1: not a Kubernetes object')
    expect(messages[3]?.stderr).toContain('no pod nobody with an address in namespace shop')
  })
})
