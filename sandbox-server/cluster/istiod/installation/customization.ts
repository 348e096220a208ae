/** What an IstioOperator changes of a profile, as far as this cluster's installation can be changed. */

type Fields = Readonly<Record<string, unknown>>

export interface Customization {
  /** Laid over the profile's mesh configuration, field by field. */
  mesh?: Fields
  /** `values.global.proxy`: what the injector does when a pod's annotations do not say. */
  proxy?: Fields
  /** `values.pilot.env`: istiod's environment. */
  pilotEnv?: Readonly<Record<string, string>>
  /** `values.profile` of what is written down is the profile's name. */
  ingressGateway?: boolean
  egressGateway?: boolean
}

const isMap = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Maps are merged, everything else is replaced; `null` removes. */
export function overlaid(base: Fields, overlay: Fields): Fields {
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(overlay)) {
    const below = merged[key]
    if (value === null) delete merged[key]
    else merged[key] = isMap(below) && isMap(value) ? overlaid(below, value) : value
  }
  return merged
}
