import { expect, test } from 'vitest'
import { applyCommand } from './shell-path.ts'

test.each([
  ['samples/a-1.yaml', 'kubectl apply -f ~/samples/a-1.yaml'],
  ['my rule.yaml', "kubectl apply -f ~/'my rule.yaml'"],
  ["it's $(x).yaml", "kubectl apply -f ~/'it'\\''s $(x).yaml'"],
])('%s is applied wherever the shell is', (path, command) => {
  expect(applyCommand(path)).toBe(command)
})
