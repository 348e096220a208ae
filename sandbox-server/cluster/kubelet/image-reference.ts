/** How containerd spells an image: with registry, `library/` and tag. */
import { createHash } from 'node:crypto'

/** `nginx` → `docker.io/library/nginx:latest`. */
export function canonicalImage(reference: string): string {
  const [name = '', digest] = reference.split('@')
  const slash = name.lastIndexOf('/')
  const tagged = name.indexOf(':', slash + 1) >= 0 || digest !== undefined ? name : `${name}:latest`
  const parts = tagged.split('/')
  const [first = ''] = parts
  const hasRegistry =
    parts.length > 1 && (first.includes('.') || first.includes(':') || first === 'localhost')
  const path = parts.length === 1 ? `library/${tagged}` : tagged
  const full = hasRegistry ? tagged : `docker.io/${path}`
  return digest === undefined ? full : `${full}@${digest}`
}

/** There are no layers to hash: the digest stands for the name. */
export function imageId(reference: string): string {
  const canonical = canonicalImage(reference)
  const repository = canonical.split('@')[0]?.replace(/:[^/:]*$/, '') ?? canonical
  return `${repository}@sha256:${createHash('sha256').update(canonical).digest('hex')}`
}

/** What the registry would say of an image it does not have, in containerd's words. */
export function pullError(reference: string): string {
  const image = canonicalImage(reference)
  return `failed to pull and unpack image "${image}": failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`
}

/** Whether the reference is Istio's proxy image: its containers are shares of the cluster's Envoy. */
export const isProxyImage = (reference: string): boolean =>
  /(^|\/)proxyv2(-distroless)?([:@]|$)/.test(reference)
