import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { inlineScriptHashes, policyFor, withPreviewsAt } from './content-security-policy.ts'

const sha = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

test('allows exactly the scripts that a page carries', () => {
  const html = `<script>one()</script><script type="module">two()</script><script src="/x.js"></script>
    <script type="application/ld+json">{}</script><script>one()</script>`
  expect(inlineScriptHashes(html)).toEqual([sha('one()'), sha('two()')])
  const policy = policyFor(html)
  expect(policy).toContain(sha('two()'))
  expect(policy).not.toContain("script-src 'unsafe-inline'")
  expect(policy).toContain("object-src 'none'")
})

test('lets a page frame previews: at *.localhost, and at the name the course is reached by', () => {
  const policy = policyFor('')
  expect(policy).toContain("frame-src 'self' http://*.localhost:* https://*.localhost:*")
  expect(withPreviewsAt(policy, 'class.example.com')).toContain("frame-src 'self' http://class.example.com:*")
  expect(withPreviewsAt(policy, 'x; script-src *')).toBe(policy)
})
