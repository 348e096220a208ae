/**
 * The previewed page's cookies, kept on the server: browsers do not send cookies into a frame of another site, and the
 * learner's session with the course must not meet the shop's.
 */
export class CookieJar {
  readonly #cookies = new Map<string, string>()

  /** Takes `Set-Cookie` headers; attributes but the end of a cookie's life do not matter for one site. */
  take(headers: readonly string[], nowMs: number): void {
    for (const header of headers) {
      const [pair = '', ...attributes] = header.split(';')
      const cut = pair.indexOf('=')
      if (cut < 1) continue
      const name = pair.slice(0, cut).trim()
      const value = pair.slice(cut + 1).trim()
      if (isOver(attributes, nowMs)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
  }

  /** The `Cookie` header, undefined when there is none to send. */
  header(): string | undefined {
    if (this.#cookies.size === 0) return undefined
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  clear(): void {
    this.#cookies.clear()
  }
}

function isOver(attributes: readonly string[], nowMs: number): boolean {
  for (const attribute of attributes) {
    const [name = '', value = ''] = attribute.split('=').map(part => part.trim())
    if (name.toLowerCase() === 'max-age' && Number(value) <= 0) return true
    if (name.toLowerCase() === 'expires' && Date.parse(value) <= nowMs) return true
  }
  return false
}
