/** Where texts come from: help pages from Starlight's own folder, chapters from `lessons/`. */

import { defineCollection } from 'astro:content'
import { docsLoader, i18nLoader } from '@astrojs/starlight/loaders'
import { docsSchema, i18nSchema } from '@astrojs/starlight/schema'
import { glob } from 'astro/loaders'

export const collections = {
  docs: defineCollection({ loader: docsLoader(), schema: docsSchema() }),
  /** Starlight's own words, where ours are better. */
  i18n: defineCollection({ loader: i18nLoader(), schema: i18nSchema() }),
  /** One entry a chapter and language, e.g. `02-request-routing/zh`. */
  lessonTexts: defineCollection({
    loader: glob({
      base: './lessons',
      pattern: '*/index.*.mdx',
      generateId: ({ entry }) => entry.replace(/\/index\.(\w+)\.mdx$/, '/$1'),
    }),
  }),
}
