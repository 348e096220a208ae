import { describe, expect, it } from 'vitest'
import { canonicalImage, isProxyImage } from './image-reference.ts'

describe('image references', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['istio/proxyv2:1.32.0', 'docker.io/istio/proxyv2:1.32.0'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    ['quay.io/a/b/c:x', 'quay.io/a/b/c:x'],
    ['nginx@sha256:abc', 'docker.io/library/nginx@sha256:abc'],
  ])('spells %s as containerd does', (reference, canonical) => {
    expect(canonicalImage(reference)).toBe(canonical)
  })

  it("tells Istio's proxy from images of a similar name", () => {
    expect(['docker.io/istio/proxyv2:1.32.0', 'gcr.io/x/proxyv2', 'proxyv2:1'].map(isProxyImage)).toEqual([
      true,
      true,
      true,
    ])
    expect(['my/proxyv2x', 'proxyv2/app'].map(isProxyImage)).toEqual([false, false])
  })
})
