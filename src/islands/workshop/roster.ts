/** The list of learners from a CSV: all rows or none, with what is wrong by row. */
import type { RosterResponse, Workshop } from '../../../sandbox-server/protocol/workshops.ts'
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { api } from './api.ts'
import { button, download, field, form, input, openDialog, submitButton } from './ui.ts'

const UNPROCESSABLE = 422

export function openRoster(workshop: Workshop): void {
  const words = theWords().workshop.roster
  const { body } = openDialog(words.title, 'wide')
  const text = element('textarea', {
    rows: '6',
    class: 'mono',
    placeholder: words.example,
    spellcheck: 'false',
    required: true,
  })
  const file = input('file', '', { accept: '.csv,text/csv,text/plain' })
  file.addEventListener('change', async () => {
    const [chosen] = file.files ?? []
    if (chosen) text.value = await chosen.text()
  })
  const answer = element('div', { role: 'status', class: 'view' })
  const submit = submitButton(words.upload)
  const upload = async () => {
    const path = `/api/workshops/${workshop.id}/roster`
    const response = await api<RosterResponse>('POST', path, { csv: text.value }, [UNPROCESSABLE])
    answer.replaceChildren(...shown(response, workshop))
  }
  body.append(
    element('p', {}, words.note),
    form(
      upload,
      submit,
      field(words.file, file),
      field(words.paste, text),
      element('p', { class: 'actions end' }, submit),
    ),
    answer,
  )
}

function shown({ added, kept, errors, seats }: RosterResponse, workshop: Workshop): HTMLElement[] {
  const words = theWords().workshop.roster
  if (errors.length > 0)
    return [
      element('p', { class: 'callout', 'data-kind': 'bad' }, words.errors),
      table(
        [words.row, words.column, words.problem],
        errors.map(({ row, column, message }) => [String(row), column ?? '', message[thisPage().language]]),
      ),
    ]
  const result = element('p', { class: 'callout', 'data-kind': 'ok' }, fill(words.added, { added, kept }))
  if (seats.length === 0) return [result]
  const rows = seats.map(({ name, pin, rejoinUrl }) => [name, pin ?? words.ownPin, rejoinUrl])
  const save = button(words.download, () =>
    download(
      `links-${workshop.id}.csv`,
      'text/csv;charset=utf-8',
      [['name', 'pin', 'link'], ...seats.map(({ name, pin, rejoinUrl }) => [name, pin ?? '', rejoinUrl])]
        .map(row => row.map(csvField).join(','))
        .join('\r\n'),
    ),
  )
  return [
    result,
    element('h3', {}, words.links),
    element('p', { class: 'actions' }, words.linksNote, save),
    table([words.name, words.pin, words.link], rows),
  ]
}

/** Quoted, and not a formula to a spreadsheet. */
const csvField = (value: string): string =>
  `"${(/^[=+\-@\t\r]/.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`

export function table(head: string[], rows: (string | Node)[][], attributes: Record<string, string> = {}) {
  return element(
    'div',
    {
      class: 'table-scroll',
      tabindex: '0',
      role: 'region',
      'aria-label': attributes['aria-label'] ?? head.join(', '),
    },
    element(
      'table',
      { class: 'plain-table' },
      element('thead', {}, element('tr', {}, ...head.map(text => element('th', { scope: 'col' }, text)))),
      element(
        'tbody',
        {},
        ...rows.map(row => element('tr', {}, ...row.map(cell => element('td', { dir: 'auto' }, cell)))),
      ),
    ),
  )
}
