/** Label and field selectors: parsing with upstream's error words (k8s.io/apimachinery/pkg/labels, …/fields). */
import type { ApiObject } from './api.ts'
import type { Kind } from './kinds/kind.ts'
import { badRequest } from './status.ts'

export type Predicate = (object: ApiObject) => boolean

type Labels = Readonly<Record<string, string>>

interface Requirement {
  key: string
  operator: '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<'
  values: string[]
}

const TOKEN = /\s*(?:(==|!=|=|!|\(|\)|,|>|<)|([^\s=!(),<>]+))/y

function tokens(text: string): string[] {
  const found: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text)
    if (!match) break
    found.push(match[1] ?? match[2] ?? '')
  }
  return found
}

const isWord = (token: string): boolean => token !== '' && !/^(?:==|!=|=|!|\(|\)|,|>|<)$/.test(token)

const LABEL_VALUE = /^(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const LABEL_NAME = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/

const NAME_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

function checkKey(key: string): void {
  const parts = key.split('/')
  const name = parts.length === 2 ? (parts[1] ?? '') : key
  if (parts.length > 2 || !LABEL_NAME.test(name) || (parts.length === 2 && !SUBDOMAIN.test(parts[0] ?? ''))) {
    throw badRequest(`unable to parse requirement: <nil>: Invalid value: "${key}": ${NAME_RULE}`)
  }
}

function checkValues(key: string, values: readonly string[]): void {
  values.forEach((value, index) => {
    if (LABEL_VALUE.test(value) && value.length <= 63) return
    const rule = value.length > 63 ? 'must be no more than 63 characters' : VALUE_RULE
    throw badRequest(
      `unable to parse requirement: values[${index}][${key}]: Invalid value: "${value}": ${rule}`,
    )
  })
}

class SelectorParser {
  readonly #tokens: string[]
  #position = 0

  constructor(text: string) {
    this.#tokens = tokens(text)
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = []
    if (this.#tokens.length === 0) return requirements
    for (;;) {
      requirements.push(this.#requirement())
      const next = this.#next()
      if (next === '') return requirements
      if (next !== ',')
        throw badRequest(`unable to parse requirement: found '${next}', expected: ',' or 'end of string'`)
      const after = this.#peek()
      if (!isWord(after) && after !== '!')
        throw badRequest(`found '${after}', expected: identifier after ','`)
    }
  }

  #peek(): string {
    return this.#tokens[this.#position] ?? ''
  }

  #next(): string {
    return this.#tokens[this.#position++] ?? ''
  }

  #requirement(): Requirement {
    if (this.#peek() === '!') {
      this.#next()
      return this.#checked({ key: this.#key(), operator: '!', values: [] })
    }
    const key = this.#key()
    const operator = this.#peek()
    if (operator === '' || operator === ',') return this.#checked({ key, operator: 'exists', values: [] })
    this.#next()
    if (operator === 'in' || operator === 'notin')
      return this.#checked({ key, operator, values: this.#values() })
    if (operator === '=' || operator === '==' || operator === '!=' || operator === '>' || operator === '<') {
      const value = isWord(this.#peek()) ? this.#next() : ''
      if ((operator === '>' || operator === '<') && !/^-?\d+$/.test(value)) {
        throw badRequest(
          `unable to parse requirement: values[0][${key}]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`,
        )
      }
      return this.#checked({ key, operator: operator === '==' ? '=' : operator, values: [value] })
    }
    throw badRequest(
      `unable to parse requirement: found '${operator}', expected: in, notin, =, ==, !=, gt, lt`.replace(
        'gt, lt',
        '>, <',
      ),
    )
  }

  #key(): string {
    const key = this.#next()
    if (!isWord(key)) {
      throw badRequest(
        `unable to parse requirement: found '${key}', expected: !, identifier, or ','`.replace(
          ", or ','",
          ", or 'end of string'",
        ),
      )
    }
    return key
  }

  #values(): string[] {
    const open = this.#next()
    if (open !== '(') throw badRequest(`unable to parse requirement: found '${open}' expected: '('`)
    const values: string[] = []
    for (;;) {
      const token = this.#next()
      if (token === ')') {
        if (values.length === 0) values.push('')
        return values
      }
      if (token === ',') continue
      if (!isWord(token))
        throw badRequest(`unable to parse requirement: found '${token}', expected: ',' or ')'`)
      values.push(token)
    }
  }

  #checked(requirement: Requirement): Requirement {
    checkKey(requirement.key)
    checkValues(requirement.key, requirement.values)
    return requirement
  }
}

function satisfies(labels: Labels, { key, operator, values }: Requirement): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case '=':
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case '>':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > Number(values[0])
    case '<':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < Number(values[0])
  }
}

/** A test of labels for `app=x,tier in (a,b),!old`; a 400 StatusError when it does not parse. */
export function labelMatcher(selector: string): (labels: Labels) => boolean {
  const requirements = new SelectorParser(selector).parse()
  return labels => requirements.every(requirement => satisfies(labels, requirement))
}

/** A predicate over objects, undefined when the selector is empty. */
export function labelPredicate(selector: string | undefined): Predicate | undefined {
  if (!selector) return undefined
  const matches = labelMatcher(selector)
  return object => matches(object.metadata.labels ?? {})
}

/** A field selector (`metadata.name=x,status.phase!=Running`) for a kind; unknown fields are a 400 StatusError. */
export function fieldPredicate(selector: string | undefined, kind: Kind): Predicate | undefined {
  if (!selector) return undefined
  const terms = selector
    .split(',')
    .filter(term => term !== '')
    .map(term => {
      const match = /^(.*?)(!=|==|=)(.*)$/.exec(term)
      if (!match) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`)
      const [, field = '', operator = '=', value = ''] = match
      return { read: fieldReader(kind, field), wanted: value, negated: operator === '!=' }
    })
  return object => terms.every(term => (term.read(object) === term.wanted) !== term.negated)
}

function fieldReader(kind: Kind, field: string): (object: ApiObject) => string {
  if (field === 'metadata.name') return object => object.metadata.name
  if (field === 'metadata.namespace') return object => object.metadata.namespace ?? ''
  const read = kind.fields && Object.hasOwn(kind.fields, field) ? kind.fields[field] : undefined
  if (read) return read
  throw badRequest(
    kind.custom || kind.fields || kind.group === ''
      ? `field label not supported: ${field}`
      : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
  )
}
