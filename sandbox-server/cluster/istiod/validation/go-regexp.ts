/**
 * Whether Go's regexp package (RE2 syntax) would compile an expression, and its complaint when not. Only the syntax is
 * looked at, in the order of Go's parser, so that the first mistake is the one that Go names.
 * https://pkg.go.dev/regexp/syntax
 */

class SyntaxMistake extends Error {
  override readonly name = 'SyntaxMistake'
}

const mistake = (code: string, expression: string): SyntaxMistake =>
  new SyntaxMistake(`error parsing regexp: ${code}: \`${expression}\``)

/** Go's error text, undefined when the expression is fine. */
export const goRegexpError = (expression: string): string | undefined => {
  try {
    new Parser(expression).parse()
    return undefined
  } catch (error) {
    if (error instanceof SyntaxMistake) return error.message
    throw error
  }
}

const POSIX_CLASSES = new Set(
  'alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit'.split(' '),
)
const MAX_REPEAT = 1000

class Parser {
  readonly #text: string
  #at = 0
  #open = 0
  /** Whether there is something a repetition could apply to. */
  #operand = false
  /** Whether an operand stood before each open parenthesis is of no matter: a closed group is one itself. */
  #lastRepeat: number | undefined

  constructor(text: string) {
    this.#text = text
  }

  parse(): void {
    while (this.#at < this.#text.length) {
      const lastRepeat = this.#lastRepeat
      this.#lastRepeat = undefined
      this.#item(lastRepeat)
    }
    if (this.#open > 0) throw mistake('missing closing )', this.#text)
  }

  #item(lastRepeat: number | undefined): void {
    const character = this.#text.charAt(this.#at)
    switch (character) {
      case '(':
        this.#group()
        break
      case ')':
        if (this.#open === 0) throw mistake('unexpected )', this.#text)
        this.#open--
        this.#literal()
        break
      case '|':
        this.#at++
        this.#operand = false
        break
      case '[':
        this.#class()
        this.#operand = true
        break
      case '*':
      case '+':
      case '?':
        this.#repeat(this.#at + 1, lastRepeat)
        break
      case '{':
        this.#counted(lastRepeat)
        break
      case '\\':
        this.#backslash()
        this.#operand = true
        break
      default:
        this.#literal()
    }
  }

  #literal(): void {
    this.#at++
    this.#operand = true
  }

  #group(): void {
    const start = this.#at
    if (this.#text.charAt(start + 1) !== '?') {
      this.#at++
      this.#enter()
      return
    }
    // Something has to follow the `<`.
    const named = /^\(\?P?<(?=.)/s.exec(this.#text.slice(start))
    if (named) this.#namedGroup(start, named[0].length)
    else this.#flags(start)
  }

  #enter(): void {
    this.#open++
    this.#operand = false
  }

