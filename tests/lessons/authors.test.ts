/** What `docs/authors.md` shows is taken by the schema as it stands there, and no kind or component is left out. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { compileCheck } from '../../sandbox-server/platform/checks/judge.ts'
import { check, step } from '../../sandbox-server/protocol/lesson.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const guide = readFileSync(join(ROOT, 'docs', 'authors.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, text = '']) => text,
  )
const checks = blocks('yaml check').map(text => check.parse(parse(text)))

describe('the guide for authors', () => {
  test.each(checks)('shows a check of kind $kind that compiles', example => {
    expect(() => compileCheck(example)).not.toThrow()
  })

  test('has an example of every kind', () => {
    expect(checks.map(({ kind }) => kind).sort()).toEqual(
      check.options.map(({ shape }) => shape.kind.value).sort(),
    )
  })

  test('shows a step as the schema takes it', () => {
    const [shown = ''] = blocks('yaml')
    expect(step.parse({ ...parse(shown), checks })).toMatchObject({ id: 'all-to-v1' })
  })

  test('names every component of the texts', () => {
    const index = readFileSync(join(ROOT, 'src', 'lesson-components', 'index.ts'), 'utf8')
    const [, list = ''] = /lessonComponents = \{([^}]*)\}/.exec(index) ?? []
    const names = list.split(',').flatMap(name => name.trim() || [])
    expect(names.length).toBeGreaterThan(5)
    expect(names.filter(name => !guide.includes(`<${name}`))).toEqual([])
    expect(readdirSync(join(ROOT, 'src', 'lesson-components'))).toEqual(
      expect.arrayContaining(names.map(name => `${name}.astro`)),
    )
  })
})
