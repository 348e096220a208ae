/**
 * The sample manifests as ConfigMaps, so that they reach the toolbox through the Kubernetes API alone. A key may not
 * contain a slash: keys are counted, and the volume's items give each its path again.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { KubeObject } from '../kube-client/objects.ts'
import { MANAGED_BY } from './namespace-objects.ts'

export interface SampleFile {
  /** Inside the samples folder, with `/`. */
  path: string
  text: string
}

/** One ConfigMap and where its keys belong. */
export interface SampleVolume {
  configMap: string
  data: Record<string, string>
  items: { key: string; path: string }[]
}

/** Well under the 1 MiB that the API server takes, with room for JSON's escapes. */
const LARGEST_CONFIG_MAP_BYTES = 600_000

export async function readSamples(directory: string): Promise<SampleFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  const read = files.sort().map(async file => ({
    path: relative(directory, file).split(sep).join('/'),
    text: await readFile(file, 'utf8'),
  }))
  return Promise.all(read)
}

/** Paths in the volumes begin with `samples/`. */
export function sampleVolumes(
  files: readonly SampleFile[],
  limitBytes = LARGEST_CONFIG_MAP_BYTES,
): SampleVolume[] {
  const volumes: SampleVolume[] = []
  let sizeBytes = Number.POSITIVE_INFINITY
  files.forEach((file, index) => {
    const bytes = Buffer.byteLength(file.text)
    if (sizeBytes + bytes > limitBytes) {
      volumes.push({ configMap: `samples-${volumes.length}`, data: {}, items: [] })
      sizeBytes = 0
    }
    const volume = volumes[volumes.length - 1]
    if (!volume) return
    const key = `file-${index}`
    volume.data[key] = file.text
    volume.items.push({ key, path: `samples/${file.path}` })
    sizeBytes += bytes
  })
  return volumes
}

export const sampleConfigMap = (namespace: string, volume: SampleVolume): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: volume.configMap, namespace, labels: { ...MANAGED_BY } },
  data: volume.data,
})
