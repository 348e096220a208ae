import { describe, expect, it } from 'vitest'
import { imageResolver, parseImageReference } from './index.ts'

describe('image names', () => {
  it.each([
    ['docker.io/istio/pilot:1.32.0', 'istio/pilot', '1.32.0'],
    ['nginx', 'nginx', 'latest'],
    ['docker.io/library/nginx@sha256:abc', 'nginx', 'latest'],
    ['localhost:5000/a/b:c', 'a/b', 'c'],
    ['registry.istio.io/release/pilot:1.32.0', 'istio/pilot', '1.32.0'],
    ['registry.istio.io/testing/app', 'istio/app', 'latest'],
    ['gcr.io/istio-release/pilot:1.20.0', 'istio/pilot', '1.20.0'],
  ])('reads %s', (reference, name, tag) => {
    expect(parseImageReference(reference)).toEqual({ name, tag })
  })

  it("finds the samples' images wherever Istio publishes them, and not in folders of other names", () => {
    const images = imageResolver({ syncz: () => [] })
    const sample = 'examples-bookinfo-reviews-v1:1.20.3'
    const published = images(`docker.io/istio/${sample}`)
    expect(published).toBeDefined()
    expect(images(`registry.istio.io/release/${sample}`)).toEqual(published)
    expect(images(`registry.istio.io/other/${sample}`)).toBeUndefined()
    expect(images(`my.registry/release/${sample}`)).toBeUndefined()
  })

  it("gives images made with busybox its programs instead of the machine's", () => {
    const images = imageResolver({ syncz: () => [] })
    const folderOf = (reference: string) => {
      const image = images(reference)?.image
      return image?.kind === 'machine' ? image.programsFolder : 'not a machine image'
    }
    expect(['docker.io/curlimages/curl:8.16.0', 'busybox:1.28', 'debian'].map(folderOf)).toEqual([
      'busybox',
      'busybox',
      undefined,
    ])
  })
})
