import { expect, test } from 'vitest'
import { refuse } from './refuse.ts'
import { parseWords } from './words.ts'

test('tells words from flags, wherever they stand', () => {
  expect(parseWords(['-n', 'shop', 'get', 'pods', '--context=two', '-o', 'yaml'])).toMatchObject({
    args: ['get', 'pods', 'yaml'],
    namespace: 'shop',
    context: 'two',
  })
})

test('takes what stands after -- as it is', () => {
  expect(parseWords(['exec', 'a', '--', 'ls', '-n', 'x']).args).toEqual(['exec', 'a', 'ls', '-n', 'x'])
})

test('refuses in one line that says what does it', () => {
  expect(refuse('new-app').message).toMatch(
    /^this oc has no "new-app": [^\n]*oc create deployment NAME --image=IMAGE\.$/,
  )
  expect(refuse('frobnicate').message).toMatch(/^[^\n]*use the oc of an OpenShift cluster\.$/)
})