  #namedGroup(start: number, nameAt: number): void {
    const end = this.#text.indexOf('>', start)
    if (end < 0) throw mistake('invalid named capture', this.#text.slice(start))
    const name = this.#text.slice(start + nameAt, end)
    if (!/^[A-Za-z0-9_]+$/.test(name)) {
      throw mistake('invalid named capture', this.#text.slice(start, end + 1))
    }
    this.#at = end + 1
    this.#enter()
  }

  /** `(?i)`, `(?i:…)`, `(?:…)`; lookaround is none of them. */
  #flags(start: number): void {
    let at = start + 2
    let negative = false
    let saw = false
    while (at < this.#text.length) {
      const character = this.#text.charAt(at++)
      if ('imsU'.includes(character)) {
        saw = true
      } else if (character === '-' && !negative) {
        negative = true
        saw = false
      } else if ((character === ':' || character === ')') && (!negative || saw)) {
        this.#at = at
        if (character === ':') this.#enter()
        return
      } else break
    }
    throw mistake('invalid or unsupported Perl syntax', this.#text.slice(start, at))
  }

  #repeat(after: number, lastRepeat: number | undefined): void {
    const start = this.#at
    const end = this.#text.charAt(after) === '?' ? after + 1 : after
    if (lastRepeat !== undefined) {
      throw mistake('invalid nested repetition operator', this.#text.slice(lastRepeat, end))
    }
    if (!this.#operand) {
      throw mistake('missing argument to repetition operator', this.#text.slice(start, end))
    }
    this.#at = end
    this.#lastRepeat = start
  }

  #counted(lastRepeat: number | undefined): void {
    const match = /^\{(\d+)(,(\d*))?\}/.exec(this.#text.slice(this.#at))
    if (!match || /^0\d/.test(match[1] ?? '')) {
      this.#literal()
      return
    }
    const min = Number(match[1])
    const max = match[2] === undefined ? min : match[3] === '' ? -1 : Number(match[3])
    if (min > MAX_REPEAT || max > MAX_REPEAT || (max >= 0 && min > max)) {
      throw mistake('invalid repeat count', match[0])
    }
    this.#repeat(this.#at + match[0].length, lastRepeat)
  }

  #backslash(): void {
    const next = this.#text.charAt(this.#at + 1)
    if (next === 'Q') {
      const end = this.#text.indexOf('\\E', this.#at)
      this.#at = end < 0 ? this.#text.length : end + 2
    } else if ('AbBz'.includes(next) && next !== '') {
      this.#at += 2
    } else if (next === 'C') {
      throw mistake('invalid escape sequence', '\\C')
    } else if (!this.#unicodeClass() && !this.#perlClass()) {
      this.#escape()
    }
  }

  #perlClass(): boolean {
    if (!/^\\[dDsSwW]/.test(this.#text.slice(this.#at, this.#at + 2))) return false
    this.#at += 2
    return true
  }

  #unicodeClass(): boolean {
    const rest = this.#text.slice(this.#at)
    if (!/^\\[pP]./su.test(rest)) return false
    const braced = rest.charAt(2) === '{'
    const end = braced ? rest.indexOf('}') : 2
    if (end < 0) throw mistake('invalid character class range', rest)
    const sequence = rest.slice(0, end + 1)
    const name = (braced ? rest.slice(3, end) : rest.slice(2, 3)).replace(/^\^/, '')
    if (!isUnicodeName(name)) throw mistake('invalid character class range', sequence)
    this.#at += sequence.length
    return true
  }

  /** One escaped character; answers its code, which ranges compare. */
  #escape(): number {
    const start = this.#at
    const rest = this.#text.slice(start)
    if (rest.length < 2) throw mistake('trailing backslash at end of expression', '')
    const known = /^\\(0[0-7]{0,2}|[1-7][0-7]{1,2}|x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]+\}|[afnrtv])/.exec(rest)
    if (known?.[1] !== undefined) {
      this.#at += known[0].length
      return codeOf(known[1])
    }
    const character = rest.slice(1, 2)
    if (/[A-Za-z0-9]/.test(character) || character.charCodeAt(0) > 127) {
      throw mistake('invalid escape sequence', rest.slice(0, invalidLength(rest)))
    }
    this.#at += 2
    return character.charCodeAt(0)
  }

  #class(): void {
    const start = this.#at
    this.#at += this.#text.charAt(start + 1) === '^' ? 2 : 1
    for (let first = true; first || this.#text.charAt(this.#at) !== ']'; first = false) {
      if (this.#posixClass() || this.#unicodeClass() || this.#perlClass()) continue
      const from = this.#at
      const low = this.#classCharacter(start)
      const next = this.#text.charAt(this.#at + 1)
      if (this.#text.charAt(this.#at) !== '-' || next === ']' || next === '') continue
      this.#at++
      if (this.#classCharacter(start) < low) {
        throw mistake('invalid character class range', this.#text.slice(from, this.#at))
      }
    }
    this.#at++
  }

  #posixClass(): boolean {
    const rest = this.#text.slice(this.#at)
    const end = rest.startsWith('[:') ? rest.indexOf(':]', 2) : -1
    if (end < 0) return false
    const name = rest.slice(0, end + 2)
    if (!POSIX_CLASSES.has(name.slice(2, -2).replace(/^\^/, ''))) {
      throw mistake('invalid character class range', name)
    }
    this.#at += name.length
    return true
  }

  #classCharacter(start: number): number {
    const code = this.#text.codePointAt(this.#at)
    if (code === undefined) throw mistake('missing closing ]', this.#text.slice(start))
    if (code === 0x5c) return this.#escape()
    this.#at += code > 0xffff ? 2 : 1
    return code
  }
}

const CONTROL_CODES: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }

const codeOf = (sequence: string): number => {
  if (sequence.startsWith('x')) return Number.parseInt(sequence.replace(/[x{}]/g, ''), 16)
  return CONTROL_CODES[sequence] ?? Number.parseInt(sequence, 8)
}

/** How much of the text Go shows for a wrong escape: a hexadecimal one as far as it was read. */
const invalidLength = (rest: string): number =>
  /^\\x\{[0-9A-Fa-f]*./.exec(rest)?.[0].length ?? /^\\x..?/s.exec(rest)?.[0].length ?? 2

const isUnicodeName = (name: string): boolean => {
  if (name === 'Any') return true
  return [`\\p{${name}}`, `\\p{Script=${name}}`].some(pattern => {
    try {
      return new RegExp(pattern, 'u') !== undefined
    } catch (error) {
      if (error instanceof SyntaxError) return false
      throw error
    }
  })
}
