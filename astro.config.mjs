/**
 * The site: Starlight gives the frame (search, themes, languages, help pages); chapters are pages of our own, built from
 * `lessons/`. The result in `dist/site` is served by the platform and needs no other origin.
 */
import mdx from '@astrojs/mdx'
import starlight from '@astrojs/starlight'
import { defineConfig, passthroughImageService } from 'astro/config'
import { readChapters } from './src/lessons/chapters.ts'

/** Where `meshdojo serve` listens while the site is being worked on. */
const platformUrl = process.env.MESHDOJO_URL ?? 'http://127.0.0.1:8080'

const chapters = readChapters(new URL('./lessons/', import.meta.url))

export default defineConfig({
  outDir: './dist/site',
  cacheDir: './node_modules/.astro',
  // While developing, `/api/…` has to get past Astro to the proxy below.
  trailingSlash: process.argv.includes('dev') ? 'ignore' : 'always',
  devToolbar: { enabled: false },
  image: { service: passthroughImageService() },
  markdown: { shikiConfig: { theme: 'css-variables' } },
  vite: {
    // `npm run dev`: pages from here, the rest from the platform.
    server: {
      proxy: {
        '/api': { target: platformUrl },
        '/ws': { target: platformUrl, ws: true },
      },
    },
    build: {
      chunkSizeWarningLimit: 1000,
      rolldownOptions: {
        // Astro's own marker in modules it generates; rolldown warns about each of them.
        onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
      },
    },
  },
  integrations: [
    starlight({
      title: 'Meshdojo',
      logo: { src: './public/favicon.svg' },
      locales: {
        root: { label: 'English', lang: 'en' },
        zh: { label: '中文', lang: 'zh-CN' },
      },
      favicon: '/favicon.svg',
      expressiveCode: false,
      credits: false,
      disable404Route: true,
      customCss: ['./src/styles/theme.css', './src/styles/starlight.css'],
      components: {
        ContentPanel: './src/layout/ContentPanel.astro',
        Footer: './src/layout/Footer.astro',
        LanguageSelect: './src/layout/LanguageSelect.astro',
        MarkdownContent: './src/layout/MarkdownContent.astro',
        PageFrame: './src/layout/PageFrame.astro',
        PageTitle: './src/layout/PageTitle.astro',
        ThemeSelect: './src/layout/ThemeSelect.astro',
        TwoColumnContent: './src/layout/TwoColumnContent.astro',
      },
      sidebar: [
        {
          label: 'Chapters',
          translations: { 'zh-CN': '章节' },
          items: chapters.map(({ lesson }) => ({
            label: lesson.title.en,
            translations: { 'zh-CN': lesson.title.zh },
            link: `/chapters/${lesson.id}/`,
          })),
        },
        {
          label: 'Help',
          translations: { 'zh-CN': '帮助' },
          items: [
            { slug: 'help' },
            {
              label: 'Passages and steps',
              translations: { 'zh-CN': '原文与步骤对照' },
              link: '/source/',
            },
          ],
        },
      ],
    }),
    mdx(),
    watchLessons(),
  ],
})

/** Steps and checks are read before Astro watches anything: a change to them starts the development server anew. */
function watchLessons() {
  return {
    name: 'meshdojo:lessons',
    hooks: {
      'astro:config:setup': ({ addWatchFile }) => {
        for (const { folder } of chapters)
          addWatchFile(new URL(`./lessons/${folder}/lesson.yaml`, import.meta.url))
      },
    },
  }
}
