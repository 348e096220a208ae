/**
 * JSON as Go's decoder reads it: the same sentences for syntax errors, duplicate keys reported (the last one wins), and
 * keys like `__proto__` are ordinary. JSON.parse can do neither.
 */
import { type JsonObject, setOwn } from '../json.ts'

/** A syntax error in the words of Go's encoding/json. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError'
}

export interface ParsedJson {
  value: unknown
  /** Paths of keys that came twice, e.g. `spec.containers[0].name`. */
  duplicates: string[]
}

const END = 'unexpected end of JSON input'
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const NESTING_LIMIT = 10_000

/** Parses a whole JSON text; throws JsonSyntaxError. */
export function parseJson(text: string): ParsedJson {
  return new Parser(text).parse()
}

class Parser {
  readonly #text: string
  readonly #duplicates: string[] = []
  readonly #path: (string | number)[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): ParsedJson {
    const value = this.#value('looking for beginning of value')
    this.#space()
    if (this.#at < this.#text.length) this.#unexpected('after top-level value')
    return { value, duplicates: this.#duplicates }
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
      this.#at++
    }
  }

  #unexpected(context: string): never {
    if (this.#at >= this.#text.length) throw new JsonSyntaxError(END)
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0)
    throw new JsonSyntaxError(`invalid character ${quoted(character)} ${context}`)
  }

  #value(context: string): unknown {
    this.#space()
    const character = this.#text[this.#at]
    switch (character) {
      case '{':
        return this.#object()
      case '[':
        return this.#array()
      case '"':
        return this.#string()
      case 't':
        return this.#literal('true', true)
      case 'f':
        return this.#literal('false', false)
      case 'n':
        return this.#literal('null', null)
      default:
        return this.#number(context)
    }
  }

  #literal(word: string, value: unknown): unknown {
    for (let i = 1; i < word.length; i++) {
      if (this.#text[this.#at + i] === word[i]) continue
      this.#at += i
      this.#unexpected(`in literal ${word} (expecting ${quoted(word[i] ?? '')})`)
    }
    this.#at += word.length
    return value
  }

  #number(context: string): number {
    const first = this.#text[this.#at] ?? ''
    if (!/[-0-9]/.test(first)) this.#unexpected(context)
    NUMBER.lastIndex = this.#at
    const match = NUMBER.exec(this.#text)
    if (!match) {
      this.#at++
      this.#unexpected('in numeric literal')
    }
    this.#at += match[0].length
    return Number(match[0])
  }

  #string(): string {
    const start = this.#at + 1
    let at = start
    for (;;) {
      const code = this.#text.charCodeAt(at)
      if (code === 34) break
      if (code === 92) at += 2
      else if (Number.isNaN(code) || at >= this.#text.length) throw new JsonSyntaxError(END)
      else if (code < 32) {
        this.#at = at
        this.#unexpected('in string literal')
      } else at++
    }
    const raw = this.#text.slice(start, at)
    if (!raw.includes('\\')) {
      this.#at = at + 1
      return raw
    }
    const bad = /\\(?:u(?![0-9a-fA-F]{4})|[^"\\/bfnrtu])/.exec(raw.replaceAll('\\\\', '  '))
    if (bad) {
      this.#at = start + bad.index + 1
      this.#unexpected(
        raw[bad.index + 1] === 'u' ? 'in \\u hexadecimal character escape' : 'in string escape code',
      )
    }
    this.#at = at + 1
    return JSON.parse(`"${raw}"`)
  }

  #object(): JsonObject {
    const object: JsonObject = {}
    this.#enter('{')
    this.#space()
    if (this.#text[this.#at] === '}') return this.#leave(object)
    for (;;) {
      this.#space()
      if (this.#text[this.#at] !== '"') this.#unexpected('looking for beginning of object key string')
      const key = this.#string()
      this.#space()
      if (this.#text[this.#at] !== ':') this.#unexpected('after object key')
      this.#at++
      this.#path.push(key)
      if (Object.hasOwn(object, key)) this.#duplicates.push(pathText(this.#path))
      setOwn(object, key, this.#value('looking for beginning of value'))
      this.#path.pop()
      this.#space()
      if (this.#text[this.#at] === '}') return this.#leave(object)
      if (this.#text[this.#at] !== ',') this.#unexpected('after object key:value pair')
      this.#at++
    }
  }

  #array(): unknown[] {
    const array: unknown[] = []
    this.#enter('[')
    this.#space()
    if (this.#text[this.#at] === ']') return this.#leave(array)
    for (;;) {
      this.#path.push(array.length)
      array.push(this.#value('looking for beginning of value'))
      this.#path.pop()
      this.#space()
      if (this.#text[this.#at] === ']') return this.#leave(array)
      if (this.#text[this.#at] !== ',') this.#unexpected('after array element')
      this.#at++
    }
  }

  #enter(_bracket: string): void {
    if (this.#path.length > NESTING_LIMIT) throw new JsonSyntaxError('exceeded max depth')
    this.#at++
  }

  #leave<T>(value: T): T {
    this.#at++
    return value
  }
}

const quoted = (character: string): string =>
  character === "'" ? `'\\''` : character === '"' ? `'"'` : `'${JSON.stringify(character).slice(1, -1)}'`

function pathText(path: readonly (string | number)[]): string {
  return path
    .map(part => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '')
}
