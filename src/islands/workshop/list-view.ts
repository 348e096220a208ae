/** The workshops that somebody runs or helps in. */
import type { Workshop } from '../../../sandbox-server/protocol/workshops.ts'
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import { api } from './api.ts'
import { when } from './format.ts'
import { empty, link } from './ui.ts'
import { statusPill, type View, wayTo } from './view.ts'

/** What is open comes first, then what is to come, then what was. */
const RANK: Record<Workshop['status'], number> = { open: 0, scheduled: 1, closed: 2, expired: 3 }

export const listView: View = async ({ host, me }) => {
  const words = theWords().workshop
  const { workshops } = await api<{ workshops: Workshop[] }>('GET', '/api/workshops')
  const mayCreate = me.role !== 'assistant'
  const make = () => link(words.list.new, '#new', { class: 'button' })
  host.append(
    element(
      'header',
      { class: 'view-head' },
      element('h1', { tabindex: '-1' }, words.title),
      ...(mayCreate && workshops.length > 0 ? [make()] : []),
    ),
  )
  if (workshops.length === 0) {
    host.append(
      empty(
        words.list.empty,
        mayCreate ? words.list.emptyNote : words.list.emptyAssistant,
        ...(mayCreate ? [make()] : []),
      ),
    )
    return
  }
  const sorted = [...workshops].sort(
    (a, b) => RANK[a.status] - RANK[b.status] || b.createdAt.localeCompare(a.createdAt),
  )
  host.append(element('ul', { class: 'cards' }, ...sorted.map(card)))
}

function card(workshop: Workshop): HTMLElement {
  const words = theWords().workshop.list
  const { title, status, taken, seats, online, opensAt, closesAt, createdAt, code } = workshop
  const time =
    status === 'scheduled' && opensAt !== null
      ? fill(words.opens, { time: when(opensAt) })
      : status === 'open' && closesAt !== null
        ? fill(words.closes, { time: when(closesAt) })
        : fill(words.made, { time: when(createdAt) })
  const facts = [
    fill(words.seats, { taken, seats }),
    ...(status === 'open' ? [fill(words.online, { count: online })] : []),
    time,
  ]
  return element(
    'li',
    {},
    element(
      'a',
      { href: wayTo(workshop.id), class: 'card' },
      element('strong', { dir: 'auto' }, title),
      statusPill(status),
      element('span', { class: 'dim' }, facts.join(' · ')),
      element('code', {}, code),
    ),
  )
}
