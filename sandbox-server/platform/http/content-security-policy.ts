/**
 * What a page may load. Astro and Starlight put small scripts into the page itself; each is allowed by its hash, so
 * that no other inline script runs.
 */
import { createHash } from 'node:crypto'

const INLINE_SCRIPT = /<script(?![^>]*\ssrc=)([^>]*)>([\s\S]*?)<\/script>/gi
const DATA_TYPE = /\stype=["']?(application\/(ld\+)?json|importmap|speculationrules|text\/plain)/i

export const directives = {
  defaultSrc: ["'self'"],
  // Pagefind's search is WebAssembly.
  scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
  // xterm.js and the code blocks set styles on elements.
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  workerSrc: ["'self'", 'blob:'],
  // The page preview has an origin of its own (preview/preview-origins.ts).
  frameSrc: ["'self'", 'http://*.localhost:*', 'https://*.localhost:*'],
  frameAncestors: ["'self'"],
  objectSrc: ["'none'"],
  baseUri: ["'self'"],
  formAction: ["'self'"],
}

/** `'sha256-…'` of each script that the page carries. */
export function inlineScriptHashes(html: string): string[] {
  const hashes = [...html.matchAll(INLINE_SCRIPT)]
    .filter(([, attributes = '']) => !DATA_TYPE.test(attributes))
    .map(([, , script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  return [...new Set(hashes)]
}

/** The header for one page. */
export function policyFor(html: string): string {
  const scriptSrc = [...directives.scriptSrc, ...inlineScriptHashes(html)]
  return Object.entries({ ...directives, scriptSrc })
    .map(
      ([name, values]) =>
        `${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)} ${values.join(' ')}`,
    )
    .join(';')
}

/** Where the course is reached by another name than localhost, previews have a port of their own at that name. */
export const withPreviewsAt = (policy: string, hostname: string): string =>
  /^[a-z0-9.-]+$/i.test(hostname)
    ? policy.replace(/frame-src 'self'/, `frame-src 'self' http://${hostname}:*`)
    : policy
