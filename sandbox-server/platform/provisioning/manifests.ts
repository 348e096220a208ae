/** The manifests a chapter deploys before it begins. */
import { parseAllDocuments } from 'yaml'
import { isKubeObject, type KubeObject } from '../kube-client/objects.ts'
import type { SampleFile } from './samples.ts'

/** Throws with file and line when a document is no Kubernetes object. */
export function parseManifest(file: SampleFile): KubeObject[] {
  return parseAllDocuments(file.text).flatMap(document => {
    const problem = document.errors?.[0]
    if (problem) throw new SyntaxError(`samples/${file.path}: ${problem.message}`)
    const value: unknown = document.toJS()
    if (value === null || value === undefined) return []
    if (!isKubeObject(value))
      throw new SyntaxError(`samples/${file.path}: a document without apiVersion, kind or name`)
    return [value]
  })
}

/** `paths` as lesson.yaml names them. */
export function manifestsOf(paths: readonly string[], samples: readonly SampleFile[]): KubeObject[] {
  return paths.flatMap(path => {
    const file = samples.find(sample => sample.path === path.replace(/^samples\//, ''))
    if (!file) throw new SyntaxError(`there is no samples/${path}`)
    return parseManifest(file)
  })
}
