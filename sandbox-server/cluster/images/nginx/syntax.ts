/** nginx's configuration language: words, quotes, comments, blocks. Errors are in nginx's words. */

export interface Directive {
  name: string
  args: readonly string[]
  /** What stands between braces; undefined when the directive ends with a semicolon. */
  block?: readonly Directive[]
  file: string
  line: number
}

/** nginx does not start; the message is what it prints. */
export class NginxConfigError extends Error {
  override readonly name = 'NginxConfigError'
  constructor(message: string, file: string, line: number) {
    super(`nginx: [emerg] ${message} in ${file}:${line}`)
  }
}

interface Word {
  text: string
  isQuoted: boolean
  line: number
}

/** A brace, a semicolon, a comment, white space, a quoted word, or a word (in which ${name} may stand). */
const TOKENS =
  /([{};])|#[^\n]*|\s+|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?:\$\{\w+\}|\\.|[^\s;{}"'#\\])(?:\$\{\w+\}|\\.|[^\s;{}\\])*)/gs

/** Throws NginxConfigError. */
export function parseConfig(text: string, file: string): Directive[] {
  const words = wordsOf(text)
  const { directives } = readBlock(words, 0, file, false)
  return directives
}

function wordsOf(text: string): Word[] {
  const words: Word[] = []
  let line = 1
  for (const [whole, mark, double, single, plain] of text.matchAll(TOKENS)) {
    const quoted = double ?? single
    const found = mark ?? quoted ?? plain
    if (found !== undefined)
      words.push({ text: found.replace(/\\(["'\\])/g, '$1'), isQuoted: quoted !== undefined, line })
    line += whole.split('\n').length - 1
  }
  return words
}

function readBlock(
  words: readonly Word[],
  from: number,
  file: string,
  isInner: boolean,
): { directives: Directive[]; next: number } {
  const directives: Directive[] = []
  let current: Word[] = []
  for (let at = from; at < words.length; at++) {
    const word = words[at]
    if (word === undefined) break
    const mark = word.isQuoted ? '' : word.text
    const [name, ...args] = current
    if (mark === ';' || mark === '{') {
      if (!name) throw new NginxConfigError(`unexpected "${mark}"`, file, word.line)
      const inner = mark === '{' ? readBlock(words, at + 1, file, true) : undefined
      directives.push({
        name: name.text,
        args: args.map(({ text }) => text),
        ...(inner ? { block: inner.directives } : {}),
        file,
        line: name.line,
      })
      if (inner) at = inner.next
      current = []
    } else if (mark === '}') {
      if (!isInner || name) throw new NginxConfigError('unexpected "}"', file, word.line)
      return { directives, next: at }
    } else current.push(word)
  }
  const last = words.at(-1)?.line ?? 1
  if (isInner || current.length > 0)
    throw new NginxConfigError(
      `unexpected end of file, expecting ${current.length > 0 ? '";" or "}"' : '"}"'}`,
      file,
      last,
    )
  return { directives, next: words.length }
}
