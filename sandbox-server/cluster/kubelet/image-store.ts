/**
 * Pulling images: nothing is fetched, but which images exist, which this node has "pulled" before, and the words for
 * both are as a registry and containerd would have it.
 */
import type { Image } from '../images/image.ts'
import { canonicalImage, isProxyImage, pullError } from './image-reference.ts'
import type { KubeletOptions } from './options.ts'

export type Pull =
  | { found: FoundImage; pulled: boolean }
  | { found: undefined; reason: 'ErrImagePull' | 'ErrImageNeverPull' | 'InvalidImageName'; message: string }

export type FoundImage = { kind: 'proxy' } | { kind: 'image'; image: Image; tag: string }

export class ImageStore {
  #images: KubeletOptions['images']
  #present = new Set<string>()

  constructor(images: KubeletOptions['images']) {
    this.#images = images
  }

  /** Whether a pull would be announced: the policy asks for it, or the node does not have the image. */
  needsPull(reference: string, policy: string | undefined): boolean {
    return policy === 'Always' || !this.#present.has(canonicalImage(reference))
  }

  pull(reference: string, policy: string | undefined): Pull {
    if (!isReference(reference)) {
      return {
        found: undefined,
        reason: 'InvalidImageName',
        message: `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": invalid reference format`,
      }
    }
    const pulled = this.needsPull(reference, policy)
    const found = this.#find(reference)
    if (pulled && policy === 'Never') {
      const message = `Container image "${reference}" is not present with pull policy of Never`
      return { found: undefined, reason: 'ErrImageNeverPull', message }
    }
    if (!found) return { found: undefined, reason: 'ErrImagePull', message: pullError(reference) }
    this.#present.add(canonicalImage(reference))
    return { found, pulled }
  }

  /** What an image is that has been pulled. */
  #find(reference: string): FoundImage | undefined {
    if (isProxyImage(reference)) return { kind: 'proxy' }
    const found = this.#images(reference)
    return found && { kind: 'image', ...found }
  }
}

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const REFERENCE = new RegExp(
  `^(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?${COMPONENT}(?:/${COMPONENT})*(?::[\\w][\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
)

const isReference = (reference: string): boolean => REFERENCE.test(reference)
