/** Formats of names and values, with the sentences of k8s.io/apimachinery/pkg/util/validation. Empty answer: valid. */

const explain = (message: string, regex: string, ...examples: string[]): string => {
  const shown = examples.map(example => `'${example}', `).join(' or ')
  return `${message} (e.g. ${shown}regex used for validation is '${regex}')`
}

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?'
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const VALUE = `(${QUALIFIED})?`
const PORT_NAME_PARTS = /^[-a-z0-9]+$/

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`)
const MATCHES = {
  label: whole(LABEL),
  label1035: whole(LABEL_1035),
  subdomain: whole(SUBDOMAIN),
  qualified: whole(QUALIFIED),
  value: whole(VALUE),
}

const maximum = (length: number): string => `must be no more than ${length} characters`

export function isDnsLabel(value: string): string[] {
  const errors: string[] = []
  if (value.length > 63) errors.push(maximum(63))
  if (!MATCHES.label.test(value)) {
    errors.push(
      explain(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
        LABEL,
        'my-name',
        '123-abc',
      ),
    )
  }
  return errors
}

export function isDns1035Label(value: string): string[] {
  const errors: string[] = []
  if (value.length > 63) errors.push(maximum(63))
  if (!MATCHES.label1035.test(value)) {
    errors.push(
      explain(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        LABEL_1035,
        'my-name',
        'abc-123',
      ),
    )
  }
  return errors
}

export function isDnsSubdomain(value: string): string[] {
  const errors: string[] = []
  if (value.length > 253) errors.push(maximum(253))
  if (!MATCHES.subdomain.test(value)) {
    errors.push(
      explain(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        SUBDOMAIN,
        'example.com',
      ),
    )
  }
  return errors
}

/** Names of RBAC objects: anything that fits between slashes of a path. */
export function isPathSegment(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`]
  return ['/', '%'].filter(illegal => value.includes(illegal)).map(illegal => `may not contain '${illegal}'`)
}

/** Keys of labels and annotations, finalizers, resource names: `prefix/name`. */
export function qualifiedNameErrors(value: string, what = 'a qualified name'): string[] {
  const errors: string[] = []
  const parts = value.split('/')
  if (parts.length > 2) {
    return [
      `${what} ${explain("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", QUALIFIED, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const name = parts.at(-1) ?? ''
  const prefix = parts.length === 2 ? parts[0] : undefined
  if (prefix !== undefined) {
    if (prefix === '') errors.push('prefix part must be non-empty')
    else for (const message of isDnsSubdomain(prefix)) errors.push(`prefix part ${message}`)
  }
  if (name === '') errors.push('name part must be non-empty')
  else if (name.length > 63) errors.push('name part must be no more than 63 characters')
  if (!MATCHES.qualified.test(name)) {
    errors.push(
      `name part ${explain("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", QUALIFIED, 'MyName', 'my.name', '123-abc')}`,
    )
  }
  return errors
}

export function isLabelValue(value: string): string[] {
  const errors: string[] = []
  if (value.length > 63) errors.push(maximum(63))
  if (!MATCHES.value.test(value)) {
    errors.push(
      explain(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        VALUE,
        'MyValue',
        'my_value',
        '12345',
      ),
    )
  }
  return errors
}

export const PORT_RANGE = 'must be between 1 and 65535, inclusive'

export function isPort(value: number): string[] {
  return Number.isInteger(value) && value >= 1 && value <= 65535 ? [] : [PORT_RANGE]
}

/** IANA service names: at most 15 characters, one letter at least. */
export function isPortName(value: string): string[] {
  const errors: string[] = []
  if (value.length > 15) errors.push('must be no more than 15 characters')
  if (!PORT_NAME_PARTS.test(value))
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)')
  if (value.includes('--')) errors.push('must not contain consecutive hyphens')
  if (value !== '' && (value.startsWith('-') || value.endsWith('-')))
    errors.push('must not begin or end with a hyphen')
  return errors
}

/** Keys of ConfigMaps and Secrets. */
export function isConfigMapKey(value: string): string[] {
  const errors: string[] = []
  if (value.length > 253) errors.push(maximum(253))
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) {
    errors.push(
      explain(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        '[-._a-zA-Z0-9]+',
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    )
  }
  if (value === '.') errors.push("must not be '.'")
  else if (value === '..') errors.push("must not be '..'")
  else if (value.startsWith('..')) errors.push("must not start with '..'")
  return errors
}
