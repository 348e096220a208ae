/** The images this cluster has: which names it answers to, and how an image reference is read. */
import { details } from './bookinfo/details.ts'
import { productpage } from './bookinfo/productpage.ts'
import { ratings } from './bookinfo/ratings.ts'
import { reviews } from './bookinfo/reviews.ts'
import { fortio } from './fortio/fortio.ts'
import { helloworld } from './helloworld/helloworld.ts'
import { goHttpbin } from './httpbin/go-httpbin.ts'
import { httpbin } from './httpbin/httpbin.ts'
import type { Image } from './image.ts'
import { machineImages } from './machine.ts'
import { nginx } from './nginx/nginx.ts'
import { pilot } from './pilot/pilot.ts'
import { tcpEcho } from './tcp-echo/tcp-echo.ts'

const images = (sources: ImageSources): readonly Image[] => [
  productpage,
  details,
  ratings,
  ...reviews,
  pilot(sources.syncz),
  tcpEcho,
  goHttpbin,
  httpbin,
  fortio,
  ...helloworld,
  ...nginx,
  ...machineImages,
]

/** What images show of the rest of the cluster. */
export interface ImageSources {
  /** istiod's `/debug/syncz`. */
  syncz(): unknown
}

/** Where Istio publishes the same repositories besides Docker Hub's `istio`; its newer samples name the first. */
const ISTIO_REGISTRIES = /^(?:registry\.istio\.io\/(?:release|testing)|gcr\.io\/istio-(?:release|testing))\//

/** `docker.io/istio/x:1.2@sha256:…` → repository `istio/x` and tag `1.2` (`latest` when there is none). */
export function parseImageReference(reference: string): { name: string; tag: string } {
  const withoutDigest = reference.split('@')[0] ?? reference
  const slash = withoutDigest.lastIndexOf('/')
  const colon = withoutDigest.indexOf(':', slash + 1)
  const tagless = colon < 0 ? withoutDigest : withoutDigest.slice(0, colon)
  const repository = tagless.replace(ISTIO_REGISTRIES, 'istio/')
  const parts = repository.split('/')
  const [registry = ''] = parts
  const hasRegistry =
    parts.length > 1 && (registry.includes('.') || registry.includes(':') || registry === 'localhost')
  const name = (hasRegistry ? parts.slice(1) : parts).join('/').replace(/^library\//, '')
  return { name, tag: colon < 0 ? 'latest' : withoutDigest.slice(colon + 1) }
}

export type ImageResolver = (reference: string) => { image: Image; tag: string } | undefined

/** What it returns answers undefined for no such image (the kubelet then says ErrImagePull). */
export function imageResolver(sources: ImageSources): ImageResolver {
  const byName = new Map(images(sources).flatMap(image => image.names.map(name => [name, image] as const)))
  return reference => {
    const { name, tag } = parseImageReference(reference)
    const image = byName.get(name)
    return image && (image.tags?.test(tag) ?? true) ? { image, tag } : undefined
  }
}
