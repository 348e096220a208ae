/** Remembers the current project where kubectl looks for it: in the kubeconfig, which a pod may not have yet. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseDocument } from 'yaml'
import type { Words } from './words.ts'

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export function rememberProject(name: string, server: string, { kubeconfig, context }: Words): void {
  const [first] = (kubeconfig ?? process.env['KUBECONFIG'] ?? '').split(':')
  const path = first || join(homedir(), '.kube', 'config')
  const document = parseDocument(existsSync(path) ? readFileSync(path, 'utf8') : inPod(server))
  const current = context ?? String(document.get('current-context') ?? '')
  const contexts: unknown = document.toJS()?.contexts
  const index = Array.isArray(contexts) ? contexts.findIndex(entry => entry?.name === current) : -1
  if (index < 0) throw new Error(`the kubeconfig ${path} has no context ${JSON.stringify(current)}`)
  document.setIn(['contexts', index, 'context', 'namespace'], name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, document.toString(), { mode: 0o600 })
}

/** What a pod's own account amounts to as a kubeconfig. */
const inPod = (server: string): string => `apiVersion: v1
kind: Config
current-context: in-cluster
clusters:
- name: in-cluster
  cluster: {server: ${JSON.stringify(server)}, certificate-authority: ${SERVICE_ACCOUNT}/ca.crt}
users:
- name: service-account
  user: {tokenFile: ${SERVICE_ACCOUNT}/token}
contexts:
- name: in-cluster
  context: {cluster: in-cluster, user: service-account}
`
