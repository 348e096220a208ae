import { createServer, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  joinResponse,
  resultsResponse,
  seatResponse,
  webhookBody,
  workshop as workshopSchema,
} from '../../protocol/workshops.ts'
import { eventually } from '../testing/eventually.ts'
import { type Person, startTestSchool, type TestSchool } from './testing/test-school.ts'
import { signatureOf } from './webhooks.ts'

let school: TestSchool
let admin: Person

beforeAll(async () => {
  school = await startTestSchool()
  admin = await school.admin()
})
afterAll(() => school.close())

test('the printed link signs the first admin in, once, and a guess is refused in the language of the page', async () => {
  const { body } = await admin.call('GET', '/api/me')
  expect(body).toMatchObject({ user: { role: 'admin' }, firstSignIn: false, oidc: null })
  const link = await school.platform.signInLink
  const again = await school.person().call('POST', '/api/sign-in/code?lang=zh', { code: link?.split('=')[1] })
  expect(again).toMatchObject({ status: 403, body: { error: { code: 'wrong_code' } } })
  expect(again.body.error.message).toContain('登录链接')
})

test('an account signs in by password, changes it, and is locked out after guesses', async () => {
  const email = 'Grace@Example.org'
  const made = await admin.call('POST', '/api/users', { name: 'Grace', email, role: 'instructor' })
  const grace = school.person()
  await grace.call('POST', '/api/sign-in/code', { code: made.body.signInLink.split('#code=')[1] })
  expect((await grace.call('PUT', '/api/me', { password: 'short' })).status).toBe(400)
  expect((await grace.call('PUT', '/api/me', { password: 'a long pass phrase' })).status).toBe(200)
  const other = school.person()
  const signIn = (password: string) =>
    other.call('POST', '/api/sign-in/password', { email: 'grace@example.org', password })
  expect((await signIn('a long pass phrase')).body.user.name).toBe('Grace')
  for (let guess = 0; guess < 5; guess++) expect((await signIn(`wrong ${guess}`)).status).toBe(403)
  const locked = await signIn('a long pass phrase')
  expect(locked.status).toBe(429)
  expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('a page of another site changes nothing, even with the cookie', async () => {
  const headersOfOthers: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
  ]
  for (const headers of headersOfOthers) {
    const refused = await admin.call('POST', '/api/workshops', { title: 'x', chapters: ['routing'] }, headers)
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'origin_refused' } } })
  }
})

test('cookies are out of reach of scripts and other sites', async () => {
  const made = await admin.call('POST', '/api/users', {
    name: 'C',
    email: 'c@example.org',
    role: 'assistant',
  })
  const { headers } = await school
    .person()
    .call('POST', '/api/sign-in/code', { code: made.body.signInLink.split('#code=')[1] })
  expect(headers.getSetCookie()[0]).toMatch(/meshdojo_user=.+HttpOnly.+SameSite=Strict/)
})

test('learners join by code and name, come back by PIN and by link, and leave to a course of their own', async () => {
  const workshop = await admin.makeWorkshop({ language: 'zh' })
  expect(workshopSchema.parse(workshop)).toMatchObject({ status: 'open', taken: 0 })
  const anna = school.person()
  const own = (await anna.call('GET', '/api/session')).body.learner.id
  const info = await anna.call('GET', `/api/join/${workshop.code.toLowerCase().replace('-', ' ')}`)
  expect(info.body).toMatchObject({ title: 'Istio for all', language: 'zh', state: 'open', pins: 'choose' })
  const joined = joinResponse.parse((await anna.join(workshop.code, '  Anna\u202e \x1b[31mMüller ')).body)
  expect(joined).toMatchObject({ returning: false, pin: '4711', seat: { name: 'Anna Müller' } })
  expect(seatResponse.parse((await anna.call('GET', '/api/seat')).body).seat?.id).toBe(joined.seat.id)

  const elsewhere = school.person()
  expect(
    (await elsewhere.call('POST', '/api/join', { code: workshop.code, name: 'anna müller' })).body.error.code,
  ).toBe('name_taken')
  expect((await elsewhere.join(workshop.code, 'ANNA MÜLLER', '0000')).body.error.code).toBe('wrong_pin')
  const back = joinResponse.parse((await elsewhere.join(workshop.code, 'ANNA MÜLLER')).body)
  expect(back).toMatchObject({ returning: true, seat: { id: joined.seat.id } })
  const token = joined.rejoinUrl?.split('#back=')[1]
  const byLink = joinResponse.parse((await school.person().call('POST', '/api/join/link', { token })).body)
  expect(byLink.seat.id).toBe(joined.seat.id)

  await anna.call('POST', '/api/seat/leave', {})
  expect((await anna.call('GET', '/api/session')).body.learner.id).toBe(own)
  expect((await anna.call('GET', '/api/seat')).body.seat).toBeNull()
})

