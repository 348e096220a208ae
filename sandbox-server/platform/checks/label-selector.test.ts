import { expect, test } from 'vitest'
import { matchesSelector } from './label-selector.ts'

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x', labels: { app: 'reviews', version: 'v2' } },
}

test.each([
  ['', true],
  ['app=reviews', true],
  ['app==reviews,version=v2', true],
  ['app=reviews,version=v1', false],
  ['app!=ratings', true],
  ['version in (v1, v2),app=reviews', true],
  ['version notin (v1,v2)', false],
  ['canary notin (yes)', true],
  ['app', true],
  ['canary', false],
  ['!canary,app', true],
])('%j', (selector, expected) => expect(matchesSelector(pod, selector)).toBe(expected))
