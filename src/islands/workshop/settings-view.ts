/** Who helps, who is told, what was done, and the end of a workshop. */
import type { User } from '../../../sandbox-server/protocol/accounts.ts'
import type { AuditEntry, WebhookEvent, Workshop } from '../../../sandbox-server/protocol/workshops.ts'
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import { api } from './api.ts'
import { when } from './format.ts'
import { table } from './roster.ts'
import {
  button,
  confirmed,
  copyable,
  field,
  form,
  input,
  link,
  openDialog,
  select,
  submitButton,
  tick,
} from './ui.ts'
import { type Account, go, may, type View, wayTo, workshopHead } from './view.ts'

type Staff = { user: string; name: string; email: string | null; role: 'instructor' | 'assistant' }
type Webhook = { id: string; url: string; events: WebhookEvent[]; createdAt: string }
type Delivery = {
  event: WebhookEvent
  state: 'waiting' | 'delivered' | 'given-up'
  attempts: number
  answer: string | null
  createdAt: string
  nextAt: string | null
}

const AUDIT_PAGE = 50

export const settingsView: View = async ({ host, me, way: [id = ''], signal }) => {
  const path = `/api/workshops/${id}`
  const workshop = await api<Workshop>('GET', path)
  if (signal.aborted) return
  const words = theWords().workshop
  host.append(workshopHead(workshop, 'settings'))
  if (may(workshop, 'workshop.change'))
    host.append(
      element('p', { class: 'actions' }, link(words.live.edit, wayTo(id, 'edit'), { class: 'button' })),
    )
  const panels = element('div', { class: 'panels' })
  host.append(panels)
  if (may(workshop, 'staff.see')) await staffPanel(panels, path, workshop, me)
  if (may(workshop, 'webhooks.manage')) await webhooksPanel(panels, path)
  if (may(workshop, 'audit.see')) await auditPanel(host, path)
  if (may(workshop, 'workshop.delete')) host.append(endPanel(path, workshop))
}

function panel(title: string, note: string, ...content: Node[]): HTMLElement {
  return element(
    'section',
    { class: 'panel' },
    element('h2', {}, title),
    element('p', { class: 'dim' }, note),
    ...content,
  )
}

async function staffPanel(host: HTMLElement, path: string, workshop: Workshop, me: Account): Promise<void> {
  const words = theWords().workshop
  const list = element('div')
  const canManage = may(workshop, 'staff.manage')
  const draw = async () => {
    const { staff } = await api<{ staff: Staff[] }>('GET', `${path}/staff`)
    const rows = staff.map(one => [
      one.name,
      words.role[one.role],
      ...(canManage
        ? [
            button(
              words.remove,
              async () => {
                await api('DELETE', `${path}/staff/${one.user}`)
                await draw()
              },
              { kind: 'quiet' },
            ),
          ]
        : []),
    ])
    list.replaceChildren(
      staff.length === 0
        ? element('p', {}, words.settings.staffEmpty)
        : table([words.settings.person, words.settings.role, ...(canManage ? [''] : [])], rows),
    )
  }
  await draw()
  const made = panel(words.settings.staff, words.settings.staffNote, list)
  if (canManage) made.append(await addStaff(path, me, draw))
  host.append(made)
}

/** An admin chooses from the list; others are told an account's number by its owner. */
async function addStaff(path: string, me: Account, draw: () => Promise<void>): Promise<HTMLElement> {
  const words = theWords().workshop
  const users = me.role === 'admin' ? (await api<{ users: User[] }>('GET', '/api/users')).users : undefined
  const others = users?.filter(({ id }) => id !== me.id)
  if (others?.length === 0) return element('p', {}, link(words.settings.nobodyElse, '#account'))
  const person = others
    ? select(others.map(({ id, name, email }) => [id, email === null ? name : `${name} (${email})`] as const))
    : input('text', '', { required: true, maxlength: '60', class: 'mono' })
  const role = select([
    ['assistant', words.role.assistant],
    ['instructor', words.role.instructor],
  ])
  const submit = submitButton(words.settings.add)
  const add = async () => {
    await api('PUT', `${path}/staff/${encodeURIComponent(person.value.trim())}`, { role: role.value })
    await draw()
  }
  const personField = others
    ? field(words.settings.person, person)
    : field(words.settings.personId, person, { hint: words.settings.personIdHint })
  const made = form(add, submit, personField, field(words.settings.role, role), submit)
  made.classList.add('inline')
  return made
}

const HOOK_EVENTS: readonly WebhookEvent[] = ['joined', 'step-passed', 'finished', 'stuck']

