/** The administrator's kubeconfig, as kubectl and every client library read it. */
import type { ClusterCertificates } from './certificates.ts'

export interface KubeconfigOptions {
  /** e.g. `https://127.0.0.1:6443` */
  server: string
  certificates: ClusterCertificates
  /** The context's namespace; `default` without one. */
  namespace?: string
  clusterName?: string
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** YAML text of a kubeconfig whose user is the cluster's administrator (a client certificate). */
export function adminKubeconfig({
  server,
  certificates,
  namespace,
  clusterName = 'meshdojo',
}: KubeconfigOptions): string {
  const user = 'kubernetes-admin'
  return `apiVersion: v1
kind: Config
clusters:
- name: ${clusterName}
  cluster:
    server: ${server}
    certificate-authority-data: ${base64(certificates.ca.certificate)}
users:
- name: ${user}
  user:
    client-certificate-data: ${base64(certificates.admin.certificate)}
    client-key-data: ${base64(certificates.admin.key)}
contexts:
- name: ${user}@${clusterName}
  context:
    cluster: ${clusterName}
    user: ${user}
${namespace ? `    namespace: ${namespace}\n` : ''}current-context: ${user}@${clusterName}
`
}
