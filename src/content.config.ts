/** Where texts come from: help pages from Starlight's own folder, chapters from `lessons/`. */

import { defineCollection } from 'astro:content'
import { docsLoader } from '@astrojs/starlight/loaders'
import { docsSchema } from '@astrojs/starlight/schema'
import { glob } from 'astro/loaders'

export const collections = {
  docs: defineCollection({ loader: docsLoader(), schema: docsSchema() }),
  /** One entry a chapter and language, e.g. `02-request-routing/zh`. */
  lessonTexts: defineCollection({
    loader: glob({
      base: './lessons',
      pattern: '*/index.*.mdx',
      generateId: ({ entry }) => entry.replace(/\/index\.(\w+)\.mdx$/, '/$1'),
    }),
  }),
}
