/** What stands behind the names of secrets that transport sockets refer to: the mesh's CA, and Kubernetes' TLS secrets. */
import type { ApiObject } from '../../apiserver/api.ts'
import { parseSecretName } from '../../envoy/multiplex/secret-names.ts'
import type { SecretSource } from '../../envoy/share-tables.ts'
import type { CertificateAuthority } from './ca/authority.ts'

/** The keys of a kubernetes.io/tls Secret, and those of the generic form that Istio takes as well. */
const CERTIFICATE_KEYS = ['tls.crt', 'cert']
const PRIVATE_KEY_KEYS = ['tls.key', 'key']
const CA_KEYS = ['ca.crt', 'cacert']

type FindSecret = (namespace: string, name: string) => ApiObject | undefined

/** Envoy's secrets by their names in the shared Envoy. `publicRoots`: PEM of what the machine trusts. */
export function secretSource(
  ca: CertificateAuthority,
  find: FindSecret,
  publicRoots = ca.root,
): SecretSource {
  return sharedName => {
    const reference = parseSecretName(sharedName)
    switch (reference.kind) {
      case 'root':
        return validationContext(ca.root)
      case 'public-roots':
        return validationContext(publicRoots)
      case 'identity': {
        const { certChain, key } = ca.issue(reference.identity)
        return tlsCertificate(certChain, key)
      }
      case 'credential': {
        const { namespace, name, part } = reference
        return part === 'ca' ? credentialCa(find, namespace, name) : credential(find(namespace, name))
      }
      default:
        return undefined
    }
  }
}

function credential(secret: ApiObject | undefined) {
  const certificate = dataOf(secret, CERTIFICATE_KEYS)
  const key = dataOf(secret, PRIVATE_KEY_KEYS)
  return certificate === undefined || key === undefined ? undefined : tlsCertificate(certificate, key)
}

/** A CA may be in a Secret of its own, `NAME-cacert`, or beside the certificate. */
function credentialCa(find: FindSecret, namespace: string, name: string) {
  const own = find(namespace, `${name}-cacert`)
  const ca = dataOf(own, [...CA_KEYS, ...CERTIFICATE_KEYS]) ?? dataOf(find(namespace, name), CA_KEYS)
  return ca === undefined ? undefined : validationContext(ca)
}

function dataOf(secret: ApiObject | undefined, keys: readonly string[]): string | undefined {
  const data: object = typeof secret?.data === 'object' && secret.data !== null ? secret.data : {}
  const entries = new Map<string, unknown>(Object.entries(data))
  for (const key of keys) {
    const value = entries.get(key)
    if (typeof value === 'string' && value !== '') return Buffer.from(value, 'base64').toString()
  }
  return undefined
}

const tlsCertificate = (certificateChain: string, privateKey: string) => ({
  tlsCertificate: {
    certificateChain: { inlineString: certificateChain },
    privateKey: { inlineString: privateKey },
  },
})
const validationContext = (trustedCa: string) => ({
  validationContext: { trustedCa: { inlineString: trustedCa } },
})