test('full, closed, scheduled and ended are said plainly', async () => {
  const workshop = await admin.makeWorkshop({ seats: 1 })
  await school.person().join(workshop.code, 'Anna')
  const late = school.person()
  const state = async () => (await late.call('GET', `/api/join/${workshop.code}`)).body
  expect(await state()).toMatchObject({
    state: 'full',
    message: { en: expect.stringContaining('All seats') },
  })
  expect(await late.join(workshop.code, 'Ben')).toMatchObject({
    status: 409,
    body: { error: { code: 'workshop_full' } },
  })
  await admin.call('POST', `/api/workshops/${workshop.id}/close`)
  expect((await state()).state).toBe('closed')
  expect((await late.join(workshop.code, 'Anna')).body.error.code).toBe('workshop_closed')
  const times = { opensAt: '2999-01-01T00:00:00Z', closesAt: '2999-01-02T00:00:00Z' }
  const future = await admin.makeWorkshop({ ...times, open: false })
  expect((await late.join(future.code, 'Anna')).body.error.code).toBe('workshop_scheduled')
  const past = await admin.makeWorkshop({ closesAt: '2020-01-01T00:00:00Z' })
  expect((await late.join(past.code, 'Anna')).body.error.code).toBe('workshop_expired')
  expect(
    (await admin.call('PATCH', `/api/workshops/${past.id}`, { opensAt: '2021-01-01T00:00:00Z' })).status,
  ).toBe(400)
})

