/**
 * Going on in another browser. A browser asks for a link (`POST /api/device-link`), the other one opens it and uses it
 * (`POST /api/device-link/use`), once and within ten minutes. The secret stands behind the link's `#`, where no server
 * log sees it.
 */
import { z } from 'zod'

/** A new link ends the learner's earlier one. */
export const deviceLink = z.object({
  url: z.url(),
  /** The link as a QR code, an SVG document. */
  qr: z.string(),
  /** RFC 3339. */
  expiresAt: z.iso.datetime(),
})
export type DeviceLink = z.infer<typeof deviceLink>

export const useDeviceLink = z.object({ token: z.string().max(200) })

/** The browser is this learner from now on. */
export const deviceLinkUsed = z.object({ learner: z.object({ id: z.string() }) })
