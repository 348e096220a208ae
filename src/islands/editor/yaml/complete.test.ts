import { describe, expect, test } from 'vitest'
import { complete } from './complete.ts'
import { testingKinds } from './testing-kinds.ts'

const HEAD = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: reviews\n'

/** `|` marks the cursor. */
function at(marked: string) {
  const offset = marked.indexOf('|')
  const found = complete(marked.replace('|', ''), offset, testingKinds)
  return found && { word: marked.slice(found.from, offset), proposals: found.proposals }
}
const labels = (marked: string) => at(marked)?.proposals.map(({ label }) => label)
/** The text with a proposal taken. */
function taking(marked: string, label: string): string {
  const found = at(marked)
  const chosen = found?.proposals.find(one => one.label === label)
  if (!found || !chosen)
    throw new Error(`${label} is not proposed: ${found?.proposals.map(one => one.label)}`)
  return marked.replace(`${found.word}|`, chosen.insert)
}

describe('keys', () => {
  test('are those of the place that the indentation says, less those that are there', () => {
    expect(labels(`${HEAD}spec:\n  hosts: [a]\n  |`)).toEqual(['http'])
    expect(labels(`${HEAD}spec:\n  ho|\n  http: []`)).toEqual(['hosts'])
    expect(labels(`${HEAD}|`)).toEqual(['spec'])
    expect(labels(`${HEAD.replace('name: reviews', '|')}`)).toEqual(['name'])
  })

  test('are found in lists, whether these are indented or not', () => {
    expect(labels(`${HEAD}spec:\n  http:\n  - name: a\n    |`)).toEqual(['timeout', 'headers', 'route'])
    expect(labels(`${HEAD}spec:\n  http:\n    - name: a\n      route:\n      - |`)).toEqual([
      'weight',
      'destination',
    ])
    expect(
      labels(`${HEAD}spec:\n  http:\n  - route:\n    - destination:\n        host: a\n      w|`),
    ).toEqual(['weight'])
    expect(labels(`${HEAD}spec:\n  http:\n  - name: a\n  - n|`)).toContain('name')
    expect(labels(`${HEAD}spec:\n  http:\n  - name: a\n  ho|`)).toEqual(['hosts'])
  })

  test('of another document are not counted', () => {
    expect(labels(`${HEAD}spec:\n  hosts: []\n---\n${HEAD}spec:\n  |`)).toEqual(['hosts', 'http'])
  })

  test('bring what follows them', () => {
    expect(taking(`${HEAD}spec:\n  ht|`, 'http')).toBe(`${HEAD}spec:\n  http:\n  - `)
    expect(taking(`${HEAD}spec:\n  http:\n  - route:\n    - de|`, 'destination')).toBe(
      `${HEAD}spec:\n  http:\n  - route:\n    - destination:\n        `,
    )
    expect(taking(`${HEAD}spec:\n  http:\n  |\n`, 'hosts')).toBe(`${HEAD}spec:\n  http:\n  hosts:\n  - \n`)
    expect(taking(`${HEAD}spec:\n  http:\n    |`, 'route')).toBe(
      `${HEAD}spec:\n  http:\n    - route:\n      - `,
    )
  })

  test('that must be there are said to be', () => {
    const proposals = at(`${HEAD}spec:\n  http:\n  - route:\n    - |`)?.proposals
    expect(proposals?.filter(one => one.isRequired).map(one => one.label)).toEqual(['destination'])
  })
})

describe('values', () => {
  const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: x\nspec:\n'
  test('are those of an enumeration, the default first', () => {
    expect(labels(`${SERVICE}  type: |`)).toEqual(['ClusterIP', 'NodePort'])
    expect(labels(`${SERVICE}  publishNotReadyAddresses: t|`)).toEqual(['true', 'false'])
  })
  test('of apiVersion and kind are what the cluster serves', () => {
    expect(labels('apiVersion: networking.istio.io/v1\nkind: |')).toEqual(['VirtualService'])
    expect(labels('apiVersion: |\nkind: VirtualService')).toEqual([
      'networking.istio.io/v1',
      'networking.istio.io/v1beta1',
    ])
  })
  test('a kind in an empty document brings its apiVersion', () => {
    expect(taking('---\n|', 'VirtualService')).toBe(
      '---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: ',
    )
  })
})

test.each([
  ['a comment', `${HEAD}spec:\n  # ho|`],
  ['quotes', `${HEAD}spec:\n  "ho|`],
  ['a flow collection', `${HEAD}spec: {ho|`],
  [
    'a block of text',
    `${HEAD}  note: |-\n    ho|\n`
      .replace('|-', 'PIPE-')
      .replace('|', '\0')
      .replace('PIPE', '|')
      .replace('\0', '@'),
  ],
])('nothing is proposed in %s', (_, marked) => {
  const offset = marked.includes('@') ? marked.indexOf('@') : marked.indexOf('|')
  expect(complete(marked.replace('@', ''), offset, testingKinds)).toBeUndefined()
})
