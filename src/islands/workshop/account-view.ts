/** One's own account and tokens; for an admin also who else may sign in. */
import type { AccountRole, ApiToken, User } from '../../../sandbox-server/protocol/accounts.ts'
import { fill } from '../../language/index.ts'
import { element, prose } from '../workspace/element.ts'
import { theWords } from '../workspace/page.ts'
import { api } from './api.ts'
import { when } from './format.ts'
import { table } from './roster.ts'
import { button, copyable, field, form, input, openDialog, select, submitButton, tick, toast } from './ui.ts'
import type { Account, View } from './view.ts'

export const accountView: View = async ({ host, me }) => {
  const words = theWords().workshop.account
  host.append(element('h1', { tabindex: '-1' }, words.title), you(me))
  await tokensPanel(host)
  if (me.role === 'admin') await peoplePanel(host)
}

function panel(title: string, ...content: Node[]): HTMLElement {
  return element('section', { class: 'panel' }, element('h2', {}, title), ...content)
}

function you(me: Account): HTMLElement {
  const { account: words, save, saved } = theWords().workshop
  const name = input('text', me.name, { required: true, maxlength: '80', autocomplete: 'name' })
  const email = input('email', me.email ?? '', { autocomplete: 'username' })
  const current = input('password', '', { autocomplete: 'current-password' })
  const password = input('password', '', { autocomplete: 'new-password', minlength: '10' })
  const submit = submitButton(save)
  const change = async () => {
    await api('PUT', '/api/me', {
      name: name.value,
      ...(email.value === (me.email ?? '') ? {} : { email: email.value }),
      ...(password.value === '' ? {} : { password: password.value }),
      ...(current.value === '' ? {} : { current: current.value }),
    })
    toast(saved)
    password.value = ''
    current.value = ''
  }
  const notice =
    me.signIn.password || me.signIn.oidc ? [] : [element('p', { class: 'callout' }, words.noPassword)]
  return panel(
    words.you,
    ...notice,
    form(
      change,
      submit,
      element('div', { class: 'pair' }, field(words.name, name), field(words.email, email)),
      element(
        'div',
        { class: 'pair' },
        field(words.password, password, { hint: words.passwordHint }),
        ...(me.signIn.password ? [field(words.current, current, { hint: words.currentHint })] : []),
      ),
      element('p', { class: 'actions end' }, submit),
    ),
    element('p', { class: 'dim' }, `${words.id}: `, element('code', {}, me.id)),
  )
}

async function tokensPanel(host: HTMLElement): Promise<void> {
  const { account: words, shownOnce } = theWords().workshop
  const list = element('div')
  const draw = async () => {
    const { tokens } = await api<{ tokens: ApiToken[] }>('GET', '/api/tokens')
    const rows = tokens.map(one => [
      one.name,
      one.scopes.map(scope => words[scope]).join(', '),
      [
        one.lastUsedAt === null ? words.unused : fill(words.used, { time: when(one.lastUsedAt) }),
        ...(one.expiresAt === null ? [] : [fill(words.ends, { time: when(one.expiresAt) })]),
      ].join(' · '),
      button(
        words.end,
        async () => {
          await api('DELETE', `/api/tokens/${one.id}`)
          await draw()
        },
        { kind: 'quiet' },
      ),
    ])
    list.replaceChildren(
      rows.length === 0
        ? element('p', {}, words.tokensEmpty)
        : table([words.tokenName, words.scopes, '', ''], rows, { 'aria-label': words.tokens }),
    )
  }
  await draw()
  const name = input('text', '', { required: true, maxlength: '80' })
  const days = input('number', '', { min: '1', max: '3650' })
  const scopes = (['read', 'write', 'admin'] as const).map(scope => ({
    scope,
    box: input('checkbox', '', { checked: scope === 'read' }),
  }))
  const submit = submitButton(words.create)
  const create = async () => {
    const { secret } = await api<{ secret: string }>('POST', '/api/tokens', {
      name: name.value,
      scopes: scopes.filter(({ box }) => box.checked).map(({ scope }) => scope),
      ...(days.value === '' ? {} : { days: days.valueAsNumber }),
    })
    await draw()
    const { body } = openDialog(name.value)
    body.append(copyable(secret, words.tokens), element('p', { class: 'dim' }, shownOnce))
    name.value = ''
  }
  const note = element('p', { class: 'dim' }, prose(fill(words.tokensNote, { link: '`/api/openapi.json`' })))
  host.append(
    panel(
      words.tokens,
      note,
      list,
      form(
        create,
        submit,
        element(
          'div',
          { class: 'pair' },
          field(words.tokenName, name),
          field(words.days, days, { hint: words.daysHint }),
        ),
        element(
          'div',
          { class: 'ticks', role: 'group', 'aria-label': words.scopes },
          element('span', {}, words.scopes),
          ...scopes.map(({ scope, box }) => tick(words[scope], box)),
        ),
        element('p', { class: 'actions end' }, submit),
      ),
    ),
  )
}

async function peoplePanel(host: HTMLElement): Promise<void> {
  const { account: words, role: roles, settings, shownOnce } = theWords().workshop
  const list = element('div')
  const draw = async () => {
    const { users } = await api<{ users: User[] }>('GET', '/api/users')
    list.replaceChildren(
      table(
        [words.name, words.email, settings.role],
        users.map(({ name, email, role }) => [name, email ?? '–', roles[role]]),
        { 'aria-label': words.people },
      ),
    )
  }
  await draw()
  const name = input('text', '', { required: true, maxlength: '80', autocomplete: 'off' })
  const email = input('email', '', { required: true, autocomplete: 'off' })
  const choices: readonly AccountRole[] = ['instructor', 'assistant', 'admin']
  const role = select(choices.map(one => [one, roles[one]] as const))
  const submit = submitButton(words.addPerson)
  const add = async () => {
    const made = await api<{ signInLink: string | null }>('POST', '/api/users', {
      name: name.value,
      email: email.value,
      role: role.value,
    })
    await draw()
    if (made.signInLink === null) return
    const { body } = openDialog(fill(words.link, { name: name.value }))
    body.append(copyable(made.signInLink, words.people), element('p', { class: 'dim' }, shownOnce))
  }
  host.append(
    panel(
      words.people,
      element('p', { class: 'dim' }, words.peopleNote),
      list,
      form(
        add,
        submit,
        element('div', { class: 'pair' }, field(words.name, name), field(words.email, email)),
        field(settings.role, role),
        element('p', { class: 'actions end' }, submit),
      ),
    ),
  )
}
