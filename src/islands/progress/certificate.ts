/** A certificate to print. The name is the learner's own words: it is shown as text and kept in this browser. */
import { fill, htmlLanguage } from '../../language/index.ts'
import { duration } from '../workshop/format.ts'
import { element } from '../workspace/element.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import type { Earned } from './earned.ts'

const NAME_KEY = 'meshdojo:certificate-name'
const LONGEST_NAME = 80

/** What a certificate is for, in the page's language; `titles` are the chapters'. */
export type Titles = ReadonlyMap<string, { number: number; title: string }>

/** A form and the certificate it fills. `wanted` is the chapter whose certificate is shown first, when it is earned. */
export function certificates(earned: readonly Earned[], titles: Titles, wanted: string): Node[] {
  const words = theWords().progress.certificate
  const which = element(
    'select',
    { id: 'certificate-which' },
    ...earned.map((one, index) => element('option', { value: String(index) }, subject(one, titles))),
  )
  which.selectedIndex = Math.max(
    0,
    earned.findIndex(({ chapter }) => chapter === wanted),
  )
  const name = element('input', {
    id: 'certificate-name',
    type: 'text',
    maxlength: String(LONGEST_NAME),
    autocomplete: 'name',
    'aria-describedby': 'certificate-name-hint',
  })
  name.value = storedName()
  const print = element('button', { type: 'button', class: 'button' }, words.print)
  const sheet = element('article', { class: 'certificate', 'aria-label': words.title })
  const draw = () => {
    const one = earned[which.selectedIndex]
    if (one) sheet.replaceChildren(...drawn(one, titles, name.value.trim()))
  }
  which.addEventListener('change', draw)
  name.addEventListener('input', () => {
    storeName(name.value)
    draw()
  })
  print.addEventListener('click', () => {
    if (name.value.trim() === '') name.focus()
    else window.print()
  })
  draw()
  const form = element(
    'div',
    { class: 'certificate-form' },
    element('p', {}, element('label', { for: which.id }, words.which), which),
    element(
      'p',
      {},
      element('label', { for: name.id }, words.name),
      name,
      element('small', { id: 'certificate-name-hint', class: 'dim' }, words.nameHint),
    ),
    print,
  )
  return [form, sheet]
}

function subject({ chapter }: Earned, titles: Titles): string {
  const { progress } = theWords()
  const found = chapter === undefined ? undefined : titles.get(chapter)
  return found ? fill(progress.certificate.chapter, found) : progress.certificate.course
}

function drawn(one: Earned, titles: Titles, name: string): Node[] {
  const words = theWords().progress.certificate
  const date = new Intl.DateTimeFormat(htmlLanguage[thisPage().language], { dateStyle: 'long' }).format(
    one.at,
  )
  return [
    element('p', { class: 'brand' }, 'Meshdojo'),
    element('h3', {}, words.title),
    element(
      'p',
      { class: name === '' ? 'name missing' : 'name', dir: 'auto' },
      name || words.namePlaceholder,
    ),
    element('p', {}, words.has),
    element('p', { class: 'subject' }, subject(one, titles)),
    element('p', {}, fill(words.steps, { total: one.steps })),
    element(
      'p',
      { class: 'facts' },
      element('span', {}, fill(words.date, { date })),
      element('span', {}, fill(words.hours, { time: duration(one.tookMs) })),
    ),
    element('small', { class: 'dim' }, words.note),
  ]
}

function storedName(): string {
  try {
    return (localStorage.getItem(NAME_KEY) ?? '').slice(0, LONGEST_NAME)
  } catch {
    return '' // Storage is forbidden: the name is typed anew.
  }
}

function storeName(name: string): void {
  try {
    localStorage.setItem(NAME_KEY, name)
  } catch {
    // Storage is full or forbidden: the name lasts as long as the page.
  }
}
