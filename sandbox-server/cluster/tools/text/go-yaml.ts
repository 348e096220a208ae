/** YAML as sigs.k8s.io/yaml writes it, which kubectl and istioctl print: keys in order, strings quoted only where they must be. */
import { Document, Scalar, stringify, visit } from 'yaml'

/** Ends with a newline. */
export function toYaml(value: unknown): string {
  const document = new Document(sortKeys(value), { aliasDuplicateObjects: false, version: '1.1' })
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string') node.type = styleOf(node.value)
    },
  })
  return stringify(document, { lineWidth: 0, indentSeq: false, defaultStringType: 'PLAIN', nullStr: 'null' })
}

/** go-yaml quotes with double quotes what would be read as something else, and with single quotes what the syntax forbids. */
function styleOf(text: string): Scalar.Type {
  if (text.includes('\n')) return Scalar.BLOCK_LITERAL
  if (text === '' || isOtherwise(text)) return Scalar.QUOTE_DOUBLE
  if (/^[\s\-?:,[\]{}#&*!|>'"%@`]/.test(text) && !/^[-?:][^\s]/.test(text)) return Scalar.QUOTE_SINGLE
  if (/: |:$| #|\s$/.test(text)) return Scalar.QUOTE_SINGLE
  return Scalar.PLAIN
}

/** Read as a number, a truth value, null, a date or a merge key. */
const isOtherwise = (text: string): boolean =>
  /^(~|null|Null|NULL|true|True|TRUE|false|False|FALSE|y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF|<<|=)$/.test(
    text,
  ) ||
  /^[-+]?(0b[01_]+|0o?[0-7_]+|0x[\da-fA-F_]+|\d[\d_]*|\d[\d_]*\.[\d_]*([eE][-+]?\d+)?|\.\d[\d_]*([eE][-+]?\d+)?|\d[\d_]*[eE][-+]?\d+)$/.test(
    text,
  ) ||
  /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/.test(text) ||
  /^\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?$/.test(text) ||
  /^[-+]?\d[\d_]*(:[0-5]?\d)+(\.\d*)?$/.test(text)

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => compareKeys(a, b))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  )
}

const isLetter = (character: string): boolean => /\p{L}/u.test(character)

/** go-yaml's order: letters after anything else but inside a number, and numbers by value. */
function compareKeys(a: string, b: string): number {
  let isInNumber = false
  for (let index = 0; index < a.length && index < b.length; index++) {
    const [left, right] = [a.charAt(index), b.charAt(index)]
    if (left === right) {
      isInNumber = /\d/.test(left)
      continue
    }
    const [isLeft, isRight] = [isLetter(left), isLetter(right)]
    if (isLeft && isRight) return left < right ? -1 : 1
    if (isLeft || isRight) return (isInNumber ? isLeft : isRight) ? -1 : 1
    const numbers = [a, b].map(text => /^\d+/.exec(text.slice(index))?.[0])
    const [before, after] = numbers.map(Number)
    if (numbers[0] && numbers[1] && before !== after) return (before ?? 0) - (after ?? 0)
    return left < right ? -1 : 1
  }
  return a.length - b.length
}
