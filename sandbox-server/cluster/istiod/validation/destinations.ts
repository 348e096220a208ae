/** Destinations of routes, their weights, and the names of gateways. */
import { append, type GoError, listed, q } from './go-error.ts'
import { checkHeaderOperations } from './headers.ts'
import { checkFqdn, checkPort, checkWildcardDomain, isLabel } from './names.ts'
import { all, error, type Outcome, warning } from './outcome.ts'
import { child, count, type Message, text } from './reading.ts'

export const checkSubsetName = (name: string): GoError => {
  if (name === '') return 'subset name cannot be empty'
  return isLabel(name) ? undefined : `subset name is invalid: ${name}`
}

export const checkDestination = (destination: Message | undefined): GoError => {
  if (!destination) return undefined
  const host = text(destination, 'host')
  const subset = text(destination, 'subset')
  const port = child(destination, 'port')
  return append(
    host === '*' ? 'invalid destination host *' : checkWildcardDomain(host),
    subset === '' ? undefined : checkSubsetName(subset),
    port && checkPort(count(port, 'number')),
  )
}

/** Weighted destinations; http ones may change headers. */
export const checkRoute = (route: readonly Message[], http: boolean): GoError => {
  let errors: GoError
  let total = 0
  for (const entry of route) {
    const destination = child(entry, 'destination')
    // Only this complaint is a list even when it is alone, as in istiod.
    if (!destination) errors = listed(errors, 'destination is required')
    const weight = count(entry, 'weight')
    errors = append(
      errors,
      http ? checkHeaderOperations(child(entry, 'headers')) : undefined,
      checkDestination(destination),
      weight < 0 ? `weight ${weight} < 0` : undefined,
    )
    total += weight
  }
  const zero = route.length > 1 && total === 0 ? 'total destination weight = 0' : undefined
  return append(errors, zero)
}

/** `gateways` of a VirtualService or of a match. The first name without a namespace ends the check, as in istiod. */
export const checkGatewayNames = (names: readonly string[]): Outcome => {
  let outcome: Outcome = { error: undefined, warning: undefined }
  for (const name of names) {
    const slash = name.indexOf('/')
    if (slash < 0) return all(outcome, legacyWarning(name), error(checkFqdn(name)))
    const namespace = name.slice(0, slash)
    const gateway = name.slice(slash + 1)
    const empty =
      namespace === '' || gateway === '' ? 'config namespace and gateway name cannot be empty' : undefined
    outcome = all(
      outcome,
      error(empty),
      error(isLabel(namespace) ? undefined : `invalid value for namespace: ${q(namespace)}`),
      error(isLabel(gateway) ? undefined : `invalid value for gateway name: ${q(gateway)}`),
    )
  }
  return outcome
}

const legacyWarning = (name: string): Outcome => {
  if (!name.includes('.')) return { error: undefined, warning: undefined }
  const [gateway = '', namespace = ''] = name.split('.')
  const better = q(`${namespace}/${gateway}`)
  return warning(
    `using legacy gatewayName format ${q(name)}; prefer the <namespace>/<name> format: ${better}`,
  )
}
