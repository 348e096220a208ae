/** A learner goes on in another browser, by a link or its QR code. */
import { type DeviceLink, deviceLink, deviceLinkUsed, useDeviceLink } from '../../../protocol/device.ts'
import { type Guesses, WrongGuess } from '../../auth/guesses.ts'
import { PlatformError } from '../../errors.ts'
import { sessionTokenOf, setSessionCookie } from '../../http/session-cookie.ts'
import { isToken } from '../../learners/session-token.ts'
import type { Sessions } from '../../learners/sessions.ts'
import type { Clock } from '../../lifecycle.ts'
import { type ApiRoute, apiRoute } from '../api-route.ts'
import { newDeviceLink, takeDeviceLink } from '../device-links.ts'
import { openSeatSession } from '../seat-store.ts'

export interface DeviceRoutesDeps {
  clock: Clock
  guesses: Guesses
  sessions: Sessions
}

/** From one address: a class that moves to its phones at once fits. */
const LINKS_PER_MINUTE = 120

export function deviceRoutes({ clock, guesses, sessions }: DeviceRoutesDeps): ApiRoute[] {
  return [
    apiRoute({
      method: 'POST',
      url: '/api/device-link',
      summary: 'A link that carries this learner into another browser, once',
      access: 'public',
      answer: deviceLink,
      perMinute: LINKS_PER_MINUTE,
      async handle(call): Promise<DeviceLink> {
        const learnerId = await sessions.learnerOf(sessionTokenOf(call.request))
        if (learnerId === undefined) throw new PlatformError('no_session')
        call.note({ learner: learnerId })
        const { token, expiresAt } = await call.change(db => newDeviceLink(db, learnerId, clock.now()))
        const url = `${call.baseUrl}${call.language === 'zh' ? '/zh' : ''}/device/#${token}`
        const { default: qrcode } = await import('qrcode')
        const qr = await qrcode.toString(url, { type: 'svg', errorCorrectionLevel: 'M', margin: 2 })
        return { url, qr, expiresAt: expiresAt.toISOString() }
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/device-link/use',
      summary: 'Become the learner of a link',
      access: 'public',
      body: useDeviceLink,
      answer: deviceLinkUsed,
      perMinute: LINKS_PER_MINUTE,
      async handle(call, { body }) {
        const before = sessionTokenOf(call.request)
        const now = clock.now()
        const { learnerId, token } = await guesses.guard([{ policy: 'link', key: call.request.ip }], () =>
          call.change(async db => {
            const found = isToken(body.token) ? await takeDeviceLink(db, body.token, now) : undefined
            if (found === undefined) throw new WrongGuess(new PlatformError('wrong_device_link'))
            call.note({ learner: found })
            return { learnerId: found, token: await openSeatSession(db, found, before, now) }
          }),
        )
        setSessionCookie(call.request, call.reply, token)
        return { learner: { id: learnerId } }
      },
    }),
  ]
}
