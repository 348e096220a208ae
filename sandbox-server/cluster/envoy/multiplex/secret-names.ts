/**
 * Names of secrets in the shared Envoy. A sidecar's own `default` becomes its identity, so that pods of one service
 * account share a certificate; a gateway's `kubernetes://NAME` is looked up in the gateway's namespace.
 */

/** What a secret's name stands for. */
export type SecretReference =
  | { kind: 'identity'; identity: string }
  | { kind: 'root' }
  | { kind: 'public-roots' }
  | { kind: 'credential'; namespace: string; name: string; part: 'certificate' | 'ca' }
  | { kind: 'other' }

const ROOT = 'ROOTCA'
/** The certificate authorities of the machine, by Istio's word for them or by the files that distributions keep them in. */
const PUBLIC_ROOTS =
  /^file-root:(system|\/etc\/ssl\/certs\/ca-certificates\.crt|\/etc\/pki\/tls\/certs\/ca-bundle\.crt|\/etc\/ssl\/cert\.pem)$/
const CREDENTIAL = 'kubernetes://'
const CA_SUFFIX = '-cacert'

/** `name` as the real istiod wrote it → its name in the shared Envoy. */
export function sharedSecretName(name: string, proxy: { identity: string; namespace: string }): string {
  if (name === 'default') return proxy.identity
  if (!name.startsWith(CREDENTIAL) || name.slice(CREDENTIAL.length).includes('/')) return name
  return `${CREDENTIAL}${proxy.namespace}/${name.slice(CREDENTIAL.length)}`
}

/** The inverse of `sharedSecretName`. */
export function parseSecretName(name: string): SecretReference {
  if (name === ROOT) return { kind: 'root' }
  if (PUBLIC_ROOTS.test(name)) return { kind: 'public-roots' }
  if (name.startsWith('spiffe://')) return { kind: 'identity', identity: name }
  if (!name.startsWith(CREDENTIAL)) return { kind: 'other' }
  const [namespace = '', credential = ''] = name.slice(CREDENTIAL.length).split('/')
  if (credential.endsWith(CA_SUFFIX)) {
    return { kind: 'credential', namespace, name: credential.slice(0, -CA_SUFFIX.length), part: 'ca' }
  }
  return { kind: 'credential', namespace, name: credential, part: 'certificate' }
}
