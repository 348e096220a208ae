import { describe, expect, it } from 'vitest'
import type { Language } from '../../sandbox-server/protocol/steps.ts'
import { type Chapter, LessonError } from './chapters.ts'
import { checkProse } from './prose.ts'

const localized = { en: 'x', zh: 'x' }
const step = (id: string): Chapter['lesson']['steps'][number] => ({
  id,
  title: localized,
  setup: { apply: [], delete: [] },
  checks: [],
  hints: [],
  solution: ['true'],
  mistakes: [],
})
const chapter: Chapter = {
  folder: '02-routing',
  number: 2,
  lesson: {
    id: 'routing',
    title: localized,
    summary: localized,
    minutes: 5,
    deploy: [],
    steps: [step('one'), step('two')],
  },
}
const run = (command: string) => `<Run>\n\`\`\`bash\n${command}\n\`\`\`\n</Run>`
const good = `<Step id="one">\n${run('kubectl get pods')}\n</Step>\n\n<Step id="two">\n</Step>\n`

function problemOf(texts: Partial<Record<Language, string>>): string {
  try {
    checkProse(chapter, language => texts[language])
    return ''
  } catch (error) {
    if (error instanceof LessonError) return error.message
    throw error
  }
}

describe('checkProse', () => {
  it('accepts texts that have every step, in order, with the same commands', () => {
    expect(problemOf({ en: good, zh: good })).toBe('')
  })

  it('names the file of a missing translation and what to do', () => {
    expect(problemOf({ en: good })).toBe(
      'lessons/02-routing/index.zh.mdx: is missing\n  → every chapter has a text in en and zh; write it',
    )
  })

  it('names the line of an unknown step and the steps there are', () => {
    const wrong = good.replace('"two"', '"tow"')
    expect(problemOf({ en: wrong, zh: good })).toBe(
      'lessons/02-routing/index.en.mdx:9: there is no step "tow" in lesson.yaml\n  → use one of one, two',
    )
  })

  it('names steps that a text leaves out', () => {
    expect(problemOf({ en: good, zh: '<Step id="one">\n</Step>' })).toContain(
      'index.zh.mdx: has no text for two',
    )
  })

  it('refuses steps in another order', () => {
    expect(problemOf({ en: '<Step id="two">\n</Step>\n<Step id="one">\n</Step>', zh: good })).toContain(
      'put them in the order of lesson.yaml: one, two',
    )
  })

  it('refuses a command that differs between languages', () => {
    const other = good.replace('get pods', 'get pod')
    expect(problemOf({ en: good, zh: other })).toContain(
      'index.zh.mdx: command 1 is "kubectl get pod", in lessons/02-routing/index.en.mdx it is "kubectl get pods"',
    )
  })
})
