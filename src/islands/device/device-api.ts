/** Calls for going on in another browser. What fails is thrown as an Error whose message a person can read. */
import type { DeviceLink } from '../../../sandbox-server/protocol/device.ts'
import { theWords, thisPage } from '../workspace/page.ts'

export async function newDeviceLink(): Promise<DeviceLink> {
  const body = await post('/api/device-link')
  if (!isLink(body)) throw unanswered()
  return body
}

export const takeDeviceLink = (token: string): Promise<unknown> => post('/api/device-link/use', { token })

async function post(path: string, body?: object): Promise<unknown> {
  const json = { body: JSON.stringify(body ?? {}), headers: { 'content-type': 'application/json' } }
  const options = { method: 'POST', credentials: 'same-origin', ...json } as const
  const response = await fetch(`${path}?lang=${thisPage().language}`, options).catch(() => undefined)
  const answer: unknown = await response?.json().catch(() => undefined)
  if (response?.ok) return answer
  throw isRefusal(answer) ? new Error(`${answer.error.message} ${answer.error.hint}`) : unanswered()
}

function unanswered(): Error {
  const { failed, failedHint } = theWords().device
  return new Error(`${failed} ${failedHint}`)
}

const isLink = (value: unknown): value is DeviceLink =>
  typeof value === 'object' && value !== null && 'url' in value && 'qr' in value && 'expiresAt' in value

const isRefusal = (value: unknown): value is { error: { message: string; hint: string } } =>
  typeof value === 'object' && value !== null && 'error' in value
