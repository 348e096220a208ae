/** Making a workshop, and changing one. */
import type {
  CapacityResponse,
  CreateWorkshop,
  Workshop,
} from '../../../sandbox-server/protocol/workshops.ts'
import { fill, languageNames } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords, thisPage } from '../workspace/page.ts'
import { api } from './api.ts'
import { chapterPicker } from './chapter-picker.ts'
import { fromLocalInput, toLocalInput, zoneName } from './format.ts'
import { field, form, input, link, select, submitButton, tick, toast } from './ui.ts'
import { go, knownChapters, type View, wayTo } from './view.ts'

type Settings = Omit<CreateWorkshop, 'open'>

const MINUTES_PER_HOUR = 60

export const formView: View = async ({ host, way: [first = ''] }) => {
  const id = first === 'new' ? undefined : first
  const known = knownChapters()
  const now = id === undefined ? undefined : await api<Workshop>('GET', `/api/workshops/${id}`)
  const start: Settings = now ?? {
    title: '',
    language: thisPage().language,
    chapters: known.map(chapter => chapter.id),
    gating: false,
    seats: 30,
    opensAt: null,
    closesAt: null,
    sandboxLivesMinutes: 8 * MINUTES_PER_HOUR,
    sandboxSleepsAfterMinutes: 20,
    pins: 'choose',
    rosterOnly: false,
    recordings: true,
  }
  const words = theWords().workshop.form
  const title = input('text', start.title, { required: true, maxlength: '120', autofocus: now === undefined })
  const language = select(
    Object.entries(languageNames).map(([code, { own }]) => [code, own] as const),
    start.language,
  )
  const chapters = chapterPicker(known, start.chapters)
  const gating = input('checkbox', '', { checked: start.gating })
  const seats = input('number', String(start.seats), { min: '1', max: '1000', required: true })
  const opensAt = input('datetime-local', toLocalInput(start.opensAt))
  const closesAt = input('datetime-local', toLocalInput(start.closesAt))
  const openNow = input('checkbox', '')
  const lives = input('number', String(start.sandboxLivesMinutes / MINUTES_PER_HOUR), {
    min: '0.25',
    max: '2160',
    step: '0.25',
    required: true,
  })
  const sleeps = input('number', String(start.sandboxSleepsAfterMinutes), {
    min: '1',
    max: '1440',
    required: true,
  })
  const pins = select(
    [
      ['choose', words.pinsChoose],
      ['given', words.pinsGiven],
      ['none', words.pinsNone],
    ],
    start.pins,
  )
  const rosterOnly = input('checkbox', '', { checked: start.rosterOnly })
  const recordings = input('checkbox', '', { checked: start.recordings })
  const problem = element('p', { class: 'callout', 'data-kind': 'bad', role: 'alert', hidden: true })
  const room = element('p', { class: 'field-hint' })
  void showRoom(room)

  const value = (): Settings => ({
    title: title.value,
    language: language.value === 'zh' ? 'zh' : 'en',
    chapters: chapters.value(),
    gating: gating.checked,
    seats: seats.valueAsNumber,
    opensAt: fromLocalInput(opensAt.value),
    closesAt: fromLocalInput(closesAt.value),
    sandboxLivesMinutes: Math.round(lives.valueAsNumber * MINUTES_PER_HOUR),
    sandboxSleepsAfterMinutes: Math.round(sleeps.valueAsNumber),
    pins: pinsOf(pins.value),
    rosterOnly: rosterOnly.checked,
    recordings: recordings.checked,
  })
  const submit = submitButton(now ? theWords().workshop.save : words.create)
  const save = async () => {
    const settings = value()
    const wrong = problemOf(settings)
    problem.hidden = wrong === undefined
    problem.textContent = wrong ?? ''
    if (wrong !== undefined) return problem.scrollIntoView({ block: 'center' })
    const saved = now
      ? await api<Workshop>('PATCH', `/api/workshops/${now.id}`, settings)
      : await api<Workshop>('POST', '/api/workshops', { ...settings, open: openNow.checked })
    if (now) toast(theWords().workshop.saved)
    go(saved.id)
  }
  const group = (legend: string, ...content: Node[]) =>
    element('fieldset', {}, element('legend', {}, legend), ...content)
  const pair = (...content: Node[]) => element('div', { class: 'pair' }, ...content)
  host.append(
    element(
      'header',
      { class: 'view-head' },
      element('h1', { tabindex: '-1' }, now ? fill(words.edit, { title: now.title }) : words.new),
    ),
    form(
      save,
      submit,
      field(words.title, title, { hint: words.titleHint }),
      group(
        words.chapters,
        element('p', { class: 'field-hint' }, words.chaptersHint),
        chapters.host,
        tick(words.gating, gating, words.gatingHint),
      ),
      pair(
        field(words.seats, seats, { hint: words.seatsHint }),
        field(words.language, language, { hint: words.languageHint }),
      ),
      room,
      group(
        words.when,
        pair(field(words.opensAt, opensAt), field(words.closesAt, closesAt)),
        element('p', { class: 'field-hint' }, fill(words.zone, { zone: zoneName() })),
        ...(now ? [] : [tick(words.openNow, openNow)]),
      ),
      group(
        words.sandbox,
        pair(
          field(words.lives, lives, { hint: words.livesHint }),
          field(words.sleeps, sleeps, { hint: words.sleepsHint }),
        ),
      ),
      group(
        words.access,
        field(words.pins, pins),
        tick(words.rosterOnly, rosterOnly),
        tick(words.recordings, recordings, words.recordingsHint),
      ),
      problem,
      element(
        'p',
        { class: 'actions end' },
        link(theWords().workshop.cancel, now ? wayTo(now.id) : '#', { class: 'button quiet' }),
        submit,
      ),
    ),
  )
}

const pinsOf = (value: string): Settings['pins'] => (value === 'given' || value === 'none' ? value : 'choose')

/** What the browser cannot see by itself. */
function problemOf({ chapters, opensAt, closesAt }: Settings): string | undefined {
  const words = theWords().workshop.form
  if (chapters.length === 0) return words.chooseOne
  return opensAt !== null && closesAt !== null && opensAt >= closesAt ? words.badOrder : undefined
}

async function showRoom(place: HTMLElement): Promise<void> {
  try {
    const { free, memory } = await api<CapacityResponse>('GET', '/api/capacity')
    place.textContent = fill(theWords().workshop.form.capacity, {
      free,
      memory: Math.round(memory.perSandboxMb),
    })
  } catch {
    place.remove() // Nice to know, and nothing depends on it.
  }
}
