/** Whether an applied object fits the schema; the sentences are structured-merge-diff's, the answer a bare 500. */
import { isObject } from '../json.ts'
import { goPrint } from '../patch/go-print.ts'
import { resolve } from '../schema/definitions.ts'
import type { Schema } from '../schema/schema.ts'
import { StatusError } from '../status.ts'
import { fieldPathText, keyElement } from './field-set.ts'

const UNTYPED = new Set([
  'io.k8s.apimachinery.pkg.api.resource.Quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  'io.k8s.apimachinery.pkg.runtime.RawExtension',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1',
])

/** Throws a 500 StatusError with every misfit. `name` is `namespace/name; group/version, Kind=…`. */
export function checkTyped(schema: Schema, value: unknown, name: string): void {
  const errors: string[] = []
  check(schema, value, '', errors)
  if (errors.length === 0) return
  const text = errors.length === 1 ? errors[0] : `errors:\n${errors.map(error => `  ${error}`).join('\n')}`
  throw new StatusError(500, undefined, `failed to create typed patch object (${name}): ${text}`)
}

function check(property: Schema, value: unknown, path: string, errors: string[]): void {
  if (value === null || value === undefined) return
  if (property.$ref !== undefined && UNTYPED.has(property.$ref)) return
  const schema = resolve(property)
  if (schema['x-kubernetes-int-or-string'] || schema.type === undefined) return
  const shown = isObject(value) || Array.isArray(value) ? `&${goPrint(value)}` : `&{${goPrint(value)}}`
  const expected = (type: string): void => void errors.push(`${path}: expected ${type}, got ${shown}`)
  switch (schema.type) {
    case 'object':
      if (!isObject(value)) return expected('map')
      return checkMap(schema, value, path, errors)
    case 'array':
      if (!Array.isArray(value)) return expected('list')
      return checkList(schema, value, path, errors)
    case 'string':
      if (typeof value !== 'string')
        errors.push(`${path}: expected string, got &value.valueUnstructured{Value:${goValue(value)}}`)
      return
    case 'integer':
    case 'number':
      if (typeof value !== 'number')
        errors.push(`${path}: expected numeric (int or float), got ${typeof value}`)
      return
    case 'boolean':
      if (typeof value !== 'boolean')
        errors.push(`${path}: expected boolean, got &value.valueUnstructured{Value:${goValue(value)}}`)
  }
}

const goValue = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value) : goPrint(value)

function checkMap(schema: Schema, value: Record<string, unknown>, path: string, errors: string[]): void {
  for (const key of Object.keys(value).sort()) {
    const property =
      schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    const child =
      property ?? (isObject(schema.additionalProperties) ? schema.additionalProperties : undefined)
    if (child) check(child, value[key], `${path}.${key}`, errors)
    else if (
      schema.properties &&
      !schema['x-kubernetes-preserve-unknown-fields'] &&
      schema.additionalProperties !== true
    ) {
      if (path === '' && (key === 'apiVersion' || key === 'kind')) continue
      errors.push(`${path}.${key}: field not declared in schema`)
    }
  }
}

function checkList(schema: Schema, value: readonly unknown[], path: string, errors: string[]): void {
  const keyed = schema['x-kubernetes-list-type'] === 'map'
  const seen = new Set<string>()
  value.forEach((item, index) => {
    const element = keyed ? keyElement(schema, item) : ''
    if (keyed) {
      if (seen.has(element)) errors.push(`${path}: duplicate entries for key ${fieldPathText(element)}`)
      seen.add(element)
    }
    if (schema.items)
      check(schema.items, item, keyed ? `${path}${fieldPathText(element)}` : `${path}[${index}]`, errors)
  })
}