test('the last seat is given once, however many ask at once', async () => {
  const workshop = await admin.makeWorkshop({ seats: 3, pins: 'none' })
  const names = Array.from({ length: 8 }, (_, index) => `Learner ${index}`)
  const answers = await Promise.all(names.map(name => school.person().join(workshop.code, name)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
  expect(answers.filter(({ body }) => body.error?.code === 'workshop_full')).toHaveLength(5)
})

test('guessing a PIN locks the seat, guessing codes locks the address', async () => {
  const workshop = await admin.makeWorkshop()
  await school.person().join(workshop.code, 'Anna', '123456')
  const thief = school.person()
  const codes = []
  for (let pin = 0; pin < 6; pin++)
    codes.push((await thief.join(workshop.code, 'Anna', `000${pin}`)).body.error.code)
  expect(codes.slice(0, 4)).toEqual(Array(4).fill('wrong_pin'))
  expect(codes.at(-1)).toBe('locked_out')
  expect((await thief.join(workshop.code, 'Anna', '123456')).body.error.code).toBe('locked_out')
})

test('a list is taken as a whole or refused with every row that is wrong; those on it come by name or link', async () => {
  const workshop = await admin.makeWorkshop({ rosterOnly: true, pins: 'given', seats: 3 })
  const path = `/api/workshops/${workshop.id}/roster`
  const bad = await admin.call('POST', path, 'name,email\nAnna,not an address\n,b@x.org\n')
  expect(bad.status).toBe(422)
  expect(bad.body.errors.map(({ row }: { row: number }) => row)).toEqual([2, 3])
  const good = await admin.call('POST', path, 'name,pin\nAnna,\n李雷,8888\n')
  expect(good.body).toMatchObject({ added: 2, kept: 0 })
  expect((await admin.call('POST', path, { csv: 'name\nAnna\n' })).body).toMatchObject({ added: 0, kept: 1 })
  expect((await admin.call('POST', path, 'name\nB\nC\n')).body.error.code).toBe('workshop_full')

  expect((await school.person().join(workshop.code, 'Carl')).body.error.code).toBe('not_on_roster')
  const anna = await school.person().join(workshop.code, 'Anna')
  expect(anna.body).toMatchObject({ returning: false, pin: expect.stringMatching(/^\d{4}$/) })
  expect((await school.person().join(workshop.code, '李雷', '0000')).body.error.code).toBe('wrong_pin')
  const token = good.body.seats[1].rejoinUrl.split('#back=')[1]
  expect((await school.person().call('POST', '/api/join/link', { token })).body.seat.name).toBe('李雷')
})

test('every address of a workshop is a 404 for everybody else, and for nobody it is a 401', async () => {
  const workshop = await admin.makeWorkshop()
  const joined = await school.person().join(workshop.code, 'Anna')
  const made = await admin.call('POST', '/api/users', {
    name: 'O',
    email: 'o@example.org',
    role: 'instructor',
  })
  const outsider = school.person()
  await outsider.call('POST', '/api/sign-in/code', { code: made.body.signInLink.split('#code=')[1] })
  const { body: document } = await admin.call('GET', '/api/openapi.json')
  let tried = 0
  for (const [path, methods] of Object.entries<Record<string, unknown>>(document.paths)) {
    if (!path.includes('{workshop}')) continue
    const url = path
      .replace('{workshop}', workshop.id)
      .replace('{seat}', joined.body.seat.id)
      .replace(/\{\w+\}/g, 'x')
    for (const method of Object.keys(methods)) {
      const body = method === 'get' ? undefined : {}
      const refused = await outsider.call(method.toUpperCase(), url, body)
      expect(refused, `${method} ${url}`).toMatchObject({
        status: 404,
        body: { error: { code: 'unknown_workshop' } },
      })
      expect((await school.person().call(method.toUpperCase(), url, body)).status, `${method} ${url}`).toBe(
        401,
      )
      tried++
    }
  }
  expect(tried).toBeGreaterThan(20)
  expect(await outsider.connect(`/ws/workshop/${workshop.id}`).opened).toBe(404)
  expect(await school.person().connect(`/ws/workshop/${workshop.id}`).opened).toBe(401)
  const other = await outsider.makeWorkshop()
  const crossed = `/api/workshops/${other.id}/seats/${joined.body.seat.id}/action`
  expect((await outsider.call('POST', crossed, { type: 'mute', muted: true })).body.error.code).toBe(
    'unknown_seat',
  )
})

test('an assistant helps but does not remove; a token does what its scopes say; all of it is in the audit log', async () => {
  const workshop = await admin.makeWorkshop()
  const seat = (await school.person().join(workshop.code, 'Anna')).body.seat.id
  const made = await admin.call('POST', '/api/users', {
    name: 'Ada',
    email: 'ada@example.org',
    role: 'assistant',
  })
  const staff = `/api/workshops/${workshop.id}/staff/${made.body.user.id}`
  expect((await admin.call('PUT', staff, { role: 'assistant' })).status).toBe(200)
  const ada = school.person()
  await ada.call('POST', '/api/sign-in/code', { code: made.body.signInLink.split('#code=')[1] })
  const act = `/api/workshops/${workshop.id}/seats/${seat}/action`
  expect((await ada.call('POST', act, { type: 'mute', muted: true })).status).toBe(200)
  expect((await ada.call('POST', act, { type: 'remove' })).body.error.code).toBe('not_allowed')
  expect((await ada.call('POST', '/api/workshops', { title: 'x', chapters: ['routing'] })).status).toBe(403)

  const token = (await admin.call('POST', '/api/tokens', { name: 'ci', scopes: ['read'] })).body
  const robot = school.person(token.secret)
  expect((await robot.call('GET', `/api/workshops/${workshop.id}`)).body.may).not.toContain('workshop.delete')
  expect((await robot.call('POST', act, { type: 'mute', muted: false })).status).toBe(403)
  expect((await robot.call('PUT', '/api/me', { password: 'taken over by ci' })).status).toBe(403)
  expect((await admin.call('DELETE', `/api/tokens/${token.token.id}`)).status).toBe(200)
  expect((await robot.call('GET', '/api/workshops')).status).toBe(401)

  const { body } = await admin.call('GET', `/api/workshops/${workshop.id}/audit`)
  expect(body.entries).toContainEqual(
    expect.objectContaining({
      actorName: 'Ada',
      target: `seat:${seat}`,
      allowed: true,
      details: { type: 'mute' },
    }),
  )
  expect(body.entries).toContainEqual(expect.objectContaining({ actorName: 'Ada', allowed: false }))
})

test('the class is live: hands, messages, mutes, reviews and removals arrive at once', async () => {
  const workshop = await admin.makeWorkshop()
  const anna = school.person()
  const seat = (await anna.join(workshop.code, 'Anna')).body.seat.id
  const grid = admin.connect(`/ws/workshop/${workshop.id}`)
  const snapshot = await eventually(() => grid.last('snapshot'))
  expect(snapshot).toMatchObject({
    steps: [{ key: 'routing/look' }, { key: 'routing/apply' }],
    rows: [{ seat, name: 'Anna', online: false }],
  })
  const page = anna.connect('/ws/seat')
  await eventually(() => page.last('seat'))
  const row = () =>
    grid.messages
      .filter(({ type }) => type === 'delta')
      .flatMap(({ rows }) => rows)
      .findLast(one => one.seat === seat)
  await eventually(() => row()?.online)
  page.send({ type: 'raise-hand' })
  await eventually(() => Boolean(row()?.handRaisedAt))
  expect(row().help.reasons).toContain('hand')
  await eventually(() => page.last('seat')?.handRaised)

  const act = (action: object) =>
    admin.call('POST', `/api/workshops/${workshop.id}/seats/${seat}/action`, action)
  await act({ type: 'message', text: 'Look at the\x1b[2J subset', command: 'kubectl get dr' })
  const heard = await eventually(() => page.last('message'))
  expect(heard.message).toMatchObject({ text: 'Look at the subset', command: 'kubectl get dr', by: 'Admin' })
  await act({ type: 'lower-hand' })
  await eventually(() => row()?.handRaisedAt === null)
  page.send({ type: 'ready-for-review', chapter: 'routing', step: 'look' })
  await eventually(() => row()?.readyForReview?.key === 'routing/look')
  await act({ type: 'reviewed', chapter: 'routing', step: 'look', accepted: true, text: 'Well done' })
  expect(await eventually(() => page.last('reviewed'))).toMatchObject({ accepted: true, text: 'Well done' })
  page.send({ type: 'say', text: 'thanks' })
  await eventually(() => Boolean(grid.last('message')?.message.from))
  expect(grid.last('message').message.text).toBe('thanks')
  await act({ type: 'mute', muted: true })
  await eventually(() => page.last('seat')?.muted)
  page.send({ type: 'say', text: 'hey' })
  expect((await eventually(() => page.last('error'))).code).toBe('seat_muted')
  await admin.call('POST', `/api/workshops/${workshop.id}/action`, { type: 'message', text: 'Break!' })
  await eventually(() => page.last('message')?.message.text === 'Break!')
  await act({ type: 'remove' })
  await eventually(() => page.last('removed'))
  await page.closed
  await eventually(() => grid.last('delta')?.removed.includes(seat))
  expect((await anna.call('GET', '/api/seat')).body.seat).toBeNull()
  grid.socket.close()
})

test.each([
  ['{broken', 'bad_message'],
  ['{"type":"dance"}', 'bad_message'],
  [JSON.stringify({ type: 'say', text: 'x'.repeat(9000) }), 'message_too_big'],
])('what is malformed or oversized is answered, and the connection lives', async (text, code) => {
  const workshop = await admin.makeWorkshop()
  const anna = school.person()
  await anna.join(workshop.code, 'Anna')
  const page = anna.connect('/ws/seat')
  await page.opened
  page.send(text)
  expect((await eventually(() => page.last('error'))).code).toBe(code)
  page.send({ type: 'raise-hand' })
  await eventually(() => page.last('seat')?.handRaised)
  page.socket.close()
})

test('who floods is told, then let go; pages of other sites and strangers never get in', async () => {
  const workshop = await admin.makeWorkshop()
  const anna = school.person()
  await anna.join(workshop.code, 'Anna')
  const flood = anna.connect('/ws/seat')
  await flood.opened
  for (let count = 0; count < 250; count++) flood.send({ type: 'lower-hand' })
  expect(await flood.closed).toEqual([1008, 'too many messages'])
  expect(flood.last('error')?.code).toBe('too_many_requests')
  expect(await anna.connect('/ws/seat', { origin: 'https://evil.example' }).opened).toBe(403)
  expect(await school.person().connect('/ws/seat').opened).toBe(401)
})

test('over a shoulder: the learner is told first, and nothing is typed without consent', async () => {
  const workshop = await admin.makeWorkshop()
  const anna = school.person()
  const seat = (await anna.join(workshop.code, 'Anna')).body.seat.id
  const page = anna.connect('/ws/seat')
  await eventually(() => page.last('watched'))
  const path = `/ws/workshop/${workshop.id}/seats/${seat}/terminal/main`
  expect((await admin.connect(path).closed)[1]).toContain('no such terminal')
  const own = anna.connect('/ws/terminal/main')
  await eventually(() => own.last('ready'))
  const shadow = admin.connect(path)
  await eventually(() => page.last('watched')?.watchers.length === 1)
  expect(page.last('watched').watchers[0]).toMatchObject({ name: 'Admin', mayType: false })
  expect(await eventually(() => shadow.last('typing'))).toMatchObject({ allowed: false })
  page.send({ type: 'allow-typing', watcher: page.last('watched').watchers[0].id, allow: true })
  await eventually(() => shadow.last('typing')?.allowed)
  page.send({ type: 'allow-typing', watcher: page.last('watched').watchers[0].id, allow: false })
  await eventually(() => shadow.last('typing')?.allowed === false)
  shadow.socket.close()
  await eventually(() => page.last('watched')?.watchers.length === 0)
})

test('the instructor’s terminal is shown to all, until it is over', async () => {
  const workshop = await admin.makeWorkshop()
  const anna = school.person()
  await anna.join(workshop.code, 'Anna')
  const page = anna.connect('/ws/seat')
  await eventually(() => page.last('broadcast'))
  await admin.call('GET', '/api/session')
  const action = `/api/workshops/${workshop.id}/action`
  expect((await admin.call('POST', action, { type: 'broadcast', on: true })).body).toMatchObject({
    reached: 1,
  })
  await eventually(() => page.last('broadcast')?.on)
  const shown = anna.connect('/ws/seat/broadcast')
  await eventually(() => shown.last('ready'))
  await admin.call('POST', action, { type: 'broadcast', on: false })
  expect((await shown.closed)[0]).toBe(1001)
  await eventually(() => page.last('broadcast')?.on === false)
})

test('steps that gate each other stay shut, and other chapters are not there', async () => {
  const workshop = await admin.makeWorkshop({ gating: true })
  const anna = school.person()
  await anna.join(workshop.code, 'Anna')
  expect(await anna.connect('/ws/chapter/faults').opened).toBe(404)
  const page = anna.connect('/ws/chapter/routing')
  await eventually(() => page.last('steps'))
  page.send({ type: 'open-step', step: 'apply' })
  expect((await eventually(() => page.last('error'))).code).toBe('step_locked')
  page.send({ type: 'open-step', step: 'look' })
  await eventually(() => page.messages.some(({ step }) => step?.id === 'look' && step.state === 'active'))
})

test('a closed workshop gives no sandbox, and says why', async () => {
  const workshop = await admin.makeWorkshop()
  const anna = school.person()
  await anna.join(workshop.code, 'Anna')
  await admin.call('POST', `/api/workshops/${workshop.id}/close`)
  const page = anna.connect('/ws/chapter/routing?lang=zh')
  const { sandbox } = await eventually(
    () => page.last('sandbox')?.sandbox.state === 'failed' && page.last('sandbox'),
  )
  expect(sandbox.message).toContain('工作坊已关闭')
})

test('webhooks are signed, sent again until they are taken, with the same id', async () => {
  const calls: { headers: IncomingMessage['headers']; text: string }[] = []
  const receiver = createServer((request, response) => {
    let text = ''
    request.on('data', chunk => {
      text += chunk
    })
    request.on('end', () => {
      calls.push({ headers: request.headers, text })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve))
  const address = receiver.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const workshop = await admin.makeWorkshop()
  const url = `http://127.0.0.1:${port}/hook`
  const path = `/api/workshops/${workshop.id}/webhooks`
  const { secret, webhook } = (await admin.call('POST', path, { url, events: ['joined'] })).body
  await school.person().join(workshop.code, 'Anna')
  const [call] = await eventually(() => calls.length > 0 && calls)
  const body = webhookBody.parse(JSON.parse(call?.text ?? ''))
  expect(body).toMatchObject({ event: 'joined', workshop: { id: workshop.id }, learner: { name: 'Anna' } })
  const timestamp = String(call?.headers['meshdojo-timestamp'])
  expect(call?.headers['meshdojo-signature']).toBe(signatureOf(secret, timestamp, call?.text ?? ''))
  expect(call?.headers['meshdojo-delivery']).toBe(body.id)
  const deliveries = async () => (await admin.call('GET', `${path}/${webhook.id}/deliveries`)).body.deliveries
  let found = await deliveries()
  while (found[0]?.state !== 'delivered') found = await deliveries()
  expect(found).toHaveLength(1)
  await new Promise(resolve => receiver.close(resolve))
})

test('afterwards: results as JSON and CSV, a replay, and names deleted in one call', async () => {
  const workshop = await admin.makeWorkshop()
  const anna = school.person()
  const seat = (await anna.join(workshop.code, '=cmd|A1')).body.seat.id
  const page = anna.connect('/ws/chapter/routing')
  await eventually(() => page.last('steps'))
  page.send({ type: 'open-hint', step: 'look' })
  page.send({ type: 'skip-step', step: 'look' })
  page.send({ type: 'skip-step', step: 'apply' })
  await eventually(() => page.messages.some(({ step }) => step?.id === 'apply' && step.state === 'skipped'))
  const base = `/api/workshops/${workshop.id}`
  const results = resultsResponse.parse((await admin.call('GET', `${base}/results.json`)).body)
  expect(results.learners).toMatchObject([
    { seat, hints: 1, passed: 0, total: 2, steps: [{ state: 'skipped' }, {}] },
  ])
  expect((await admin.call('GET', `${base}/results.csv`)).body).toContain(`\r\n'=cmd|A1,`)
  expect((await admin.call('GET', `${base}/steps.csv`)).body).toMatch(/routing,look,skipped/)
  expect((await admin.call('GET', `${base}/report`)).body.steps[0]).toMatchObject({ hints: 1, skipped: 1 })
  const { body: session } = await admin.call('GET', `${base}/seats/${seat}/replay`)
  expect(session.events.map(({ kind }: { kind: string }) => kind)).toEqual(
    expect.arrayContaining(['joined', 'hint-opened', 'step-skipped']),
  )
  const cleared = await admin.call('DELETE', `${base}/personal-data`)
  expect(workshopSchema.parse(cleared.body)).toMatchObject({ status: 'expired' })
  const texts = await Promise.all(
    ['results.json', `seats/${seat}/replay`, 'seats', 'audit'].map(path =>
      admin.call('GET', `${base}/${path}`),
    ),
  )
  for (const { body } of texts) expect(JSON.stringify(body)).not.toContain('cmd|A1')
  expect((await anna.call('GET', '/api/seat')).body.seat).toBeNull()
  expect((await admin.call('DELETE', base)).status).toBe(200)
  expect((await admin.call('GET', base)).status).toBe(404)
})

test('the OpenAPI document knows every route, and the QR code is a picture', async () => {
  const { body } = await admin.call('GET', '/api/openapi.json')
  expect(body.openapi).toBe('3.1.0')
  expect(body.paths['/api/join'].post.requestBody.content['application/json'].schema.required).toEqual([
    'code',
    'name',
  ])
  expect(body.paths['/api/workshops/{workshop}/seats/{seat}/action'].post.security).toBeTruthy()
  const workshop = await admin.makeWorkshop()
  const qr = await admin.call('GET', `/api/workshops/${workshop.id}/qr.svg`)
  expect(qr.headers.get('content-type')).toContain('image/svg+xml')
  expect(qr.body).toMatch(/^<svg/)
})
