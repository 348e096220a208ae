import { afterAll, beforeAll, expect, test } from 'vitest'
import { deviceLink, deviceLinkUsed } from '../../protocol/device.ts'
import { progressResponse } from '../../protocol/progress.ts'
import { systemClock } from '../lifecycle.ts'
import { type Person, startTestSchool, type TestSchool } from './testing/test-school.ts'

let school: TestSchool
let aheadMs = 0
beforeAll(async () => {
  const clock = { ...systemClock, now: () => systemClock.now() + aheadMs }
  school = await startTestSchool({ clock })
  // Opening the database takes its time on a busy machine; it is not what is tested here.
  await school.platform.signInLink
}, 60_000)
afterAll(() => school.close())

const learnerOf = async (person: Person): Promise<string> =>
  (await person.call('GET', '/api/session')).body.learner.id
const askLink = async (person: Person, language = 'en') =>
  deviceLink.parse((await person.call('POST', `/api/device-link?lang=${language}`)).body)
const use = (person: Person, url: string, headers?: Record<string, string>) =>
  person.call('POST', '/api/device-link/use', { token: url.split('#')[1] }, headers)

test('a link makes another browser the same learner, once', async () => {
  const anna = school.person()
  const id = await learnerOf(anna)
  const { url, qr, expiresAt } = await askLink(anna, 'zh')
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/zh\/device\/#[\w-]{43}$/)
  expect(qr).toMatch(/^<svg/)
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now())
  const phone = school.person()
  expect(await learnerOf(phone)).not.toBe(id)
  const used = await use(phone, url)
  expect(deviceLinkUsed.parse(used.body).learner.id).toBe(id)
  expect(used.headers.getSetCookie()[0]).toMatch(/meshdojo_session=.+HttpOnly.+SameSite=Lax/)
  expect([await learnerOf(phone), await learnerOf(anna)]).toEqual([id, id])
  expect(await use(school.person(), url)).toMatchObject({
    status: 403,
    body: { error: { code: 'wrong_device_link' } },
  })
})

test('a new link ends the earlier one', async () => {
  const anna = school.person()
  await learnerOf(anna)
  const [earlier, later] = [await askLink(anna), await askLink(anna)]
  expect((await use(school.person(), earlier.url)).status).toBe(403)
  expect((await use(school.person(), later.url)).status).toBe(200)
})

test('a link lasts ten minutes', async () => {
  const anna = school.person()
  await learnerOf(anna)
  const [early, late] = [school.person(), school.person()]
  const first = await askLink(anna)
  aheadMs += 9 * 60_000
  expect((await use(early, first.url)).status).toBe(200)
  const second = await askLink(anna)
  aheadMs += 10 * 60_000
  expect((await use(late, second.url)).body.error.code).toBe('wrong_device_link')
})

test('a page of another site neither gets a link nor uses one', async () => {
  const anna = school.person()
  await learnerOf(anna)
  const elsewhere = { origin: 'https://evil.example' }
  const refused = { status: 403, body: { error: { code: 'origin_refused' } } }
  expect(await anna.call('POST', '/api/device-link', undefined, elsewhere)).toMatchObject(refused)
  const { url } = await askLink(anna)
  expect(await use(school.person(), url, elsewhere)).toMatchObject(refused)
  expect((await use(school.person(), url)).status).toBe(200)
})

test('a browser without a session gets no link', async () => {
  expect(await school.person().call('POST', '/api/device-link')).toMatchObject({
    status: 401,
    body: { error: { code: 'no_session' } },
  })
})

test("a seat in a class is carried as well, and leaving it leads to that browser's own course", async () => {
  const workshop = await (await school.admin()).makeWorkshop({})
  const anna = school.person()
  await learnerOf(anna)
  await anna.join(workshop.code, 'Anna')
  const seat = await learnerOf(anna)
  const phone = school.person()
  const own = await learnerOf(phone)
  await use(phone, (await askLink(anna)).url)
  expect(await learnerOf(phone)).toBe(seat)
  await phone.call('POST', '/api/seat/leave', {})
  expect(await learnerOf(phone)).toBe(own)
})

test('the audit log names the learner, and the secret stands nowhere in it', async () => {
  const admin = await school.admin()
  const anna = school.person()
  const id = await learnerOf(anna)
  const { url } = await askLink(anna)
  await use(school.person(), url)
  const { body } = await admin.call('GET', '/api/audit?limit=50')
  const text = JSON.stringify(body)
  expect(
    body.entries.filter((entry: { details: object }) => JSON.stringify(entry.details).includes(id)),
  ).toHaveLength(2)
  expect(text).not.toContain(url.split('#')[1])
})

test('guessing is slowed', async () => {
  const guesser = school.person()
  const statuses: number[] = []
  for (let guess = 0; guess < 30 && !statuses.includes(429); guess++)
    statuses.push((await use(guesser, '#guess')).status)
  expect(statuses.at(-1)).toBe(429)
})

test('progress lists every chapter and step, also those that were not begun', async () => {
  const anna = school.person()
  expect((await anna.call('GET', '/api/progress')).status).toBe(401)
  await learnerOf(anna)
  const { chapters } = progressResponse.parse((await anna.call('GET', '/api/progress')).body)
  expect(chapters.map(({ chapter, steps }) => [chapter, steps.map(step => step.step)])).toEqual([
    ['routing', ['look', 'apply']],
    ['faults', ['look', 'apply']],
  ])
  expect(chapters[0]?.steps[0]).toMatchObject({ state: 'upcoming', passedAt: null })
})
