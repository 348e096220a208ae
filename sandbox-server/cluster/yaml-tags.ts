/**
 * YAML as Go's libraries read it: version 1.1's booleans, but no base 60 numbers, no times, and a lone dot (`exportTo: [.]`)
 * is text. For the option `customTags` of the yaml package beside `version: '1.1'`.
 */
import type { Tags } from 'yaml'

const FLOAT = 'tag:yaml.org,2002:float'
const TIMESTAMP = 'tag:yaml.org,2002:timestamp'
const HAS_DIGIT = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/

/** The tags of version 1.1 without what Go does not know. */
export const goTags = (tags: Tags): Tags => tags.filter(tag => !isForeign(tag)).map(withoutLoneDot)

const isForeign = (tag: Tags[number]): boolean =>
  typeof tag === 'object' && (('format' in tag && tag.format === 'TIME') || tag.tag === TIMESTAMP)

const withoutLoneDot = (tag: Tags[number]): Tags[number] =>
  typeof tag === 'object' && tag.tag === FLOAT && 'test' in tag && tag.test?.test('.')
    ? { ...tag, test: HAS_DIGIT }
    : tag
