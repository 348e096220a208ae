/** YAML in and out. The parser is loaded when the first YAML body arrives: kubectl speaks JSON. */

import { goTags } from '../../yaml-tags.ts'
import { isObject } from '../json.ts'

/** Parses YAML 1.1 (as sigs.k8s.io/yaml does) to a JSON value; throws the parser's error. */
export async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import('yaml')
  return parse(text, { version: '1.1', merge: true, customTags: goTags })
}

/** YAML text with sorted keys, as Go's marshaller writes it. */
export function toYaml(value: unknown): string {
  return lines(value, 0).join('\n').concat('\n')
}

function lines(value: unknown, depth: number): string[] {
  const indent = '  '.repeat(depth)
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${indent}[]`]
    return value.flatMap(item => {
      const [first = '', ...rest] = lines(item, depth + 1)
      return [`${indent}- ${first.trimStart()}`, ...rest]
    })
  }
  if (isObject(value)) {
    const entries = Object.entries(value)
      .filter(([, child]) => child !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    if (entries.length === 0) return [`${indent}{}`]
    return entries.flatMap(([key, child]) => {
      const nested = typeof child === 'object' && child !== null && Object.keys(child).length > 0
      if (!nested) return [`${indent}${scalar(key)}: ${scalar(child)}`]
      return [`${indent}${scalar(key)}:`, ...lines(child, Array.isArray(child) ? depth : depth + 1)]
    })
  }
  return [indent + scalar(value)]
}

function scalar(value: unknown): string {
  if (Array.isArray(value)) return '[]'
  if (isObject(value)) return '{}'
  if (typeof value !== 'string') return JSON.stringify(value)
  const plain = /^[A-Za-z_/.][-A-Za-z0-9_/. ]*$/.test(value) && !/ $|^\.+$/.test(value)
  return plain && !/^(?:y|n|yes|no|on|off|true|false|null|~|\.inf|\.nan)$/i.test(value)
    ? value
    : JSON.stringify(value)
}
