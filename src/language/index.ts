/** The interface's words. A language is one file here; English says which words there are. */
import type { Language } from '../../sandbox-server/protocol/steps.ts'
import { en } from './en.ts'
import type { Words } from './words.ts'
import { zh } from './zh.ts'

export type { Words } from './words.ts'

export const words: Record<Language, Words> = { en, zh }

/** Replaces `{name}` in a phrase. */
export function fill(phrase: string, values: Record<string, string | number>): string {
  return phrase.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

/** The same page in another language: English has no prefix. */
export function localPath(pathname: string, language: Language): string {
  const plain = pathname.replace(/^\/zh(?=\/|$)/, '') || '/'
  return language === 'en' ? plain : `/${language}${plain}`
}

/** The language of a page from Starlight's or Astro's locale. */
export const languageOf = (locale: string | undefined): Language => (locale?.startsWith('zh') ? 'zh' : 'en')

/** As `lang` attributes name it. */
export const htmlLanguage: Record<Language, string> = { en: 'en', zh: 'zh-CN' }

/** As its own speakers call it, and a short form. */
export const languageNames: Record<Language, { own: string; short: string }> = {
  en: { own: 'English', short: 'EN' },
  zh: { own: '简体中文', short: '中文' },
}