async function webhooksPanel(host: HTMLElement, path: string): Promise<void> {
  const words = theWords().workshop
  const list = element('div')
  const draw = async () => {
    const { webhooks } = await api<{ webhooks: Webhook[] }>('GET', `${path}/webhooks`)
    const rows = webhooks.map(hook => [
      hook.url,
      hook.events.map(event => words.hook[event]).join(', '),
      element(
        'span',
        { class: 'actions' },
        button(words.settings.deliveries, () => showDeliveries(path, hook), { kind: 'quiet' }),
        button(
          words.remove,
          async () => {
            await api('DELETE', `${path}/webhooks/${hook.id}`)
            await draw()
          },
          { kind: 'quiet' },
        ),
      ),
    ])
    list.replaceChildren(
      webhooks.length === 0
        ? element('p', {}, words.settings.webhooksEmpty)
        : table([words.settings.url, words.settings.events, ''], rows),
    )
  }
  await draw()
  const url = input('url', '', { required: true, placeholder: 'https://example.org/meshdojo' })
  const boxes = HOOK_EVENTS.map(event => ({ event, box: input('checkbox', '', { checked: true }) }))
  const submit = submitButton(words.settings.addWebhook)
  const add = async () => {
    const events = boxes.filter(({ box }) => box.checked).map(({ event }) => event)
    const { secret } = await api<{ secret: string }>('POST', `${path}/webhooks`, { url: url.value, events })
    url.value = ''
    await draw()
    const { body } = openDialog(words.settings.addWebhook)
    body.append(
      element('p', {}, words.settings.secret),
      copyable(secret, words.settings.secret),
      element('p', { class: 'dim' }, words.shownOnce),
    )
  }
  const events = element(
    'div',
    { class: 'ticks', role: 'group', 'aria-label': words.settings.events },
    element('span', {}, words.settings.events),
    ...boxes.map(({ event, box }) => tick(words.hook[event], box)),
  )
  host.append(
    panel(
      words.settings.webhooks,
      words.settings.webhooksNote,
      list,
      form(add, submit, field(words.settings.url, url), events, element('p', { class: 'actions' }, submit)),
    ),
  )
}

async function showDeliveries(path: string, hook: Webhook): Promise<void> {
  const words = theWords().workshop
  const { deliveries } = await api<{ deliveries: Delivery[] }>(
    'GET',
    `${path}/webhooks/${hook.id}/deliveries`,
  )
  const { body } = openDialog(words.settings.deliveries, 'wide')
  const states = {
    waiting: words.settings.waiting,
    delivered: words.settings.delivered,
    'given-up': words.settings.givenUp,
  }
  const rows = deliveries.map(one => [
    words.hook[one.event],
    one.nextAt === null
      ? states[one.state]
      : `${states[one.state]}, ${fill(words.settings.next, { time: when(one.nextAt) })}`,
    String(one.attempts),
    one.answer ?? '–',
    when(one.createdAt),
  ])
  body.append(
    rows.length === 0
      ? element('p', {}, words.settings.noDeliveries)
      : table(
          [
            words.settings.delivery,
            words.settings.state,
            words.settings.tries,
            words.settings.answer,
            words.settings.when,
          ],
          rows,
        ),
  )
}

async function auditPanel(host: HTMLElement, path: string): Promise<void> {
  const words = theWords().workshop.settings
  const list = element('div')
  const all: AuditEntry[] = []
  const draw = async () => {
    const before = all.at(-1)?.id
    const query = before === undefined ? '' : `&before=${before}`
    const { entries } = await api<{ entries: AuditEntry[] }>(
      'GET',
      `${path}/audit?limit=${AUDIT_PAGE}${query}`,
    )
    all.push(...entries)
    older.hidden = entries.length < AUDIT_PAGE
    const rows = all.map(one => [
      when(one.at),
      one.actorName ?? one.actor,
      one.allowed ? one.action : element('span', { class: 'refused' }, `${one.action} (${words.refused})`),
      one.target ?? '',
    ])
    list.replaceChildren(
      rows.length === 0
        ? element('p', {}, words.auditEmpty)
        : table([words.when, words.who, words.action, words.target], rows, { 'aria-label': words.audit }),
    )
  }
  const older = button(words.older, draw, { kind: 'quiet' })
  await draw()
  host.append(panel(words.audit, words.auditNote, list, element('p', { class: 'actions' }, older)))
}

function endPanel(path: string, workshop: Workshop): HTMLElement {
  const words = theWords().workshop
  const end = async () => {
    const title = fill(words.settings.deleteTitle, { title: workshop.title })
    const word = { value: workshop.code, label: fill(words.results.forgetType, { word: workshop.code }) }
    const note = element('p', {}, words.settings.deleteNote)
    if (!(await confirmed(title, [note], words.settings.delete, word))) return
    await api('DELETE', path)
    go()
  }
  const made = panel(
    words.settings.danger,
    words.settings.deleteNote,
    element('p', { class: 'actions' }, button(words.settings.delete, end, { kind: 'danger', small: false })),
  )
  made.classList.add('danger-zone')
  return made
}
