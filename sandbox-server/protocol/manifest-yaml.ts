/** How kubectl reads YAML: version 1.1 (`yes` and `on` are true), but no dates and no numbers to the base of 60. */
import type { Tags } from 'yaml'

const NOT_KUBECTLS = new Set(['tag:yaml.org,2002:timestamp'])

/** For `parseDocument` and its like of the package yaml. */
export const manifestYaml = {
  version: '1.1',
  customTags: (tags: Tags): Tags =>
    tags.filter(
      tag =>
        typeof tag === 'string' ||
        (!NOT_KUBECTLS.has(tag.tag) && !('format' in tag && tag.format === 'TIME')),
    ),
} as const
