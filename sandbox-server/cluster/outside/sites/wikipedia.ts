/** Wikipedia: every language is a host name of the same addresses, as with the real one; plain HTTP is sent to HTTPS. */
import type { Answer, Site, Visit } from '../site.ts'
import { movedTo, pretendPage } from './page.ts'

interface Edition {
  /** Path of the main page under /wiki/. */
  main: string
  title: string
  text: string
}

const EDITIONS: Readonly<Record<string, Edition>> = {
  en: {
    main: 'Main_Page',
    title: 'Wikipedia, the free encyclopedia',
    text: 'Welcome to Wikipedia, the free encyclopedia that anyone can edit.',
  },
  de: {
    main: 'Wikipedia:Hauptseite',
    title: 'Wikipedia – Die freie Enzyklopädie',
    text: 'Willkommen bei Wikipedia, der freien Enzyklopädie.',
  },
  fr: {
    main: 'Wikipédia:Accueil_principal',
    title: "Wikipédia, l'encyclopédie libre",
    text: 'Bienvenue sur Wikipédia, l’encyclopédie libre.',
  },
  es: {
    main: 'Wikipedia:Portada',
    title: 'Wikipedia, la enciclopedia libre',
    text: 'Bienvenidos a Wikipedia, la enciclopedia de contenido libre.',
  },
  zh: {
    main: 'Wikipedia:首页',
    title: '维基百科，自由的百科全书',
    text: '欢迎来到维基百科，自由的百科全书。',
  },
}
const DEFAULT_EDITION: Edition = { main: 'Main_Page', title: 'Wikipedia', text: 'The Free Encyclopedia.' }

export const wikipedia: Site = {
  names: ['www.wikipedia.org', '*.wikipedia.org', 'wikipedia.org'],
  addresses: ['208.80.154.224', '198.35.26.96', '208.80.153.224', '91.198.174.192'],
  answer(visit: Visit): Answer {
    const { host, target, isSecure } = visit
    if (host === 'wikipedia.org') return movedTo(`https://www.wikipedia.org${target}`, FRONT)
    if (!isSecure) return movedTo(`https://${host}${target}`, FRONT)
    const [language = ''] = host.split('.')
    const edition = EDITIONS[language] ?? DEFAULT_EDITION
    const [path = '/'] = target.split('?')
    if (path === '/' && language !== 'www')
      return movedTo(`https://${host}/wiki/${encodeURI(edition.main)}`, FRONT)
    const article = decoded(path.replace(/^\/wiki\//, ''))
    const title =
      path === '/' || article === edition.main ? edition.title : `${article.replaceAll('_', ' ')} - Wikipedia`
    return {
      status: 200,
      headers: { ...FRONT, 'Content-Type': 'text/html; charset=UTF-8', 'Content-Language': language },
      body: pretendPage(visit, { title, language, text: edition.text }),
    }
  },
}

const FRONT = { Server: 'mw-web.meshdojo', Vary: 'Accept-Encoding', 'X-Cache-Status': 'hit-front' }

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray % is text.
    return text
  }
}
