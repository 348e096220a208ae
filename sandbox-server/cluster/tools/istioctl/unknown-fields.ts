/** Fields that an Istio object has and its kind has not. */
import type { CustomResourceDefinition } from '../../istiod/crds/index.ts'
import { type Json, listOf, objectOf, stringOf } from '../text/json.ts'

/** Paths from the root, e.g. `spec.htttp`. */
export function unknownFields(crd: CustomResourceDefinition, object: Json): string[] {
  const version = stringOf(object['apiVersion']).split('/')[1]
  const served = crd.spec.versions.find(({ name }) => name === version) ?? crd.spec.versions[0]
  const found: string[] = []
  visit(
    objectOf(objectOf(objectOf(served?.schema.openAPIV3Schema)['properties'])['spec']),
    object['spec'],
    'spec',
    found,
  )
  return found
}

function visit(schema: Json, value: unknown, path: string, found: string[]): void {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return
  if (Array.isArray(value)) {
    for (const [index, item] of listOf(value).entries())
      visit(objectOf(schema['items']), item, `${path}[${index}]`, found)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const { properties, additionalProperties } = schema
  for (const [key, inner] of Object.entries(value)) {
    const known = objectOf(properties)[key]
    if (known !== undefined) visit(objectOf(known), inner, `${path}.${key}`, found)
    else if (additionalProperties !== undefined)
      visit(objectOf(additionalProperties), inner, `${path}.${key}`, found)
    else if (properties !== undefined) found.push(`${path}.${key}`)
  }
}
